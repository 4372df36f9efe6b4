//! The mount that holds a file (`/proc/self/mountinfo`, proc(5)).

use crate::mount::Mount;
use rustix::fs::{AtFlags, CWD, StatxFlags};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The mount of a path that exists. `None` where the system does not tell (Linux before 5.8, no `/proc`).
pub(in crate::mount) fn mount_of(path: &Path) -> Option<Mount> {
    let found = rustix::fs::statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
    if found.stx_mask & StatxFlags::MNT_ID.bits() == 0 {
        return None;
    }
    let table = std::fs::read("/proc/self/mountinfo").ok()?;
    find(&table, found.stx_mnt_id)
}

fn find(table: &[u8], id: u64) -> Option<Mount> {
    let mut lines = table.split(|byte| *byte == b'\n');
    lines.find_map(|line| {
        let mut fields = line.split(|byte| *byte == b' ');
        let found: u64 = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        if found != id {
            return None;
        }
        let root = fields.nth(2)?;
        let point = fields.next()?;
        // A number of optional fields ends with a hyphen.
        let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
        Some(Mount {
            point: path(point),
            root: path(root),
            kind: String::from_utf8_lossy(kind).into_owned(),
        })
    })
}

/// Blanks and the like are written as three octal digits.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.first_chunk::<3>().filter(|_| *first == b'\\');
        let escaped = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() {
            &after[3..]
        } else {
            after
        };
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:40 /srv/my\\040data /mnt/a\\011b rw,noatime master:1 shared:7 - fuse.sshfs host:/srv rw,user_id=0
37 22 0:41 / /net rw - nfs4 server:/export rw,vers=4.2
";

    #[test]
    fn a_mount_is_found_by_its_number() {
        assert_eq!(
            find(TABLE, 36),
            Some(Mount {
                point: "/mnt/a\tb".into(),
                root: "/srv/my data".into(),
                kind: "fuse.sshfs".to_owned(),
            })
        );
        let nfs = find(TABLE, 37).expect("the last one");
        assert_eq!((nfs.kind.as_str(), nfs.is_partial()), ("nfs4", false));
        assert_eq!(find(TABLE, 3), None);
    }

    #[test]
    fn the_mount_of_a_directory_of_this_machine_is_known() {
        let mount = Mount::of("/proc".as_ref()).expect("it is mounted");
        assert_eq!((mount.point, mount.kind.as_str()), ("/proc".into(), "proc"));
    }
}
