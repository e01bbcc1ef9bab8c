use std::fs;

use trennwand::Console;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/PERFORMANCE.md");

/// Where results go: to the terminal and, if wanted, between their marks in `infra/PERFORMANCE.md`.
#[derive(Debug)]
pub(crate) struct Figures {
    write: bool,
}

impl Figures {
    pub(crate) const fn new(write: bool) -> Self {
        Self { write }
    }

    /// Says how it goes.
    pub(crate) fn note(&self, text: impl std::fmt::Display) {
        Console.say(text);
    }

    /// Shows a result; `name` is in its marks.
    pub(crate) fn publish(&self, name: &str, text: &str) {
        Console.say(format_args!("\n{text}"));
        if !self.write {
            return;
        }
        let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->\n"));
        let file = fs::read_to_string(FILE).expect("infra/PERFORMANCE.md");
        let (before, rest) = file.split_once(&begin).expect("the begin mark");
        let (_, after) = rest.split_once(&end).expect("the end mark");
        fs::write(FILE, format!("{before}{begin}{text}{end}{after}")).expect("written");
    }
}
