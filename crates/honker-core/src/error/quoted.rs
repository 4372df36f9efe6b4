//! Paths in messages.

use std::fmt;
use std::path::Path;

/// A path in quotation marks. What cannot be printed is escaped, but for the backslash that separates names on Windows.
pub(crate) struct Quoted<'a>(pub(crate) &'a Path);

impl fmt::Debug for Quoted<'_> {
    #[cfg(not(windows))]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }

    #[cfg(windows)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{:?}", self.0).replace(r"\\", r"\"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_read_and_its_line_does_not_break() {
        let quoted = |path: &str| format!("{:?}", Quoted(Path::new(path)));
        assert_eq!(quoted("it's/c.db"), "\"it's/c.db\"");
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
        let separated = if cfg!(windows) {
            "\"a\\b\""
        } else {
            "\"a\\\\b\""
        };
        assert_eq!(quoted("a\\b"), separated);
    }
}
