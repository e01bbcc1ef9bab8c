use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use trennwand_domain::{Digest, Entropy, Secret};

/// What every secret starts with, so that scanners of leaked text recognise it.
const PREFIX: &str = "tws_";

/// A client's secret: 256 random bits, so that a plain hash of it may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret(Secret<String>);

impl ClientSecret {
    /// A new secret.
    #[must_use]
    pub fn mint(entropy: &dyn Entropy) -> Self {
        let bits = Secret::new(entropy.bytes::<32>());
        Self(Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits.expose()))))
    }

    /// What a caller presented.
    #[must_use]
    pub const fn presented(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// The text, shown once: in the answer that creates or rotates it.
    #[must_use]
    pub const fn expose(&self) -> &String {
        self.0.expose()
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of_parts(&[b"client secret", self.expose().as_bytes()])
    }

    /// Whether this is the secret behind a stored hash; takes the same time either way.
    #[must_use]
    pub fn verify(&self, stored: &Digest) -> bool {
        self.hash().as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::Counting;

    #[test]
    fn only_the_secret_itself_fits_its_hash() {
        let entropy = Counting::default();
        let (one, other) = (ClientSecret::mint(&entropy), ClientSecret::mint(&entropy));
        assert!(one.verify(&one.hash()));
        assert!(!other.verify(&one.hash()));
        assert!(!ClientSecret::presented(String::new()).verify(&one.hash()));
        assert_eq!(one.expose().len(), PREFIX.len() + 43);
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
