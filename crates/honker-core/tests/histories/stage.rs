//! The stage of a history: a database, real writers that can be frozen at a system call, and looks on demand.

use honker_core::Conservative;
use honker_core::testing::{Look, LookNow};
use honker_testkit::{
    Conn, JournalMode, LONG, Open, Synchronous, TempDb, Writer, wait_for, wait_until,
};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::NamedTempFile;

pub(crate) const SAME: Look = Look::Same;
pub(crate) const BUSY: Look = Look::Busy;
pub(crate) const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

/// A commit that changes page 1 in WAL too: two frames.
pub(crate) const TWO_PAGES: &str =
    "BEGIN; PRAGMA user_version=7; INSERT INTO t(n) VALUES (1); COMMIT";

pub(crate) const fn exactly(commits: u64) -> Look {
    Look::Commits {
        commits,
        inexact: None,
    }
}

/// One commit at least, and why the number is not known.
pub(crate) const fn inexact(reason: Conservative) -> Look {
    Look::Commits {
        commits: 1,
        inexact: Some(reason),
    }
}

/// Somebody who looks when told to. By its clock each look comes 1 ms after the one before, as polling's do.
pub(crate) struct Watch {
    look: LookNow,
    now: Duration,
}

/// Further than the real clock can get while a database is opened.
const START: Duration = LONG;
const TICK: Duration = Duration::from_millis(1);

impl Watch {
    /// Starts on a database that stands still.
    pub(crate) fn start(db: &TempDb) -> Self {
        // Where file times are coarse, the last one has to grow older than a clock tick before it is a baseline.
        let watch = wait_for(LONG, || {
            Some(Self::start_in_the_middle(db)).filter(Self::is_settled)
        });
        let mut watch = watch.expect("the database stands still");
        assert_eq!(watch.once(), SAME);
        watch
    }

    /// Starts on a database that may not stand still.
    pub(crate) fn start_in_the_middle(db: &TempDb) -> Self {
        Self {
            look: LookNow::open(db.path()).expect("the database can be opened"),
            now: START,
        }
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.look.is_settled()
    }

    /// One look, whatever it finds.
    pub(crate) fn once(&mut self) -> Look {
        self.now += TICK;
        self.look.look_at(self.now)
    }

    /// What is found once nobody is at work. (Where file times are coarse, `Busy` also says that one is too young.)
    pub(crate) fn look(&mut self) -> Look {
        let found = wait_for(LONG, || Some(self.once()).filter(|look| *look != BUSY));
        found.expect("somebody is still at work")
    }

    /// However often it is looked, a commit is under way.
    #[track_caller]
    pub(crate) fn stays_busy(&mut self) {
        for _ in 0..5 {
            assert_eq!(self.once(), BUSY);
        }
    }

    /// Finds this, and only once.
    #[track_caller]
    pub(crate) fn finds(&mut self, expected: Look) {
        assert_eq!(self.look(), expected);
        assert_eq!(self.look(), SAME, "a second look");
    }

    /// The last look was long ago.
    pub(crate) fn later(&mut self) {
        self.now += Duration::from_secs(1);
    }
}

/// A process with one connection.
pub(crate) struct Session {
    pub(crate) writer: Writer,
    pub(crate) conn: Conn,
}

impl Session {
    /// Opens a connection, which has not looked at the file yet.
    pub(crate) fn open(db: &TempDb) -> Self {
        Self::open_path(db.path())
    }

    pub(crate) fn open_path(path: &Path) -> Self {
        Self::of(Writer::spawn(), path)
    }

    /// Opens in a journal mode, and reads.
    pub(crate) fn open_in(db: &TempDb, mode: JournalMode) -> Self {
        Self::of_in(Writer::spawn(), db, mode)
    }

    /// As [`Self::open`], with a SQLite that can be stopped at its points.
    pub(crate) fn instrumented(db: &TempDb) -> Self {
        Self::of(Writer::spawn_instrumented(), db.path())
    }

    /// As [`Self::open_in`], likewise.
    pub(crate) fn instrumented_in(db: &TempDb, mode: JournalMode) -> Self {
        Self::of_in(Writer::spawn_instrumented(), db, mode)
    }

    fn of(mut writer: Writer, path: &Path) -> Self {
        let conn = writer.try_open(path, Open::default()).expect("opens");
        Self { writer, conn }
    }

    fn of_in(mut writer: Writer, db: &TempDb, mode: JournalMode) -> Self {
        let conn = writer.open_in(db.path(), mode, Synchronous::Full);
        let mut session = Self { writer, conn };
        session.read();
        session
    }

    pub(crate) fn sql(&mut self, sql: &str) -> &mut Self {
        self.writer
            .exec(self.conn, sql)
            .unwrap_or_else(|error| panic!("{error} in {sql}"));
        self
    }

    pub(crate) fn commits(&mut self, commits: u32) -> &mut Self {
        for _ in 0..commits {
            self.sql(INSERT);
        }
        self
    }

