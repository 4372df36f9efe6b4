//! Telling what was measured.

pub mod goals;
pub mod plots;
pub mod regions;
pub mod tables;
pub mod terminal;

mod number;
mod table;

pub use table::Table;
