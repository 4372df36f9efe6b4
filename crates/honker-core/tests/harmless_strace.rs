//! Harmless, as the kernel is told: from open to close a watcher sets no lock, and changes neither the database, nor
//! its sidecars, nor their directory.
//!
//! The process that watches runs under the real `strace`; everybody who writes runs outside of it.

#![cfg(target_os = "linux")]

#[path = "harmless/trace.rs"]
mod trace;

use honker_core::testing::refuse_private_table;
use honker_core::{SharedUpdateWatcher, WatcherBackend, probe};
use honker_testkit::commits::{Mix, Runner, Style};
use honker_testkit::process::Process;
use honker_testkit::{Hold, Host, JournalMode, Synchronous, TempDb, Writer, random, wait_until};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use trace::{Call, Trace};

/// How the traced process watches.
#[derive(Clone, Copy, Debug)]
enum Role {
    Watch(WatcherBackend),
    /// Without a descriptor table of its own.
    WatchRefused(WatcherBackend),
    /// Uses a SQLite of its own instead: the proof that harm would be seen.
    Sqlite(JournalMode),
}

const ROLE: &str = "HONKER_TEST_TRACED";
const DATABASE: &str = "HONKER_TEST_TRACED_DATABASE";

/// The test binary once more, under strace.
struct Traced {
    process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    traces: tempfile::TempDir,
}

impl Traced {
    fn start(role: Role, database: &Path) -> Self {
        let traces = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("strace");
        command
            // All calls of all threads, a file for each thread, the paths of descriptors, no signals.
            .args(["-ff", "-y", "-e", "trace=all", "-e", "signal=none", "-o"])
            .arg(traces.path().join("trace"))
            .arg(std::env::current_exe().expect("this test"))
            .args(["--exact", "the_traced_process", "--nocapture"])
            .env(ROLE, role.to_text())
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command);
        let input = process.child().stdin.take().expect("a pipe");
        let output = process.child().stdout.take().expect("a pipe");
        let mut traced = Self {
            process,
            input,
            output: BufReader::new(output),
            traces,
        };
        traced.answer("ready");
        traced
    }

    /// Lets it look, and says how many commits it has seen in all.
    fn seen(&mut self) -> u64 {
        self.input.write_all(b"look\n").expect("it listens");
        let answer = self.answer("seen ");
        answer.parse().expect("a number")
    }

    fn answer(&mut self, expected: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("readable");
            assert!(read > 0, "the traced process ended without {expected:?}");
            // Between the lines of the test harness, or behind one.
            if let Some((_, answer)) = line.trim_end().split_once("traced: ")
                && let Some(rest) = answer.strip_prefix(expected)
            {
                return rest.to_owned();
            }
        }
    }

    /// Lets it close what it has, and reads what it did.
    fn finish(mut self) -> Trace {
        self.input.write_all(b"close\n").expect("it listens");
        self.answer("closed");
        drop(self.input);
        let status = self.process.wait(honker_testkit::LONG);
        assert!(status.success(), "{status}");
        Trace::read(self.traces.path())
    }
}

impl Role {
    fn to_text(self) -> String {
        match self {
            Self::Watch(backend) => format!("watch {backend}"),
            Self::WatchRefused(backend) => format!("refused {backend}"),
            Self::Sqlite(mode) => format!("sqlite {mode}"),
        }
    }

    fn parse(text: &str) -> Self {
        let (word, rest) = text.split_once(' ').expect("two words");
        let backend = || rest.parse().expect("a backend");
        let mode = || {
            let mut modes = JournalMode::ALL.into_iter();
            modes.find(|mode| mode.name() == rest).expect("a mode")
        };
        match word {
            "watch" => Self::Watch(backend()),
            "refused" => Self::WatchRefused(backend()),
            _ => Self::Sqlite(mode()),
        }
    }
}

/// What runs under strace. Among the tests it does nothing.
#[test]
fn the_traced_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let database = std::env::var_os(DATABASE).expect("a database");
    let database = Path::new(&database);
    match Role::parse(&role) {
        Role::Watch(backend) => {
            drop(probe(database).expect("probed"));
            watch(database, backend);
        }
        Role::WatchRefused(backend) => {
            refuse_private_table(true);
            watch(database, backend);
        }
        Role::Sqlite(mode) => {
            let host = Host::open(database, mode);
            say("ready");
            for hold in Hold::ALL {
                host.begin(hold);
                host.commit();
            }
            drop(host);
            say("closed");
        }
    }
}

