//! What a log that its last connection has closed made of page 1, where the file change counter is (fileformat2, section
//! 1.3). SQLite moves that with every commit that writes the page.

use super::super::evidence::PageOne;
use super::super::read_at::ReadAt;
use super::super::wal_index::WalIndexHeader;
use super::{FRAME_HEADER, FRAMES_LIMIT, be, commit_frames_after, head, is_of, native_salt, start};
use std::io;

/// Where the salts are in the header of a log (walformat, section 1).
const SALTS: u64 = 16;
/// Where the file change counter is in page 1.
const COUNTER: usize = 24;

/// `last`: the last header that the connections of this log published. `None`: somebody has gone on with the log since, or
/// it cannot be told.
pub(crate) fn page_one(file: &impl ReadAt, last: &WalIndexHeader) -> io::Result<Option<PageOne>> {
    let mut salts = [0; 8];
    if file.read_at(&mut salts, SALTS)? < salts.len() {
        // Emptied by a checkpoint, and not begun since.
        return Ok((last.last_frame == 0).then_some(PageOne::Untouched));
    }
    let has_begun_anew = native_salt(&salts) != last.salt;
    if has_begun_anew || commit_frames_after(file, last)? != Some(0) {
        return Ok(None);
    }
    let first = last.last_frame.saturating_sub(FRAMES_LIMIT) + 1;
    for number in (first..=last.last_frame).rev() {
        let Some(head) = head(file, number, last)?.filter(|head| is_of(head, last)) else {
            return Ok(None);
        };
        if be(&head, 0) == 1 {
            let mut counter = [0; 4];
            let at = start(number, last) + (FRAME_HEADER + COUNTER) as u64;
            let is_there = file.read_at(&mut counter, at)? == counter.len();
            let counter = PageOne::Counter(u32::from_be_bytes(counter));
            return Ok(is_there.then_some(counter));
        }
    }
    Ok((first == 1).then_some(PageOne::Untouched))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{log, up_to};
    use super::super::{FRAME_HEADER, HEADER};
    use super::*;

    /// A frame of page 1 with this change counter.
    fn of_page_one(counter: u32) -> Vec<u8> {
        let mut frame = log(&[(up_to(1).salt, true)]).split_off(HEADER);
        frame[3] = 1;
        frame[FRAME_HEADER + COUNTER..][..4].copy_from_slice(&counter.to_be_bytes());
        frame
    }

    /// A log that begins with these salts.
    fn begun(salt: u64, frames: &[Vec<u8>]) -> Vec<u8> {
        let header = log(&[(salt, true)]);
        // A frame has its salts where the header of the log has them, but for 8 bytes.
        let salts = &header[HEADER + 8..][..8];
        let at = usize::try_from(SALTS).unwrap();
        [
            &[0; 16],
            salts,
            &vec![0; HEADER - at - 8],
            &frames.concat()[..],
        ]
        .concat()
    }

    fn other() -> Vec<u8> {
        log(&[(up_to(1).salt, true)]).split_off(HEADER)
    }

    #[test]
    fn the_change_counter_is_that_of_the_last_page_1_of_a_log() {
        let salt = up_to(1).salt;
        let ask = |frames: &[Vec<u8>]| {
            let last = up_to(u32::try_from(frames.len()).unwrap());
            page_one(&begun(salt, frames).as_slice(), &last).unwrap()
        };
        assert_eq!(ask(&[other()]), Some(PageOne::Untouched));
        assert_eq!(ask(&[other(), of_page_one(2)]), Some(PageOne::Counter(2)));
        let two = [of_page_one(2), other()];
        assert_eq!(ask(&two), Some(PageOne::Counter(2)));
        let three = [of_page_one(2), other(), of_page_one(3)];
        assert_eq!(ask(&three), Some(PageOne::Counter(3)));
    }

    #[test]
    fn a_log_that_somebody_went_on_with_tells_nothing() {
        let salt = up_to(1).salt;
        let ask = |log: Vec<u8>, last| page_one(&log.as_slice(), &up_to(last)).unwrap();
        let frames = [of_page_one(2), other(), other()];
        assert_eq!(ask(begun(salt, &frames), 3), Some(PageOne::Counter(2)));
        assert_eq!(ask(begun(salt, &frames), 2), None, "one frame more");
        assert_eq!(ask(begun(salt, &frames), 4), None, "one frame less");
        assert_eq!(ask(begun(salt + 1, &frames), 3), None, "begun anew");
    }

    #[test]
    fn an_empty_log_has_not_touched_it_if_it_was_empty_at_the_end() {
        let empty = Vec::new();
        let ask = |last| page_one(&empty.as_slice(), &up_to(last)).unwrap();
        assert_eq!(ask(0), Some(PageOne::Untouched));
        assert_eq!(ask(1), None);
        let begun = begun(up_to(1).salt, &[other()]);
        assert_eq!(page_one(&begun.as_slice(), &up_to(0)).unwrap(), None);
    }
}
