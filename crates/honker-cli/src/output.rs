//! The two streams. Nothing else in the command writes to them.

use crate::exit::{Exit, Failure};
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use std::path::Path;

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Standard output. Colour only on a terminal, and never with NO_COLOR.
#[derive(Debug)]
pub(crate) struct Output {
    stream: AutoStream<io::Stdout>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            stream: AutoStream::auto(io::stdout()),
        }
    }

    /// Writes a whole line, at once.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        let mut whole = String::with_capacity(line.len() + 1);
        whole.push_str(line);
        whole.push('\n');
        self.stream.write_all(whole.as_bytes())?;
        self.stream.flush()
    }
}

/// A path in one line of text: control characters, a line feed for one, are shown as escapes.
pub(crate) fn in_one_line(path: &Path) -> String {
    let mut shown = String::new();
    for c in path.to_string_lossy().chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Writes a text that is made for a file, as it is.
pub(crate) fn whole(text: &[u8]) -> Result<Exit, Failure> {
    let mut stdout = io::stdout();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Exit::Done),
        Err(error) => lost(&error),
    }
}

/// What to do when standard output does not take a line. A reader that went away (`| head`) has what it wanted.
pub(crate) fn lost(error: &io::Error) -> Result<Exit, Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(Exit::Done);
    }
    let message =
        format!("cannot write to standard output: {error}. Make room, or send it elsewhere");
    Err(Failure::new(Exit::Failed, message))
}

/// Tells an error, in one line.
pub(crate) fn complain(message: &str) {
    // The library's messages about a dead watcher start with the name already.
    let message = message.strip_prefix("honker: ").unwrap_or(message);
    note(&format!("{BAD}honker:{BAD:#} {message}"));
}

/// Tells what is going on, to the person rather than to the next program.
pub(crate) fn note(line: &str) {
    let mut whole = line.to_owned();
    whole.push('\n');
    // With standard error gone there is nobody left to tell.
    let _ = AutoStream::auto(io::stderr()).write_all(whole.as_bytes());
}
