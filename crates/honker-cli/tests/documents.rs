//! The documents do not drift: every command in them is run here, or named with the place that runs it or why nobody does.

mod command;

use command::{HONKER, Honker};
use honker_testkit::{JournalMode, TempDb, Writer};
use nix::sys::signal::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What holds commands for readers. The READMEs of the Python and the Node package are run by their own tests
/// (`test_readme.py`, `readme.test.js`), as are the Python and JavaScript of the project's.
const DOCUMENTS: [&str; 11] = [
    "README.md",
    "CONTRIBUTING.md",
    "crates/honker-c/README.md",
    "docs/backends.md",
    "docs/choosing-a-backend.md",
    "docs/design.md",
    "docs/guarantees.md",
    "docs/operations.md",
    "docs/performance.md",
    "docs/platforms.md",
    "docs/reliability.md",
];

/// Commands that are not run here, by how they begin, each with what runs it instead or why nothing does.
const NOT_HERE: [(&str, &str); 27] = [
    (
        "make demo",
        "tests/demo.rs runs `honker demo`, which is all that it does",
    ),
    ("make test", "this is part of it"),
    ("make test-full", "the same with the full counts"),
    ("make lint", "scripts/test.sh begins with it"),
    ("make deny", "it installs cargo-deny, which takes minutes"),
    ("make install", "it installs into the home directory"),
    (
        "make wheel",
        "scripts/test-python.sh builds and installs the wheel",
    ),
    (
        "make npm",
        "scripts/test-node.sh builds and installs the package",
    ),
    (
        "make c ",
        "scripts/test-c.sh builds and installs the library, also elsewhere",
    ),
    (
        "cc watch.c ",
        "crates/honker-c/tests/c_programs.rs compiles with these flags, linked both ways",
    ),
    ("make torture", "scripts/test.sh runs 20 seconds of it"),
    ("make soak", "scripts/test.sh full runs two minutes of it"),
    ("make models", "scripts/test.sh full runs it"),
    ("make mutants", "it takes half an hour"),
    (
        "make check-platforms",
        "it installs compilers and Wine, and takes 12 minutes",
    ),
    (
        "make bench",
        "it takes minutes; crates/honker-bench/tests run all of it in small",
    ),
    ("cargo test ", "scripts/test.sh runs it with all others"),
    (
        "scripts/fuzz.sh ",
        "it needs a nightly toolchain; the corpora are replayed by damaged.rs and arguments.rs",
    ),
    (
        "target/debug/honker-torture run ",
        "crates/honker-torture/tests/faults.rs does each fault, and runs this with one",
    ),
    (
        "target/debug/honker-torture check ",
        "crates/honker-torture/tests/faults.rs keeps a round, and runs both",
    ),
    ("target/debug/honker-torture again ", "the same"),
    ("printf 'fs.inotify.", "it changes the machine"),
    ("sudo sysctl ", "it changes the machine"),
    ("systemctl ", "it needs a service"),
    (
        "litestream ",
        "it needs a replica; long_tail/restore.rs does to the files what it does",
    ),
    ("rm -f /srv/app.db-journal", "a step of that restore"),
    ("mv /srv/app.db.new /srv/app.db", "another step of it"),
];

fn document(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).expect("the document is there")
}

/// The code blocks: their language, and what is in them.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language, inside.join("\n") + "\n"));
        }
    }
    blocks
}

/// The commands of the blocks that show a terminal.
fn commands(text: &str) -> Vec<String> {
    let shown = blocks(text)
        .into_iter()
        .filter(|(language, _)| *language == "console");
    let lines = shown.flat_map(|(_, block)| block.lines().map(str::to_owned).collect::<Vec<_>>());
    lines
        .filter_map(|line| line.strip_prefix("$ ").map(str::to_owned))
        .collect()
}

fn is_run_elsewhere(command: &str) -> bool {
    NOT_HERE.iter().any(|(begin, _)| command.starts_with(begin))
}

