//! The native half of the Node package: watching, and ringing when a subscription has news. All else is JavaScript.
//!
//! honker's own threads never touch JavaScript. Its delivery thread leaves a number in a list and calls Node's
//! thread-safe function, which never blocks ([`bell`]); Node's event loop does the rest. No thread of libuv's pool is
//! used at all.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]
// Arguments come from JavaScript by value, and what is public is so for JavaScript: no Rust code sees it.
#![allow(
    clippy::needless_pass_by_value,
    missing_debug_implementations,
    missing_docs,
    unreachable_pub
)]

mod bell;
mod error;
mod number;
mod stats;
mod subscription;
mod update;
mod watcher;

/// The version of the package.
#[napi_derive::napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