fn watch(database: &Path, backend: WatcherBackend) {
    let watcher = SharedUpdateWatcher::builder(database)
        .backend(backend)
        .open()
        .expect("a watcher");
    let mut events = watcher.update_events().expect("a subscription");
    say("ready");
    for line in std::io::stdin().lock().lines() {
        if line.expect("a word") == "close" {
            break;
        }
        // Subscribing looks.
        drop(watcher.update_events().expect("alive"));
        while events.try_recv().expect("alive").is_some() {}
        say(&format!("seen {}", watcher.stats().commits));
    }
    watcher.close();
    say("closed");
}

fn say(word: &str) {
    println!("traced: {word}");
}

/// Each kind of commit and non-commit, by one process and by one for each; then a writer that is killed.
fn write_everything(db: &TempDb, mode: JournalMode, traced: &mut Traced) {
    for style in Style::ALL {
        let attached = db.beside(&format!("attached-{style:?}.db"));
        let rng = random::rng("strace");
        let mut mix = Mix::create(rng, db.path(), &attached, mode, Synchronous::Off);
        let mut runner = Runner::new(style, db.path(), mode, Synchronous::Off);
        for step in mix.each_kind() {
            let before = traced.seen();
            runner.run(&step);
            if step.main > 0 {
                assert!(wait_until(honker_testkit::LONG, || traced.seen() > before));
            }
        }
        runner.finish();
        // `Mix` makes its tables anew.
        db.sql("DROP TABLE item; DROP TABLE keyed; DROP TABLE empty; DROP TABLE bulk");
    }
    if [JournalMode::Memory, JournalMode::Off].contains(&mode) {
        return; // Killed there, a writer leaves a database that is broken.
    }
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), mode, Synchronous::Off);
    writer
        .exec(
            conn,
            "PRAGMA cache_size=5; BEGIN; UPDATE t SET n = n + 1;
             INSERT INTO t(body) VALUES (randomblob(200000))",
        )
        .expect("spilled");
    traced.seen();
    writer.kill();
    // A hot journal, or a log without its end.
    traced.seen();
    let before = traced.seen();
    db.sql("UPDATE t SET n = n + 1 WHERE id = 1");
    assert!(wait_until(honker_testkit::LONG, || traced.seen() > before));
}

/// As it stands in the paths that strace resolved, wherever temporary directories really are.
fn file_name(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str());
    name.expect("a plain name").to_owned()
}

/// Watches `db` under strace while everything happens to it, and finds no harm.
fn nothing_is_locked_or_changed(db: &TempDb, mode: JournalMode, role: Role) {
    let place = &file_name(db.dir());
    let mut traced = Traced::start(role, db.path());
    write_everything(db, mode, &mut traced);
    let seen = traced.seen();
    let trace = traced.finish();
    let harm = trace.harm(place);
    assert!(harm.is_empty(), "{mode} {role:?}: {harm:#?}");
    // It was watched, by these calls.
    let counts = trace.counts(place);
    assert!(seen > 0);
    assert!(counts["pread64"] > 50 && counts["openat"] > 0, "{counts:?}");
    let asked = |call: &&Call| call.arguments.contains("F_OFD_GETLK");
    let queries = trace.calls.iter().filter(asked).count();
    assert!(queries > 50, "{counts:?}");
    // In a table that is the host's too, closing drops locks; in one of its own it is how watching ends.
    let closed = trace.closed(&[db.path(), &db.shm()].map(file_name), place);
    let is_shared = matches!(role, Role::WatchRefused(_));
    assert_eq!(closed.is_empty(), is_shared, "{mode} {role:?}: {closed:#?}");
    println!("{mode} {role:?}: {seen} commits seen, {queries} lock queries, {counts:?}");
}

#[test]
fn strace_shows_no_lock_and_no_change_in_any_mode_with_any_backend() {
    for mode in JournalMode::ALL {
        for backend in [WatcherBackend::Polling, WatcherBackend::KernelWatch] {
            let db = TempDb::new(mode);
            nothing_is_locked_or_changed(&db, mode, Role::Watch(backend));
        }
    }
    let db = TempDb::new(JournalMode::Wal);
    let shm = Role::Watch(WatcherBackend::ShmFastPath);
    nothing_is_locked_or_changed(&db, JournalMode::Wal, shm);
}

#[test]
fn strace_shows_no_lock_and_no_change_without_a_private_table_either() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        for backend in [WatcherBackend::Polling, WatcherBackend::KernelWatch] {
            let db = TempDb::new(mode);
            nothing_is_locked_or_changed(&db, mode, Role::WatchRefused(backend));
        }
    }
}

