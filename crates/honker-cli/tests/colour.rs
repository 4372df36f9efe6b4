//! Colour: on a terminal only, and not with NO_COLOR.

mod command;

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use honker_testkit::process::Process;
use honker_testkit::{JournalMode, LONG, TempDb};
use nix::pty::openpty;

const ESCAPE: char = '\u{1b}';

/// What `honker probe` prints on a terminal.
fn on_a_terminal(environment: &[(&str, &str)]) -> String {
    let db = TempDb::new(JournalMode::Wal);
    let terminal = openpty(None, None).expect("a pseudo terminal");
    let mut probe = command::command(["probe"]);
    probe
        .arg(db.path())
        .env("TERM", "xterm")
        .envs(environment.iter().copied())
        .stdout(Stdio::from(terminal.slave))
        .stderr(Stdio::null());
    let (send, receive) = channel();
    let mut screen = File::from(terminal.master);
    thread::spawn(move || {
        let mut text = Vec::new();
        // It ends with an error, once nobody has the other side open.
        let _ = screen.read_to_end(&mut text);
        let _ = send.send(text);
    });
    let mut honker = Process::spawn(&mut probe);
    assert_eq!(honker.wait(LONG).code(), Some(0));
    // It holds the other side.
    drop::<(Command, Process)>((probe, honker));
    let text = receive.recv_timeout(LONG).expect("all of the screen");
    String::from_utf8(text).expect("text")
}

#[test]
fn a_terminal_gets_colour() {
    let text = on_a_terminal(&[]);
    assert!(text.contains(ESCAPE) && text.contains("polling"), "{text}");
}

#[test]
fn no_color_is_honoured() {
    let text = on_a_terminal(&[("NO_COLOR", "1")]);
    assert!(!text.contains(ESCAPE) && text.contains("polling"), "{text}");
}

#[test]
fn a_pipe_gets_no_colour() {
    let db = TempDb::new(JournalMode::Wal);
    let ended = command::run(["probe", db.path().to_str().expect("text")]);
    assert!(
        ended.stdout.iter().all(|line| !line.contains(ESCAPE)),
        "{ended:?}"
    );
}
