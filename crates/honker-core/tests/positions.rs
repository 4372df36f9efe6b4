//! Positions: between a read and a subscription, and between two runs of a program, nothing is lost; and where provably
//! nothing was committed, there is silence.

use honker_core::{Position, SharedUpdateWatcher, UpdateEvents, UpdateKind, WatcherBackend};
use honker_testkit::{CommitLoop, Conn, JournalMode, LONG, TempDb, Writer, count};
use std::fs;

const MODES: [JournalMode; 6] = [
    JournalMode::Delete,
    JournalMode::Truncate,
    JournalMode::Persist,
    JournalMode::Memory,
    JournalMode::Off,
    JournalMode::Wal,
];
const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];
const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

fn open(db: &TempDb) -> SharedUpdateWatcher {
    let backend = fastrand::choice(BACKENDS).unwrap_or_default();
    let watcher = SharedUpdateWatcher::builder(db.path()).backend(backend);
    watcher.open().expect("a watcher")
}

/// The position now, as a program that is about to end keeps it.
fn position(db: &TempDb) -> String {
    let watcher = open(db);
    watcher.position().expect("a position").to_string()
}

fn resume(db: &TempDb, position: &str) -> UpdateEvents {
    let position: Position = position.parse().expect("a position");
    let events = open(db).update_events_since(&position);
    events.expect("a subscription")
}

fn is_silent(events: &mut UpdateEvents) -> bool {
    events.try_recv().expect("alive").is_none()
}

#[test]
fn a_commit_between_the_position_and_the_subscription_wakes_at_once() {
    for mode in MODES {
        let db = TempDb::new(mode);
        let before = position(&db);
        db.sql(&format!("{}; {INSERT}", mode.pragma()));
        let update = resume(&db, &before)
            .try_recv()
            .expect("alive")
            .expect("at once");
        assert_eq!(
            (update.kind, update.commits, update.exact),
            (UpdateKind::Commit, 1, false),
            "{mode:?}"
        );
    }
}

/// What a program does that makes its database anew each time.
fn make(db: &TempDb, mode: JournalMode) {
    for sql in ["CREATE TABLE t(n)", INSERT] {
        db.sql(&format!("{}; {sql}", mode.pragma()));
    }
}

#[test]
fn another_file_is_noticed_although_it_got_the_number_and_the_counter_of_the_old_one() {
    for mode in MODES {
        let db = TempDb::absent();
        make(&db, mode);
        let before = position(&db);
        fs::remove_file(db.path()).expect("unlink");
        make(&db, mode);
        assert!(!is_silent(&mut resume(&db, &before)), "{mode:?}");
    }
}

#[test]
fn a_restore_and_as_many_commits_as_it_lost_are_noticed() {
    for mode in MODES {
        let db = TempDb::new(mode);
        let backup = db.beside("backup.db");
        fs::copy(db.path(), &backup).expect("a copy");
        db.sql(&format!("{}; {INSERT}", mode.pragma()));
        let before = position(&db);
        fs::copy(&backup, db.path()).expect("a restore in place");
        db.sql(&format!("{}; {INSERT}", mode.pragma()));
        assert!(!is_silent(&mut resume(&db, &before)), "{mode:?}");
    }
}

#[test]
fn readers_alone_keep_it_silent_and_the_next_commit_wakes() {
    for mode in MODES {
        let db = TempDb::new(mode);
        let before = position(&db);
        db.sql("SELECT * FROM t");
        let mut events = resume(&db, &before);
        assert!(is_silent(&mut events), "{mode:?}");
        db.sql(&format!("{}; {INSERT}", mode.pragma()));
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(
            (update.kind, update.commits),
            (UpdateKind::Commit, 1),
            "{mode:?}"
        );
    }
}

#[test]
fn a_live_log_that_nobody_writes_keeps_it_silent() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.exec(conn, INSERT).expect("a commit");
    let before = position(&db);
    writer
        .exec(conn, "PRAGMA wal_checkpoint(PASSIVE)")
        .expect("a checkpoint");
    assert!(is_silent(&mut resume(&db, &before)));
    writer.kill();
    assert!(is_silent(&mut resume(&db, &before)), "after a crash");
    db.sql(INSERT);
    assert!(!is_silent(&mut resume(&db, &before)));
}

