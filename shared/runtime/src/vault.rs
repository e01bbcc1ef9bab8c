use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use trennwand_domain::{
    Clock, Duration, EnrollmentReference, Entropy, Error, Person, Result, Sealed, SealedField,
    Secret, TenantId, TenantScope, Timestamp, Token, User, UserId,
};
use trennwand_pki::{DataKey, MasterKey};
use trennwand_store::Store;

/// How long an unwrapped tenant key is held.
const CACHE_LIFE: Duration = Duration::from_secs(300);

/// What the platform's data key is wrapped as.
const PLATFORM_CONTEXT: &str = "platform/data_key";

/// Tenant keys held at most.
const CAPACITY: usize = 1000;

/// The data keys of tenants, persons and the platform. A tenant's key is wrapped by the master key and held for a
/// few minutes; a person's key is wrapped by the tenant's and never held.
#[derive(Clone)]
pub struct Vault {
    store: Store,
    master: Arc<dyn MasterKey>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    held: Arc<Mutex<HashMap<TenantId, (Timestamp, DataKey)>>>,
    platform: Arc<Mutex<Option<(Timestamp, DataKey)>>>,
}

/// What is stored of a person.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// For `User::person`.
    pub sealed: Sealed,
    /// For `User::external_id_hash`.
    pub external_id_hash: Option<[u8; 16]>,
    /// For `User::email_hash`.
    pub email_hash: [u8; 16],
    /// For `User::variables`.
    pub variables: Token,
    /// The person's key, wrapped, for table `keys`.
    pub wrapped_key: Vec<u8>,
}

impl Vault {
    /// A vault over this store and this master key.
    #[must_use]
    pub fn new(
        store: Store,
        master: Arc<dyn MasterKey>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { store, master, clock, entropy, held: Arc::default(), platform: Arc::default() }
    }

    /// A new tenant's data key, and its wrapped form for `Tenants::insert`.
    ///
    /// # Errors
    /// If the master key cannot be reached.
    pub async fn create_tenant_key(&self, tenant: TenantId) -> Result<(DataKey, Vec<u8>)> {
        let key = DataKey::generate(&*self.entropy);
        let wrapped = self.master.wrap(&tenant_context(tenant), &key).await?;
        Ok((key, wrapped))
    }

    /// The tenant's data key.
    ///
    /// # Errors
    /// Not found if the tenant has none (any more); unavailable if store or master key cannot be
    /// reached.
    pub async fn tenant_key(&self, scope: &TenantScope) -> Result<DataKey> {
        let tenant = scope.tenant();
        let now = self.clock.now();
        if let Some(key) = self.held_key(tenant, now) {
            return Ok(key);
        }
        let wrapped = self.store.tenant(scope).wrapped_key().await?;
        let wrapped = wrapped.ok_or_else(|| Error::not_found("tenant"))?;
        let key = self.master.unwrap(&tenant_context(tenant), &wrapped).await?;
        self.hold(tenant, &key);
        Ok(key)
    }