    pub(crate) fn read(&mut self) -> i64 {
        self.writer.query_i64(self.conn, "SELECT count(*) FROM t")
    }

    /// Closes the connection and ends the process.
    pub(crate) fn close(mut self) {
        self.close_connection();
        self.writer.finish();
    }

    pub(crate) fn close_connection(&mut self) {
        self.writer.close(self.conn);
    }

    pub(crate) fn kill(mut self) {
        self.writer.kill();
    }

    /// Runs `sql` up to `point`, where the process is stopped: the system call has been made.
    pub(crate) fn freeze(&mut self, sql: &str, point: &Point<'_>) {
        let strace = Strace::attach(self.writer.pid(), point);
        self.writer.start_exec(self.conn, sql);
        strace.wait_for_stop();
    }

    /// The same while closing the connection.
    pub(crate) fn freeze_close(&mut self, point: &Point<'_>) {
        let strace = Strace::attach(self.writer.pid(), point);
        self.start_close();
        strace.wait_for_stop();
    }

    fn start_close(&mut self) {
        let conn = self.conn.0;
        self.writer
            .send(&honker_testkit::protocol::Command::Close { conn });
    }

    /// Runs `sql` up to a point of its SQLite.
    pub(crate) fn stop(&mut self, sql: &str, (point, nth): (&str, u32)) {
        self.writer.stop_at(point, nth);
        self.writer.start_exec(self.conn, sql);
        self.writer.wait_for_stop();
    }

    /// The same while closing the connection.
    pub(crate) fn stop_close(&mut self, (point, nth): (&str, u32)) {
        self.writer.stop_at(point, nth);
        self.start_close();
        self.writer.wait_for_stop();
    }

    /// Lets a frozen process go on, and waits for what it was doing.
    pub(crate) fn thaw(&mut self) -> &mut Self {
        self.writer.cont();
        self.writer.done().expect("it goes on");
        self
    }
}

/// Has the database's time be so much later than the unlinking of this `-shm`: not at all, as where both fell into one
/// clock tick.
pub(crate) fn dated_after(db: &TempDb, unlinked: &File, later: Duration) {
    let unlinked = unlinked.metadata().expect("its times");
    assert_eq!(unlinked.nlink(), 0);
    let seconds = u64::try_from(unlinked.ctime()).expect("after 1970");
    let nanoseconds = u32::try_from(unlinked.ctime_nsec()).expect("below a second");
    let time = UNIX_EPOCH + Duration::new(seconds, nanoseconds) + later;
    let database = File::options().write(true).open(db.path());
    let dated = database.and_then(|database| database.set_modified(time));
    dated.expect("its time is set");
}

/// A system call that a writer is going to make.
pub(crate) struct Point<'a> {
    call: &'a str,
    on: Option<&'a Path>,
    nth: u32,
}

impl<'a> Point<'a> {
    /// The first such call.
    pub(crate) fn first(call: &'a str) -> Self {
        Self {
            call,
            on: None,
            nth: 1,
        }
    }

    /// The first write to a file.
    pub(crate) fn write(file: &'a Path) -> Self {
        Self::first("pwrite64").on(file)
    }

    pub(crate) fn on(self, file: &'a Path) -> Self {
        Self {
            on: Some(file),
            ..self
        }
    }

    pub(crate) fn nth(self, nth: u32) -> Self {
        Self { nth, ..self }
    }
}

/// strace, attached to a writer that waits for a command, to stop it at one point.
struct Strace {
    process: Child,
    output: NamedTempFile,
}

impl Strace {
    fn attach(pid: u32, point: &Point<'_>) -> Self {
        let output = NamedTempFile::new().expect("a temporary file");
        let errors = output.reopen().expect("the same file");
        let mut command = Command::new("strace");
        command
            .arg(format!("--trace={}", point.call))
            .arg(format!(
                "--inject={}:signal=STOP:when={}",
                point.call, point.nth
            ))
            .arg(format!("--attach={pid}"))
            .stdin(Stdio::null())
            .stderr(errors);
        if let Some(file) = point.on {
            command.arg("--trace-path").arg(file);
        }
        let process = command
            .spawn()
            .expect("these tests stop SQLite inside a commit with strace: install it");
        let strace = Self { process, output };
        strace.wait_for(&format!("{pid} attached"));
        strace
    }

    /// Waits for the stop. Then lets go of the process, which stays stopped.
    fn wait_for_stop(mut self) {
        self.wait_for("stopped by SIGSTOP");
        let pid = i32::try_from(self.process.id()).expect("process numbers fit");
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("strace is alive");
        self.process.wait().expect("strace ends");
    }

    fn wait_for(&self, text: &str) {
        let said = || fs::read_to_string(self.output.path()).unwrap_or_default();
        let reached = wait_until(LONG, || said().contains(text));
        assert!(reached, "strace did not say {text:?} but: {}", said());
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