#[test]
fn what_came_before_and_after_the_subscription_is_one_wake() {
    let db = TempDb::new(JournalMode::Delete);
    let before = position(&db);
    db.sql(INSERT);
    let mut events = resume(&db, &before);
    db.sql(INSERT);
    // Both are there once the watcher has seen the second.
    let update = loop {
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        if update.seq == 1 {
            break update;
        }
    };
    assert!(update.commits >= 1);
    assert!(is_silent(&mut events));
}

#[test]
fn another_file_at_the_path_is_told_as_a_replacement() {
    let db = TempDb::new(JournalMode::Delete);
    let before = position(&db);
    let copy = db.beside("copy.db");
    fs::copy(db.path(), &copy).expect("a copy");
    fs::rename(&copy, db.path()).expect("rename");
    let update = resume(&db, &before)
        .try_recv()
        .expect("alive")
        .expect("at once");
    assert_eq!((update.kind, update.exact), (UpdateKind::Replaced, false));
}

#[test]
fn a_missing_database_has_a_position_too() {
    let db = TempDb::absent();
    let before = position(&db);
    assert!(is_silent(&mut resume(&db, &before)));
    db.sql("CREATE TABLE t(n)");
    assert!(!is_silent(&mut resume(&db, &before)));
}

#[test]
fn within_one_watcher_nothing_falls_between_reading_and_subscribing() {
    let db = TempDb::new(JournalMode::Wal);
    let watcher = open(&db);
    let before = watcher.position().expect("a position");
    let mut quiet = watcher
        .update_events_since(&before)
        .expect("a subscription");
    assert!(is_silent(&mut quiet));
    db.sql(INSERT);
    let mut events = watcher
        .update_events_since(&before)
        .expect("a subscription");
    // At once, where it can be seen that the commit is over.
    assert!(events.recv_timeout(LONG).expect("alive").is_some());
    assert!(is_silent(&mut events));
}

/// What happens while nobody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    Read,
    Commit,
    CommitAndCrash,
    CrashInATransaction,
    RollBack,
    Checkpoint,
    Truncate,
    Close,
    SwitchMode,
}

const MEANWHILE: [Meanwhile; 10] = [
    Meanwhile::Nothing,
    Meanwhile::Read,
    Meanwhile::Commit,
    Meanwhile::CommitAndCrash,
    Meanwhile::CrashInATransaction,
    Meanwhile::RollBack,
    Meanwhile::Checkpoint,
    Meanwhile::Truncate,
    Meanwhile::Close,
    Meanwhile::SwitchMode,
];

/// The database and one writer, which may have a session open or not.
struct Scene {
    db: TempDb,
    mode: JournalMode,
    writer: Writer,
    session: Option<Conn>,
    commits: u64,
}

impl Scene {
    fn new(mode: JournalMode) -> Self {
        Self {
            db: TempDb::new(mode),
            mode,
            writer: Writer::spawn(),
            session: None,
            commits: 0,
        }
    }

    fn session(&mut self) -> Conn {
        if self.session.is_none() {
            let conn = self.writer.open(self.db.path());
            self.writer
                .exec(conn, "PRAGMA busy_timeout=10000")
                .expect("a setting");
            // MEMORY and OFF are settings of a connection; the others are those of the file already.
            self.writer.set_journal_mode(conn, self.mode);
            self.session = Some(conn);
        }
        self.session.expect("a session")
    }

    fn exec(&mut self, sql: &str) {
        let conn = self.session();
        self.writer
            .exec(conn, sql)
            .unwrap_or_else(|error| panic!("{error} in {sql}"));
    }

    fn crash(&mut self) {
        self.writer.kill();
        self.writer = Writer::spawn();
        self.session = None;
    }

    fn close(&mut self) {
        if let Some(conn) = self.session.take() {
            self.writer.close(conn);
        }
    }

