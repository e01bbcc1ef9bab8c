use std::{fmt::Debug, future::Future, pin::Pin, sync::Arc};

use trennwand_domain::{DeviceId, Entropy, Result, Sealed, Secret, SlotKind, Token};

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
    pub fn from_bytes(_bytes: Secret<[u8; 32]>, _entropy: Arc<dyn Entropy>) -> Self {
        todo!()
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

/// 256 bits that seal what belongs to one tenant or one person.
#[derive(Clone, Debug)]
pub struct DataKey(#[expect(dead_code, reason = "skeleton")] Arc<Secret<[u8; 32]>>);

impl DataKey {
    /// A new random key.
    #[must_use]
    pub fn generate(_entropy: &dyn Entropy) -> Self {
        todo!()
    }

    /// Seals bytes with AES-256-GCM. `context` names what they are, such as `tenant/<id>/ca_key`;
    /// they only open again in the same context.
    #[must_use]
    pub fn seal(&self, _entropy: &dyn Entropy, _context: &str, _plaintext: &[u8]) -> Sealed {
        todo!()
    }

    /// Opens what was sealed in the same context.
    ///
    /// # Errors
    /// `Internal` if it was sealed with another key, in another context, or was changed.
    pub fn open(&self, _context: &str, _sealed: &Sealed) -> Result<Secret<Vec<u8>>> {
        todo!()
    }

    /// Wraps a key below this one for storage.
    #[must_use]
    pub fn wrap_child(&self, _entropy: &dyn Entropy, _context: &str, _child: &Self) -> Vec<u8> {
        todo!()
    }

    /// Unwraps a key below this one.
    ///
    /// # Errors
    /// `Internal` as for [`Self::open`].
    pub fn unwrap_child(&self, _context: &str, _wrapped: &[u8]) -> Result<Self> {
        todo!()
    }

    /// A keyed hash that finds a personal value again without storing it: HMAC-SHA256 over purpose
    /// and value, cut to 128 bits.
    #[must_use]
    pub fn pseudonym(&self, _purpose: &str, _value: &[u8]) -> [u8; 16] {
        todo!()
    }

    /// A key for another purpose: HMAC-SHA256 over the purpose.
    #[must_use]
    pub fn derive(&self, _purpose: &str) -> Secret<[u8; 32]> {
        todo!()
    }
}

/// The tag of a derived query, by which a late answer is known to be one of ours without a look-up:
/// HMAC-SHA256 over device, round and slot, cut to 80 bits.
#[must_use]
pub fn query_tag(_query_key: &[u8; 16], _device: DeviceId, _round: u64, _slot: SlotKind) -> Token {
    todo!()
}
