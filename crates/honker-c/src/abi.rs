//! The exported functions: each believes the pointers that its comment asks for, and does nothing else by itself.
//!
//! `scripts/header.sh` makes `include/honker.h` from these files, comments included: they are written for readers of C.

// Exported names and pointers from C are what this module is for. What is believed of a pointer, and why, stands in
// `boundary`; the comment of each function tells the caller.
#![allow(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the rules stand at the top of the header, once for all functions"
)]
#![allow(
    non_camel_case_types,
    reason = "types have the names that they have in C"
)]
#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "the comments are C's"
)]

mod code;
mod error;
mod subscription;
mod text;
mod watcher;

pub use code::{honker_code, honker_code_name, honker_code_text};
pub use error::{
    honker_error, honker_error_code, honker_error_errno, honker_error_free, honker_error_message,
    honker_error_path,
};
pub use subscription::{
    honker_subscribe_options, honker_subscription, honker_subscription_close,
    honker_subscription_fd, honker_subscription_free, honker_subscription_try,
    honker_subscription_wait, honker_update, honker_update_kind,
};
pub use text::{honker_open_metrics, honker_probe_json, honker_string_free, honker_version};
pub use watcher::{
    honker_backend, honker_backend_named, honker_on_replace, honker_options, honker_watcher,
    honker_watcher_backend, honker_watcher_close, honker_watcher_free, honker_watcher_open,
    honker_watcher_path, honker_watcher_position, honker_watcher_stats_json,
    honker_watcher_subscribe,
};
