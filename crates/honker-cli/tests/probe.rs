//! `honker probe`: what it tells.

mod command;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use command::{run, start_watch};
use honker_testkit::{JournalMode, TempDb, Writer};
use serde_json::Value;

fn probe(db: &TempDb) -> Value {
    let ended = run(["probe", "--json", db.path().to_str().expect("text")]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout.len(), 1, "one object");
    ended.json().remove(0)
}

#[test]
fn json_has_all_fields() {
    let db = TempDb::new(JournalMode::Wal);
    let json = probe(&db);
    let path = db.path().to_str().expect("text");
    assert_eq!(json["path"], path);
    assert!(json["real_path"].is_string());
    assert_eq!(json["exists"], true);
    assert!(json["file_system"].is_string());
    assert!(json["shared_file_system"].is_boolean());
    let mount_point = json["mount_point"].as_str().expect("Linux tells it");
    assert!(path.starts_with(mount_point), "{mount_point}");
    assert!(json["mount_root"].is_null() || json["mount_root"].is_string());
    assert!(json["cautions"].is_array());
    assert_eq!(json["journal_mode"], "wal");
    assert_eq!(json["sidecars"], Value::Array(Vec::new()));
    assert!(json["private_descriptor_table"].is_boolean());
    let backends = json["backends"].as_array().expect("a list");
    let names: Vec<_> = backends
        .iter()
        .map(|each| each["backend"].clone())
        .collect();
    assert_eq!(names, ["polling", "kernel", "shm", "data-version", "auto"]);
    for each in backends {
        let usable = each["usable"].as_bool().expect("yes or no");
        let reason = each["reason"].as_str().expect("text");
        assert!(usable || !reason.is_empty(), "why not? {each}");
    }
}

#[test]
fn the_journal_mode_and_the_sidecars_are_told() {
    let db = TempDb::new(JournalMode::Delete);
    assert_eq!(probe(&db)["journal_mode"], "rollback");
    db.journal_mode(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer
        .exec(conn, "INSERT INTO t(n) VALUES (1)")
        .expect("a commit");
    let json = probe(&db);
    assert_eq!(json["journal_mode"], "wal");
    let sidecars = json["sidecars"].as_array().expect("a list");
    let suffixes: Vec<_> = sidecars.iter().map(|each| each["suffix"].clone()).collect();
    assert_eq!(suffixes, ["-wal", "-shm"]);
    assert!(
        sidecars.iter().all(|each| each["bytes"].as_u64() > Some(0)),
        "{json}"
    );
}

#[test]
fn a_missing_file_is_no_error_and_is_not_created() {
    let db = TempDb::absent();
    let json = probe(&db);
    assert_eq!(json["exists"], false);
    assert_eq!(json["journal_mode"], "undecided");
    assert!(!db.path().exists());
}

#[test]
fn a_link_is_told_with_its_target() {
    let db = TempDb::new(JournalMode::Wal);
    let link = db.beside("link.db");
    std::os::unix::fs::symlink("app.db", &link).expect("a link");
    let ended = run(["probe", "--json", link.to_str().expect("text")]);
    let real = ended.json()[0]["real_path"].clone();
    let wanted = db.path().canonicalize().expect("it is there");
    assert_eq!(real, wanted.to_str().expect("text"));
}

#[test]
fn a_path_that_is_not_utf_8_is_told_exactly() {
    let db = TempDb::new(JournalMode::Delete);
    let odd = db.dir().join(OsStr::from_bytes(b"a\xffb.db"));
    std::fs::rename(db.path(), &odd).expect("renamed");
    let ended = run([OsStr::new("probe"), OsStr::new("--json"), odd.as_os_str()]);
    let json = &ended.json()[0];
    assert!(json["path"].as_str().expect("text").contains('\u{fffd}'));
    for (field, path) in [
        ("path_hex", odd.clone()),
        ("real_path_hex", odd.canonicalize().expect("there")),
    ] {
        let hex = json[field].as_str().expect("text");
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("a byte"))
            .collect();
        assert_eq!(bytes, path.as_os_str().as_bytes(), "{field}");
    }
    assert_eq!(probe(&TempDb::absent())["path_hex"], Value::Null);
}

#[test]
fn a_line_feed_in_a_path_breaks_no_line() {
    let db = TempDb::new(JournalMode::Delete);
    let odd = db.beside("a\n\u{1b}[31mb.db");
    std::fs::rename(db.path(), &odd).expect("renamed");
    let ended = run([OsStr::new("probe"), odd.as_os_str()]);
    let line = &ended.stdout[0];
    assert!(line.ends_with(r"/a\n\u{1b}[31mb.db"), "{line}");
    let honker = start_watch(&odd, &["--count", "1"]);
    let ready = honker.ready();
    assert!(ready.contains(r"/a\n\u{1b}[31mb.db (backend"), "{ready}");
}

#[test]
fn text_names_every_backend() {
    let db = TempDb::new(JournalMode::Wal);
    let ended = run(["probe", db.path().to_str().expect("text")]);
    assert_eq!(ended.code, Some(0));
    let text = ended.stdout.join("\n");
    for word in [
        "file system",
        "journal mode",
        "wal",
        "polling",
        "kernel",
        "shm",
        "auto",
    ] {
        assert!(text.contains(word), "{text}");
    }
}
