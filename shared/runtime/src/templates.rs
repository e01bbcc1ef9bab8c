use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use trennwand_domain::{Digest, Error, Result, TenantScope};
use trennwand_policy::Template;
use trennwand_store::Store;

/// Templates held at most; one is about 2 KB.
const CAPACITY: usize = 1000;

/// Templates by the hash of their text, so what is cached is never old. A template holds nothing of
/// a tenant, and the hash comes from the tenant's own head, so tenants share the cache.
#[derive(Clone)]
pub struct Templates {
    store: Store,
    known: Arc<Mutex<HashMap<Digest, Arc<Template>>>>,
}

impl Templates {
    /// An empty cache before this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, known: Arc::default() }
    }

    /// The template that a tenant's assignment head names.
    ///
    /// # Errors
    /// Internal if it is missing or not the text that the hash says; unavailable if the database
    /// does not answer.
    pub async fn get(&self, scope: &TenantScope, digest: Digest) -> Result<Arc<Template>> {
        let known = self.lock().get(&digest).cloned();
        if let Some(template) = known {
            return Ok(template);
        }
        let body = self.store.tenant(scope).template(digest).await?;
        let body = body.ok_or_else(|| Error::internal(format!("template {digest} is missing")))?;
        if Digest::of(body.as_bytes()) != digest {
            return Err(Error::internal(format!("template {digest} has another text")));
        }
        let template = Arc::new(Template::from_body(&body)?);
        let mut known = self.lock();
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(digest, template.clone());
        Ok(template)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Template>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Templates({} known)", self.lock().len())
    }
}
