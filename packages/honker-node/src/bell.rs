//! How honker's delivery thread wakes JavaScript: one thread-safe function an environment, whatever the number of
//! subscriptions.
//!
//! Delivery may be handed over to another thread at any time, so any thread may ring, also several at once.

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};
use napi_derive::napi;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// Weak: what keeps the process alive is who waits, and that is told with [`Bell::keep_alive`].
type Call = ThreadsafeFunction<(), (), (), Status, false, true>;

/// Calls a function on the event loop when one of several subscriptions has news.
#[napi]
pub struct Bell {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    /// Who has news, by the numbers that they chose.
    rung: Mutex<Vec<u32>>,
    call: Mutex<Call>,
}

/// One who waits.
pub(crate) struct Ringer {
    bell: Arc<Shared>,
    number: u32,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.bell.ring(self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn ring(&self, number: u32) {
        let mut rung = lock(&self.rung);
        rung.push(number);
        let is_first = rung.len() == 1;
        drop(rung);
        if is_first {
            // Refused only where the environment is ending, and all who waited in it with it.
            let _ = lock(&self.call).call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

impl Bell {
    /// What a subscription with this number rings.
    pub(crate) fn ringer(&self, number: u32) -> Arc<Ringer> {
        Arc::new(Ringer {
            bell: Arc::clone(&self.shared),
            number,
        })
    }
}

#[napi]
impl Bell {
    /// `rung` is called, without arguments, when there is something to `drain`. It must not throw.
    #[napi(constructor)]
    pub fn new(rung: Function<'_, (), ()>) -> Result<Self> {
        let call = rung
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .build()?;
        Ok(Self {
            shared: Arc::new(Shared {
                rung: Mutex::new(Vec::new()),
                call: Mutex::new(call),
            }),
        })
    }

    /// The numbers of those who have news. From here on the next one calls again.
    #[napi]
    pub fn drain(&self) -> Vec<u32> {
        std::mem::take(&mut *lock(&self.shared.rung))
    }

    /// Whether the process stays alive to be called, as it does for a timer.
    #[napi]
    pub fn keep_alive(&self, env: Env, wanted: bool) -> Result<()> {
        keep_alive(&mut lock(&self.shared.call), env, wanted)
    }
}

#[expect(
    deprecated,
    reason = "a clone, which it should be replaced by, cannot go back and forth"
)]
fn keep_alive(call: &mut Call, env: Env, wanted: bool) -> Result<()> {
    if wanted {
        call.refer(&env)
    } else {
        call.unref(&env)
    }
}
