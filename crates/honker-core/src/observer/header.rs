//! The database header (fileformat2, section 1.3).

use std::hash::{DefaultHasher, Hasher};

/// Bytes read from the start of the database.
pub(crate) const LENGTH: usize = 100;
/// Of byte 19, the read version: 1 is a rollback journal, 2 a write-ahead log.
const NEWEST_VERSION: u8 = 2;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What the first 100 bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// A file of 0 bytes: a valid, empty database.
    Empty,
    /// A SQLite database.
    Database(Fields),
    /// A SQLite header of a format that SQLite itself does not read: WAL2 of one of its branches has version 3.
    Version { read: u8 },
    /// 1 to 99 bytes.
    Truncated { length: usize },
    /// Something else, which starts like this.
    Foreign { start: [u8; 8] },
}

/// The fields that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Byte 19 is 2. Byte 18 (the write version) does not matter: SQLite itself goes by the read version.
    pub(crate) wal: bool,
    /// The file change counter, bytes 24..28.
    pub(crate) counter: u32,
    /// Bytes 16..18, with 1 for 65536.
    pub(crate) page_size: u32,
    /// All 100 bytes, in short. They change without the counter only where it is not SQLite that writes them, or under a
    /// lock that is kept.
    pub(crate) digest: u64,
}

/// Of a header that was never seen like this.
pub(crate) const UNKNOWN_DIGEST: u64 = 0;

impl Header {
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let Some((header, _)) = bytes.split_first_chunk::<LENGTH>() else {
            return Self::Truncated {
                length: bytes.len(),
            };
        };
        if !header.starts_with(MAGIC) {
            let start = header.first_chunk().copied().unwrap_or_default();
            return Self::Foreign { start };
        }
        if header[19] > NEWEST_VERSION {
            return Self::Version { read: header[19] };
        }
        let page_size = u32::from(u16::from_be_bytes([header[16], header[17]]));
        Self::Database(Fields {
            wal: header[19] == 2,
            counter: u32::from_be_bytes([header[24], header[25], header[26], header[27]]),
            page_size: if page_size == 1 { 65536 } else { page_size },
            digest: digest_of(header),
        })
    }

    /// What all its bytes are, in short, if that was seen.
    pub(crate) fn digest(self) -> Option<u64> {
        match self {
            Self::Database(fields) if fields.digest != UNKNOWN_DIGEST => Some(fields.digest),
            _ => None,
        }
    }

    /// The same fields in a header that was not seen like this.
    pub(crate) fn without_digest(self) -> Self {
        match self {
            Self::Database(fields) => Self::Database(Fields {
                digest: UNKNOWN_DIGEST,
                ..fields
            }),
            other => other,
        }
    }

    /// The change counter; an empty database counts as 0, so that its first commit is number 1.
    pub(crate) fn counter(self) -> Option<u32> {
        match self {
            Self::Empty => Some(0),
            Self::Database(fields) => Some(fields.counter),
            Self::Version { .. } | Self::Truncated { .. } | Self::Foreign { .. } => None,
        }
    }

    /// For a message: what was found where a header should be.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Empty => "it is empty".to_owned(),
            Self::Database(_) => "it has a SQLite header".to_owned(),
            Self::Version { read } => format!("its file format is version {read}"),
            Self::Truncated { length } => {
                format!("it is {length} bytes long, and a header alone has {LENGTH}")
            }
            Self::Foreign { start } => {
                format!(
                    "it starts with \"{}\" instead of \"SQLite format 3\"",
                    start.escape_ascii()
                )
            }
        }
    }

    pub(crate) fn is_wal(self) -> bool {
        matches!(self, Self::Database(Fields { wal: true, .. }))
    }
}

/// How much of a database is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// As much as its header says, or it does not say.
    Whole,
    /// Less, or nothing at all: it is only being copied, or nothing was committed to it yet.
    Partial { size: u64 },
}

impl Extent {
    /// Of a file of that size which starts like this (fileformat2, section 1.3.8: the size in the header counts only if
    /// the number beside it is the change counter).
    pub(crate) fn of(bytes: &[u8], size: u64) -> Self {
        let number = |at: usize| {
            let bytes = bytes.get(at..at + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        let whole = match (Header::decode(bytes), number(28)) {
            (Header::Empty | Header::Truncated { .. }, _) => false,
            (Header::Database(fields), Some(pages)) if number(92) == Some(fields.counter) => {
                size >= u64::from(pages) * u64::from(fields.page_size)
            }
            _ => true,
        };
        if whole {
            Self::Whole
        } else {
            Self::Partial { size }
        }
    }
}

fn digest_of(header: &[u8; LENGTH]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(header);
    hasher.finish().max(UNKNOWN_DIGEST + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        bytes[18..20].copy_from_slice(&[1, 1]);
        bytes[24..28].copy_from_slice(&7_u32.to_be_bytes());
        bytes
    }

    #[test]
    fn the_change_counter_is_big_endian_at_24() {
        assert_eq!(Header::decode(&sample()).counter(), Some(7));
    }

    #[test]
    fn byte_19_alone_decides_the_journal_mode() {
        let mut bytes = sample();
        bytes[18] = 2;
        assert!(!Header::decode(&bytes).is_wal());
        bytes[19] = 2;
        assert!(Header::decode(&bytes).is_wal());
    }

    #[test]
    fn a_page_size_of_one_means_65536() {
        let mut bytes = sample();
        bytes[16..18].copy_from_slice(&1_u16.to_be_bytes());
        let Header::Database(fields) = Header::decode(&bytes) else {
            panic!("a database");
        };
        assert_eq!(fields.page_size, 65536);
    }

    #[test]
    fn a_format_that_sqlite_does_not_read_is_no_rollback_mode() {
        let mut bytes = sample();
        bytes[18..20].copy_from_slice(&[3, 3]);
        assert_eq!(Header::decode(&bytes), Header::Version { read: 3 });
    }

    #[test]
    fn what_is_not_a_header_is_told_apart() {
        assert_eq!(Header::decode(&[]), Header::Empty);
        assert_eq!(
            Header::decode(&sample()[..99]),
            Header::Truncated { length: 99 }
        );
        assert_eq!(
            Header::decode(&[0x5a; LENGTH]),
            Header::Foreign { start: [0x5a; 8] }
        );
    }
}
