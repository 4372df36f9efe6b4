//! Reading values, and saying what is wrong with them.

use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use honker_core::{OnReplace, Position, WatcherBackend};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

const UNITS: &str = "write it with its unit, for example 500ms, 5s, 1.5s or 2m";

/// A time longer than zero.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.starts_with('-') {
        return Err(format!("a time can't be negative: {UNITS}"));
    }
    // "nan" and "inf" are numbers to Rust, and no times.
    let plain = text.parse::<f64>().ok().filter(|number| number.is_finite());
    if plain.is_some_and(|number| number != 0.0) {
        return Err(format!("a plain number has no unit: {UNITS}"));
    }
    if plain.is_some() {
        return Err(format!("a time must be longer than zero: {UNITS}"));
    }
    match humantime::parse_duration(text) {
        Ok(time) if time.is_zero() => Err(format!("a time must be longer than zero: {UNITS}")),
        Ok(time) => Ok(time),
        Err(_) => Err(format!("not a time: {UNITS}")),
    }
}

/// What an earlier run has printed.
pub(super) fn position(text: &str) -> Result<Position, String> {
    text.parse()
        .map_err(|error: honker_core::Error| error.to_string())
}

/// What to do when the database is replaced.
pub(super) fn on_replace() -> impl TypedValueParser<Value = OnReplace> {
    PossibleValuesParser::new(["die", "follow"]).map(|name| match name.as_str() {
        "follow" => OnReplace::Follow,
        _ => OnReplace::Die,
    })
}

/// A count that can be reached.
pub(super) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("it must be a whole number, at least 1".to_owned()),
    }
}

/// The library reads the name, and says which are valid; shells get the same names to complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backend;

impl TypedValueParser for Backend {
    type Value = WatcherBackend;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<WatcherBackend, clap::Error> {
        let by_name = |text: &str| text.parse::<WatcherBackend>();
        by_name.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let backends = [
            WatcherBackend::Auto,
            WatcherBackend::Polling,
            WatcherBackend::KernelWatch,
            WatcherBackend::ShmFastPath,
            WatcherBackend::DataVersion,
        ];
        let names = backends.into_iter().map(WatcherBackend::name);
        Some(Box::new(names.map(PossibleValue::new)))
    }
}

/// Any path, also an empty one: the library says why that names no database.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_their_unit() {
        let read = |text| duration(text).expect(text);
        assert_eq!(read("1ms"), Duration::from_millis(1));
        assert_eq!(read("1.5s"), Duration::from_millis(1500));
        assert_eq!(read("2m"), Duration::from_mins(2));
        assert_eq!(read("1h 30m"), Duration::from_mins(90));
    }

    #[test]
    fn a_time_that_is_not_one_is_refused_with_a_hint() {
        for (text, hint) in [
            ("5", "no unit"),
            ("1.5", "no unit"),
            ("0", "longer than zero"),
            ("0s", "longer than zero"),
            ("0.0", "longer than zero"),
            ("-1s", "negative"),
            ("-5", "negative"),
            ("soon", "not a time"),
            ("nan", "not a time"),
            ("NaN", "not a time"),
            ("inf", "not a time"),
            ("infinity", "not a time"),
            ("1e400", "not a time"),
            ("", "not a time"),
            ("99999999999999999999s", "not a time"),
        ] {
            let error = duration(text).expect_err(text);
            assert!(error.contains(hint), "{text}: {error}");
            assert!(error.contains("500ms"), "{text}: {error}");
        }
    }

    #[test]
    fn a_count_is_at_least_one() {
        assert_eq!(at_least_one("3"), Ok(3));
        for text in ["0", "-1", "1.5", "many", ""] {
            assert!(at_least_one(text).is_err(), "{text}");
        }
    }
}
