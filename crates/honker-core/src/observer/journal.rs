//! The rollback journal (fileformat2, section 3).

use super::read_at::ReadAt;
use std::ffi::CStr;
use std::io;

/// The 8 bytes that a journal starts with once it can be played back.
const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// The fixed fields of the header.
pub(crate) const HEADER: usize = 28;
/// A super-journal's name ends the journal: name, length, checksum, magic.
const TRAILER: usize = 16;
/// Longer than any path SQLite accepts (SQLITE_MAX_PATHLEN is 4096).
const NAME_LIMIT: usize = 4096;
/// Room for a name and the zero after it: a look does not allocate.
pub(crate) const NAME: usize = NAME_LIMIT + 1;

/// What the rollback journal says of the last transaction, when no writer is at work.
#[derive(Debug)]
pub(crate) enum Journal {
    /// There is none.
    Absent,
    /// There is one that will not be played back: the transaction is committed, or never wrote to the database.
    Cold,
    /// The next reader will play it back: the transaction did not commit.
    Hot {
        /// The header's random number: another transaction, another nonce.
        nonce: u32,
    },
    /// It can't be read. Never to be taken for [`Absent`](Self::Absent).
    Unknown(io::Error),
}

/// The nonce of a journal with the magic; `None` for one that was zeroed (PERSIST), cut (TRUNCATE) or not yet synced.
pub(crate) fn nonce(header: &[u8]) -> Option<u32> {
    let header = header.first_chunk::<HEADER>()?;
    header
        .starts_with(&MAGIC)
        .then(|| u32::from_be_bytes([header[12], header[13], header[14], header[15]]))
}

/// The super-journal that a journal of this size names. A transaction over several files commits when its super-journal
/// goes: a journal that names one which is gone will not be played back (atomiccommit, section 5).
pub(crate) fn super_journal<'a>(
    journal: &impl ReadAt,
    size: u64,
    name: &'a mut [u8; NAME],
) -> io::Result<Option<&'a CStr>> {
    let Some(end) = size.checked_sub(TRAILER as u64) else {
        return Ok(None);
    };
    let mut trailer = [0; TRAILER];
    if journal.read_at(&mut trailer, end)? < TRAILER {
        return Ok(None);
    }
    let Some((length, checksum)) = super_journal_trailer(trailer) else {
        return Ok(None);
    };
    let Some(at) = end.checked_sub(length as u64) else {
        return Ok(None);
    };
    name[length] = 0;
    if journal.read_at(&mut name[..length], at)? < length
        || !is_super_journal_name(&name[..length], checksum)
    {
        return Ok(None);
    }
    Ok(CStr::from_bytes_with_nul(&name[..=length]).ok())
}

/// The length of the super-journal's name and its checksum, from the last 16 bytes of a journal.
fn super_journal_trailer(trailer: [u8; TRAILER]) -> Option<(usize, u32)> {
    let (numbers, magic) = trailer.split_at(8);
    if magic != MAGIC {
        return None;
    }
    let (length, checksum) = numbers.split_at(4);
    let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
    let checksum = u32::from_be_bytes(checksum.try_into().ok()?);
    (1..=NAME_LIMIT)
        .contains(&length)
        .then_some((length, checksum))
}

/// Whether the checksum is that of the name. SQLite adds up plain `char`s, whose sign depends on the machine.
fn is_super_journal_name(name: &[u8], checksum: u32) -> bool {
    let unsigned = name
        .iter()
        .fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    let signed = name.iter().fold(0_u32, |sum, byte| {
        sum.wrapping_add_signed(i32::from(byte.cast_signed()))
    });
    !name.contains(&0) && (checksum == unsigned || checksum == signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zeroed_or_short_header_is_no_journal() {
        assert_eq!(nonce(&[0; HEADER]), None);
        assert_eq!(nonce(&MAGIC), None);
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&MAGIC);
        header[12..16].copy_from_slice(&9_u32.to_be_bytes());
        assert_eq!(nonce(&header), Some(9));
    }

    #[test]
    fn a_super_journal_is_known_by_magic_length_and_checksum() {
        let name = b"/tmp/x-mj12345678";
        let sum: u32 = name.iter().map(|byte| u32::from(*byte)).sum();
        let mut trailer = [0; TRAILER];
        trailer[..4].copy_from_slice(&17_u32.to_be_bytes());
        trailer[4..8].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(super_journal_trailer(trailer), None);
        trailer[8..].copy_from_slice(&MAGIC);
        assert_eq!(super_journal_trailer(trailer), Some((17, sum)));
        assert!(is_super_journal_name(name, sum));
        assert!(!is_super_journal_name(name, sum + 1));
    }
}
