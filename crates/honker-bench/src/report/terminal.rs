//! All tables, one below the other.

use super::{goals, tables};
use crate::results::Results;

/// What a run found, for a terminal.
#[must_use]
pub fn tables(results: &Results) -> String {
    let mut text = format!("{}\n\n", tables::machine(results).replace('`', ""));
    for table in tables::all(results)
        .into_iter()
        .chain([goals::table(results)])
    {
        if !table.rows.is_empty() {
            text += &table.terminal();
            text.push('\n');
        }
    }
    text
}
