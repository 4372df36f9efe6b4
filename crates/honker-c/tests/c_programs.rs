//! The library as programs in C, C++ and Lua use it: installed below target/c, found with pkg-config, linked both ways, beside
//! real writers, and under valgrind. `scripts/test-c.sh` builds it and runs this.

mod program;

use honker_testkit::{Conn, JournalMode, LONG, TempDb, Writer, wait_for};
use program::{BUILDS, Build, CHECKED, Program, installed, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

/// A connection that stays open: what it commits is counted exactly, however slow the watcher is.
struct Committer {
    writer: Writer,
    conn: Conn,
}

impl Committer {
    fn new(db: &TempDb) -> Self {
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        Self { writer, conn }
    }

    fn commit(&mut self, count: u64) {
        for _ in 0..count {
            self.writer.exec(self.conn, INSERT).expect("a commit");
        }
    }
}

fn path(db: &TempDb) -> &str {
    db.path().to_str().expect("text")
}

/// The numbers before "commit(s)" in these lines.
fn commits(line: &str) -> u64 {
    let before = line.split(" commit(s)").next().expect("a part");
    let number = before.rsplit(' ').next().expect("a word");
    number.parse().unwrap_or_else(|_| panic!("no wake: {line}"))
}

#[test]
fn the_rules_of_the_interface_hold() {
    for build in BUILDS {
        let (db, other) = (
            TempDb::new(JournalMode::Delete),
            TempDb::new(JournalMode::Delete),
        );
        let mut rules =
            Program::build("tests/programs/rules.c", build).start(&[path(&db), path(&other)]);
        let stats = rules.line();
        // valgrind lets the observer thread have its own descriptor table, too.
        assert!(
            stats.contains("\"private_descriptor_table\":true"),
            "{stats}"
        );
        assert_eq!(rules.line(), "every rule holds");
        rules.succeeds();
    }
}

#[test]
fn a_blocking_wait_sees_every_commit_and_says_why_it_ends() {
    for &build in CHECKED {
        let watch = Program::build("examples/watch.c", build);
        let db = TempDb::new(JournalMode::Wal);
        let mut running = watch.start(&[path(&db), "20"]);
        assert_eq!(running.line(), format!("watching {} (kernel)", path(&db)));
        let mut committer = Committer::new(&db);
        committer.commit(20);
        let mut seen = 0;
        while seen < 20 {
            seen += commits(&running.line());
        }
        assert_eq!(seen, 20);
        running.succeeds();

        drop(committer);
        let mut running = watch.start(&[path(&db)]);
        running.line();
        let new = TempDb::new(JournalMode::Wal);
        fs::rename(new.path(), db.path()).expect("replaced");
        let error = running.fails();
        assert!(
            error.starts_with("HONKER_REPLACED: honker: database file replaced"),
            "{error}"
        );
    }
}

#[test]
fn an_event_loop_waits_for_several_and_for_other_things() {
    for &build in CHECKED {
        let program = Program::build("examples/event_loop.c", build);
        let databases = [JournalMode::Wal; 2].map(TempDb::new);
        let mut committers = [0, 1].map(|at| Committer::new(&databases[at]));
        let mut running = program.start(&[path(&databases[0]), path(&databases[1])]);
        assert_eq!(running.line(), "ready");
        for at in [0, 1, 0] {
            committers[at].commit(5);
            let mut seen = 0;
            while seen < 5 {
                let line = running.line();
                assert!(
                    line.starts_with(&format!("database {}: ", at + 1)),
                    "{line}"
                );
                seen += commits(&line);
            }
            assert_eq!(seen, 5);
        }
        running.close_input();
        running.succeeds();
    }
}

#[test]
fn a_position_loses_nothing_between_two_runs() {
    for &build in CHECKED {
        let since = Program::build("examples/since.c", build);
        let db = TempDb::new(JournalMode::Wal);
        let kept = db.beside("position");
        let run = || {
            let mut running = since.start(&[path(&db), kept.to_str().expect("text")]);
            let line = running.line();
            running.succeeds();
            line
        };
        assert_eq!(run(), "first run: read everything");
        assert_eq!(run(), "nothing was committed");
        Committer::new(&db).commit(1);
        assert_eq!(run(), "something was committed: read again");
        assert_eq!(run(), "nothing was committed");
    }
}

#[test]
fn the_program_in_the_readme_does_what_it_says() {
    let readme = include_str!("../README.md");
    let block = readme.split("```c\n").nth(1).expect("a block");
    let block = block.split("```").next().expect("its end");
    let includes = ["honker.h", "inttypes.h", "stdio.h", "unistd.h"];
    let includes = includes.map(|name| format!("#include <{name}>\n")).concat();
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme.c");
    let program = format!(
        "{includes}int main(int argc, char **argv) {{\nif (argc != 2 || chdir(argv[1]) != 0) return 2;\n\
         setvbuf(stdout, NULL, _IOLBF, 0);\n{block}return 1;\n}}\n"
    );
    fs::write(&source, program).expect("a file");
    let db = TempDb::new(JournalMode::Wal);
    let program = Program::build(source.to_str().expect("text"), BUILDS[3]);
    let mut running = program.start(&[db.dir()]);
    let mut committer = Committer::new(&db);
    // Until it has subscribed, nothing wakes it.
    let line = wait_for(LONG, || {
        committer.commit(1);
        running.line_if_any()
    });
    assert!(commits(&line.expect("a wake")) >= 1);
    drop(committer);
    let new = TempDb::new(JournalMode::Wal);
    fs::rename(new.path(), db.path()).expect("replaced");
    let error = running.fails();
    assert!(error.contains("database file replaced"), "{error}");
}

#[test]
fn another_language_needs_no_more_than_its_ffi() {
    let db = TempDb::new(JournalMode::Wal);
    let script = Program::script("luajit", "examples/watch.lua");
    let mut running = script.start(&[path(&db), "10"]);
    assert_eq!(running.line(), format!("watching {}", path(&db)));
    let mut committer = Committer::new(&db);
    committer.commit(10);
    let mut seen = 0;
    while seen < 10 {
        seen += commits(&running.line());
    }
    running.succeeds();
    let error = script.start(&["/nonexistent/app.db"]).fails();
    assert!(
        error.contains("HONKER_DIRECTORY_NOT_FOUND: no such directory"),
        "{error}"
    );
}

/// Names behind what stands before them, of the lines that have it.
fn names<'a>(text: &'a str, name: impl Fn(&'a str) -> Option<&'a str>) -> BTreeSet<&'a str> {
    text.lines().filter_map(name).collect()
}

