//! The vault, the principals and the template cache over an embedded database.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

use dynoxide::Database;
use tokio::net::TcpListener;
use trennwand_auth::Principals as _;
use trennwand_domain::{
    Authenticator, Client, ClientId, Digest, Duration, Entropy, ErrorKind, Locale, ManualClock,
    Owner, Person, ResellerId, Result, SealedField, Secret, Target, Tenant, TenantId, TenantScope,
    TenantStatus, Timestamp, User, UserId,
};
use trennwand_pki::{BoxFuture, DataKey, FileMasterKey, MasterKey};
use trennwand_policy::{PolicyDocument, compile};
use trennwand_store::{Meter, Store, Tables, client};

use crate::{Core, StorePrincipals};

const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
const RESELLER: ResellerId = ResellerId::from_bits(7);

/// Every call fills with the next number.
#[derive(Debug, Default)]
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// A master key that counts how often it is asked to unwrap.
#[derive(Debug)]
struct Counted {
    inner: FileMasterKey,
    unwrapped: AtomicUsize,
}

impl MasterKey for Counted {
    fn wrap<'a>(&'a self, context: &'a str, key: &'a DataKey) -> BoxFuture<'a, Result<Vec<u8>>> {
        self.inner.wrap(context, key)
    }

    fn unwrap<'a>(&'a self, context: &'a str, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey>> {
        self.unwrapped.fetch_add(1, Ordering::SeqCst);
        self.inner.unwrap(context, wrapped)
    }
}

struct Setup {
    core: Core,
    clock: Arc<ManualClock>,
    master: Arc<Counted>,
}

async fn setup() -> Setup {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
    let store = Store::new(client::connect(&endpoint, None), Tables::default());
    store.create_tables().await.unwrap();
    let entropy = Arc::new(Counting::default());
    let clock = Arc::new(ManualClock::new(NOON));
    let master = Arc::new(Counted {
        inner: FileMasterKey::from_bytes(Secret::new([0xaa; 32]), entropy.clone()),
        unwrapped: AtomicUsize::new(0),
    });
    let core = Core::new(store, master.clone(), clock.clone(), entropy, "http://localhost/");
    Setup { core, clock, master }
}

impl Setup {
    async fn tenant(&self, bits: u128) -> TenantScope {
        let id = TenantId::from_bits(bits);
        let (_, wrapped) = self.core.vault.create_tenant_key(id).await.unwrap();
        let tenant = Tenant {
            id,
            reseller: RESELLER,
            name: "Holz".into(),
            status: TenantStatus::Active,
            created_at: NOON,
            revision: 1,
        };
        let mut tx = self.core.store.transaction();
        self.core.store.tenants().insert(&mut tx, &tenant, &wrapped);
        tx.commit().await.unwrap();
        scope(bits)
    }
}

fn scope(bits: u128) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
    TenantScope::vouched(Authenticator::ApiToken, TenantId::from_bits(bits))
}

fn person() -> Person {
    Person {
        external_id: Some(Secret::new("HEMLOCK-1".into())),
        email: Secret::new("Hemlock@Example.com".into()),
        mail_login: None,
        display_name: Some(Secret::new("Pia HEMLOCK".into())),
    }
}

fn user(id: u128, sealed: &crate::NewPerson) -> User {
    User {
        id: UserId::from_bits(id),
        external_id_hash: sealed.external_id_hash,
        email_hash: sealed.email_hash,
        person: sealed.sealed.clone(),
        variables: sealed.variables,
        locale: Locale::De,
        created_at: NOON,
        revision: 1,
    }
}

