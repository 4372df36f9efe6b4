//! An event object of Windows, which goes quiet by itself when the thread has heard it.

use honker_windows::Event;
use std::io;

#[derive(Debug)]
pub(crate) struct Bell(Event);

#[derive(Debug)]
pub(crate) struct Ear(pub(crate) Event);

pub(crate) fn pair() -> io::Result<(Bell, Ear)> {
    let event = Event::new()?;
    Ok((Bell(event.clone()), Ear(event)))
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.0.set();
    }
}

impl Ear {
    /// Waiting for it has silenced it.
    #[expect(
        clippy::unused_self,
        reason = "the other platforms have to read something"
    )]
    pub(crate) fn silence(&self) {}
}
