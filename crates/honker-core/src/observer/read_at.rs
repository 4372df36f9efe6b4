//! Reading a file anywhere, as each system does it.

use std::io;

/// The bytes of a file at an offset; fewer than asked for at its end only.
pub(crate) trait ReadAt {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// A file in memory.
#[cfg(any(test, feature = "test-hooks"))]
impl ReadAt for &[u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).map_or(&[][..], |at| self.get(at..).unwrap_or_default());
        let length = buffer.len().min(rest.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}
