//! The writer of `honker demo`: still to come.

use crate::args::DemoWriter;
use crate::exit::{Exit, Failure};

pub(crate) fn run(args: &DemoWriter) -> Result<Exit, Failure> {
    let message = format!("not there yet: {args:?}. Use honker watch");
    Err(Failure::new(Exit::Failed, message))
}
