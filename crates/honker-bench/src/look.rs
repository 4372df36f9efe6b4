//! One way to look at a database, again and again: what `honker-bench look` runs, and the criterion bench.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use honker_core::testing::{Look, LookNow};

use crate::contender::{Version, highest_id};

/// Looks once; whether something had changed.
pub type LookOnce = Box<dyn FnMut() -> bool>;

/// A way to look by its name: `honker`, `data-version`, `table` or `header`.
///
/// # Errors
///
/// There is no such way, or the database cannot be opened.
pub fn way(name: &str, database: &Path) -> Result<LookOnce, String> {
    Ok(match name {
        "honker" => {
            let observer = LookNow::open(database);
            let mut observer = observer.map_err(|error| error.to_string())?;
            Box::new(move || observer.look() != Look::Same)
        }
        "data-version" => {
            let version = Version::open(database);
            let mut version = version.map_err(|error| error.to_string())?;
            Box::new(move || version.has_moved())
        }
        "table" => {
            let mut read = highest_id(database);
            let mut last = read();
            Box::new(move || {
                let now = read();
                std::mem::replace(&mut last, now) != now
            })
        }
        "header" => {
            let file = File::open(database).map_err(|error| error.to_string())?;
            let mut last = [0; 100];
            file.read_exact_at(&mut last, 0)
                .map_err(|error| error.to_string())?;
            Box::new(move || {
                let mut now = [0; 100];
                file.read_exact_at(&mut now, 0).is_err() || now != last
            })
        }
        _ => return Err(format!("no way to look {name:?}")),
    })
}

/// Looks so often, and gives the nanoseconds of one look.
///
/// # Errors
///
/// As for [`way`]; also if a look found something, since nobody commits.
pub fn time(name: &str, database: &Path, looks: u64) -> Result<f64, String> {
    let mut look = way(name, database)?;
    look();
    let began = Instant::now();
    for _ in 0..looks {
        if look() {
            return Err("a look found a change".to_owned());
        }
    }
    Ok(began.elapsed().as_secs_f64() * 1e9 / crate::spread::float(looks.max(1)))
}
