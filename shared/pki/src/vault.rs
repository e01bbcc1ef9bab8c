use std::{fmt::Debug, future::Future, pin::Pin, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use trennwand_domain::{DeviceId, Entropy, Error, Result, Sealed, Secret, SlotKind, Token};
use zeroize::Zeroizing;

/// A boxed future, so that traits with async methods can be used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What wraps the tenants' data keys: KMS in the cloud, a key file on a laptop.
///
/// `context` says what the key is for, such as `tenant/<id>/data_key`; a wrapped key only unwraps
/// in the context it was wrapped in.
pub trait MasterKey: Send + Sync + Debug {
    /// Wraps a data key for storage.
    fn wrap<'a>(&'a self, context: &'a str, key: &'a DataKey) -> BoxFuture<'a, Result<Vec<u8>>>;

    /// Unwraps a stored data key.
    fn unwrap<'a>(&'a self, context: &'a str, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey>>;
}

/// A master key held in memory, read from a file by the local server.
#[derive(Debug)]
pub struct FileMasterKey {
    key: DataKey,
    entropy: Arc<dyn Entropy>,
}

impl FileMasterKey {
    /// A master key of these 256 bits.
    #[must_use]
    pub fn from_bytes(bytes: Secret<[u8; 32]>, entropy: Arc<dyn Entropy>) -> Self {
        Self { key: DataKey(Arc::new(bytes)), entropy }
    }
}

impl MasterKey for FileMasterKey {
    fn wrap<'a>(&'a self, context: &'a str, key: &'a DataKey) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move { Ok(self.key.wrap_child(&*self.entropy, context, key)) })
    }

    fn unwrap<'a>(&'a self, context: &'a str, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey>> {
        Box::pin(async move { self.key.unwrap_child(context, wrapped) })
    }
}

/// The first byte of everything sealed: AES-256-GCM with a random nonce.
const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + NONCE_LEN;

/// 256 bits that seal what belongs to one tenant or one person. Cloning shares them.
#[derive(Clone, Debug)]
pub struct DataKey(Arc<Secret<[u8; 32]>>);

impl DataKey {
    /// A new random key.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Arc::new(Secret::new(entropy.bytes())))
    }

    /// The key of these bits, for a [`MasterKey`] that unwraps it elsewhere.
    #[must_use]
    pub fn from_bytes(bits: Secret<[u8; 32]>) -> Self {
        Self(Arc::new(bits))
    }

    /// Its bits, for a [`MasterKey`] that wraps it elsewhere.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Seals bytes with AES-256-GCM. `context` names what they are, such as `tenant/<id>/ca_key`;
    /// they only open again in the same context.
    #[must_use]
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, plaintext: &[u8]) -> Sealed {
        Sealed::from_bytes(self.encrypt(entropy, Kind::Value, context, plaintext))
    }

    /// Opens what was sealed in the same context.
    ///
    /// # Errors
    /// `Internal` if it was sealed with another key, in another context, or was changed.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<Secret<Vec<u8>>> {
        self.decrypt(Kind::Value, context, sealed.as_bytes())
    }

    /// Wraps a key below this one for storage.
    #[must_use]
    pub fn wrap_child(&self, entropy: &dyn Entropy, context: &str, child: &Self) -> Vec<u8> {
        self.encrypt(entropy, Kind::Key, context, child.0.expose())
    }

    /// Unwraps a key below this one.
    ///
    /// # Errors
    /// `Internal` as for [`Self::open`].
    pub fn unwrap_child(&self, context: &str, wrapped: &[u8]) -> Result<Self> {
        let bytes = self.decrypt(Kind::Key, context, wrapped)?;
        let bytes = <[u8; 32]>::try_from(bytes.expose().as_slice())
            .map_err(|_| Error::internal("a wrapped key has the wrong length"))?;
        Ok(Self(Arc::new(Secret::new(bytes))))
    }

    /// A keyed hash that finds a personal value again without storing it: HMAC-SHA256 over purpose
    /// and value, cut to 128 bits.
    #[must_use]
    pub fn pseudonym(&self, purpose: &str, value: &[u8]) -> [u8; 16] {
        cut(&mac(self.0.expose(), &[b"pseudonym", purpose.as_bytes(), value]))
    }

    /// A key for another purpose: HMAC-SHA256 over the purpose.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Secret<[u8; 32]> {
        Secret::new(cut(&mac(self.0.expose(), &[b"derive", purpose.as_bytes()])))
    }

    fn encrypt(
        &self,
        entropy: &dyn Entropy,
        kind: Kind,
        context: &str,
        plaintext: &[u8],
    ) -> Vec<u8> {
        let nonce = entropy.bytes::<NONCE_LEN>();
        let mut out = Vec::with_capacity(HEADER_LEN + plaintext.len() + AES_256_GCM.tag_len());
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plaintext);
        let tag = self
            .cipher()
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                kind.bound_to(context),
                &mut out[HEADER_LEN..],
            )
            .expect("AES-GCM only fails beyond 64 GiB");
        out.extend_from_slice(tag.as_ref());
        out
    }

    fn decrypt(&self, kind: Kind, context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>> {
        let fault = || Error::internal(format!("{context} does not open"));
        let (&[version, ref nonce @ ..], ciphertext) =
            sealed.split_first_chunk::<HEADER_LEN>().ok_or_else(fault)?;
        if version != VERSION {
            return Err(fault());
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let plaintext = self
            .cipher()
            .open_in_place(nonce, kind.bound_to(context), &mut buffer)
            .map_err(|_| fault())?;
        Ok(Secret::new(plaintext.to_vec()))
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, self.0.expose());
        LessSafeKey::new(key.expect("the key has the length that AES-256 takes"))
    }
}

