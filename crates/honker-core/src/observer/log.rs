//! The write-ahead log itself (walformat, section 1): what recovery would find in it.
//!
//! Read only when no wal-index speaks for it: after a crash, beside `SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`, or after a
//! session in `locking_mode=EXCLUSIVE`, which keeps its wal-index in its own memory.

#[cfg(unix)] // elsewhere no log is held
mod page_one;

use super::read_at::ReadAt;
use super::wal_index::{WalIndexHeader, join};
#[cfg(unix)]
pub(crate) use page_one::page_one;
use std::io;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const MAGIC: u32 = 0x377f_0682;
/// Counting more frames than this one by one would hold up other databases.
pub(crate) const FRAMES_LIMIT: u32 = 1 << 14;

/// The last commit in the log, or all zero where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogTail {
    /// The checksum of the last commit frame.
    pub(crate) commit: u64,
    /// Its number, from 1.
    pub(crate) last_frame: u32,
    /// In bytes.
    pub(crate) page_size: u32,
    /// The log's salts.
    pub(crate) salt: u64,
}

impl From<LogTail> for WalIndexHeader {
    /// What recovery makes of it: `iChange` counts from there.
    fn from(tail: LogTail) -> Self {
        Self {
            change: 0,
            last_frame: tail.last_frame,
            page_size: tail.page_size,
            commit: tail.commit,
            salt: tail.salt,
        }
    }
}

/// Finds the last commit as SQLite's recovery does: frames count while their salts and the running checksum hold.
pub(crate) fn tail(file: &impl ReadAt) -> io::Result<LogTail> {
    let mut header = [0; HEADER];
    if file.read_at(&mut header, 0)? < HEADER {
        return Ok(LogTail::default());
    }
    let magic = be(&header, 0);
    let page_size = be(&header, 8);
    let valid_size = page_size.is_power_of_two() && (512..=65536).contains(&page_size);
    if magic & !1 != MAGIC || be(&header, 4) != 3_007_000 || !valid_size {
        return Ok(LogTail::default());
    }
    let big_endian = magic & 1 == 1;
    let mut running = checksum(big_endian, &header[..24], (0, 0));
    if running != (be(&header, 24), be(&header, 28)) {
        return Ok(LogTail::default());
    }
    let salt = &header[16..24];
    let mut found = LogTail {
        page_size,
        salt: native_salt(salt),
        ..LogTail::default()
    };
    let mut frame = vec![0; FRAME_HEADER + page_size as usize];
    let mut offset = HEADER as u64;
    for number in 1..=u32::MAX {
        if file.read_at(&mut frame, offset)? < frame.len() {
            break;
        }
        let (head, page) = frame.split_at(FRAME_HEADER);
        running = checksum(big_endian, page, checksum(big_endian, &head[..8], running));
        let page_number = be(head, 0);
        if &head[8..16] != salt || page_number == 0 || running != (be(head, 16), be(head, 20)) {
            break;
        }
        if be(head, 4) != 0 {
            found.commit = join(running.0, running.1);
            found.last_frame = number;
        }
        offset += frame.len() as u64;
    }
    Ok(found)
}

/// How many of the frames from `first` to the last one of this wal-index header end a commit. `None`: they are not in this
/// log, or not any more; those of another one have other salts.
pub(crate) fn commit_frames(
    file: &impl ReadAt,
    first: u32,
    of: &WalIndexHeader,
) -> io::Result<Option<u64>> {
    let mut commits = 0;
    for number in first.max(1)..=of.last_frame {
        match ends_commit(file, number, of)? {
            Some(ends) => commits += u64::from(ends),
            None => return Ok(None),
        }
    }
    Ok(Some(commits))
}

/// How many frames that end a commit follow the last one of this header. `None`: that one is not there any more, and what
/// followed it may be overwritten or cut off, too.
pub(crate) fn commit_frames_after(
    file: &impl ReadAt,
    last: &WalIndexHeader,
) -> io::Result<Option<u64>> {
    if last.last_frame == 0 || ends_commit(file, last.last_frame, last)?.is_none() {
        return Ok(None);
    }
    let mut commits = 0;
    for number in last.last_frame + 1..last.last_frame.saturating_add(FRAMES_LIMIT) {
        match head(file, number, last)? {
            Some(head) if is_of(&head, last) => commits += u64::from(has_commit_mark(&head)),
            Some(_) => return Ok(Some(commits)),
            // A log that was cut to its size limit ends within a frame.
            None => return Ok(is_whole(file, number - 1, last)?.then_some(commits)),
        }
    }
    Ok(None)
}

/// Whether this frame ends a commit; `None` if it is none of this log.
fn ends_commit(file: &impl ReadAt, number: u32, of: &WalIndexHeader) -> io::Result<Option<bool>> {
    let head = head(file, number, of)?.filter(|head| is_of(head, of));
    Ok(head.map(|head| has_commit_mark(&head)))
}

type Head = [u8; 16];

/// Page number, commit mark and salts of a frame; `None` at the end of the file.
fn head(file: &impl ReadAt, number: u32, of: &WalIndexHeader) -> io::Result<Option<Head>> {
    let mut head = Head::default();
    let read = file.read_at(&mut head, start(number, of))?;
    Ok((read == head.len()).then_some(head))
}

