//! Telling what was measured.

pub mod terminal;