    fn held_key(&self, tenant: TenantId, now: Timestamp) -> Option<DataKey> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, key) = held.get(&tenant)?;
        if now >= *since && now.since(*since) < CACHE_LIFE {
            return Some(key.clone());
        }
        held.remove(&tenant);
        None
    }

    /// Seals a value with the tenant's key.
    ///
    /// # Errors
    /// As [`Self::tenant_key`].
    pub async fn seal(
        &self,
        scope: &TenantScope,
        field: SealedField,
        plaintext: &[u8],
    ) -> Result<Sealed> {
        let key = self.tenant_key(scope).await?;
        Ok(key.seal(&*self.entropy, &field.context(scope.tenant()), plaintext))
    }

    /// Opens a value that was sealed with the tenant's key.
    ///
    /// # Errors
    /// As [`Self::tenant_key`]; internal if it was sealed as something else.
    pub async fn open(
        &self,
        scope: &TenantScope,
        field: SealedField,
        sealed: &Sealed,
    ) -> Result<Secret<Vec<u8>>> {
        self.tenant_key(scope).await?.open(&field.context(scope.tenant()), sealed)
    }

    /// Seals a value that belongs to no tenant with the platform's key, in a context of the caller's.
    ///
    /// # Errors
    /// Unavailable if store or master key cannot be reached.
    pub async fn seal_for_platform(&self, context: &str, plaintext: &[u8]) -> Result<Sealed> {
        Ok(self.platform_key().await?.seal(&*self.entropy, context, plaintext))
    }

    /// Opens a value that was sealed with the platform's key.
    ///
    /// # Errors
    /// As [`Self::seal_for_platform`]; internal if it was sealed as something else.
    pub async fn open_for_platform(
        &self,
        context: &str,
        sealed: &Sealed,
    ) -> Result<Secret<Vec<u8>>> {
        self.platform_key().await?.open(context, sealed)
    }

    /// The platform's data key; made when it is needed first.
    async fn platform_key(&self) -> Result<DataKey> {
        let now = self.clock.now();
        let held = self.platform.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, key)) = held
            && now >= since
            && now.since(since) < CACHE_LIFE
        {
            return Ok(key);
        }
        let key = match self.store.platform().wrapped_key().await? {
            Some(wrapped) => self.master.unwrap(PLATFORM_CONTEXT, &wrapped).await?,
            None => self.create_platform_key().await?,
        };
        *self.platform.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, key.clone()));
        Ok(key)
    }

    /// Makes the platform's key, or finds the one that was made at the same time.
    async fn create_platform_key(&self) -> Result<DataKey> {
        let key = DataKey::generate(&*self.entropy);
        let wrapped = self.master.wrap(PLATFORM_CONTEXT, &key).await?;
        let mut tx = self.store.transaction();
        self.store.platform().insert_key(&mut tx, &wrapped);
        match tx.commit().await {
            Ok(()) => Ok(key),
            Err(error) => match self.store.platform().wrapped_key().await? {
                Some(wrapped) => self.master.unwrap(PLATFORM_CONTEXT, &wrapped).await,
                None => Err(error),
            },
        }
    }

    /// Whether the tenant's key is held, so that [`Self::tenant_key`] asks nobody.
    #[must_use]
    pub fn holds(&self, scope: &TenantScope) -> bool {
        self.held_key(scope.tenant(), self.clock.now()).is_some()
    }

    /// Holds the tenant's key that was read together with something else.
    ///
    /// # Errors
    /// Unavailable if the master key cannot be reached; internal if it is not the tenant's key.
    pub async fn learn(&self, scope: &TenantScope, wrapped: &[u8]) -> Result<()> {
        let tenant = scope.tenant();
        let key = self.master.unwrap(&tenant_context(tenant), wrapped).await?;
        self.hold(tenant, &key);
        Ok(())
    }

    fn hold(&self, tenant: TenantId, key: &DataKey) {
        let now = self.clock.now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= CAPACITY {
            held.clear();
        }
        held.insert(tenant, (now, key.clone()));
    }

    /// The seal of a reference that travels through Google ([`EnrollmentReference::signed`]).
    ///
    /// # Errors
    /// As [`Self::tenant_key`].
    pub async fn reference_seal(
        &self,
        scope: &TenantScope,
        reference: &EnrollmentReference,
    ) -> Result<[u8; 16]> {
        let text = reference.to_string();
        Ok(self.tenant_key(scope).await?.pseudonym("android enrolment", text.as_bytes()))
    }

    /// The keyed hash by which a phone is known again: `Device::udid_hash`.
    ///
    /// # Errors
    /// As [`Self::tenant_key`].
    pub async fn udid_hash(&self, scope: &TenantScope, udid: &Secret<String>) -> Result<[u8; 16]> {
        Ok(self.tenant_key(scope).await?.pseudonym("udid", udid.expose().as_bytes()))
    }

    /// The keyed hash by which an e-mail address is found: `User::email_hash`. Addresses that
    /// differ only in case are the same.
    ///
    /// # Errors
    /// As [`Self::tenant_key`].
    pub async fn email_hash(&self, scope: &TenantScope, email: &str) -> Result<[u8; 16]> {
        Ok(email_hash(&self.tenant_key(scope).await?, email))
    }

    /// The keyed hash by which a tenant's own name for a person is found:
    /// `User::external_id_hash`.
    ///
    /// # Errors
    /// As [`Self::tenant_key`].
    pub async fn external_id_hash(&self, scope: &TenantScope, id: &str) -> Result<[u8; 16]> {
        Ok(external_id_hash(&self.tenant_key(scope).await?, id))
    }

    /// Seals a new person with a new key of the person's own.
    ///
    /// # Errors
    /// As [`Self::tenant_key`].
    pub async fn seal_new_person(
        &self,
        scope: &TenantScope,
        user: UserId,
        person: &Person,
    ) -> Result<NewPerson> {
        let tenant_key = self.tenant_key(scope).await?;
        let subject_key = DataKey::generate(&*self.entropy);
        let context = subject_context(scope.tenant(), user);
        let wrapped = tenant_key.wrap_child(&*self.entropy, &context, &subject_key);
        self.seal_with(scope, &tenant_key, &subject_key, user, person, wrapped)
    }

    /// Seals a changed person with the person's key (`Users::person_bundle` has it, wrapped).
    ///
    /// # Errors
    /// As [`Self::tenant_key`]; internal if the key is another person's.
    pub async fn seal_person(
        &self,
        scope: &TenantScope,
        user: UserId,
        wrapped_key: &[u8],
        person: &Person,
    ) -> Result<NewPerson> {
        let tenant_key = self.tenant_key(scope).await?;
        let context = subject_context(scope.tenant(), user);
        let subject_key = tenant_key.unwrap_child(&context, wrapped_key)?;
        self.seal_with(scope, &tenant_key, &subject_key, user, person, wrapped_key.to_vec())
    }

    /// Opens a person (`Users::person_bundle` has user and wrapped key).
    ///
    /// # Errors
    /// As [`Self::tenant_key`]; internal if key and user do not belong together.
    pub async fn open_person(
        &self,
        scope: &TenantScope,
        user: &User,
        wrapped_key: &[u8],
    ) -> Result<Person> {
        let tenant_key = self.tenant_key(scope).await?;
        let context = subject_context(scope.tenant(), user.id);
        let subject_key = tenant_key.unwrap_child(&context, wrapped_key)?;
        let context = SealedField::Person(user.id).context(scope.tenant());
        let json = subject_key.open(&context, &user.person)?;
        // serde's messages can quote the text.
        let stored: StoredPerson = serde_json::from_slice(json.expose())
            .map_err(|_| Error::internal(format!("person of {} is unreadable", user.id)))?;
        Ok(stored.into())
    }

    fn seal_with(
        &self,
        scope: &TenantScope,
        tenant_key: &DataKey,
        subject_key: &DataKey,
        user: UserId,
        person: &Person,
        wrapped_key: Vec<u8>,
    ) -> Result<NewPerson> {
        let json = serde_json::to_vec(&StoredPerson::from(person))
            .map(Secret::new)
            .map_err(|_| Error::internal("a person does not serialise"))?;
        let context = SealedField::Person(user).context(scope.tenant());
        let external_id = person.external_id.as_ref();
        Ok(NewPerson {
            sealed: subject_key.seal(&*self.entropy, &context, json.expose()),
            external_id_hash: external_id.map(|id| external_id_hash(tenant_key, id.expose())),
            email_hash: email_hash(tenant_key, person.email.expose()),
            variables: person.variables(tenant_key.derive("person variables").expose()),
            wrapped_key,
        })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("master", &self.master).finish_non_exhaustive()
    }
}

