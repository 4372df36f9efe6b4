//! A table, for a terminal and for a document.

use std::fmt::Write;

/// Rows of text under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Names the generated region of a document.
    pub name: &'static str,
    /// One sentence above it.
    pub title: String,
    /// The columns.
    pub head: Vec<String>,
    /// As many texts each as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(name: &'static str, title: impl Into<String>, head: &[&str]) -> Self {
        Self {
            name,
            title: title.into(),
            head: head.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// For a document.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = "|---".repeat(self.head.len()) + "|\n";
        let rows = self.rows.iter().map(|row| line(row));
        let rows: String = rows.collect();
        format!("{}\n\n{}{rule}{rows}", self.title, line(&self.head))
    }

    /// For a terminal: as wide as needed.
    #[must_use]
    pub fn terminal(&self) -> String {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            let widths = lines().map(|line| plain(&line[column]).chars().count());
            widths.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text = format!("{}\n\n", plain(&self.title));
        for line in lines() {
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let cell = plain(cell);
                // Names to the left, figures to the right. A `String` takes everything.
                let _ = if column == 0 {
                    write!(text, "  {cell:<width$}")
                } else {
                    write!(text, "  {cell:>width$}")
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }
}

/// Without what only a document shows.
fn plain(cell: &str) -> String {
    cell.replace(['`', '*'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_to_people_and_to_documents() {
        let mut table = Table::new("x", "Two.", &["who", "p50"]);
        table.add(vec!["`kernel`".into(), "9 µs".into()]);
        table.add(vec!["b".into(), "100 µs".into()]);
        let markdown = "Two.\n\n| who | p50 |\n|---|---|\n| `kernel` | 9 µs |\n| b | 100 µs |\n";
        assert_eq!(table.markdown(), markdown);
        let terminal = "Two.\n\n  who        p50\n  kernel    9 µs\n  b       100 µs\n";
        assert_eq!(table.terminal(), terminal);
    }
}
