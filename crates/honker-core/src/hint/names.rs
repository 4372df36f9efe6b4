//! Who cares for which name in a directory. With ten thousand databases in it, each comes and goes at the cost of one.

use super::Name;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

#[derive(Debug)]
pub(super) struct Names<Id> {
    by_name: HashMap<Rc<[u8]>, Vec<(Id, Name)>>,
    by_id: HashMap<Id, Vec<Rc<[u8]>>>,
}

impl<Id> Default for Names<Id> {
    fn default() -> Self {
        Self {
            by_name: HashMap::new(),
            by_id: HashMap::new(),
        }
    }
}

impl<Id: Copy + Eq + Hash> Names<Id> {
    pub(super) fn add(&mut self, bytes: Vec<u8>, id: Id, name: Name) {
        let bytes: Rc<[u8]> = bytes.into();
        let ids = self.by_name.entry(Rc::clone(&bytes)).or_default();
        if !ids.contains(&(id, name)) {
            ids.push((id, name));
            self.by_id.entry(id).or_default().push(bytes);
        }
    }

    pub(super) fn forget(&mut self, id: Id) {
        for bytes in self.by_id.remove(&id).unwrap_or_default() {
            if let Some(ids) = self.by_name.get_mut(&bytes) {
                ids.retain(|(each, _)| *each != id);
                if ids.is_empty() {
                    self.by_name.remove(&bytes);
                }
            }
        }
    }

    pub(super) fn of(&self, bytes: &[u8]) -> impl Iterator<Item = &(Id, Name)> {
        self.by_name.get(bytes).into_iter().flatten()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_forgotten_with_the_last_who_cares_for_it() {
        let mut names = Names::default();
        names.add(b"a".to_vec(), 1, Name::Database);
        names.add(b"a".to_vec(), 1, Name::Database);
        names.add(b"a-wal".to_vec(), 1, Name::Wal);
        // Another watcher of the same database, and one to which that log is a database.
        names.add(b"a".to_vec(), 2, Name::Database);
        names.add(b"a-wal".to_vec(), 3, Name::Database);
        let of = |names: &Names<u8>, name: &[u8]| names.of(name).copied().collect::<Vec<_>>();
        assert_eq!(of(&names, b"a"), [(1, Name::Database), (2, Name::Database)]);
        names.forget(1);
        names.forget(1);
        assert_eq!(of(&names, b"a"), [(2, Name::Database)]);
        assert_eq!(of(&names, b"a-wal"), [(3, Name::Database)]);
        names.forget(2);
        assert!(of(&names, b"a").is_empty());
        assert!(!names.is_empty());
        names.forget(3);
        assert!(names.is_empty());
    }
}
