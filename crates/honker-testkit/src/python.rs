//! Python's `sqlite3` as a writer.

use std::process::Command;

use crate::writer::Writer;

/// Starts writers in Python, with the SQLite that Python is linked with.
#[derive(Debug)]
pub struct PythonWriter;

impl PythonWriter {
    /// Starts `python3`; it takes the same commands as [`Writer::spawn`], except `no_ckpt_on_close` before Python 3.12.
    pub fn spawn() -> Writer {
        Writer::spawn_command(&mut Self::command())
    }

    /// What [`Self::spawn`] starts.
    pub fn command() -> Command {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("python_writer.py")]);
        command
    }
}
