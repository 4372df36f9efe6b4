//! A subscription as a stream (feature `stream`).

use crate::error::RecvError;
use crate::subscription::UpdateEvents;
use crate::update::Update;
use futures_core::{FusedStream, Stream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Updates as they come, in any runtime or none; the error that ends the subscription, once; then nothing more.
///
/// It is woken by honker's delivery thread, as by [`poll_recv`](UpdateEvents::poll_recv).
///
/// ```
/// use honker_core::SharedUpdateWatcher;
/// use smol::stream::StreamExt;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("app.db");
/// let watcher = SharedUpdateWatcher::new(&path)?;
/// let mut events = watcher.update_events()?;
/// # std::process::Command::new("sqlite3").arg(&path).arg("CREATE TABLE t(x)").spawn()?.wait()?;
/// smol::block_on(async {
///     while let Some(update) = events.next().await {
///         println!("{} commit(s)", update?.commits);
/// #       break;
///     }
///     Ok(())
/// })
/// # }
/// ```
impl Stream for UpdateEvents {
    type Item = Result<Update, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_recv(context));
        self.is_over = received.is_err();
        Poll::Ready(Some(received))
    }
}

impl FusedStream for UpdateEvents {
    fn is_terminated(&self) -> bool {
        self.is_over
    }
}
