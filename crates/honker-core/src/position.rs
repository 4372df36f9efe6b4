//! Positions: what has been seen, as a text that outlives the program.

use crate::error::{Error, Reason};
use crate::identity::Identity;
use crate::observer::stamp::{Stamp, Time, Written};
use crate::observer::standing::{LogStanding, Standing};
use std::fmt;
use std::str::FromStr;

/// What a watcher has seen of its database: an opaque token, from [`SharedUpdateWatcher::position`].
///
/// Take one, *then* read the database, and keep the two together. A subscription [since] that position wakes at once if
/// anything may have been committed after it, by whomever and however long ago, and stays silent if provably nothing
/// was. So nothing is lost between a read and a subscription, nor between two runs of a program.
///
/// Its text is one word of ASCII letters, digits, dots and hyphens, below 200 of them, and says nothing but where that
/// database stood. It holds the device number of the file system: where that is another one after a restart of the
/// machine, the first wake is one of kind [`UpdateKind::Replaced`].
///
/// ```
/// # use honker_core::{Position, SharedUpdateWatcher};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("app.db");
/// let watcher = SharedUpdateWatcher::new(&path)?;
/// let kept = watcher.position()?.to_string(); // then read, and store both
/// drop(watcher);
/// // … committed while nobody watches …
/// # std::process::Command::new("sqlite3").arg(&path).arg("CREATE TABLE t(x)").spawn()?.wait()?;
/// let watcher = SharedUpdateWatcher::new(&path)?;
/// let position: Position = kept.parse()?;
/// let mut events = watcher.update_events_since(&position)?;
/// assert!(events.try_recv()?.is_some());
/// # Ok(())
/// # }
/// ```
///
/// [`SharedUpdateWatcher::position`]: crate::SharedUpdateWatcher::position
/// [since]: crate::SharedUpdateWatcher::update_events_since
/// [`UpdateKind::Replaced`]: crate::UpdateKind::Replaced
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub(crate) standing: Standing,
}

/// The first word of every position: another layout gets another number.
const VERSION: &str = "honker1";

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.standing {
            Standing::Unknown => format!("{VERSION}.unknown"),
            Standing::Absent => format!("{VERSION}.absent"),
            Standing::Rollback {
                file,
                counter,
                written,
            } => {
                let text = format!(
                    "{VERSION}.rollback.{:x}.{:x}.{counter:x}",
                    file.dev, file.ino
                );
                match written {
                    None => text,
                    Some(Written { size, modified }) => format!(
                        "{text}.{size:x}.{:x}.{:x}",
                        modified.seconds, modified.nanoseconds
                    ),
                }
            }
            Standing::Wal { file, log } => {
                let stamp = log.stamp.unwrap_or_default();
                format!(
                    "{VERSION}.wal.{:x}.{:x}.{:x}.{:x}.{:x}.{:x}.{:x}.{:x}",
                    file.dev,
                    file.ino,
                    log.commit,
                    stamp.size,
                    stamp.modified.seconds,
                    stamp.modified.nanoseconds,
                    stamp.changed.seconds,
                    stamp.changed.nanoseconds
                )
            }
        };
        write!(f, "{text}.{:08x}", check(&text))
    }
}

impl FromStr for Position {
    type Err = Error;

    /// Reads what [`Display`](fmt::Display) printed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for anything else, also for one that lost
    /// characters on its way.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| {
            let text = text.to_owned();
            Error::new(None, Reason::NotAPosition { text })
        })
    }
}

fn parse(text: &str) -> Option<Position> {
    let (body, sum) = text.rsplit_once('.')?;
    if sum != format!("{:08x}", check(body)) {
        return None;
    }
    let mut words = body.split('.');
    if words.next()? != VERSION {
        return None;
    }
    let kind = words.next()?;
    let numbers: Vec<u64> = words
        .map(|word| u64::from_str_radix(word, 16).ok())
        .collect::<Option<_>>()?;
    let standing = match (kind, &numbers[..]) {
        ("unknown", []) => Standing::Unknown,
        ("absent", []) => Standing::Absent,
        ("rollback", &[dev, ino, counter]) => Standing::Rollback {
            file: Identity { dev, ino },
            counter: u32::try_from(counter).ok()?,
            written: None,
        },
        ("rollback", &[dev, ino, counter, size, mtime, mtime_ns]) => Standing::Rollback {
            file: Identity { dev, ino },
            counter: u32::try_from(counter).ok()?,
            written: Some(Written {
                size,
                modified: time(mtime, mtime_ns)?,
            }),
        },
        ("wal", &[dev, ino, commit, size, mtime, mtime_ns, ctime, ctime_ns]) => {
            let stamp = Stamp {
                size,
                modified: time(mtime, mtime_ns)?,
                changed: time(ctime, ctime_ns)?,
            };
            Standing::Wal {
                file: Identity { dev, ino },
                log: LogStanding {
                    commit,
                    stamp: (stamp != Stamp::default()).then_some(stamp),
                },
            }
        }
        _ => return None,
    };
    Some(Position { standing })
}

fn time(seconds: u64, nanoseconds: u64) -> Option<Time> {
    Some(Time {
        seconds: seconds.cast_signed(),
        nanoseconds: u32::try_from(nanoseconds).ok()?,
    })
}

/// FNV-1a: tells a word that was cut or mistyped, nothing more.
fn check(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use proptest::prelude::*;

    fn standings() -> impl Strategy<Value = Standing> {
        let file = (any::<u64>(), any::<u64>()).prop_map(|(dev, ino)| Identity { dev, ino });
        let time = (any::<i64>(), any::<u32>()).prop_map(|(seconds, nanoseconds)| Time {
            seconds,
            nanoseconds,
        });
        let written = proptest::option::of((any::<u64>(), time.clone()))
            .prop_map(|written| written.map(|(size, modified)| Written { size, modified }));
        let stamp = (1_u64.., time.clone(), time).prop_map(|(size, modified, changed)| Stamp {
            size,
            modified,
            changed,
        });
        let log = (any::<u64>(), proptest::option::of(stamp))
            .prop_map(|(commit, stamp)| LogStanding { commit, stamp });
        prop_oneof![
            Just(Standing::Unknown),
            Just(Standing::Absent),
            (file.clone(), any::<u32>(), written).prop_map(|(file, counter, written)| {
                Standing::Rollback {
                    file,
                    counter,
                    written,
                }
            }),
            (file, log).prop_map(|(file, log)| Standing::Wal { file, log }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(standing in standings()) {
            let text = Position { standing }.to_string();
            prop_assert_eq!(text.parse::<Position>().expect("a position").standing, standing);
            prop_assert!(text.len() < 200);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)));
        }

        #[test]
        fn a_position_that_lost_a_character_is_refused(standing in standings(), at: prop::sample::Index) {
            let mut text = Position { standing }.to_string();
            text.remove(at.index(text.len()));
            prop_assert!(text.parse::<Position>().is_err());
        }

        #[test]
        fn no_text_is_read_as_something_it_is_not(text in ".*") {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert_eq!(position.to_string(), text);
            }
        }
    }

    #[test]
    fn what_is_no_position_is_said_to_be_none() {
        let error = "yesterday".parse::<Position>().expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.to_string().contains("\"yesterday\""), "{error}");
    }
}
