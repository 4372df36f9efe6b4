//! Events as no kernel sends them, for fuzzers.
//!
//! What the kernel guarantees stays true, because the library that reads its buffers relies on that: events are whole and
//! aligned, and their names end with NUL. Watches, flags, names and order are the fuzzer's.

use super::Hints;
use crate::hint::{Name, names::Names};
use rustix::fd::OwnedFd;
use std::collections::HashMap;

/// The watches that there are; a fuzzer's events name any.
pub(crate) const DIRECTORY: i32 = 1;
const FILE: i32 = 2;
/// What is read at once: a few events, none of them cut. It is far less than the room that `drain` has.
const DATAGRAM: usize = 512;

/// Hints that read datagrams where others read events: of `ids`, which are databases `app.db`, all of one directory.
pub(crate) fn hints(socket: OwnedFd, ids: &[u64]) -> Hints<u64> {
    let mut names = Names::default();
    for id in ids {
        for (bytes, name) in [
            ("app.db", Name::Database),
            ("app.db-journal", Name::Journal),
            ("app.db-wal", Name::Wal),
            ("app.db-shm", Name::WalIndex),
        ] {
            names.add(bytes.into(), *id, name);
        }
    }
    Hints {
        inotify: socket,
        directories: HashMap::from([(DIRECTORY, names)]),
        files: HashMap::from([(FILE, ids.to_vec())]),
    }
}

/// A fuzzer's bytes as the kernel's: an event is its watch, four bytes of flags, the length of its name, and its name.
pub(crate) fn datagrams(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut datagrams = vec![Vec::new()];
    while let Some(([watch, flags @ .., length], rest)) = bytes.split_first_chunk::<6>() {
        let (name, rest) = rest.split_at(rest.len().min((*length).into()));
        bytes = rest;
        let event = event(i8::from_ne_bytes([*watch]), *flags, name);
        match datagrams.last_mut() {
            Some(last) if last.len() + event.len() <= DATAGRAM => last.extend(event),
            _ => datagrams.push(event),
        }
    }
    datagrams.retain(|datagram| !datagram.is_empty());
    datagrams
}

/// `struct inotify_event` of inotify(7), whose cookie nobody reads.
fn event(watch: i8, flags: [u8; 4], name: &[u8]) -> Vec<u8> {
    let padded = if name.is_empty() {
        0
    } else {
        (name.len() + 1).next_multiple_of(16)
    };
    let length = u32::try_from(padded).unwrap_or_default();
    let header = [
        i32::from(watch).to_ne_bytes(),
        u32::from_le_bytes(flags).to_ne_bytes(),
        [0; 4],
        length.to_ne_bytes(),
    ];
    let mut event = [header.as_flattened(), name].concat();
    event.resize(header.as_flattened().len() + padded, 0);
    event
}
