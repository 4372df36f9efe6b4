//! A database, its writers and its watchers, while faults are done to them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use honker_testkit::{FakeClock, JournalMode, Writer, numbered};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::attached;
use crate::control::Watching;
use crate::plan::Plan;
use crate::watcher::Watcher;
use crate::writers::{Conduct, Writers};

/// What faults work on.
#[derive(Debug)]
pub struct Scene {
    /// Where the logs are; the database is in `db` there.
    pub dir: PathBuf,
    /// The database.
    pub database: PathBuf,
    /// Its journal mode.
    pub mode: JournalMode,
    /// The watcher processes.
    pub watchers: Vec<Watcher>,
    /// The writer processes.
    pub writers: Writers,
    /// Theirs, if it can be stepped.
    pub clock: Option<FakeClock>,
    until: Instant,
    /// Whether something was done to the watchers that may end them.
    touched: AtomicBool,
    /// What has to be taken down in the end.
    pub mounted: Option<Mounted>,
}

/// A file system that goes away with it.
#[derive(Debug)]
pub struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a process that was killed a moment ago may still be there.
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
    }
}

impl Scene {
    /// Creates the database, and starts the watchers and then the writers.
    ///
    /// # Errors
    /// What cannot be had here, or a watcher that did not start.
    pub fn set(plan: &Plan, dir: &Path) -> Result<Self, String> {
        let place = dir.join("db");
        open_to_all(dir)?;
        fs::create_dir(&place).map_err(|error| format!("no directory: {error}"))?;
        let mounted = plan
            .tmpfs_kilobytes
            .map(|kilobytes| mount_tmpfs(&place, kilobytes))
            .transpose()?;
        open_to_all(&place)?;
        let database = place.join("app.db");
        if plan.through_link {
            symlink("first.db", &database).map_err(|error| format!("no link: {error}"))?;
        }
        create(&database, plan.mode);
        if plan.writers.iter().any(|writing| writing.attached) {
            create(&attached::path(&database), plan.mode);
        }
        let clock = plan.clock_steps.then(|| FakeClock::new(dir));
        let watchers =
            plan.watchers.iter().enumerate().map(|(index, watcher)| {
                start_watcher(dir, &database, index, watcher, clock.as_ref())
            });
        let watchers = watchers.collect::<Result<_, _>>()?;
        let conduct = Arc::<Conduct>::default();
        if let Some(clock) = &clock {
            conduct.clock.get_or_init(|| clock.clone());
        }
        for fault in &plan.faults {
            fault.begin(&conduct, plan.mode);
        }
        let writers = Writers::start(&database, plan.mode, &plan.writers, dir, plan.seed, conduct);
        Ok(Self {
            dir: dir.to_owned(),
            database,
            mode: plan.mode,
            watchers,
            writers,
            clock,
            touched: AtomicBool::new(false),
            until: Instant::now() + Duration::from_millis(plan.millis),
            mounted,
        })
    }

    /// Whether it is time to end.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Lets so much time pass at most, at random, and no more than is left.
    pub fn rest(&self, rng: &mut Rng, most: Duration) {
        let left = self.until.saturating_duration_since(Instant::now());
        std::thread::sleep(most.mul_f64(rng.f64()).min(left));
    }

    /// Call it before what may end watchers is done.
    ///
    /// # Errors
    /// The watcher that has ended before anything was done to it.
    pub fn touch(&self) -> Result<(), String> {
        if self.touched.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let dead = self.watchers.iter().find_map(|watcher| {
            let died = watcher.state().died?;
            Some(format!(
                "the {} watcher ended with {died} before anything was done to it",
                watcher.watching.backend
            ))
        });
        dead.map_or(Ok(()), Err)
    }

    /// Writers killed so far.
    pub fn kills(&self) -> u64 {
        self.writers.conduct.kills.load(Ordering::Relaxed)
    }
}

/// A database with the counter, made by a process that has ended.
pub fn create(database: &Path, mode: JournalMode) {
    let mut writer = Writer::spawn();
    let conn = writer.open(database);
    writer.set_journal_mode(conn, mode);
    writer
        .exec(conn, numbered::SCHEMA)
        .unwrap_or_else(|error| panic!("{error}"));
    writer.close(conn);
    writer.finish();
}

fn open_to_all(path: &Path) -> Result<(), String> {
    fs::set_permissions(path, Permissions::from_mode(0o755))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn mount_tmpfs(place: &Path, kilobytes: u64) -> Result<Mounted, String> {
    let options = format!("size={kilobytes}k,mode=755");
    let none: Option<&str> = None;
    mount(
        none,
        place,
        Some("tmpfs"),
        MsFlags::empty(),
        Some(options.as_str()),
    )
    .map_err(|error| format!("a tmpfs cannot be mounted here: {error}"))?;
    Ok(Mounted(place.to_owned()))
}

fn start_watcher(
    dir: &Path,
    database: &Path,
    index: usize,
    plan: &crate::plan::WatcherPlan,
    clock: Option<&FakeClock>,
) -> Result<Watcher, String> {
    let log = dir.join(format!("watcher-{index}.jsonl"));
    let refuse = |error: std::io::Error| format!("{}: {error}", log.display());
    fs::write(&log, "").map_err(refuse)?;
    fs::set_permissions(&log, Permissions::from_mode(0o666)).map_err(refuse)?;
    let others = (plan.others > 0).then(|| dir.join("others"));
    if let Some(others) = &others {
        create_others(others, plan.others)?;
    }
    let watching = Watching {
        database: database.to_owned(),
        log: log.clone(),
        backend: plan.backend,
        reading: plan.reading,
        follow: plan.follow,
        crowd: plan.crowd,
        others,
        own_limits: plan.own_limits,
    };
    Watcher::start(watching, plan.as_nobody, clock)
}

/// So many further databases, copies of one.
fn create_others(dir: &Path, count: usize) -> Result<(), String> {
    let refuse = |error: std::io::Error| format!("{}: {error}", dir.display());
    if dir.exists() {
        return Ok(());
    }
    fs::create_dir(dir).map_err(refuse)?;
    let first = dir.join("00000.db");
    create(&first, JournalMode::Wal);
    for number in 1..count {
        fs::copy(&first, dir.join(format!("{number:05}.db"))).map_err(refuse)?;
    }
    Ok(())
}
