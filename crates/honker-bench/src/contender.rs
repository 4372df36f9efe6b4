//! The ways to notice a commit that are compared.

mod data_version;
mod floor;
mod header;
mod notify;
mod ours;
mod reader;
mod table_poll;
mod thread;

pub(crate) use data_version::Version;
pub(crate) use reader::highest_id;

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use honker_bench_contender::{Contender, serve};
use honker_core::WatcherBackend;
use honker_testkit::JournalMode;
use serde::{Deserialize, Serialize};

/// One way to notice a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// A bare inotify read in one thread, and one futex to another: nothing driven by events can be faster.
    Floor,
    /// Ours, by file events.
    Kernel,
    /// Ours, as it chooses by itself.
    Auto,
    /// Ours, by the wal-index each 20 us to 1 ms.
    Shm,
    /// Ours, each millisecond.
    Polling,
    /// The published crate's `kernel`.
    PublishedKernel,
    /// The published crate's `shm`.
    PublishedShm,
    /// The published crate's default.
    PublishedPolling,
    /// A thread a database that runs `PRAGMA data_version` each millisecond.
    DataVersion,
    /// The crate `notify`, with one look an event.
    Notify,
    /// A thread a database that reads the file's header each millisecond.
    Header,
    /// A thread a database that asks for `max(id)` each 0.1 s.
    TablePoll,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Floor,
        Self::Kernel,
        Self::Auto,
        Self::Shm,
        Self::Polling,
        Self::PublishedKernel,
        Self::PublishedShm,
        Self::PublishedPolling,
        Self::DataVersion,
        Self::Notify,
        Self::Header,
        Self::TablePoll,
    ];

    /// The name of the process, and in the results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Kernel => "kernel",
            Self::Auto => "auto",
            Self::Shm => "shm",
            Self::Polling => "polling",
            Self::PublishedKernel => "published-kernel",
            Self::PublishedShm => "published-shm",
            Self::PublishedPolling => "published-polling",
            Self::DataVersion => "data-version",
            Self::Notify => "notify",
            Self::Header => "header",
            Self::TablePoll => "table-poll",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Floor => "floor: inotify and a futex, no look",
            Self::Kernel => "honker `kernel`",
            Self::Auto => "honker `auto`",
            Self::Shm => "honker `shm`",
            Self::Polling => "honker `polling`",
            Self::PublishedKernel => "honker-core 0.5 `kernel`",
            Self::PublishedShm => "honker-core 0.5 `shm`",
            Self::PublishedPolling => "honker-core 0.5 `polling`",
            Self::DataVersion => "`PRAGMA data_version`, each 1 ms",
            Self::Notify => "`notify`, one look an event",
            Self::Header => "file header, each 1 ms",
            Self::TablePoll => "`SELECT max(id)`, each 0.1 s",
        }
    }

    /// Whether it is this project's.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Kernel | Self::Auto | Self::Shm | Self::Polling)
    }

    /// Whether it is the crate in the registry, which a process built in another workspace runs.
    #[must_use]
    pub const fn is_published(self) -> bool {
        matches!(
            self,
            Self::PublishedKernel | Self::PublishedShm | Self::PublishedPolling
        )
    }

    /// Whether it can see commits in this mode at all.
    #[must_use]
    pub fn works_in(self, mode: JournalMode) -> bool {
        match self {
            Self::Shm | Self::PublishedShm => mode.is_wal(),
            // In WAL a commit leaves the header alone.
            Self::Header => !mode.is_wal(),
            _ => true,
        }
    }

    /// Whether each database needs a thread of its own.
    #[must_use]
    pub const fn has_a_thread_a_database(self) -> bool {
        matches!(self, Self::DataVersion | Self::Header | Self::TablePoll) || self.is_published()
    }

    /// The command that starts its process. `published` is the program with the published crate.
    ///
    /// # Errors
    ///
    /// There is no such program, or this program's own path is unknown.
    pub fn command(self, program: &Path, published: &Path) -> Result<Command, String> {
        if !self.is_published() {
            let mut command = Command::new(program);
            command.args(["contender", self.name()]);
            return Ok(command);
        }
        if !published.is_file() {
            return Err(format!(
                "{} is not built: see bench/published",
                published.display()
            ));
        }
        let mut command = Command::new(published);
        command.arg(self.name().trim_start_matches("published-"));
        Ok(command)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|each| each.name() == name)
            .ok_or_else(|| format!("no contender {name:?}"))
    }
}

/// Runs a contender in this process, until the bench has no more commands.
///
/// # Errors
///
/// It has a program of its own, or standard input or output failed.
pub fn serve_as(name: Name) -> Result<(), String> {
    let mut contender: Box<dyn Contender> = match name {
        Name::Floor => Box::new(floor::Floor),
        Name::Kernel => Box::new(ours::Ours(WatcherBackend::KernelWatch)),
        Name::Auto => Box::new(ours::Ours(WatcherBackend::Auto)),
        Name::Shm => Box::new(ours::Ours(WatcherBackend::ShmFastPath)),
        Name::Polling => Box::new(ours::Ours(WatcherBackend::Polling)),
        Name::DataVersion => Box::new(data_version::EachMillisecond),
        Name::Notify => Box::new(notify::LookAnEvent::default()),
        Name::Header => Box::new(header::EachMillisecond),
        Name::TablePoll => Box::new(table_poll::EachTenth),
        Name::PublishedKernel | Name::PublishedShm | Name::PublishedPolling => {
            return Err(format!("{name} has a program of its own"));
        }
    };
    serve(contender.as_mut(), reader::highest_id).map_err(|error| error.to_string())
}
