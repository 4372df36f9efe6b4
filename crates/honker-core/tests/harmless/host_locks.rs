//! A host that holds a transaction with a SQLite of its own, in this very process, and watchers that come and go
//! beside it.

use honker_core::{ErrorKind, SharedUpdateWatcher, WatcherBackend, probe};
use honker_testkit::locks::{self, Access, Kind, Lock};
use honker_testkit::{Hold, Host, JournalMode, LONG, Open, TempDb, Writer, threads, wait_until};
use std::fs::File;
use std::path::PathBuf;

/// The backends that can watch any journal mode, and one that refuses most after having looked.
const BACKENDS: [WatcherBackend; 3] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::ShmFastPath,
];

/// Watchers come and go while the host holds each kind of transaction; `private` is the table that is expected.
pub(crate) fn locks_stay_as_they_are(mode: JournalMode, cycles: usize, private: bool) {
    let mut scene = Scene::new(mode, private);
    // Fewer beside an exclusive lock: in rollback modes each open there waits for the writer, 50 ms long.
    let exclusive = cycles / 10;
    let write = (cycles - exclusive) / 2;
    let shares = [
        (Hold::Read, cycles - exclusive - write),
        (Hold::Write, write),
        (Hold::Exclusive, exclusive),
    ];
    for (hold, share) in shares {
        scene.host.begin(hold);
        scene.prove_that_others_are_excluded(hold);
        let held = scene.held();
        assert!(is_held(&held, mode, hold), "{mode} {hold:?}: {held:#?}");
        for cycle in 0..share {
            scene.cycle(cycle, hold, &held);
        }
        scene.prove_that_others_are_excluded(hold);
        assert_eq!(scene.held(), held, "{mode} {hold:?}: at the end");
        scene.host.commit();
    }
    let Scene { cycles, wakes, .. } = scene;
    println!("{mode}: locks unchanged over {cycles} cycles, with {wakes} commits of others seen");
}

/// The proof that the test can fail: what the watcher avoids does drop the locks.
pub(crate) fn a_plain_close_would_drop_them(mode: JournalMode) {
    let scene = Scene::new(mode, true);
    scene.host.begin(Hold::Write);
    let held = scene.held();
    assert!(is_held(&held, mode, Hold::Write), "{held:#?}");
    for file in scene.locked_files() {
        drop(File::open(file).expect("opened"));
    }
    assert_eq!(scene.held(), [], "{mode}: closing drops every lock");
}

/// The locks on the files of the database.
type Held = Vec<(PathBuf, Lock)>;

struct Scene {
    mode: JournalMode,
    private: bool,
    db: TempDb,
    host: Host,
    /// Another process, which finds out what the host's locks are worth.
    other: Writer,
    /// A database of nobody, to keep the observer thread while the other one is closed.
    anchor: TempDb,
    cycles: u64,
    wakes: u64,
}

impl Scene {
    fn new(mode: JournalMode, private: bool) -> Self {
        let db = TempDb::new(mode);
        Self {
            mode,
            private,
            host: Host::open(db.path(), mode),
            db,
            other: Writer::spawn(),
            anchor: TempDb::new(JournalMode::Delete),
            cycles: 0,
            wakes: 0,
        }
    }

