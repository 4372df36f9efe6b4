//! The generated parts of documents: between two marks, from the results, so that they cannot drift.

use std::fs;
use std::path::Path;

use super::{goals, plots, tables};
use crate::results::Results;

/// The documents with generated parts.
pub const DOCUMENTS: [&str; 2] = ["README.md", "docs/performance.md"];
/// The results that they tell.
pub const RESULTS: &str = "docs/bench/results.json";

/// Writes the generated parts of all documents of the project in this directory, and draws its pictures.
///
/// # Errors
///
/// A file cannot be read or written, or marks are missing.
pub fn write(project: &Path) -> Result<(), String> {
    let path = project.join(RESULTS);
    let results = Results::read(&path)?;
    plots::write(&results, &path)?;
    for document in DOCUMENTS {
        let path = project.join(document);
        let told = |error| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| told(error.to_string()))?;
        let now = render(&text, &results).map_err(told)?;
        if now != text {
            fs::write(&path, now).map_err(|error| told(error.to_string()))?;
        }
    }
    Ok(())
}

/// The text with what stands between the marks replaced.
///
/// # Errors
///
/// A mark has no end, or names nothing.
pub fn render(text: &str, results: &Results) -> Result<String, String> {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(BEGIN) {
        let (name, inner) = from.split_once(" -->").ok_or("a mark is not closed")?;
        let (_, after) = inner
            .split_once(END)
            .ok_or_else(|| format!("{name} has no end"))?;
        let part = part(name, results)?;
        rendered.extend([before, BEGIN, name, " -->\n", &part, END]);
        rest = after;
    }
    Ok(rendered + rest)
}

const BEGIN: &str = "<!-- bench: ";
const END: &str = "<!-- end of bench -->";

fn part(name: &str, results: &Results) -> Result<String, String> {
    if name == "machine" {
        return Ok(format!("{}\n", tables::machine(results)));
    }
    let mut tables = tables::all(results)
        .into_iter()
        .chain([goals::table(results)]);
    let table = tables.find(|table| table.name == name);
    table
        .map(|table| table.markdown())
        .ok_or_else(|| format!("there is no table {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_marks_is_replaced_and_the_rest_stays() {
        let results = Results::empty();
        let text = "a\n<!-- bench: machine -->\nold\n<!-- end of bench -->\nb\n";
        let now = render(text, &results).expect("marks");
        assert!(now.starts_with("a\n<!-- bench: machine -->\nMeasured "));
        assert!(now.ends_with("<!-- end of bench -->\nb\n") && !now.contains("old"));
        assert_eq!(render(&now, &results).as_ref(), Ok(&now), "again");
        assert!(render("<!-- bench: nothing --><!-- end of bench -->", &results).is_err());
        assert!(render("<!-- bench: machine -->", &results).is_err());
    }
}
