//! Columns that line up, also with Chinese in them.

use std::fmt;

use unicode_width::UnicodeWidthStr as _;

/// Rows under headings.
#[derive(Debug, Clone, Default)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(headings: &[&'static str]) -> Self {
        Self {
            headings: headings.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells beyond the headings are left out, so that `wide` cells may always be given.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn widths(&self) -> Vec<usize> {
        let cell = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| width(cell));
        let widest = |(column, heading): (usize, &&str)| {
            self.rows
                .iter()
                .map(|row| cell(row, column))
                .max()
                .unwrap_or(0)
                .max(heading.width())
        };
        self.headings.iter().enumerate().map(widest).collect()
    }
}

/// Columns on a terminal, without the escapes that colour.
fn width(cell: &str) -> usize {
    let mut plain = String::with_capacity(cell.len());
    let mut in_escape = false;
    for c in cell.chars() {
        match (in_escape, c) {
            (false, '\x1b') => in_escape = true,
            (true, 'm') => in_escape = false,
            (false, c) => plain.push(c),
            (true, _) => {}
        }
    }
    plain.width()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let headings = self
            .headings
            .iter()
            .map(|heading| (*heading).to_owned())
            .collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let mut line = String::new();
            for (cell, column) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(column + 2 - width(cell)));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_wide_characters_and_colours() {
        let mut table = Table::new(&["NAME", "STATE"]);
        table.row(vec!["网站".into(), "\x1b[32mup\x1b[0m".into(), "left out".into()]);
        table.row(vec!["a".into(), "down".into()]);
        assert_eq!(
            table.to_string(),
            "NAME  STATE\n网站  \x1b[32mup\x1b[0m\na     down\n"
        );
    }
}
