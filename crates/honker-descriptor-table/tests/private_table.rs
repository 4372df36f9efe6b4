//! What a thread with a descriptor table of its own can and can't do to the rest of the process.

#![cfg(target_os = "linux")]

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::signal::{SigSet, Signal};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::mpsc::channel;

/// Any descriptor will do as the one that the thread takes along.
fn something() -> OwnedFd {
    File::open("/dev/null").expect("/dev/null").into()
}

fn lock_of_byte_0(kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: libc::c_short::try_from(kind).expect("small"),
        l_whence: libc::c_short::try_from(libc::SEEK_SET).expect("small"),
        l_start: 0,
        l_len: 1,
        l_pid: 0,
    }
}

/// Takes a POSIX lock as SQLite does, lets a new thread open and close the file, and says whether the lock is still
/// there.
fn lock_survives_a_close_on_a_thread(refuse: bool) -> bool {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fcntl(
        file.as_fd(),
        FcntlArg::F_SETLK(&lock_of_byte_0(libc::F_WRLCK)),
    )
    .expect("locked");
    let path = file.path().to_path_buf();
    let thread = honker_descriptor_table::spawn("test", something(), refuse, move |inherited| {
        assert_eq!(inherited.private, !refuse);
        drop(File::open(path).expect("opened"));
    });
    thread.expect("a thread").join().expect("no panic");
    is_locked(file.path())
}

/// Asked as the owner of a new descriptor that is never closed: closing it here would drop the lock.
fn is_locked(path: &Path) -> bool {
    let file = File::open(path).expect("opened");
    let mut query = lock_of_byte_0(libc::F_RDLCK);
    fcntl(file.as_fd(), FcntlArg::F_OFD_GETLK(&mut query)).expect("asked");
    std::mem::forget(file);
    i32::from(query.l_type) != libc::F_UNLCK
}

#[test]
fn a_lock_of_the_host_survives_what_the_thread_closes() {
    assert!(lock_survives_a_close_on_a_thread(false));
}

#[test]
fn without_a_private_table_it_would_be_lost() {
    // The reason for this crate; and the proof that the test above can fail.
    assert!(!lock_survives_a_close_on_a_thread(true));
}

#[test]
fn what_the_host_closes_is_closed_while_the_thread_runs() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let (release, released) = channel::<()>();
    let (say, said) = channel();
    let thread = honker_descriptor_table::spawn("test", something(), false, move |inherited| {
        say.send(inherited.private).expect("heard");
        released.recv().expect("released");
    });
    assert!(said.recv().expect("said"));
    drop(writer);
    assert_eq!(
        reader.read(&mut [0]).expect("the end"),
        0,
        "no copy keeps the pipe open"
    );
    release.send(()).expect("running");
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn the_thread_holds_one_descriptor_and_the_filled_standard_numbers() {
    let held = open_in_thread(false);
    assert_eq!(held[..3], [0, 1, 2]);
    // One inherited, one of the listing itself.
    assert_eq!(held.len(), 5, "{held:?}");
}

fn open_in_thread(refuse: bool) -> Vec<u32> {
    let (say, said) = channel();
    let thread = honker_descriptor_table::spawn("test", something(), refuse, move |_inherited| {
        let entries = std::fs::read_dir("/proc/thread-self/fd").expect("/proc");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let numbers = names.map(|name| name.to_str().expect("a number").parse().expect("a number"));
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.sort_unstable();
        say.send(numbers).expect("heard");
    });
    thread.expect("a thread").join().expect("no panic");
    said.recv().expect("said")
}

#[test]
fn the_descriptor_that_was_given_is_closed_when_the_thread_ends() {
    for refuse in [false, true] {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let thread = honker_descriptor_table::spawn("test", writer.into(), refuse, drop);
        thread.expect("a thread").join().expect("no panic");
        assert_eq!(
            reader.read(&mut [0]).expect("the end"),
            0,
            "refuse={refuse}"
        );
    }
}

#[test]
fn no_signal_is_handled_on_the_thread_and_the_mask_of_the_caller_is_as_before() {
    let before = SigSet::thread_get_mask().expect("a mask");
    let (say, said) = channel();
    let thread = honker_descriptor_table::spawn("test", something(), false, move |_inherited| {
        say.send(SigSet::thread_get_mask().expect("a mask"))
            .expect("heard");
    });
    thread.expect("a thread").join().expect("no panic");
    let inside = said.recv().expect("said");
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGCHLD,
        Signal::SIGUSR1,
        Signal::SIGPROF,
    ] {
        assert!(inside.contains(signal), "{signal}");
    }
    assert!(
        !inside.contains(Signal::SIGSEGV),
        "a fault is still reported"
    );
    assert_eq!(SigSet::thread_get_mask().expect("a mask"), before);
}
