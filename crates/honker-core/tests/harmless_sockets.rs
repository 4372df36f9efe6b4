//! Harmless: what the host closes is closed. The observer's descriptor table holds no copies of its pipes and sockets.

#![cfg(unix)] // descriptors are POSIX's

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, count, fds, threads, wait_until};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Long enough for a loaded machine. A copy would keep the other end open for good.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Waits for the end of what can be read; `false` if it does not come.
fn ends(mut reader: impl Read + Send + 'static) -> bool {
    let (say, said) = channel();
    // A pipe can't be read with a time limit. Should the test fail, the thread is left behind.
    std::thread::spawn(move || {
        let end = match reader.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        };
        let _ = say.send(end);
    });
    said.recv_timeout(AT_ONCE).unwrap_or(false)
}

/// One of each, made before or after the observer thread.
struct Ends {
    pipe: (std::io::PipeReader, std::io::PipeWriter),
    other_pipe: (std::io::PipeReader, std::io::PipeWriter),
    unix: (UnixStream, UnixStream),
    tcp: (TcpStream, TcpStream),
    listener: TcpListener,
}

impl Ends {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = TcpStream::connect(address).expect("connected");
        let (server, _) = listener.accept().expect("accepted");
        Self {
            pipe: std::io::pipe().expect("a pipe"),
            other_pipe: std::io::pipe().expect("a pipe"),
            unix: UnixStream::pair().expect("a pair"),
            tcp: (client, server),
            listener,
        }
    }

    /// The host closes one end of each, and the other end notices.
    fn close(self, about: &str) {
        let (reader, writer) = self.pipe;
        drop(writer);
        assert!(ends(reader), "{about}: a pipe");
        let (reader, mut writer) = self.other_pipe;
        drop(reader);
        let refused = writer.write(&[0]).expect_err("nobody can read it");
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe, "{about}");
        drop(self.unix.0);
        assert!(ends(self.unix.1), "{about}: a socket pair");
        drop(self.tcp.1);
        assert!(ends(self.tcp.0), "{about}: a connection");
        let address = self.listener.local_addr().expect("an address");
        drop(self.listener);
        let refused = TcpStream::connect_timeout(&address, LONG).expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{about}");
    }
}

/// The observer threads: one, or a former one that has not quite ended yet.
fn observers() -> Vec<u32> {
    let all = threads::of(std::process::id()).into_iter();
    all.filter(|(_, name)| name == "honker-observer")
        .map(|(thread, _)| thread)
        .collect()
}

/// The descriptors of the observer thread.
fn of_the_observer() -> Vec<PathBuf> {
    let [thread] = observers()[..] else {
        panic!("one observer thread, not {:?}", observers());
    };
    let table = fds::of_thread(std::process::id(), thread);
    table.into_iter().map(|(_, target)| target).collect()
}

/// One test, since the observer thread is one for the whole process, and has to start in the middle of it.
#[test]
fn what_the_host_closes_is_closed_whether_it_was_opened_before_or_after_the_observer_started() {
    for round in 0..count(20, 500) {
        let backend = [WatcherBackend::Polling, WatcherBackend::KernelWatch][round % 2];
        let db = TempDb::new(JournalMode::ALL[round % JournalMode::ALL.len()]);
        assert!(wait_until(LONG, || observers().is_empty()), "the last one");
        let before = Ends::new();
        let never = std::io::pipe().expect("a pipe");
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open()
            .expect("a watcher");
        assert!(watcher.stats().private_descriptor_table);
        let _events = watcher.update_events().expect("a subscription");
        let after = Ends::new();
        let table = of_the_observer();
        let is_foreign = |target: &&PathBuf| {
            let anonymous = target.to_string_lossy().starts_with("anon_inode:");
            !anonymous && !target.starts_with(db.dir())
        };
        let copies: Vec<_> = table.iter().filter(is_foreign).collect();
        assert!(copies.is_empty(), "{copies:?} of {table:?}");
        assert!(table.iter().any(|target| target == db.path()), "{table:?}");
        before.close("opened before");
        after.close("opened after");
        // The proof that a copy would be noticed: one kept in the host keeps the other end open.
        if round == 0 {
            let (mut reader, writer) = never;
            let copy = writer.try_clone().expect("a copy");
            drop(writer);
            let (say, said) = channel();
            let reading = std::thread::spawn(move || say.send(reader.read(&mut [0]).is_ok()));
            assert!(said.recv_timeout(Duration::from_millis(100)).is_err());
            drop(copy);
            assert_eq!(said.recv_timeout(LONG), Ok(true));
            reading.join().expect("no panic").expect("heard");
        }
    }
}