#[test]
fn the_library_exports_what_the_header_has_and_no_sqlite() {
    let library = installed("lib/libhonker.so");
    let told = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(&library)
        .output()
        .expect("binutils are installed");
    let told = String::from_utf8(told.stdout).expect("text");
    let exported = names(&told, |line| line.rsplit(' ').next());
    let header = fs::read_to_string(installed("include/honker.h")).expect("it is installed");
    let declared = names(&header, |line| {
        let before = line.split_once('(')?.0;
        let name = before.rsplit([' ', '*']).next()?;
        (!line.starts_with([' ', '/', '#']) && name.starts_with("honker_")).then_some(name)
    });
    assert_eq!(exported, declared);
    for file in [library, installed("lib/libhonker.a")] {
        let bytes = fs::read(&file).expect("it is installed");
        let sign = b"sqlite3_";
        assert!(
            !bytes.windows(sign.len()).any(|window| window == sign),
            "{} has a SQLite in it",
            file.display()
        );
    }
}

#[test]
fn it_is_installed_where_it_is_asked_for() {
    let place = tempfile::tempdir().expect("a directory");
    let installing = Command::new(root().join("scripts/c.sh"))
        .env("DESTDIR", place.path())
        .env("PREFIX", "/opt/honker")
        .env("LIBDIR", "/opt/honker/lib64")
        .output()
        .expect("the script runs");
    assert!(installing.status.success(), "{installing:?}");
    let at = |path: &str| place.path().join("opt/honker").join(path);
    let described = fs::read_to_string(at("lib64/pkgconfig/honker.pc")).expect("it is there");
    assert!(
        described.contains("libdir=/opt/honker/lib64\n"),
        "{described}"
    );
    assert!(described.contains(concat!("Version: ", env!("CARGO_PKG_VERSION"))));
    for file in [
        "include/honker.h",
        "lib64/libhonker.a",
        "lib64/libhonker.so",
        "lib64/libhonker.so.0",
    ] {
        assert!(
            at(file).metadata().is_ok_and(|metadata| metadata.len() > 0),
            "{file}"
        );
    }
}

#[test]
fn each_compiler_and_each_way_to_link_is_tried_under_valgrind() {
    assert!(CHECKED.iter().all(|build| build.valgrind));
    for way in [
        |build: &Build| build.is_cpp,
        |build: &Build| build.is_static,
    ] {
        let tried: BTreeSet<_> = CHECKED.iter().map(way).collect();
        assert_eq!(tried.len(), 2);
    }
}
