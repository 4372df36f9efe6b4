//! Hours of commits, kills and checkpoints: what a watching process uses has to stay flat.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fastrand::Rng;
use honker_testkit::{JournalMode, LONG, fds, threads, wait_until};

use crate::control::{Reading, Watching};
use crate::faults::Fault;
use crate::plan::Plan;
use crate::scene::Scene;
use crate::watcher::Watcher;

/// What is done to the databases meanwhile.
const FAULTS: [Fault; 4] = [
    Fault::WriterKills,
    Fault::ForkStorm,
    Fault::Crowd,
    Fault::WatcherStops,
];
/// Pages come and go; a leak does not stop at this.
const KILOBYTES: u64 = 2_048;

/// What a process uses.
#[derive(Debug, Clone, Copy)]
struct Usage {
    kilobytes: u64,
    descriptors: u64,
    threads: u64,
}

/// What one watcher used over time.
#[derive(Debug)]
struct Course {
    name: String,
    samples: Vec<Usage>,
}

/// Soaks for so long, and says what each watcher used. Whether all of it stayed flat.
///
/// # Errors
/// What the machine refused.
pub fn run(time: Duration, seed: u64, base: &Path) -> Result<bool, String> {
    let courses = Mutex::new(Vec::new());
    let results: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let courses = &courses;
        let soaking = [JournalMode::Wal, JournalMode::Delete].map(|mode| {
            scope.spawn(move || {
                let more = soak(mode, time, seed, base)?;
                courses
                    .lock()
                    .map_err(|_| "a thread panicked")?
                    .extend(more);
                Ok(())
            })
        });
        soaking
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?)
            .collect()
    });
    results.into_iter().collect::<Result<(), String>>()?;
    let courses = courses.into_inner().map_err(|_| "a thread panicked")?;
    println!(
        "{:28} {:>16} {:>14} {:>12}",
        "", "memory in kB", "descriptors", "threads"
    );
    println!(
        "{:28} {:>7}  {:>7} {:>7} {:>6} {:>6} {:>5}",
        "", "early", "late", "early", "late", "early", "late"
    );
    let mut flat = true;
    for course in &courses {
        flat &= course.tell();
    }
    Ok(flat)
}

/// One database, and the watchers of it.
fn soak(mode: JournalMode, time: Duration, seed: u64, base: &Path) -> Result<Vec<Course>, String> {
    let mut faults = FAULTS.to_vec();
    if mode.is_wal() {
        faults.push(Fault::Checkpoints);
    }
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let mut plan = Plan::draw(seed, millis, mode, &faults);
    for writing in &mut plan.writers {
        // The database is to outlast hours.
        (writing.every_us, writing.bytes) = (2_000, 0);
        writing.commits_a_session = 2_000;
    }
    for watcher in &mut plan.watchers {
        watcher.crowd = 100;
        if watcher.reading == Reading::Nothing {
            watcher.reading = Reading::Kept;
        }
    }
    plan.watchers
        .retain(|watcher| watcher.backend != crate::backend::Backend::DataVersion);
    let dir = tempfile::Builder::new()
        .prefix("honker-soak-")
        .tempdir_in(base);
    let dir = dir.map_err(|error| format!("{}: {error}", base.display()))?;
    record_nothing(&plan, dir.path()).map_err(|error| format!("no link: {error}"))?;
    let scene = Scene::set(&plan, dir.path())?;
    let courses = observe(&scene, &faults, seed, time);
    let Scene {
        watchers, writers, ..
    } = scene;
    // While the writers still write.
    let wake: Result<(), String> = watchers.iter().try_for_each(wakes_still);
    writers.finish();
    wake?;
    for watcher in watchers {
        watcher.finish(0, Duration::from_secs(1))?;
    }
    courses
}

/// What watches is not only flat: it lives, and its wakes go on.
fn wakes_still(watcher: &Watcher) -> Result<(), String> {
    let before = watcher.state().wakes;
    let goes_on = wait_until(LONG, || watcher.state().wakes > before);
    let Watching { backend, .. } = &watcher.watching;
    match watcher.state().died {
        Some(why) => Err(format!("the {backend} watcher ended with {why}")),
        None if !goes_on => Err(format!("the {backend} watcher wakes no more")),
        None => Ok(()),
    }
}