/// What was sealed, so that a wrapped key never opens as a value.
#[derive(Clone, Copy)]
enum Kind {
    Value,
    Key,
}

impl Kind {
    fn bound_to(self, context: &str) -> Aad<Vec<u8>> {
        let kind = match self {
            Self::Value => "value:",
            Self::Key => "key:",
        };
        Aad::from([kind, context].concat().into_bytes())
    }
}

/// The tag of a derived query, by which a late answer is known to be one of ours without a look-up:
/// HMAC-SHA256 over device, round and slot, cut to 80 bits.
#[must_use]
pub fn query_tag(query_key: &[u8; 16], device: DeviceId, round: u64, slot: SlotKind) -> Token {
    let parts: [&[u8]; 3] =
        [&device.bits().to_be_bytes(), &round.to_be_bytes(), &[slot.index() as u8]];
    Token::from_bytes(cut(&mac(query_key, &parts)))
}

/// HMAC-SHA256 over the parts, each preceded by its length.
fn mac(key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign()
}

/// The first `N` of a MAC's 32 bytes.
fn cut<const N: usize>(tag: &hmac::Tag) -> [u8; N] {
    const { assert!(N <= 32) };
    let mut out = [0; N];
    out.copy_from_slice(&tag.as_ref()[..N]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Seeded;

    fn key(seed: u8) -> DataKey {
        DataKey::generate(&Seeded::new(seed))
    }

    #[test]
    fn what_was_sealed_opens_in_its_context_only() {
        let sealed = key(1).seal(&Seeded::new(9), "tenant/a/ca_key", b"secret");
        assert_eq!(key(1).open("tenant/a/ca_key", &sealed).unwrap().expose(), b"secret");
        assert!(key(1).open("tenant/b/ca_key", &sealed).is_err(), "another tenant's place");
        assert!(key(2).open("tenant/a/ca_key", &sealed).is_err(), "another key");
        assert!(key(1).unwrap_child("tenant/a/ca_key", sealed.as_bytes()).is_err(), "no key");
    }

    #[test]
    fn a_changed_or_cut_ciphertext_does_not_open() {
        let sealed = key(1).seal(&Seeded::new(9), "x", b"secret");
        for i in 0..sealed.as_bytes().len() {
            let mut changed = sealed.as_bytes().to_vec();
            changed[i] ^= 1;
            assert!(key(1).open("x", &Sealed::from_bytes(changed)).is_err(), "byte {i}");
            let cut = sealed.as_bytes()[..i].to_vec();
            assert!(key(1).open("x", &Sealed::from_bytes(cut)).is_err(), "cut at {i}");
        }
    }

    #[test]
    fn sealing_twice_gives_different_ciphertexts() {
        let entropy = Seeded::new(9);
        assert_ne!(key(1).seal(&entropy, "x", b"secret"), key(1).seal(&entropy, "x", b"secret"));
    }

    #[test]
    fn a_child_key_survives_its_wrapping() {
        let wrapped = key(1).wrap_child(&Seeded::new(9), "user/1", &key(2));
        let child = key(1).unwrap_child("user/1", &wrapped).unwrap();
        assert_eq!(child.pseudonym("p", b"v"), key(2).pseudonym("p", b"v"));
        assert!(key(1).unwrap_child("user/2", &wrapped).is_err());
        assert!(key(1).open("user/1", &Sealed::from_bytes(wrapped)).is_err(), "not a value");
    }

    #[test]
    fn purposes_keep_derived_values_apart() {
        assert_ne!(key(1).pseudonym("udid", b"v"), key(1).pseudonym("email", b"v"));
        assert_ne!(key(1).pseudonym("a", b"bc"), key(1).pseudonym("ab", b"c"));
        assert_ne!(key(1).pseudonym("a", b"v"), key(2).pseudonym("a", b"v"));
        assert_ne!(key(1).derive("a").expose(), key(1).derive("b").expose());
    }

    #[test]
    fn a_query_tag_depends_on_device_round_slot_and_key() {
        let tag = |key, device, round, slot| {
            query_tag(&[key; 16], DeviceId::from_bits(device), round, slot)
        };
        let one = tag(1, 1, 1, SlotKind::ProfileList);
        assert_eq!(one, tag(1, 1, 1, SlotKind::ProfileList));
        for other in [
            tag(2, 1, 1, SlotKind::ProfileList),
            tag(1, 2, 1, SlotKind::ProfileList),
            tag(1, 1, 2, SlotKind::ProfileList),
            tag(1, 1, 1, SlotKind::Restrictions),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let text = format!(
            "{:?}",
            FileMasterKey::from_bytes(Secret::new([0x41; 32]), Arc::new(Seeded::new(1)),)
        );
        assert!(text.contains("[secret]") && !text.contains("65"), "{text}");
    }
}
