use crate::{
    PlistError,
    plist_guard::{Budget, MAX_DEPTH},
};

const BYTE_ORDER_MARK: &str = "\u{feff}";
const PLIST: &str = "plist";
const COLLECTIONS: [&str; 2] = ["dict", "array"];
const LEAVES: [&str; 8] = ["key", "string", "integer", "real", "true", "false", "date", "data"];

/// Checks the grammar of a property list and the limits, and returns the text to decode.
pub(super) fn check(bytes: &[u8]) -> Result<&str, PlistError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PlistError::Malformed)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut scanner = Scanner { rest: text, open: Vec::new(), budget: Budget::new() };
    scanner.prologue()?;
    scanner.elements()?;
    Ok(text)
}

struct Scanner<'a> {
    rest: &'a str,
    open: Vec<&'a str>,
    budget: Budget,
}

impl<'a> Scanner<'a> {
    /// The XML declaration and the document type, both optional.
    fn prologue(&mut self) -> Result<(), PlistError> {
        if let Some(rest) = self.rest.strip_prefix("<?xml") {
            let (_, rest) = rest.split_once("?>").ok_or(PlistError::Malformed)?;
            self.rest = rest;
        }
        self.skip_space_and_comments()?;
        if let Some(rest) = self.rest.strip_prefix("<!DOCTYPE") {
            let (document_type, rest) = rest.split_once('>').ok_or(PlistError::Malformed)?;
            if document_type.contains(['[', '<']) {
                return Err(PlistError::Entities);
            }
            let quotes = document_type.matches('"').count();
            if quotes % 2 != 0 || document_type.contains('\'') {
                return Err(PlistError::Malformed);
            }
            self.rest = rest;
        }
        Ok(())
    }

    fn elements(&mut self) -> Result<(), PlistError> {
        loop {
            self.skip_space_and_comments()?;
            if self.rest.is_empty() {
                return if self.open.is_empty() { Ok(()) } else { Err(PlistError::Malformed) };
            }
            let tag = self.tag()?;
            if let Some(name) = tag.strip_prefix('/') {
                if self.open.pop() != Some(name) {
                    return Err(PlistError::Malformed);
                }
            } else {
                self.element(tag)?;
            }
        }
    }

    /// The inside of the next `<…>`.
    fn tag(&mut self) -> Result<&'a str, PlistError> {
        let rest = self.rest.strip_prefix('<').ok_or(PlistError::Malformed)?;
        let (tag, rest) = rest.split_once('>').ok_or(PlistError::Malformed)?;
        if tag.contains('<') {
            return Err(PlistError::Malformed);
        }
        self.rest = rest;
        Ok(tag.trim_ascii_end())
    }

    fn element(&mut self, tag: &'a str) -> Result<(), PlistError> {
        let (name, empty) = match tag.strip_suffix('/') {
            Some(name) => (name.trim_ascii_end(), true),
            None => (tag, false),
        };
        if is_plist(name) {
            if !self.open.is_empty() || empty {
                return Err(PlistError::Malformed);
            }
            self.open.push(PLIST);
        } else if COLLECTIONS.contains(&name) {
            self.budget.elements(1)?;
            let outside_plist = usize::from(self.open.first() == Some(&PLIST));
            if self.open.len() - outside_plist == MAX_DEPTH {
                return Err(PlistError::TooDeep);
            }
            if !empty {
                self.open.push(name);
            }
        } else if LEAVES.contains(&name) {
            self.budget.elements(1)?;
            if !empty {
                self.leaf(name)?;
            }
        } else {
            return Err(PlistError::Malformed);
        }
        Ok(())
    }

    /// The text of a leaf and its closing tag.
    fn leaf(&mut self, name: &str) -> Result<(), PlistError> {
        let end = self.rest.find('<').ok_or(PlistError::Malformed)?;
        let (content, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.budget.content(content.len())?;
        check_references(content)?;
        if name == "date" && !is_date(content) {
            return Err(PlistError::Malformed);
        }
        if self.tag()?.strip_prefix('/') != Some(name) {
            return Err(PlistError::Malformed);
        }
        Ok(())
    }

    fn skip_space_and_comments(&mut self) -> Result<(), PlistError> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let Some(comment) = self.rest.strip_prefix("<!--") else {
                return Ok(());
            };
            if comment.starts_with(['>', '-']) {
                return Err(PlistError::Malformed);
            }
            let (_, rest) = comment.split_once("-->").ok_or(PlistError::Malformed)?;
            self.rest = rest;
        }
    }
}

/// `plist`, with at most a version.
fn is_plist(name: &str) -> bool {
    let Some(attributes) = name.strip_prefix(PLIST) else {
        return false;
    };
    matches!(attributes.trim_ascii(), "" | "version=\"1.0\"" | "version='1.0'")
        && (attributes.is_empty() || attributes.starts_with([' ', '\t', '\n', '\r']))
}

/// Only XML's own entities and characters by number; the decoder would drop others silently.
fn check_references(content: &str) -> Result<(), PlistError> {
    content.split('&').skip(1).try_for_each(|after| {
        let known = after.split_once(';').is_some_and(|(name, _)| {
            matches!(name, "lt" | "gt" | "amp" | "quot" | "apos") || is_character(name)
        });
        if known { Ok(()) } else { Err(PlistError::Entities) }
    })
}

fn is_character(name: &str) -> bool {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    name.strip_prefix('#')
        .and_then(|digits| match digits.strip_prefix('x') {
            Some(digits) => number(digits, 16),
            None => number(digits, 10),
        })
        .and_then(char::from_u32)
        .is_some_and(|character| character != '\0')
}

/// `2026-11-23T12:00:00Z` only: the decoder panics if an offset leaves the range of its calendar.
fn is_date(content: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    content.len() == FORM.len()
        && content.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        })
}
