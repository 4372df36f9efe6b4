//! Measures honker beside every other way to notice a commit, in one run. Not published.
//!
//! Each [contender] runs in a process of its own shape, each writer in another one. All that is compared is measured
//! by turns: the order of the contenders changes with each repeat, and the result is a ratio.
//!
//! | to | use |
//! |---|---|
//! | run everything | [`run::run`] with a [`plan::Plan`] |
//! | read and write what was measured | [`results::Results`] |
//! | tell it | [`report`] |

pub mod contender;
pub mod look;
pub mod plan;
pub mod report;
pub mod results;
pub mod run;

mod child;
mod machine;
mod spread;
mod workload;
