use std::fmt;

use aws_sdk_kms::{Client, primitives::Blob};
use trennwand_domain::{Error, Result, Secret};
use trennwand_pki::{BoxFuture, DataKey, MasterKey};

use super::{Lazy, failure::from_sdk};

/// The name under which a wrapped key's purpose stands in the encryption context; roles are cut by it.
const CONTEXT: &str = "trennwand";

/// The master key in KMS, which it never leaves.
pub(super) struct KmsKey {
    kms: Lazy<Client>,
    arn: String,
}

impl KmsKey {
    pub(super) fn new(sdk: aws_types::SdkConfig, arn: String) -> Self {
        Self { kms: Lazy::new(sdk, Client::new), arn }
    }

    async fn encrypt(&self, context: &str, key: &DataKey) -> Result<Vec<u8>> {
        let request = self.kms.client().encrypt().key_id(&self.arn);
        let request = request.encryption_context(CONTEXT, context);
        let answer = request.plaintext(Blob::new(*key.expose())).send().await;
        let wrapped = answer.map_err(|e| from_sdk("KMS Encrypt", &e))?.ciphertext_blob;
        wrapped.map(Blob::into_inner).ok_or_else(|| Error::internal("KMS Encrypt: no ciphertext"))
    }

    /// What was sealed with the master key as this; at most 4 KB.
    pub(super) async fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>> {
        let request = self.kms.client().decrypt().key_id(&self.arn);
        let request = request.encryption_context(CONTEXT, context);
        let answer = request.ciphertext_blob(Blob::new(sealed)).send().await;
        let open = answer.map_err(|e| from_sdk("KMS Decrypt", &e))?.plaintext;
        Ok(Secret::new(open.map(Blob::into_inner).unwrap_or_default()))
    }

    async fn decrypt(&self, context: &str, wrapped: &[u8]) -> Result<DataKey> {
        let key = self.open(context, wrapped).await?;
        let bits = <[u8; 32]>::try_from(key.expose().as_slice());
        let bits = bits.map_err(|_| Error::internal("KMS Decrypt: not a data key"))?;
        Ok(DataKey::from_bytes(Secret::new(bits)))
    }
}

impl MasterKey for KmsKey {
    fn wrap<'a>(&'a self, context: &'a str, key: &'a DataKey) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(self.encrypt(context, key))
    }

    fn unwrap<'a>(&'a self, context: &'a str, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey>> {
        Box::pin(self.decrypt(context, wrapped))
    }
}

impl fmt::Debug for KmsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KmsKey").field(&self.arn).finish()
    }
}

/// Of functions that open nothing.
#[derive(Debug)]
pub(super) struct NoKey;

fn none<T: Send + 'static>() -> BoxFuture<'static, Result<T>> {
    Box::pin(async { Err(Error::internal("this function has no master key")) })
}

impl MasterKey for NoKey {
    fn wrap<'a>(&'a self, _: &'a str, _: &'a DataKey) -> BoxFuture<'a, Result<Vec<u8>>> {
        none()
    }

    fn unwrap<'a>(&'a self, _: &'a str, _: &'a [u8]) -> BoxFuture<'a, Result<DataKey>> {
        none()
    }
}
