//! The OpenMetrics text, held against the grammar of the specification by a reader of its own.

use honker_core::{Conservative, SharedUpdateWatcher, open_metrics};
use honker_testkit::{JournalMode, LONG, TempDb};
use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
struct Exposition {
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<(String, Labels), f64>,
}

impl Exposition {
    /// Reads strictly: every line has to be as the specification wants it.
    fn read(text: &str) -> Self {
        let mut read = Self::default();
        let body = text
            .strip_suffix("# EOF\n")
            .expect("it ends with # EOF and a line feed");
        let mut family = String::new();
        for line in body.strip_suffix('\n').expect("whole lines").split('\n') {
            if let Some(descriptor) = line.strip_prefix("# ") {
                let mut words = descriptor.splitn(3, ' ');
                let mut word = || words.next().unwrap_or_else(|| panic!("cut short: {line}"));
                let (what, name, value) = (word(), word(), word());
                match what {
                    "TYPE" => {
                        assert!(is_name(name), "{line}");
                        assert!(["counter", "gauge", "info"].contains(&value), "{line}");
                        let first = read.kinds.insert(name.to_owned(), value.to_owned());
                        assert_eq!(first, None, "a family comes once: {line}");
                        name.clone_into(&mut family);
                    }
                    "UNIT" => assert!(name.ends_with(&format!("_{value}")), "{line}"),
                    "HELP" => assert!(!value.contains(['\\', '"']), "escaped: {line}"),
                    _ => panic!("unknown: {line}"),
                }
                assert_eq!(name, family, "{line}");
                continue;
            }
            let (name, labels, value) = sample(line);
            let suffix = match read.kinds[&family].as_str() {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            assert_eq!(name, format!("{family}{suffix}"), "{line}");
            let key = (name.to_owned(), labels);
            let first = read.samples.insert(key, value.parse().expect("a number"));
            assert_eq!(first, None, "a sample comes once: {line}");
        }
        read
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter();
        let labels = labels.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.samples
            .get(&(name.to_owned(), labels.collect()))
            .copied()
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// `name{label="value",…} number`.
fn sample(line: &str) -> (&str, Labels, &str) {
    let (name, rest) = line.split_once('{').expect("labels");
    let mut labels = Labels::new();
    let mut rest = rest;
    loop {
        let (label, after) = rest.split_once("=\"").expect("a label");
        assert!(is_name(label), "{line}");
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => match chars.next().expect("an escaped character").1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => panic!("unknown escape \\{c}: {line}"),
                },
                (_, c) => value.push(c),
            }
        };
        assert_eq!(labels.insert(label.to_owned(), value), None, "{line}");
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    let number = rest.strip_prefix("} ").expect("a value");
    (name, labels, number)
}

#[test]
fn the_numbers_are_those_of_stats_for_every_watcher() {
    let dbs = [
        TempDb::new(JournalMode::Wal),
        TempDb::new(JournalMode::Delete),
    ];
    let watchers: Vec<_> = dbs
        .iter()
        .map(|db| SharedUpdateWatcher::new(db.path()).expect("a watcher"))
        .collect();
    for (made, (db, watcher)) in dbs.iter().zip(&watchers).enumerate() {
        let mut events = watcher.update_events().expect("a subscription");
        for _ in 0..=made {
            db.sql("INSERT INTO t(n) VALUES (1)");
            assert!(events.recv_timeout(LONG).expect("alive").is_some());
        }
    }
    let read = Exposition::read(&open_metrics(&watchers));
    for (made, watcher) in [1.0, 2.0].into_iter().zip(&watchers) {
        let path = watcher.path().to_str().expect("text");
        let value = |name| read.value(name, &[("database", path)]);
        assert!(value("honker_commits_total") >= Some(made));
        assert!(value("honker_looks_total") > Some(0.0));
        assert_eq!(value("honker_subscribers"), Some(0.0));
        assert_eq!(value("honker_fallback"), Some(0.0));
        assert!(value("honker_look_period_seconds") > Some(0.0));
        for reason in Conservative::ALL {
            let labels = [("database", path), ("reason", reason.name())];
            let name = "honker_conservative_wakes_total";
            assert!(read.value(name, &labels).is_some(), "{reason:?}");
        }
        let backend = [
            ("database", path),
            ("requested", "polling"),
            ("effective", "polling"),
        ];
        assert_eq!(read.value("honker_watcher_info", &backend), Some(1.0));
    }
}

#[test]
#[cfg_attr(windows, ignore = "there are no such names")]
fn paths_with_quotes_backslashes_and_line_feeds_are_escaped() {
    let db = TempDb::absent();
    let odd: BTreeSet<_> = ["a\"b.db", "a\\b.db", "a\nb.db", "a\\nb.db", "{},= .db"]
        .map(|name| db.beside(name))
        .into();
    let watchers: Vec<_> = odd
        .iter()
        .map(|path| SharedUpdateWatcher::new(path).expect("a watcher"))
        .collect();
    let read = Exposition::read(&open_metrics(&watchers));
    let found = read.samples.keys().map(|(_, labels)| &labels["database"]);
    let expected = odd.iter().map(|path| path.to_str().expect("text"));
    assert_eq!(
        found.map(String::as_str).collect::<BTreeSet<_>>(),
        expected.collect()
    );
}

#[test]
fn no_watcher_gives_an_empty_set_that_can_be_read() {
    let read = Exposition::read(&open_metrics([]));
    assert!(read.samples.is_empty() && !read.kinds.is_empty());
}

/// The reader of Prometheus's own Python library, where it is installed.
#[test]
#[cfg_attr(windows, ignore = "there are no such names")]
fn prometheus_reads_it() {
    let db = TempDb::absent();
    let path = db.beside("a\"\\\nb.db");
    let watcher = SharedUpdateWatcher::new(&path).expect("a watcher");
    let file = db.beside("metrics");
    std::fs::write(&file, open_metrics([&watcher])).expect("written");
    let script = "
import sys
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
except ImportError:
    sys.exit('skipped: no prometheus_client')
read = list(families(open(sys.argv[1]).read()))
assert len(read) > 10
assert {s.labels['database'] for family in read for s in family.samples} == {sys.argv[2]}
";
    let output = std::process::Command::new("python3")
        .args(["-c", script])
        .args([file, path])
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(
        output.status.success() || said.starts_with("skipped"),
        "{said}"
    );
}
