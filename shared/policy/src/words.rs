/// A closed list of things with a stable code and a text in both languages: an entry without one of
/// them does not compile.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $en:literal, $de:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant,)* }

        impl $name {
            /// Every entry.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The text in the reader's language; `{placeholders}` unfilled.
            #[must_use]
            pub const fn text(self, locale: trennwand_domain::Locale) -> &'static str {
                match (locale, self) {
                    $((trennwand_domain::Locale::En, Self::$variant) => $en,
                      (trennwand_domain::Locale::De, Self::$variant) => $de,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use texts;