/// Hours of records would fill a disk: they go nowhere.
fn record_nothing(plan: &Plan, dir: &Path) -> std::io::Result<()> {
    for index in 0..plan.watchers.len() {
        symlink("/dev/null", dir.join(format!("watcher-{index}.jsonl")))?;
    }
    for index in 0..plan.writers.len() {
        symlink("/dev/null", dir.join(format!("writer-{index}.log")))?;
    }
    Ok(())
}

fn observe(
    scene: &Scene,
    faults: &[Fault],
    seed: u64,
    time: Duration,
) -> Result<Vec<Course>, String> {
    let name = |watcher: &Watcher| format!("{} {}", watcher.watching.backend, scene.mode);
    let mut courses: Vec<Course> = scene
        .watchers
        .iter()
        .map(|watcher| Course {
            name: name(watcher),
            samples: Vec::new(),
        })
        .collect();
    let began = Instant::now();
    std::thread::scope(|scope| {
        let striking: Vec<_> = faults
            .iter()
            .zip(1..)
            .map(|(fault, number)| {
                let mut rng = Rng::with_seed(seed + number);
                scope.spawn(move || {
                    while !scene.is_over() {
                        fault.strike(scene, &mut rng)?;
                    }
                    Ok(())
                })
            })
            .collect();
        let mut rng = Rng::with_seed(seed);
        while !scene.is_over() {
            scene.rest(&mut rng, (time / 200).min(Duration::from_secs(10)));
            // Until everything has been used once.
            if began.elapsed() > time / 10 {
                for (course, watcher) in courses.iter_mut().zip(&scene.watchers) {
                    course.samples.extend(usage(watcher.pid()));
                }
            }
        }
        let strikes = striking
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?);
        strikes.collect::<Result<(), String>>()
    })?;
    Ok(courses)
}

fn usage(pid: u32) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes = line.split_whitespace().next()?.parse().ok()?;
    let threads = threads::of(pid);
    // Threads that share a table show the same descriptors.
    let mut tables: Vec<_> = threads
        .iter()
        .map(|(thread, _)| fds::of_thread(pid, *thread))
        .collect();
    tables.sort_unstable();
    tables.dedup();
    Some(Usage {
        kilobytes,
        descriptors: tables.iter().map(|table| table.len() as u64).sum(),
        threads: threads.len() as u64,
    })
}

impl Course {
    /// One line. Whether the least that was used in the last third is what was used in the first: what is needed for a
    /// moment only comes and goes, and what leaks stays.
    fn tell(&self) -> bool {
        let third = self.samples.len() / 3;
        let (early, late) = (
            &self.samples[..third],
            &self.samples[self.samples.len() - third..],
        );
        let least = |samples: &[Usage], of: fn(&Usage) -> u64| samples.iter().map(of).min();
        let of: [fn(&Usage) -> u64; 3] = [|u| u.kilobytes, |u| u.descriptors, |u| u.threads];
        let [memory, descriptors, threads] = of.map(|of| {
            let pair = (least(early, of), least(late, of));
            (pair.0.unwrap_or(0), pair.1.unwrap_or(u64::MAX))
        });
        println!(
            "{:28} {:>7}  {:>7} {:>7} {:>6} {:>6} {:>5}",
            self.name, memory.0, memory.1, descriptors.0, descriptors.1, threads.0, threads.1
        );
        memory.1 <= memory.0 + KILOBYTES && descriptors.1 <= descriptors.0 && threads.1 <= threads.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(grows: fn(&mut Usage, u64)) -> Course {
        let sample = |number| {
            let mut usage = Usage {
                kilobytes: 8_000 + number % 7 * 100,
                descriptors: 14 + number % 3,
                threads: 4,
            };
            grows(&mut usage, number);
            usage
        };
        Course {
            name: "planted".to_owned(),
            samples: (0..90).map(sample).collect(),
        }
    }

    #[test]
    fn what_comes_and_goes_is_flat_and_what_stays_is_not() {
        assert!(course(|_, _| {}).tell());
        assert!(!course(|usage, number| usage.kilobytes += number * 50).tell());
        assert!(!course(|usage, number| usage.descriptors += number / 10).tell());
        assert!(!course(|usage, number| usage.threads += number / 30).tell());
    }
}