#[test]
fn strace_shows_that_nothing_is_created_for_a_missing_database() {
    for backend in [WatcherBackend::Polling, WatcherBackend::KernelWatch] {
        let db = TempDb::absent();
        let place = &file_name(db.dir());
        let mut traced = Traced::start(Role::Watch(backend), db.path());
        traced.seen();
        assert!(!db.path().exists());
        db.sql("CREATE TABLE first(x)");
        assert!(wait_until(honker_testkit::LONG, || traced.seen() > 0));
        let harm = traced.finish().harm(place);
        assert!(harm.is_empty(), "{backend}: {harm:#?}");
    }
}

/// The proof that harm would be seen: SQLite itself, under the same eyes.
#[test]
fn strace_shows_what_a_sqlite_does_to_the_same_files() {
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let place = &file_name(db.dir());
        let mut traced = Traced::start(Role::Sqlite(mode), db.path());
        traced.answer("closed");
        drop(traced.input);
        assert!(traced.process.wait(honker_testkit::LONG).success());
        let harm = Trace::read(traced.traces.path()).harm(place);
        let is_seen = |word: &str| harm.iter().any(|line| line.contains(word));
        assert!(is_seen("sets a lock: fcntl"), "{mode}: {harm:#?}");
        assert!(is_seen("opens to write or creates: openat"), "{mode}");
        assert!(is_seen("pwrite64("), "{mode}: {harm:#?}");
        let keeps_nothing = mode == JournalMode::Delete || mode.is_wal();
        assert_eq!(is_seen("unlink("), keeps_nothing, "{mode}: {harm:#?}");
        let cuts = mode == JournalMode::Truncate || mode.is_wal();
        assert!(is_seen("ftruncate(") || !cuts, "{mode}: {harm:#?}");
    }
}

#[test]
fn the_reader_of_traces_tells_harm_from_harmlessness() {
    let harm = |line: &str| Call::parse(line).expect("a call").harm("/place");
    for harmless in [
        r#"openat(3</place>, "app.db", O_RDONLY|O_NOATIME|O_CLOEXEC) = 5</place/app.db>"#,
        r#"openat(3</place>, "app.db-wal", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)"#,
        r#"pread64(5</place/app.db>, "SQLite format 3\0"..., 100, 0) = 100"#,
        r"fcntl(5</place/app.db>, F_OFD_GETLK, {l_type=F_UNLCK, l_whence=SEEK_SET}) = 0",
        r#"write(4<anon_inode:[eventfd]>, "\1\0\0\0\0\0\0\0", 8) = 8"#,
        r#"openat(AT_FDCWD, "/dev/null", O_RDWR|O_CREAT) = 9</dev/null>"#,
        r"fcntl(9</dev/null>, F_DUPFD_CLOEXEC, 3) = 10</dev/null>",
    ] {
        assert_eq!(harm(harmless), None, "{harmless}");
    }
    for harmful in [
        r"fcntl(5</place/app.db>, F_SETLK, {l_type=F_RDLCK, l_whence=SEEK_SET}) = 0",
        r"fcntl(5</place/app.db>, F_SETLKW, {l_type=F_RDLCK}) = 0",
        r"fcntl(5</place/app.db>, F_OFD_SETLK, {l_type=F_UNLCK}) = 0",
        r"fcntl(5</elsewhere>, F_OFD_SETLKW, {l_type=F_UNLCK}) = 0",
        r"flock(5</place/app.db>, LOCK_SH) = 0",
        r#"openat(3</place>, "app.db", O_RDWR|O_CLOEXEC) = 5</place/app.db>"#,
        r#"openat(3</place>, "app.db-journal", O_RDONLY|O_CREAT, 0644) = 5</place/app.db-journal>"#,
        r#"open("/place/app.db", O_WRONLY|O_TRUNC) = 5</place/app.db>"#,
        r#"pwrite64(5</place/app.db>, "x", 1, 0) = 1"#,
        r#"write(5</place/app.db-wal>, "x", 1) = 1"#,
        r#"write(5, "x", 1) = 1"#,
        r"ftruncate(5</place/app.db-shm>, 32768) = 0",
        r#"truncate("/place/app.db", 0) = 0"#,
        r#"unlink("/place/app.db-journal") = 0"#,
        r#"unlinkat(3</place>, "app.db-journal", 0) = 0"#,
        r#"rename("/place/app.db", "/other") = 0"#,
        r#"renameat2(3</place>, "app.db", 3</place>, "b", 0 <unfinished ...>"#,
        r"mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 5</place/app.db-shm>, 0) = 0x7f00",
        r#"utimensat(3</place>, "app.db", NULL, 0) = 0"#,
        r"fchmod(5</place/app.db>, 0644) = 0",
    ] {
        assert!(harm(harmful).is_some(), "{harmful}");
    }
    assert_eq!(Call::parse("+++ exited with 0 +++"), None);
    assert_eq!(Call::parse("--- SIGTERM {si_signo=SIGTERM} ---"), None);
}
