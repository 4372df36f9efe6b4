//! State that each process has one of, safe against `fork`.
//!
//! A child made by `fork` gets a copy of everything, but only the thread that called it. A lock that another thread
//! held at that moment stays locked in the copy, and what it protects may be half changed. So a child never touches
//! its parent's state, not even to drop it: it gets a fresh one.

use once_cell::race::OnceBox;

/// One `T` for each process. The copies that children inherit are left alone for ever.
///
/// They form a chain, each process's after its parent's, so that its own is the last. Reaching the end takes no lock,
/// and making the next link waits for nobody: of two threads that try, one succeeds and both use what it made. (A
/// `OnceLock` would not do: another thread may be in the middle of filling it at the moment of the fork.)
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    first: OnceBox<Link<T>>,
    fresh: fn() -> T,
}

#[derive(Debug)]
struct Link<T> {
    process: u32,
    state: T,
    next: OnceBox<Self>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new(fresh: fn() -> T) -> Self {
        Self {
            first: OnceBox::new(),
            fresh,
        }
    }

    /// This process's state.
    pub(crate) fn get(&self) -> &T {
        self.of(std::process::id())
    }

    fn of(&self, process: u32) -> &T {
        let mut place = &self.first;
        loop {
            let link = place.get_or_init(|| {
                Box::new(Link {
                    process,
                    state: (self.fresh)(),
                    next: OnceBox::new(),
                })
            });
            // One with the same number further up was an ancestor's, whose number was given out again.
            if link.process == process && link.next.get().is_none() {
                return &link.state;
            }
            place = &link.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PerProcess;
    use std::sync::Mutex;

    #[test]
    fn each_process_has_a_state_of_its_own_and_keeps_it() {
        let state = PerProcess::new(|| Mutex::new(0));
        for process in [7, 8, 9] {
            // As a child finds it: the parent's is locked for ever.
            let mine = state.of(process);
            assert_eq!(*mine.try_lock().expect("not locked"), 0);
            *mine.lock().expect("whole") = process;
            assert!(std::ptr::eq(mine, state.of(process)));
            std::mem::forget(mine.lock());
        }
    }

    #[test]
    fn a_number_given_out_again_does_not_lead_to_an_ancestors_state() {
        let state = PerProcess::new(|| Mutex::new(0));
        *state.of(7).lock().expect("whole") = 1;
        let _ = state.of(8);
        assert_eq!(*state.of(7).lock().expect("whole"), 0);
    }

    #[test]
    fn threads_that_come_at_once_get_the_same() {
        static STATE: PerProcess<Mutex<u32>> = PerProcess::new(|| Mutex::new(0));
        let threads: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| *STATE.get().lock().expect("whole") += 1))
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(*STATE.get().lock().expect("whole"), 8);
    }
}
