use crate::{Digest, Locale, Sealed, Secret, Timestamp, Token, UserId};

/// A person who uses a managed phone, as stored: what identifies the person is sealed with a key of
/// the person's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// The tenant's own name for the person, as a keyed hash, to find it again.
    pub external_id_hash: Option<[u8; 16]>,
    /// The e-mail address as a keyed hash, to find it again.
    pub email_hash: [u8; 16],
    /// A [`Person`] as JSON, sealed with the person's key.
    pub person: Sealed,
    /// Hash over the personal variables that artefacts use; equal hashes, equal artefacts.
    pub variables: Token,
    /// The language of pages.
    pub locale: Locale,
    /// When the user was created.
    pub created_at: Timestamp,
    /// Counts the writes; the ETag.
    pub revision: u64,
}

/// What identifies a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The tenant's own name for the person.
    pub external_id: Option<Secret<String>>,
    /// E-mail address.
    pub email: Secret<String>,
    /// Name to sign in to mail with, if it is not the address.
    pub mail_login: Option<Secret<String>>,
    /// Name for people.
    pub display_name: Option<Secret<String>>,
}

impl Person {
    /// The name to sign in to mail with.
    #[must_use]
    pub fn login(&self) -> &Secret<String> {
        self.mail_login.as_ref().unwrap_or(&self.email)
    }

    /// Hash over what artefacts use of a person, keyed with the tenant's pseudonym key.
    #[must_use]
    pub fn variables(&self, pseudonym_key: &[u8]) -> Token {
        let name = self.display_name.as_ref().map_or("", |n| n.expose());
        Digest::of_parts(&[
            pseudonym_key,
            self.email.expose().as_bytes(),
            self.login().expose().as_bytes(),
            name.as_bytes(),
        ])
        .token()
    }
}