fn tenant_context(tenant: TenantId) -> String {
    format!("tenant/{tenant}/data_key")
}

fn subject_context(tenant: TenantId, user: UserId) -> String {
    format!("tenant/{tenant}/user/{user}/subject_key")
}

fn email_hash(key: &DataKey, email: &str) -> [u8; 16] {
    key.pseudonym("email", email.trim().to_lowercase().as_bytes())
}

fn external_id_hash(key: &DataKey, id: &str) -> [u8; 16] {
    key.pseudonym("external id", id.as_bytes())
}

/// A [`Person`] as it is sealed; exists only between sealing and opening.
#[derive(Serialize, Deserialize)]
struct StoredPerson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail_login: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
}

impl From<&Person> for StoredPerson {
    fn from(person: &Person) -> Self {
        let text = |secret: &Secret<String>| secret.expose().clone();
        Self {
            external_id: person.external_id.as_ref().map(text),
            email: text(&person.email),
            mail_login: person.mail_login.as_ref().map(text),
            display_name: person.display_name.as_ref().map(text),
        }
    }
}

impl From<StoredPerson> for Person {
    fn from(stored: StoredPerson) -> Self {
        Self {
            external_id: stored.external_id.map(Secret::new),
            email: Secret::new(stored.email),
            mail_login: stored.mail_login.map(Secret::new),
            display_name: stored.display_name.map(Secret::new),
        }
    }
}