    /// SQLite locks the database and, in WAL, `-shm`.
    fn locked_files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.db.path().to_owned()];
        if self.mode.is_wal() {
            files.push(self.db.shm());
        }
        files
    }

    /// Every lock on any file of the database, save those of the other process: the host's, and whatever the watcher
    /// might take, which would be there twice if it were like one of the host's.
    fn held(&self) -> Held {
        let other = i32::try_from(self.other.pid()).expect("process numbers fit");
        let files = [
            self.db.path().to_owned(),
            self.db.journal(),
            self.db.wal(),
            self.db.shm(),
        ];
        let mut held = Vec::new();
        for file in &files {
            for lock in locks::on(file) {
                if lock.pid != other {
                    held.push((file.clone(), lock));
                }
            }
        }
        held
    }

    /// One watcher, from before its opening to after the end of whatever it used.
    fn cycle(&mut self, cycle: usize, hold: Hold, held: &Held) {
        let backend = BACKENDS[cycle % BACKENDS.len()];
        let same = |scene: &Self, when: &str| {
            let now = scene.held();
            let mode = scene.mode;
            assert_eq!(
                &now, held,
                "{mode} {hold:?} {backend}, cycle {cycle}: {when}"
            );
        };
        // With it the observer thread outlives the watcher; without it the thread ends with the watcher.
        let anchor = cycle.is_multiple_of(2).then(|| {
            SharedUpdateWatcher::new(self.anchor.path()).expect("a watcher of something else")
        });
        let opened = SharedUpdateWatcher::builder(self.db.path())
            .backend(backend)
            .open();
        same(self, "opened");
        match opened {
            Ok(watcher) => {
                assert_eq!(watcher.stats().private_descriptor_table, self.private);
                self.watch(&watcher, hold, cycle);
                same(self, "watching");
                watcher.close();
                same(self, "closed");
            }
            Err(error) => {
                let refused = backend == WatcherBackend::ShmFastPath && !self.mode.is_wal();
                assert!(refused, "{error}");
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            }
        }
        drop(probe(self.db.path()).expect("probed"));
        same(self, "probed");
        drop(anchor);
        assert!(wait_until(LONG, || !is_observed()), "the thread ends");
        same(self, "the observer thread is gone");
        self.cycles += 1;
    }

    /// Looks until nothing is new any more; beside a reader in WAL another process can commit.
    fn watch(&mut self, watcher: &SharedUpdateWatcher, hold: Hold, cycle: usize) {
        let mut events = watcher.update_events().expect("a subscription");
        if self.mode.is_wal() && hold == Hold::Read && cycle.is_multiple_of(4) {
            let conn = self.other.open(self.db.path());
            self.other
                .exec(conn, "INSERT INTO t(n) VALUES (2)")
                .expect("a reader is in nobody's way");
            self.other.close(conn);
            let update = events.recv_timeout(LONG).expect("alive");
            assert_eq!(update.expect("a wake").commits, 1);
            self.wakes += 1;
        }
        let looks = watcher.stats().looks;
        drop(watcher.update_events().expect("subscribing looks"));
        assert!(watcher.stats().looks > looks);
        assert_eq!(events.try_recv().expect("alive"), None, "nobody committed");
    }

    /// What the kernel lists is what SQLite in another process meets.
    fn prove_that_others_are_excluded(&mut self, hold: Hold) {
        let at_once = Open {
            busy_timeout_ms: 0,
            ..Open::default()
        };
        let conn = self
            .other
            .try_open(self.db.path(), at_once)
            .expect("opened");
        let sql = match hold {
            // In WAL a reader is in the way of nothing but the end of WAL.
            Hold::Read if self.mode.is_wal() => "PRAGMA journal_mode=DELETE",
            Hold::Read => "BEGIN EXCLUSIVE",
            Hold::Write | Hold::Exclusive => "BEGIN IMMEDIATE",
        };
        let refused = self.other.exec(conn, sql).expect_err("the host's lock");
        assert!(refused.is_busy(), "{} {hold:?}: {refused}", self.mode);
        self.other.close(conn);
    }
}

fn is_observed() -> bool {
    let threads = threads::of(std::process::id());
    threads.iter().any(|(_, name)| name == "honker-observer")
}

/// Whether the locks are those that such a transaction needs, so that "the same" means something.
fn is_held(held: &[(PathBuf, Lock)], mode: JournalMode, hold: Hold) -> bool {
    const RESERVED: u64 = 0x4000_0001;
    const WAL_WRITE: u64 = 120;
    let ours = i32::try_from(std::process::id()).expect("process numbers fit");
    let all_ours = held
        .iter()
        .all(|(_, lock)| lock.kind == Kind::Posix && lock.pid == ours);
    let writes = |byte: u64| {
        held.iter()
            .any(|(_, lock)| lock.access == Access::Write && lock.start <= byte && byte <= lock.end)
    };
    let right = match hold {
        Hold::Read => held.iter().any(|(_, lock)| lock.access == Access::Read),
        Hold::Write | Hold::Exclusive if mode.is_wal() => writes(WAL_WRITE),
        Hold::Write => writes(RESERVED),
        Hold::Exclusive => writes(RESERVED) && writes(RESERVED + 1),
    };
    all_ours && right
}
