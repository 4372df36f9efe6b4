//! One watched database.

use crate::abi::honker_options;
use crate::failure::{Failure, text};
use crate::paths;
use crate::settings;
use crate::subscription::Subscription;
use honker_core::{Position, SharedUpdateWatcher, Stats};
use serde_json::to_string;
use std::ffi::{CStr, CString};
use std::time::Duration;

/// A watcher, as a `honker_watcher` stands for one.
#[derive(Debug)]
pub(crate) struct Watcher {
    watcher: SharedUpdateWatcher,
    path: CString,
}

/// What is wanted of a subscription.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) since: Option<&'a [u8]>,
    pub(crate) min_interval: Duration,
    pub(crate) idle_poll: Option<Duration>,
}

impl Watcher {
    pub(crate) fn open(path: &[u8], options: Option<honker_options>) -> Result<Self, Failure> {
        let mut builder = SharedUpdateWatcher::builder(paths::of_c(path)?);
        if let Some(options) = options {
            builder = builder
                .backend(settings::backend(options.backend)?)
                .on_replace(settings::on_replace(options.on_replace)?)
                .must_exist(options.must_exist != 0);
            if options.poll_interval_us != 0 {
                builder = builder.poll_interval(Duration::from_micros(options.poll_interval_us));
            }
        }
        let watcher = builder.open()?;
        Ok(Self {
            path: text(paths::to_c(watcher.path())),
            watcher,
        })
    }

    pub(crate) fn subscribe(&self, wanted: &Wanted<'_>) -> Result<Subscription, Failure> {
        let mut subscription = self.watcher.subscribe().min_interval(wanted.min_interval);
        if let Some(since) = wanted.since {
            let position: Position = String::from_utf8_lossy(since).parse()?;
            subscription = subscription.since(&position);
        }
        if let Some(wait) = wanted.idle_poll {
            subscription = subscription.idle_poll(wait);
        }
        Ok(Subscription::new(subscription.start()?))
    }

    pub(crate) fn position(&self) -> Result<String, Failure> {
        Ok(self.watcher.position()?.to_string())
    }

    pub(crate) fn stats_json(&self) -> Result<String, Failure> {
        let stats: Stats = self.watcher.stats();
        to_string(&stats).map_err(|error| Failure::internal(&error.to_string()))
    }

    pub(crate) fn backend(&self) -> Option<&'static CStr> {
        settings::name_of(self.watcher.backend())
    }

    pub(crate) fn path(&self) -> &CStr {
        &self.path
    }

    pub(crate) fn close(&self) {
        self.watcher.close();
    }
}

/// The statistics of several as OpenMetrics text.
pub(crate) fn open_metrics<'a>(watchers: impl IntoIterator<Item = &'a Watcher>) -> String {
    honker_core::open_metrics(watchers.into_iter().map(|it| &it.watcher))
}

/// The diagnosis of a path, as `honker probe --json` prints it.
pub(crate) fn probe_json(path: &[u8]) -> Result<String, Failure> {
    let probe = honker_core::probe(paths::of_c(path)?)?;
    to_string(&probe).map_err(|error| Failure::internal(&error.to_string()))
}
