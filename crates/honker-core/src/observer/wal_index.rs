//! The wal-index header in `-shm` (walformat, section 2.1).

/// Two copies of a 48-byte header.
pub(crate) const LENGTH: usize = 96;
const COPY: usize = 48;
/// The only version there has ever been.
const VERSION: u32 = 3_007_000;

/// What the first 96 bytes of `-shm` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WalIndex {
    /// There is no `-shm`.
    Absent,
    /// A header that readers accept.
    Valid(WalIndexHeader),
    /// Not initialised, being written, or left behind half written.
    Torn,
}

/// One published header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WalIndexHeader {
    /// `iChange`: counts commits, from 0 at each recovery.
    pub(crate) change: u32,
    /// The last frame of the last commit.
    pub(crate) last_frame: u32,
    /// In bytes.
    pub(crate) page_size: u32,
    /// The checksum of the last commit frame: the identity of a commit. 0 where the log has none.
    pub(crate) commit: u64,
    /// The log's salts: another generation of the log, other salts.
    pub(crate) salt: u64,
}

/// A version of the format that this code does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownVersion(pub(crate) u32);

impl WalIndexHeader {
    /// Whether the log began anew exactly once since `before`: the first salt, a big-endian number, is one higher then
    /// (file format, section 4.1).
    pub(crate) fn is_next_log_after(&self, before: &Self) -> bool {
        let first = |salt: u64| u32::try_from(salt >> 32).map_or(0, u32::from_be);
        before.salt != 0 && first(self.salt) == first(before.salt).wrapping_add(1)
    }
}

impl WalIndex {
    /// Numbers are in the byte order of the machine that wrote them, which is this one: `-shm` is shared memory.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, UnknownVersion> {
        let Some((bytes, _)) = bytes.split_first_chunk::<LENGTH>() else {
            return Ok(Self::Torn);
        };
        let (first, second) = bytes.split_at(COPY);
        let initialised = first[12] != 0;
        if first != second
            || !initialised
            || checksum(&first[..40]) != (word(first, 40), word(first, 44))
        {
            return Ok(Self::Torn);
        }
        let version = word(first, 0);
        if version != VERSION {
            return Err(UnknownVersion(version));
        }
        // szPage is a u16 in which 1 stands for 65536.
        let page_size = u32::from(u16::from_ne_bytes([first[14], first[15]]));
        Ok(Self::Valid(WalIndexHeader {
            change: word(first, 8),
            last_frame: word(first, 16),
            page_size: (page_size & 0xfe00) | ((page_size & 1) << 16),
            commit: join(word(first, 24), word(first, 28)),
            salt: u64::from(word(first, 32)) << 32 | u64::from(word(first, 36)),
        }))
    }
}

/// The two halves of a frame's checksum as one number.
pub(crate) fn join(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..]
        .first_chunk::<4>()
        .map_or(0, |word| u32::from_ne_bytes(*word))
}

/// SQLite's Fibonacci-weighted checksum (walformat, section 1.1) over native words.
fn checksum(bytes: &[u8]) -> (u32, u32) {
    bytes
        .chunks_exact(8)
        .fold((0, 0), |(s1, s2): (u32, u32), pair| {
            let s1 = s1.wrapping_add(word(pair, 0)).wrapping_add(s2);
            let s2 = s2.wrapping_add(word(pair, 4)).wrapping_add(s1);
            (s1, s2)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(version: u32, change: u32) -> [u8; LENGTH] {
        with_salt(version, change, [0; 4])
    }

    fn with_salt(version: u32, change: u32, first: [u8; 4]) -> [u8; LENGTH] {
        let mut copy = [0_u8; COPY];
        copy[0..4].copy_from_slice(&version.to_ne_bytes());
        copy[8..12].copy_from_slice(&change.to_ne_bytes());
        copy[12] = 1;
        copy[14..16].copy_from_slice(&1_u16.to_ne_bytes());
        copy[32..36].copy_from_slice(&first);
        let (s1, s2) = checksum(&copy[..40]);
        copy[40..44].copy_from_slice(&s1.to_ne_bytes());
        copy[44..48].copy_from_slice(&s2.to_ne_bytes());
        let mut both = [0; LENGTH];
        both[..COPY].copy_from_slice(&copy);
        both[COPY..].copy_from_slice(&copy);
        both
    }

    #[test]
    fn two_equal_copies_with_their_checksum_are_valid() {
        let Ok(WalIndex::Valid(header)) = WalIndex::decode(&published(VERSION, 5)) else {
            panic!("valid");
        };
        assert_eq!(header.change, 5);
        assert_eq!(header.page_size, 65536);
    }

    #[test]
    fn any_flipped_byte_is_torn() {
        let good = published(VERSION, 5);
        for at in 0..LENGTH {
            let mut bytes = good;
            bytes[at] ^= 0x40;
            assert_eq!(WalIndex::decode(&bytes), Ok(WalIndex::Torn), "byte {at}");
        }
    }

    /// Salts as they lie in the file, the first one big-endian.
    #[test]
    fn the_next_log_has_the_next_first_salt() {
        let header = |first| match WalIndex::decode(&with_salt(VERSION, 1, first)) {
            Ok(WalIndex::Valid(header)) => header,
            other => panic!("{other:?}"),
        };
        let before = header([0x12, 0x34, 0x56, 0xff]);
        assert!(header([0x12, 0x34, 0x57, 0x00]).is_next_log_after(&before));
        assert!(!header([0x12, 0x34, 0x57, 0x01]).is_next_log_after(&before));
        assert!(!before.is_next_log_after(&before));
        let last = header([0xff; 4]);
        assert!(header([0; 4]).is_next_log_after(&last));
        assert!(!header([0, 0, 0, 1]).is_next_log_after(&WalIndexHeader::default()));
    }

    #[test]
    fn a_short_file_is_torn_and_another_version_is_an_error() {
        assert_eq!(WalIndex::decode(&[0; 3]), Ok(WalIndex::Torn));
        assert_eq!(
            WalIndex::decode(&published(3_008_000, 1)),
            Err(UnknownVersion(3_008_000))
        );
    }
}
