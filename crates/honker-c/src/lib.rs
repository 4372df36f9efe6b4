//! The C library. Its interface is `include/honker.h`, which is made from [`abi`]; its README says how to build and use it.
//!
//! | module | what it does |
//! |---|---|
//! | [`abi`] | the exported functions, and what they pass: thin, one file a kind of handle |
//! | `boundary` | everything that believes a pointer, with its reason |
//! | `failure` | one table from honker's reasons to codes |
//! | `paths` | paths as C has them |
//! | `settings`, `watcher`, `subscription` | safe: what the functions do |
//!
//! `unsafe` stands in the first two only.

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

pub mod abi;
mod boundary;
mod failure;
mod paths;
mod settings;
mod subscription;
mod watcher;