fn is_of(head: &Head, log: &WalIndexHeader) -> bool {
    native_salt(&head[8..]) == log.salt
}

fn has_commit_mark(head: &Head) -> bool {
    be(head, 4) != 0
}

/// Whether the last byte of this frame is there.
fn is_whole(file: &impl ReadAt, number: u32, of: &WalIndexHeader) -> io::Result<bool> {
    let last = start(number.saturating_add(1), of) - 1;
    Ok(file.read_at(&mut [0], last)? == 1)
}

/// Where a frame begins.
fn start(number: u32, of: &WalIndexHeader) -> u64 {
    let stride = FRAME_HEADER as u64 + u64::from(of.page_size);
    HEADER as u64 + u64::from(number.saturating_sub(1)) * stride
}

fn be(bytes: &[u8], at: usize) -> u32 {
    bytes[at..]
        .first_chunk::<4>()
        .map_or(0, |word| u32::from_be_bytes(*word))
}

/// The salts as the wal-index header holds them: a copy of these 8 bytes, read as two native words there.
fn native_salt(bytes: &[u8]) -> u64 {
    let word = |at: usize| {
        bytes[at..]
            .first_chunk::<4>()
            .map_or(0, |word| u32::from_ne_bytes(*word))
    };
    u64::from(word(0)) << 32 | u64::from(word(4))
}

fn checksum(big_endian: bool, bytes: &[u8], start: (u32, u32)) -> (u32, u32) {
    bytes.chunks_exact(8).fold(start, |(s1, s2), pair| {
        let word = |at: usize| {
            let word = pair[at..].first_chunk::<4>().copied().unwrap_or_default();
            if big_endian {
                u32::from_be_bytes(word)
            } else {
                u32::from_le_bytes(word)
            }
        };
        let s1 = s1.wrapping_add(word(0)).wrapping_add(s2);
        let s2 = s2.wrapping_add(word(4)).wrapping_add(s1);
        (s1, s2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u32 = 512;
    const FRAME: usize = FRAME_HEADER + PAGE as usize;

    /// Frames with these salts; each says whether it ends a commit.
    pub(super) fn log(frames: &[(u64, bool)]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        for (salt, commit) in frames {
            let mut frame = vec![0; FRAME];
            frame[7] = u8::from(*commit);
            let word = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap();
            frame[8..12].copy_from_slice(&word(salt >> 32).to_ne_bytes());
            frame[12..16].copy_from_slice(&word(*salt).to_ne_bytes());
            bytes.extend(frame);
        }
        bytes
    }

    pub(super) fn up_to(last_frame: u32) -> WalIndexHeader {
        WalIndexHeader {
            last_frame,
            page_size: PAGE,
            salt: 7 << 32 | 9,
            ..WalIndexHeader::default()
        }
    }

    #[test]
    fn the_frames_that_end_a_commit_are_counted() {
        let ours = up_to(4).salt;
        let log = log(&[(ours, false), (ours, true), (ours, true), (ours, true)]);
        assert_eq!(
            commit_frames(&log.as_slice(), 1, &up_to(4)).unwrap(),
            Some(3)
        );
        assert_eq!(
            commit_frames(&log.as_slice(), 3, &up_to(3)).unwrap(),
            Some(1)
        );
        assert_eq!(
            commit_frames(&log.as_slice(), 1, &up_to(5)).unwrap(),
            None,
            "its end"
        );
    }

    #[test]
    fn frames_of_another_log_are_not_counted() {
        let ours = up_to(2).salt;
        let log = log(&[(ours, true), (ours + 1, true)]);
        assert_eq!(commit_frames(&log.as_slice(), 1, &up_to(2)).unwrap(), None);
        assert_eq!(
            commit_frames(&log.as_slice(), 1, &up_to(1)).unwrap(),
            Some(1)
        );
    }

    #[test]
    fn what_a_log_that_began_anew_has_not_overwritten_yet_is_counted() {
        let old = up_to(2).salt;
        let log = log(&[
            (old + 1, true),
            (old, true),
            (old, false),
            (old, true),
            (old - 1, true),
        ]);
        assert_eq!(
            commit_frames_after(&log.as_slice(), &up_to(2)).unwrap(),
            Some(1)
        );
        assert_eq!(
            commit_frames_after(&log.as_slice(), &up_to(1)).unwrap(),
            None,
            "overwritten"
        );
        assert_eq!(
            commit_frames_after(&log.as_slice(), &up_to(6)).unwrap(),
            None,
            "cut off"
        );
        let cut = &log[..log.len() - 1];
        assert_eq!(commit_frames_after(&cut, &up_to(2)).unwrap(), Some(1));
        let within = &log[..log.len() - 2 * FRAME];
        assert_eq!(commit_frames_after(&within, &up_to(2)).unwrap(), Some(0));
        let to_a_limit = &log[..log.len() - FRAME - 1];
        assert_eq!(
            commit_frames_after(&to_a_limit, &up_to(2)).unwrap(),
            None,
            "cut within a frame"
        );
    }
}