    fn act(&mut self, what: Meanwhile) {
        match what {
            Meanwhile::Nothing => {}
            Meanwhile::Read => self.db.sql("SELECT count(*) FROM t"),
            Meanwhile::Commit => {
                self.exec(INSERT);
                self.commits += 1;
            }
            Meanwhile::CommitAndCrash => {
                self.exec(INSERT);
                self.commits += 1;
                self.crash();
            }
            // With MEMORY and OFF a crash with pages written is corruption: there is no journal to undo them.
            Meanwhile::CrashInATransaction
                if matches!(self.mode, JournalMode::Memory | JournalMode::Off) => {}
            Meanwhile::CrashInATransaction => {
                self.exec("PRAGMA cache_size=5; BEGIN");
                self.exec("INSERT INTO t(body) VALUES (randomblob(200000))");
                self.crash();
            }
            // Without a journal there is no ROLLBACK.
            Meanwhile::RollBack if self.mode == JournalMode::Off => {}
            Meanwhile::RollBack => {
                self.exec("PRAGMA cache_size=5; BEGIN");
                self.exec("INSERT INTO t(body) VALUES (randomblob(200000)); ROLLBACK");
            }
            Meanwhile::Checkpoint => self.exec("PRAGMA wal_checkpoint(PASSIVE)"),
            Meanwhile::Truncate => self.exec("PRAGMA wal_checkpoint(TRUNCATE)"),
            Meanwhile::Close => self.close(),
            Meanwhile::SwitchMode => {
                self.close();
                let wal = self.mode == JournalMode::Wal;
                self.mode = if wal {
                    JournalMode::Delete
                } else {
                    JournalMode::Wal
                };
                self.session();
                self.commits += 1;
            }
        }
    }

    fn rows(&mut self) -> i64 {
        let conn = self.session();
        self.writer.query_i64(conn, "SELECT count(*) FROM t")
    }
}

#[test]
fn wherever_watcher_and_writers_stop_no_commit_is_passed_over_in_silence() {
    let (mut woken, mut silent, mut cautious) = (0, 0, 0);
    for round in 0..count(120, 1_000) {
        let seed = fastrand::u64(..);
        fastrand::seed(seed);
        let mut scene = Scene::new(MODES[round % MODES.len()]);
        for _ in 0..fastrand::usize(..3) {
            scene.act(fastrand::choice(MEANWHILE).expect("one of them"));
        }
        let is_live = scene.session.is_some();
        let was_left = [scene.db.journal(), scene.db.wal()]
            .iter()
            .any(|sidecar| sidecar.metadata().is_ok_and(|sidecar| sidecar.len() > 0));
        let before = position(&scene.db);
        let made = scene.commits;
        let mut history = Vec::new();
        for _ in 0..fastrand::usize(..4) {
            let what = fastrand::choice(MEANWHILE).expect("one of them");
            scene.act(what);
            history.push(what);
        }
        let mut events = resume(&scene.db, &before);
        let said = format!(
            "seed {seed}, {:?}, live: {is_live}, {history:?}",
            scene.mode
        );
        let wakes = !is_silent(&mut events);
        if scene.commits > made {
            assert!(wakes, "MISSED: {said}");
            woken += 1;
        } else if !wakes {
            silent += 1;
        } else {
            let readers_only = history
                .iter()
                .all(|what| matches!(what, Meanwhile::Nothing | Meanwhile::Read));
            // With a session open, or what a killed one left, whoever closes or recovers it writes the database too.
            assert!(is_live || was_left || !readers_only, "SPURIOUS: {said}");
            cautious += 1;
        }
    }
    println!("{woken} with commits, all woken; without: {silent} silent, {cautious} cautious");
    assert!(woken > 0 && silent > 0);
}

#[test]
fn a_position_taken_amid_commits_passes_over_none_that_follow() {
    for round in 0..count(30, 300) {
        let mode = MODES[round % MODES.len()];
        let mut scene = Scene::new(mode);
        let conn = scene.session();
        scene.writer.start_commit_loop(CommitLoop {
            conn: conn.0,
            sql: INSERT.to_owned(),
            n: 200,
            ..CommitLoop::default()
        });
        let mut reader = Writer::spawn();
        let reading = reader.open(scene.db.path());
        reader
            .exec(reading, "PRAGMA busy_timeout=10000")
            .expect("a setting");
        let before = position(&scene.db);
        let read = reader.query_i64(reading, "SELECT count(*) FROM t");
        scene.writer.loop_report().expect("the commits");
        if scene.rows() > read {
            assert!(
                !is_silent(&mut resume(&scene.db, &before)),
                "MISSED in {mode:?}"
            );
        }
        let after = position(&scene.db);
        assert!(
            is_silent(&mut resume(&scene.db, &after)),
            "SPURIOUS in {mode:?}"
        );
    }
}
