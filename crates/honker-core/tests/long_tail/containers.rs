//! Two containers that share a volume: a mount and a process namespace each.

use crate::watching::Watched;
use crate::{INSERT, both_modes};
use honker_testkit::{Own, TempDb, Writer, alone_with, exe};
use std::process::Command;

#[test]
fn two_containers_that_share_a_volume_see_each_others_commits_with_every_backend() {
    if !alone_with(Own::Container) {
        return;
    }
    // This is one container, and each writer is in another one. Neither knows a process of the other.
    for (mode, backend) in both_modes() {
        let volume = TempDb::new(mode);
        let (here, there) = (TempDb::absent(), TempDb::absent());
        let bind = Command::new("mount")
            .arg("--bind")
            .args([volume.dir(), here.dir()])
            .status();
        assert!(bind.expect("mount").success());
        let mut container = Own::Container.command().expect("as this one");
        container
            .args([
                "sh",
                "-c",
                "mount --bind \"$1\" \"$2\" && exec \"$3\"",
                "sh",
            ])
            .args([volume.dir(), there.dir(), &exe()]);
        let mut watched = Watched::open(here.path(), backend);
        let mut writer = Writer::spawn_command(&mut container);
        let conn = writer.open(there.path());
        for _ in 0..5 {
            writer.exec(conn, INSERT).expect("a commit");
            watched.accounts_for(1, &format!("{mode}, {backend}"));
        }
        for sql in ["BEGIN IMMEDIATE", INSERT] {
            writer.exec(conn, sql).expect("SQL");
        }
        watched.accounts_for(0, &format!("{mode}, {backend}"));
        writer.exec(conn, "COMMIT").expect("a commit");
        watched.accounts_for(1, &format!("{mode}, {backend}"));
        drop(watched);
        writer.close(conn);
        let unmount = Command::new("umount")
            .arg("--lazy")
            .arg(here.dir())
            .status();
        assert!(unmount.expect("umount").success());
    }
}
