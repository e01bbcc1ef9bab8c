use std::borrow::Cow;

use serde_json::{Map, Value};
use trennwand_domain::{Error, Result};

/// Closed lists of words.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every word that may stand here.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl Choice for $name {
            const WORDS: &'static [&'static str] = Self::WORDS;

            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }
    )*};
}
pub(super) use choices;

pub(super) trait Choice: Sized {
    const WORDS: &'static [&'static str];
    fn from_word(word: &str) -> Option<Self>;
}

/// The fields of an object that were not read yet.
pub(super) struct Fields<'a> {
    path: &'a str,
    all: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(path: &'a str, value: &'a Value) -> Result<Self> {
        let all = value.as_object().ok_or_else(|| {
            let field = if path.is_empty() { "document" } else { path };
            Error::invalid(field.to_owned(), "must be an object")
        })?;
        Ok(Self { path, all, known: Vec::new() })
    }

    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.all.get(name)
    }

    pub(super) fn choice<T: Choice>(&mut self, name: &'static str, absent: T) -> Result<T> {
        let Some(value) = self.take(name) else {
            return Ok(absent);
        };
        value
            .as_str()
            .and_then(T::from_word)
            .ok_or_else(|| self.error(name, format!("must be {}", alternatives(T::WORDS))))
    }

    /// An object of its own.
    pub(super) fn below<T>(
        &mut self,
        name: &'static str,
        absent: T,
        read: impl Fn(&str, &Value) -> Result<T>,
    ) -> Result<T> {
        match self.take(name) {
            None => Ok(absent),
            Some(value) => read(&self.path(name), value),
        }
    }

    /// The values of a list and the path of each.
    pub(super) fn list(
        &mut self,
        name: &'static str,
        limit: usize,
    ) -> Result<Vec<(String, &'a Value)>> {
        let Some(value) = self.take(name) else {
            return Ok(Vec::new());
        };
        let items = value.as_array().ok_or_else(|| self.error(name, "must be a list"))?;
        if items.len() > limit {
            return Err(self.error(name, format!("must have at most {limit} entries")));
        }
        let path = self.path(name);
        Ok(items.iter().enumerate().map(|(i, item)| (format!("{path}[{i}]"), item)).collect())
    }

    pub(super) fn end(self) -> Result<()> {
        let unknown = self.all.keys().find(|name| !self.known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            let name: String = name.chars().take(64).collect();
            Err(self.error(&name, format!("is unknown; known are {}", self.known.join(", "))))
        })
    }

    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(super) fn error(&self, name: &str, message: impl Into<Cow<'static, str>>) -> Error {
        Error::invalid(self.path(name), message)
    }
}

fn alternatives(words: &[&str]) -> String {
    words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(" or ")
}
