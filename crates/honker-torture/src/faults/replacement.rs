//! Another file where the database was. It holds the same commits, so that those after it count on.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use honker_testkit::{LONG, Open, SqlError, Writer, wait_until};
use serde::{Deserialize, Serialize};

use super::{Family, QUIET};
use crate::backend::Backend;
use crate::checker::{Death, Survival};
use crate::control::{Reading, State};
use crate::plan::{Plan, WatcherPlan};
use crate::scene::Scene;
use crate::watcher::Watcher;

/// How a file is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// A copy renamed over it.
    RenamedOver,
    /// Removed, and a copy moved to the place a moment later.
    Unlinked,
    /// A symbolic link that leads to a copy now.
    Retargeted,
    /// The directory moved away, and a copy of it moved to the place.
    DirectoryMoved,
    /// Cut to zero bytes, and written again.
    CutToZero,
    /// Overwritten in place by an earlier state, and then by the latest one.
    CounterBackwards,
}

impl Replacement {
    pub(super) fn family(self) -> Family {
        let strike = match self {
            Self::RenamedOver => |scene: &Scene, _: &mut _| replace(scene, renamed_over),
            Self::Unlinked => |scene: &Scene, _: &mut _| replace(scene, unlinked),
            Self::Retargeted => |scene: &Scene, _: &mut _| replace(scene, retargeted),
            Self::DirectoryMoved => |scene: &Scene, _: &mut _| replace(scene, directory_moved),
            Self::CutToZero => |scene: &Scene, _: &mut _| replace(scene, cut_to_zero),
            Self::CounterBackwards => |scene: &Scene, _: &mut _| replace(scene, counter_backwards),
        };
        let shape = match self {
            Self::Retargeted => |plan: &mut Plan, _: &mut _| {
                shape(plan);
                plan.through_link = true;
            },
            // What those who follow are told of an overwritten file is not among what the checker knows.
            Self::CutToZero | Self::CounterBackwards => |plan: &mut Plan, _: &mut _| {
                shape(plan);
                plan.watchers.retain(|watcher| !watcher.follow);
            },
            _ => |plan: &mut Plan, _: &mut _| shape(plan),
        };
        Family {
            shape,
            strike,
            ..QUIET
        }
    }
}

/// Each watcher twice: one that ends, and one that follows.
fn shape(plan: &mut Plan) {
    // Its connection is to the old file, beside which SQLite itself allows no replacement.
    let is_connected = |watcher: &WatcherPlan| watcher.backend == Backend::DataVersion;
    plan.watchers.retain(|watcher| !is_connected(watcher));
    for watcher in &mut plan.watchers {
        // Connections to the old file would write its log into the new one.
        watcher.reading = Reading::Nothing;
        watcher.death = Death::of(&["Replaced"], Survival::Forbidden);
    }
    let mut following = plan.watchers.clone();
    for watcher in &mut following {
        watcher.follow = true;
        watcher.death = Death::Never;
    }
    plan.watchers.extend(following);
}

/// Replaces the file while no writer has it open, and waits until every watcher has said so.
fn replace(scene: &Scene, how: fn(&Scene) -> io::Result<()>) -> Result<u64, String> {
    scene.rest(&mut fastrand::Rng::new(), Duration::from_millis(400));
    scene.writers.paused(|| {
        settle(scene).map_err(|error| format!("the database can't be settled: {error}"))?;
        let before: Vec<State> = scene.watchers.iter().map(Watcher::state).collect();
        scene.touch()?;
        how(scene).map_err(|error| format!("the file can't be replaced: {error}"))?;
        let each = || scene.watchers.iter().zip(&before);
        let _ = wait_until(LONG, || {
            each().all(|(watcher, before)| has_said(watcher, before))
        });
        match each().find(|(watcher, before)| !has_said(watcher, before)) {
            None => Ok(1),
            Some((watcher, _)) => Err(format!(
                "the {} watcher was silent about a replacement",
                watcher.watching.backend
            )),
        }
    })
}

/// Has SQLite bring everything that killed writers left into the file, which is all that is copied.
fn settle(scene: &Scene) -> Result<(), SqlError> {
    let mut writer = Writer::spawn();
    let how = Open {
        busy_timeout_ms: 20_000,
        ..Open::default()
    };
    let conn = writer.try_open(scene.database.clone(), how)?;
    writer.query(conn, "SELECT n FROM counter")?;
    writer.query(conn, "PRAGMA wal_checkpoint(TRUNCATE)")?;
    writer.close(conn);
    writer.finish();
    Ok(())
}

fn has_said(watcher: &Watcher, before: &State) -> bool {
    let now = watcher.state();
    now.died.is_some() || now.replaced > before.replaced
}

/// The latest state, in a file beside it. No log is left when all connections are closed.
fn copy(scene: &Scene) -> io::Result<PathBuf> {
    let copy = scene.database.with_file_name("copy.db");
    fs::copy(&scene.database, &copy)?;
    Ok(copy)
}

fn renamed_over(scene: &Scene) -> io::Result<()> {
    fs::rename(copy(scene)?, &scene.database)
}

fn unlinked(scene: &Scene) -> io::Result<()> {
    let copy = copy(scene)?;
    fs::remove_file(&scene.database)?;
    std::thread::sleep(Duration::from_millis(fastrand::u64(..150)));
    fs::rename(copy, &scene.database)
}

fn retargeted(scene: &Scene) -> io::Result<()> {
    let after = match fs::read_link(&scene.database)? {
        before if before == Path::new("first.db") => "second.db",
        _ => "first.db",
    };
    fs::copy(&scene.database, scene.database.with_file_name(after))?;
    let link = scene.database.with_file_name("link");
    symlink(after, &link)?;
    fs::rename(link, &scene.database)
}

fn directory_moved(scene: &Scene) -> io::Result<()> {
    let place = scene.dir.join("db");
    let (new, old) = (scene.dir.join("new"), scene.dir.join("old"));
    fs::create_dir(&new)?;
    fs::copy(&scene.database, new.join("app.db"))?;
    fs::rename(&place, &old)?;
    fs::rename(new, &place)?;
    fs::remove_dir_all(old)
}

fn cut_to_zero(scene: &Scene) -> io::Result<()> {
    let bytes = fs::read(&scene.database)?;
    let mut file = File::options().write(true).open(&scene.database)?;
    file.set_len(0)?;
    let seen = all_have_looked(scene);
    file.write_all(&bytes)?;
    seen
}

fn counter_backwards(scene: &Scene) -> io::Result<()> {
    // Back is only for who has seen it further on: a starved watcher may be behind.
    all_have_looked(scene)?;
    let bytes = fs::read(&scene.database)?;
    let file = File::options().write(true).open(&scene.database)?;
    // The file change counter, big-endian.
    let counter = u32::from_be_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
    file.write_all_at(&(counter / 2).to_be_bytes(), 24)?;
    let seen = all_have_looked(scene);
    file.write_all_at(&bytes, 0)?;
    seen
}

/// What is there for a moment only need not be noticed: so it stays until each watcher that lives has looked.
fn all_have_looked(scene: &Scene) -> io::Result<()> {
    let before: Vec<State> = scene.watchers.iter().map(Watcher::state).collect();
    let looked = wait_until(LONG, || {
        let mut each = scene.watchers.iter().zip(&before);
        each.all(|(watcher, before)| {
            let now = watcher.state();
            now.died.is_some() || now.looks >= before.looks + 3
        })
    });
    let deaf = || io::Error::other("a watcher does not look any more");
    looked.then_some(()).ok_or_else(deaf)
}