#[test]
fn no_block_is_of_a_kind_that_nothing_runs() {
    for path in DOCUMENTS {
        for (language, block) in blocks(&document(path)) {
            match language {
                // Diagrams and figures, and what only shows a terminal.
                "text" | "console" => {}
                // Held against what tests/readme and honker-core/tests/recipes run.
                "rust" => assert!(shown_code_is_tested(&block), "{path}:\n{block}"),
                // Run by tests of the package in question: see there.
                "python" | "js" => assert_eq!(path, "README.md"),
                "c" if path == "crates/honker-c/README.md" => {}
                // The two lines that matter of that.
                "c" => assert!(
                    without_indents(&document("crates/honker-c/README.md"))
                        .contains(&without_indents(&block))
                ),
                other => panic!("{path}: {other:?} is run by nothing:\n{block}"),
            }
        }
    }
}

fn without_indents(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    lines.join("\n")
}

fn shown_code_is_tested(block: &str) -> bool {
    [
        include_str!("readme/example.rs"),
        include_str!("../../honker-core/tests/recipes/subscribe_then_read.rs"),
        include_str!("../../honker-core/tests/recipes/which_table.rs"),
    ]
    .contains(&block)
}

/// Commits again and again while `body` runs.
fn beside_a_writer<T>(db: &Path, body: impl FnOnce() -> T) -> T {
    struct Until<'a>(&'a AtomicBool);
    impl Drop for Until<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // Also where `body` panics.
        let _until = Until(&over);
        scope.spawn(|| {
            let mut writer = Writer::spawn();
            let conn = writer.open(db);
            while !over.load(Ordering::SeqCst) {
                writer
                    .exec(conn, "INSERT INTO t(n) VALUES (1)")
                    .expect("a commit");
                thread::sleep(Duration::from_millis(2));
            }
        });
        body()
    })
}

fn shell(directory: &Path, command: &str) -> Command {
    let program = PathBuf::from(HONKER);
    let path = std::env::var("PATH").expect("there is one");
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(directory).env(
        "PATH",
        format!(
            "{}:{path}",
            program.parent().expect("a directory").display()
        ),
    );
    shell
}

#[test]
fn every_command_runs() {
    let db = TempDb::new(JournalMode::Wal);
    fs::write(db.beside("Makefile"), "site:\n\t@echo built\n").expect("a file");
    let position = {
        let told = Honker::start(&mut shell(
            db.dir(),
            "honker watch --json --count 1 --idle 1ms app.db",
        ));
        let position = told.json()["position"]
            .as_str()
            .expect("a position")
            .to_owned();
        drop(told);
        position
    };
    let mut run = 0;
    for path in DOCUMENTS {
        for command in commands(&document(path)) {
            if is_run_elsewhere(&command) {
                continue;
            }
            run += 1;
            println!("{path}: {command}");
            beside_a_writer(db.path(), || {
                let mut shell = shell(db.dir(), &command);
                let running = Honker::start(shell.env("POSITION", &position));
                assert!(!running.line().is_empty(), "{command}");
                let watches = command.starts_with("honker watch");
                if watches {
                    running.signal(Signal::SIGINT);
                }
                let ended = running.end();
                let code = ended.code.expect("no signal");
                assert!(
                    code == 0 || (watches && code == 130),
                    "{command}: {ended:?}"
                );
            });
        }
    }
    assert!(run >= 8, "{run} commands are run");
}

#[test]
fn nothing_is_excused_that_is_not_there() {
    let all: Vec<_> = DOCUMENTS
        .iter()
        .flat_map(|path| commands(&document(path)))
        .collect();
    for (begin, why) in NOT_HERE {
        assert!(
            all.iter().any(|command| command.starts_with(begin)),
            "no document has `{begin}` ({why})"
        );
    }
}

#[test]
fn no_document_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for entry in fs::read_dir(root.join("docs")).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue; // pictures and figures
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let name = format!("docs/{}", name.expect("text"));
        assert!(DOCUMENTS.contains(&name.as_str()), "{name} is missing");
    }
}

/// Where a link of a document leads, if it is to a file of this checkout.
fn links(text: &str) -> Vec<&str> {
    let after = text.split("](").skip(1);
    let links = after.filter_map(|rest| rest.split(')').next());
    let local = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    local
        .map(|link| link.split('#').next().expect("a part"))
        .collect()
}

#[test]
fn every_link_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for path in DOCUMENTS {
        let directory = root.join(path);
        let directory = directory.parent().expect("a directory");
        for link in links(&document(path)) {
            assert!(directory.join(link).exists(), "{path} links to {link}");
        }
    }
}
