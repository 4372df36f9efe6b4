//! Steps of SQL whose number of commits is known, in a random order.
//!
//! What counts as a commit is what SQLite counts: a transaction that wrote at least one page. That is not always
//! what the SQL looks like (`UPDATE` to the same value may write no page, a transaction whose work was rolled
//! back to a savepoint writes page 1 all the same), so `tests/commits.rs` holds each step against SQLite's own
//! counters, in every journal mode.

mod changes;
mod files;
mod mix;
mod quiet;
mod runner;
mod schema;

pub use mix::Mix;
pub use runner::{Runner, Style};

/// Something a writer does, with the truth about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The kind of step.
    pub name: &'static str,
    /// The statements, in order, all on one connection. A constraint error is part of some steps.
    pub sql: Vec<String>,
    /// On which connection.
    pub session: Session,
    /// How many commits it makes to the main database.
    pub main: u32,
    /// How many commits it makes to the attached database.
    pub attached: u32,
}

/// The connection a step runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Session {
    /// The writer's connection.
    Same,
    /// The writer's connection, closed and opened again before.
    Reopened,
    /// Another connection of the same process, opened for it and closed after it.
    Second,
}

impl Step {
    /// Whether SQLite's own `PRAGMA data_version` may move in WAL although nothing was committed: both write the
    /// header of the wal-index when they begin the log anew, the one by cutting it, the other by writing the
    /// first frames of what it then rolls back into a log that was checkpointed to its end.
    pub fn may_mislead_data_version(&self) -> bool {
        ["checkpoint TRUNCATE", "spilled rollback"].contains(&self.name)
    }

    fn new<S: Into<String>>(sql: impl IntoIterator<Item = S>, main: u32) -> Self {
        Self {
            name: "",
            sql: sql.into_iter().map(Into::into).collect(),
            session: Session::Same,
            main,
            attached: 0,
        }
    }

    fn attached(mut self, commits: u32) -> Self {
        self.attached = commits;
        self
    }

    fn on(mut self, session: Session) -> Self {
        self.session = session;
        self
    }
}
