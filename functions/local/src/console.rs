use std::fmt;

/// Tells a person at the terminal what happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

impl Console {
    /// A heading.
    pub fn title(self, text: impl fmt::Display) {
        self.say(format_args!("\n== {text}"));
    }

    /// A line.
    #[expect(clippy::print_stdout, reason = "this is the one place that talks to a terminal")]
    pub fn say(self, text: impl fmt::Display) {
        println!("{text}");
    }

    /// Why it cannot go on.
    pub fn complain(self, text: impl fmt::Display) {
        eprintln!("trennwand: {text}");
    }

    /// A table with a heading line, indented; columns are as wide as their widest cell.
    pub fn table<const N: usize>(self, rows: &[[String; N]]) {
        for line in lines(rows) {
            self.say(format_args!("   {line}"));
        }
    }
}

fn lines<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    if lines.len() > 1 {
        lines.insert(1, widths.iter().map(|w| "-".repeat(*w)).collect::<Vec<_>>().join("  "));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        let table = [row("phone", "verdict"), row("Annas Gerät", "inferred"), row("B", "violated")];
        assert_eq!(
            lines(&table),
            [
                "phone        verdict",
                "-----------  --------",
                "Annas Gerät  inferred",
                "B            violated",
            ]
        );
    }
}
