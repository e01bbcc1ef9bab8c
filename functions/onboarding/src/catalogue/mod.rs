//! What codes and words mean, for everybody with a token. Only what exists is in it.

pub(crate) mod apps;
pub(crate) mod channels;
pub(crate) mod commands;
pub(crate) mod controls;
pub(crate) mod permissions;
pub(crate) mod policy_schema;
pub(crate) mod reasons;

use serde::Serialize;
use trennwand_domain::Locale;
use utoipa::ToSchema;

/// A whole list, which has no further pages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Whole<T> {
    /// The items.
    pub(crate) items: Vec<T>,
}

/// A text in both languages: one without the other does not compile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Both {
    pub(crate) en: &'static str,
    pub(crate) de: &'static str,
}

impl Both {
    pub(crate) const fn in_language(self, locale: Locale) -> &'static str {
        match locale {
            Locale::En => self.en,
            Locale::De => self.de,
        }
    }
}
