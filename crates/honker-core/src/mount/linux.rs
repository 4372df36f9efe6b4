//! The file systems of Linux, by the number that statfs(2) reports.

#[path = "linux/table.rs"]
mod table;

use super::{FileSystem, Mount, local, shared};
use rustix::fd::AsFd;
use std::path::Path;
pub(super) use table::mount_of;

const fn fine(name: &'static str) -> FileSystem {
    FileSystem {
        fine_times: true,
        ..local(name)
    }
}

const FUSE: &str = "fuse";

/// The numbers of `linux/magic.h`, and a few that their file systems define themselves.
const KNOWN: &[(u64, FileSystem)] = &[
    (0xef53, fine("ext4")),
    (0x5846_5342, fine("xfs")),
    (0x9123_683e, fine("btrfs")),
    (0x0102_1994, fine("tmpfs")),
    (0xf2f5_2010, local("f2fs")),
    (0x2fc1_2fc1, local("zfs")),
    (0xca45_1a4e, local("bcachefs")),
    (0x794c_7630, local("overlay")),
    (0x4d44, local("vfat")),
    (0x2011_bab0, local("exfat")),
    (0x6573_5546, shared(FUSE)),
    (0x6a65_6a63, shared("virtiofs")),
    (0x6969, shared("nfs")),
    (0xff53_4d42, shared("cifs")),
    (0xfe53_4d42, shared("smb2")),
    (0x517b, shared("smb")),
    (0x0102_1997, shared("9p")),
    (0x00c3_6400, shared("ceph")),
    (0x5346_414f, shared("afs")),
    (0x0bd0_0bd0, shared("lustre")),
    (0x4750_4653, shared("gpfs")),
    (0x0116_1970, shared("gfs2")),
    (0x7461_636f, shared("ocfs2")),
    (0x786f_4256, shared("vboxsf")),
    (0xbacb_acbc, shared("vmhgfs")),
    (0x7c7c_6673, shared("prl_fs")),
    (0x1983_0326, shared("beegfs")),
    (0x2003_0528, shared("orangefs")),
    (0x7375_7245, shared("coda")),
    (0x564c, shared("ncp")),
];

fn by_magic(magic: u64) -> FileSystem {
    KNOWN
        .iter()
        .find(|(known, _)| *known == magic)
        .map_or(local("unknown"), |(_, file_system)| *file_system)
}

#[allow(clippy::cast_sign_loss)] // the number is declared signed on some machines; its bits are what counts
fn magic(statfs: &rustix::fs::StatFs) -> u64 {
    statfs.f_type as u64 & 0xffff_ffff
}

/// The file system of a path that exists.
pub(crate) fn of_path(path: &Path) -> std::io::Result<FileSystem> {
    let file_system = by_magic(magic(&rustix::fs::statfs(path)?));
    if file_system.name != FUSE {
        return Ok(file_system);
    }
    // They share one number.
    let mount = Mount::of(path);
    Ok(mount.map_or(file_system, |mount| by_fuse_type(&mount.kind)))
}

/// FUSE on a block device, as ntfs-3g has it, is as local as any other.
fn by_fuse_type(kind: &str) -> FileSystem {
    match kind {
        "fuseblk" => local("fuseblk"),
        "virtiofs" => shared("virtiofs"),
        _ => shared(FUSE),
    }
}

/// Whether what this kernel has cached of a file may be older than the file.
pub(crate) fn may_be_stale(file: impl AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|statfs| by_magic(magic(&statfs)).shared)
}

/// Whether every write gives a file another time than the last one that was looked at: multigrain times, in the
/// kernel since 6.13. Elsewhere times move with the clock tick, 1 to 10 ms.
pub(crate) fn has_fine_times(file: impl AsFd) -> bool {
    let fine = rustix::fs::fstatfs(file).is_ok_and(|statfs| by_magic(magic(&statfs)).fine_times);
    fine && kernel_version() >= (6, 13)
}

fn kernel_version() -> (u32, u32) {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of statfs(2) on real mounts, where no such mount is possible here.
    #[test]
    fn where_another_host_can_write_is_known_by_number() {
        for (magic, name) in [
            (0x6969, "nfs"),
            (0xff53_4d42, "cifs"),
            (0xfe53_4d42, "smb2"),
            (0x517b, "smb"),
            (0x0102_1997, "9p"),
            (0x6573_5546, "fuse"),
            (0x00c3_6400, "ceph"),
            (0x0116_1970, "gfs2"),
            (0x7461_636f, "ocfs2"),
            (0x786f_4256, "vboxsf"),
        ] {
            let file_system = by_magic(magic);
            assert!(file_system.shared, "{magic:#x}");
            assert_eq!(file_system.name, name, "{magic:#x}");
        }
        for (magic, name) in [
            (0xef53, "ext4"),
            (0x5846_5342, "xfs"),
            (0x9123_683e, "btrfs"),
            (0x0102_1994, "tmpfs"),
            (0x794c_7630, "overlay"),
            (0x7371_7368, "unknown"),
        ] {
            let file_system = by_magic(magic);
            assert!(!file_system.shared, "{magic:#x}");
            assert_eq!(file_system.name, name, "{magic:#x}");
        }
    }

    #[test]
    fn what_shares_the_number_of_fuse_is_told_apart_by_its_type() {
        for (kind, name, shared) in [
            ("fuse.sshfs", "fuse", true),
            ("fuse", "fuse", true),
            ("virtiofs", "virtiofs", true),
            ("fuseblk", "fuseblk", false),
        ] {
            let file_system = by_fuse_type(kind);
            assert_eq!((file_system.name, file_system.shared), (name, shared));
        }
    }
}
