//! `honker demo`: still to come.

pub(crate) mod writer;

use crate::args::Demo;
use crate::exit::{Exit, Failure};

pub(crate) fn run(args: &Demo) -> Result<Exit, Failure> {
    let message = format!("not there yet: {args:?}. Use honker watch");
    Err(Failure::new(Exit::Failed, message))
}