#[tokio::test]
async fn a_tenant_key_is_unwrapped_once_and_held_for_five_minutes() {
    let setup = setup().await;
    let scope = setup.tenant(1).await;
    let vault = &setup.core.vault;
    let sealed = vault.seal(&scope, SealedField::CaKey, b"key").await.unwrap();
    let (opened, usage) = Meter::measure(vault.open(&scope, SealedField::CaKey, &sealed)).await;
    assert_eq!(opened.unwrap().expose(), b"key");
    assert_eq!(usage.requests, 0, "held");
    assert_eq!(setup.master.unwrapped.load(Ordering::SeqCst), 1);
    setup.clock.advance(Duration::from_secs(300));
    vault.tenant_key(&scope).await.unwrap();
    assert_eq!(setup.master.unwrapped.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_platforms_key_is_made_once_and_held() {
    let setup = setup().await;
    let vault = &setup.core.vault;
    let sealed = vault.seal_for_platform("platform/x", b"answer").await.unwrap();
    let (opened, usage) = Meter::measure(vault.open_for_platform("platform/x", &sealed)).await;
    assert_eq!((opened.unwrap().expose().as_slice(), usage.requests), (&b"answer"[..], 0));
    assert!(vault.open_for_platform("platform/y", &sealed).await.is_err());
    let other = crate::Vault::new(
        setup.core.store.clone(),
        setup.master.clone(),
        setup.clock.clone(),
        setup.core.entropy.clone(),
    );
    let opened = other.open_for_platform("platform/x", &sealed).await.unwrap();
    assert_eq!(opened.expose(), b"answer", "another process finds the same key");
}

#[tokio::test]
async fn a_platform_key_made_by_two_at_once_is_one() {
    let setup = setup().await;
    let vault = || {
        let (store, clock) = (setup.core.store.clone(), setup.clock.clone());
        crate::Vault::new(store, setup.master.clone(), clock, setup.core.entropy.clone())
    };
    let (a, b) = (vault(), vault());
    let (one, two) = tokio::join!(
        a.seal_for_platform("platform/x", b"1"),
        b.seal_for_platform("platform/x", b"2")
    );
    assert!(b.open_for_platform("platform/x", &one.unwrap()).await.is_ok());
    assert!(a.open_for_platform("platform/x", &two.unwrap()).await.is_ok());
}

#[tokio::test]
async fn nothing_opens_in_another_place() {
    let setup = setup().await;
    let (one, other) = (setup.tenant(1).await, setup.tenant(2).await);
    let vault = &setup.core.vault;
    let sealed = vault.seal(&one, SealedField::CaKey, b"key").await.unwrap();
    assert!(vault.open(&one, SealedField::RaKey, &sealed).await.is_err());
    assert!(vault.open(&other, SealedField::CaKey, &sealed).await.is_err());
    let absent = vault.tenant_key(&scope(3)).await.unwrap_err();
    assert_eq!(absent.kind(), &ErrorKind::NotFound { what: "tenant" });
}

#[tokio::test]
async fn a_person_opens_only_with_the_own_key() {
    let setup = setup().await;
    let scope = setup.tenant(1).await;
    let vault = &setup.core.vault;
    let first = vault.seal_new_person(&scope, UserId::from_bits(1), &person()).await.unwrap();
    let second = vault.seal_new_person(&scope, UserId::from_bits(2), &person()).await.unwrap();
    assert_eq!(first.email_hash, second.email_hash, "found again by the address");
    assert_eq!(first.variables, second.variables, "equal variables, equal artefacts");
    let opened = vault.open_person(&scope, &user(1, &first), &first.wrapped_key).await.unwrap();
    assert_eq!(opened, person());
    for (user, key) in [
        (user(1, &first), &second.wrapped_key),
        (user(2, &first), &first.wrapped_key),
        (user(2, &first), &second.wrapped_key),
    ] {
        assert!(vault.open_person(&scope, &user, key).await.is_err());
    }
    let changed = Person { display_name: None, ..person() };
    let again = vault
        .seal_person(&scope, UserId::from_bits(1), &first.wrapped_key, &changed)
        .await
        .unwrap();
    assert_ne!(again.variables, first.variables);
    let opened = vault.open_person(&scope, &user(1, &again), &first.wrapped_key).await.unwrap();
    assert_eq!(opened, changed);
    let shown = format!("{first:?} {opened:?} {:?} {:?}", setup.core, person());
    assert!(!shown.to_lowercase().contains("hemlock"), "{shown}");
}

#[tokio::test]
async fn addresses_are_found_in_any_case_and_differ_between_tenants() {
    let setup = setup().await;
    let (one, other) = (setup.tenant(1).await, setup.tenant(2).await);
    let vault = &setup.core.vault;
    let hash = vault.email_hash(&one, "pia@example.com").await.unwrap();
    assert_eq!(vault.email_hash(&one, " Pia@Example.COM ").await.unwrap(), hash);
    assert_ne!(vault.email_hash(&other, "pia@example.com").await.unwrap(), hash);
    assert_ne!(vault.external_id_hash(&one, "pia@example.com").await.unwrap(), hash);
}

#[tokio::test]
async fn a_template_is_read_once() {
    let setup = setup().await;
    let scope = setup.tenant(1).await;
    let wall = compile(&PolicyDocument::preset(), Target::IosDevice, None).remove(0);
    let mut tx = setup.core.store.transaction();
    setup.core.store.tenant(&scope).put_template(&mut tx, wall.digest(), &wall.to_body());
    tx.commit().await.unwrap();
    let templates = &setup.core.templates;
    assert_eq!(*templates.get(&scope, wall.digest()).await.unwrap(), wall);
    let (again, usage) = Meter::measure(templates.get(&scope, wall.digest())).await;
    assert_eq!((*again.unwrap()).digest(), wall.digest());
    assert_eq!(usage.requests, 0);

    let missing = templates.get(&scope, Digest::of(b"missing")).await.unwrap_err();
    assert_eq!(missing.kind(), &ErrorKind::Internal);
    let mut tx = setup.core.store.transaction();
    setup.core.store.tenant(&scope).put_template(&mut tx, Digest::of(b"x"), &wall.to_body());
    tx.commit().await.unwrap();
    let other = templates.get(&scope, Digest::of(b"x")).await.unwrap_err();
    assert_eq!(other.kind(), &ErrorKind::Internal, "not the text that the hash says");
}

#[tokio::test]
async fn principals_are_read_from_the_store() {
    let setup = setup().await;
    setup.tenant(1).await;
    let client = Client {
        id: ClientId::from_bits(1),
        owner: Owner::Reseller(RESELLER),
        name: "shop".into(),
        secret_hash: Digest::of(b""),
        scopes: vec!["tenants".into()],
        created_at: NOON,
        revoked: false,
    };
    let mut tx = setup.core.store.transaction();
    setup.core.store.clients().insert(&mut tx, &client);
    tx.commit().await.unwrap();
    let principals = StorePrincipals(setup.core.store.clone());
    let owner = client.owner;
    assert_eq!(principals.current(owner, client.id).await.unwrap(), Some(client.clone()));
    assert_eq!(principals.current(Owner::Operator, client.id).await.unwrap(), None);
    assert!(principals.owns(RESELLER, TenantId::from_bits(1)).await.unwrap());
    assert!(!principals.owns(RESELLER, TenantId::from_bits(2)).await.unwrap());
    assert!(!principals.owns(ResellerId::from_bits(8), TenantId::from_bits(1)).await.unwrap());
    assert_eq!(&*setup.core.base_url, "http://localhost");
}
