//! A session of the `sqlite3` shell, which cannot log: this thread does it for each commit.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use honker_testkit::clock::monotonic_ns;
use honker_testkit::numbered::{self, Log, Logged};
use honker_testkit::{Shell, SqlError};

use super::driver::Driver;

/// One process, killed in a commit if writers are.
pub(super) fn session(driver: &mut Driver, pragmas: &[String]) {
    let mut shell = Shell::spawn(&driver.database);
    let mut log = Log::append(&driver.log).expect("a log can be opened");
    match work(driver, &mut shell, pragmas, &mut log) {
        // Closes the database, with a checkpoint if it is the last one.
        Ok(()) => drop(shell.exec(".open :memory:")),
        Err(error) => {
            driver.met(&SqlError {
                code: if error.contains("locked") { 5 } else { 1 },
                error,
                extended: 0,
                before_ns: 0,
                after_ns: 0,
            });
        }
    }
}

fn work(
    driver: &mut Driver,
    shell: &mut Shell,
    pragmas: &[String],
    log: &mut Log,
) -> Result<(), String> {
    let began = Instant::now();
    shell.exec(".timeout 20000")?;
    for pragma in pragmas {
        shell.exec(pragma)?;
    }
    if driver.conduct.leave_log.load(Ordering::Relaxed) {
        shell.exec(".filectrl persist_wal 1")?;
    }
    let entry = numbered::entry(driver.writing.bytes);
    let update = format!("BEGIN IMMEDIATE; UPDATE counter SET n = n + 1 RETURNING n; {entry}");
    for _ in 0..driver.writing.commits_a_session {
        let conduct = &driver.conduct;
        if conduct.is_over() || conduct.is_paused() || began.elapsed() > Duration::from_secs(1) {
            break;
        }
        let k = count(shell, &update)?;
        tell(log, k, false);
        let within = conduct.kill_within_us.load(Ordering::Relaxed);
        if within > 0 && driver.rng.u8(..) < 16 {
            shell.start("COMMIT");
            std::thread::sleep(Duration::from_micros(driver.rng.u64(..1000)));
            shell.process().kill();
            conduct.kills.fetch_add(1, Ordering::Relaxed);
            // A dead shell has nothing to close.
            *shell = Shell::spawn(":memory:");
            return Ok(());
        }
        if let Err(error) = shell.exec("COMMIT") {
            let _ = shell.exec("ROLLBACK");
            return Err(error);
        }
        tell(log, k, true);
    }
    Ok(())
}

fn count(shell: &mut Shell, update: &str) -> Result<u64, String> {
    match shell.exec(update) {
        Ok(lines) => {
            let k = lines.last().and_then(|line| line.parse().ok());
            k.ok_or_else(|| format!("the shell counted {lines:?}"))
        }
        Err(error) => {
            let _ = shell.exec("ROLLBACK");
            Err(error)
        }
    }
}

fn tell(log: &mut Log, k: u64, returned: bool) {
    let ns = monotonic_ns();
    log.add(Logged { k, returned, ns })
        .expect("the log can be written");
}
