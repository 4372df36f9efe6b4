//! Three pictures, as SVG that can be read on light and on dark pages.

mod bars;
mod canvas;
mod lines;

use std::fs;
use std::path::Path;

use crate::results::Results;

/// The pictures by their file names.
///
/// # Errors
///
/// The library that draws them refused.
pub fn all(results: &Results) -> Result<Vec<(&'static str, String)>, String> {
    Ok(vec![
        ("latency.svg", lines::latency(results)?),
        ("idle-cpu.svg", lines::idle(results)?),
        ("throughput.svg", bars::throughput(results)?),
    ])
}

/// Draws them beside the results.
///
/// # Errors
///
/// The library that draws them refused, or a file cannot be written.
pub fn write(results: &Results, beside: &Path) -> Result<(), String> {
    for (name, svg) in all(results)? {
        let path = beside.with_file_name(name);
        fs::write(&path, svg).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
