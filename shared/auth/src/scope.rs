use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use trennwand_domain::Level;

macro_rules! scopes {
    ($($variant:ident = $word:literal at $($level:ident)+, $text:literal;)*) => {
        /// What a client may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Scope { $(#[doc = $text] $variant,)* }

        impl Scope {
            /// Every scope.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it opens, in words, for the API document.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The scope of a word of the API.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// Whether clients of this level can have the scope.
            #[must_use]
            pub const fn is_of(self, level: Level) -> bool {
                match self { $(Self::$variant => matches!(level, $(Level::$level)|+),)* }
            }
        }

        /// The scopes as types, so that a handler's signature says what it needs.
        pub mod need {
            $(
                #[doc = concat!("Needs the scope `", $word, "`.")]
                #[derive(Debug, Clone, Copy)]
                pub struct $variant;

                impl super::Need for $variant {
                    const SCOPE: super::Scope = super::Scope::$variant;
                }
            )*
        }
    };
}

scopes! {
    Setup = "setup" at Reseller Tenant, "Readiness, agreements, mail, push certificates.";
    Users = "users" at Tenant, "Users, without what identifies them.";
    Enrollments = "enrollments" at Tenant, "Invitations.";
    DevicesRead = "devices:read" at Tenant, "Devices and their verdicts.";
    DevicesCommand = "devices:command" at Tenant, "Commands to devices.";
    Policies = "policies" at Tenant, "Policies and roll-outs.";
    PersonalData = "personal_data" at Tenant, "What identifies a user.";
    Evidence = "evidence" at Tenant, "Evidence.";
    Audit = "audit" at Tenant, "The audit trail.";
    Tenants = "tenants" at Reseller, "Tenants of a reseller.";
    Clients = "clients" at Reseller, "Clients of a reseller's tenants.";
    Brand = "brand" at Reseller, "The brand.";
    Usage = "usage" at Reseller, "Usage counts.";
    Webhooks = "webhooks" at Reseller, "Webhooks.";
    Resellers = "resellers" at Operator, "Resellers.";
}

/// A scope as a type; see [`need`].
pub trait Need: Send + Sync + 'static {
    /// The scope that is needed.
    const SCOPE: Scope;
}

/// A set of scopes, written as RFC 6749 §3.3 does: words separated by spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u32);

/// The word is not a scope of this level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a scope of this level; possible are: {}", Scopes::of(*.0))]
pub struct UnknownScope(pub Level);

impl Scopes {
    /// No scope.
    pub const NONE: Self = Self(0);

    /// All scopes of a level.
    #[must_use]
    pub fn of(level: Level) -> Self {
        Scope::ALL.iter().filter(|s| s.is_of(level)).copied().collect()
    }

    /// Reads words separated by spaces.
    ///
    /// # Errors
    /// If a word is not a scope of this level, or if there is none.
    pub fn parse(level: Level, text: &str) -> Result<Self, UnknownScope> {
        Self::from_words(level, text.split(' ').filter(|w| !w.is_empty()))
    }

    /// Reads a list of words.
    ///
    /// # Errors
    /// If a word is not a scope of this level, or if there is none.
    pub fn from_words<'a>(
        level: Level,
        words: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, UnknownScope> {
        let found: Self = words
            .into_iter()
            .map(|w| Scope::from_word(w).filter(|s| s.is_of(level)).ok_or(UnknownScope(level)))
            .collect::<Result<_, _>>()?;
        if found.is_empty() { Err(UnknownScope(level)) } else { Ok(found) }
    }

    /// What of the stored words is still known and of this level; the rest grants nothing.
    #[must_use]
    pub fn from_stored(level: Level, words: &[String]) -> Self {
        words.iter().filter_map(|w| Scope::from_word(w)).filter(|s| s.is_of(level)).collect()
    }

    /// Whether the scope is in the set.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u32 != 0
    }

    /// Whether every scope of the other set is in this one.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes in the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |s| self.contains(*s))
    }

    /// The words, for `Client::scopes` and for answers.
    #[must_use]
    pub fn to_words(self) -> Vec<String> {
        self.iter().map(|s| s.as_str().to_owned()).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, s| bits | 1 << s as u32))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { " " })?;
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// Reads what a token says; words that are no longer scopes grant nothing.
impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Words;
        impl de::Visitor<'_> for Words {
            type Value = Scopes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("scopes separated by spaces")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scopes, E> {
                Ok(text.split(' ').filter_map(Scope::from_word).collect())
            }
        }
        d.deserialize_str(Words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_exactly_the_scopes_of_the_contract() {
        assert_eq!(
            Scopes::of(Level::Tenant).to_string(),
            "setup users enrollments devices:read devices:command policies personal_data evidence \
             audit"
        );
        assert_eq!(
            Scopes::of(Level::Reseller).to_string(),
            "setup tenants clients brand usage webhooks"
        );
        assert_eq!(Scopes::of(Level::Operator).to_string(), "resellers");
    }

    #[test]
    fn a_scope_of_another_level_is_refused() {
        for text in ["tenants", "setup tenants", "nonsense", "SETUP", "", "  "] {
            assert_eq!(Scopes::parse(Level::Tenant, text), Err(UnknownScope(Level::Tenant)));
        }
    }

    #[test]
    fn stored_words_that_are_no_scope_of_the_level_grant_nothing() {
        let stored = ["setup", "tenants", "resellers", "gone"].map(str::to_owned);
        assert_eq!(Scopes::from_stored(Level::Tenant, &stored).to_string(), "setup");
    }
}
