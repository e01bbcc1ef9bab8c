//! What this crate's tests share: an embedded database in memory and full entities.

use std::{
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use dynoxide::Database;
use tokio::net::TcpListener;
use trennwand_domain::{
    Authenticator, Control, ControlState, Device, DeviceId, DeviceState, Digest, Enrollment,
    EnrollmentId, GroupId, Method, OneTimeToken, Ownership, Platform, PushTarget, ReasonCode,
    ResellerId, Sealed, Secret, Slot, SlotKind, SlotStatus, Target, Tenant, TenantId, TenantScope,
    TenantStatus, Timestamp, Token, UserId, Verdict,
};

use crate::{FaultPlan, Store, Tables, client};

pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

/// A store on a database of its own.
pub(crate) async fn store() -> Store {
    store_with(None).await
}

/// [`store`] whose requests can be made to fail.
pub(crate) async fn store_with(faults: Option<FaultPlan>) -> Store {
    let (endpoint, tables) = match elsewhere() {
        Some(endpoint) => (endpoint, own_tables()),
        None => (embedded().await, Tables::default()),
    };
    let store = Store::new(client::connect(&endpoint, faults), tables);
    store.create_tables().await.unwrap();
    store
}

async fn embedded() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
    endpoint
}

/// Another database to test with, as `infra/dynamodb-local` asks for.
pub(crate) fn elsewhere() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "infra/dynamodb-local says where the database is"
    )]
    std::env::var("TRENNWAND_DYNAMODB").ok()
}

/// Tables of a test's own in a database that all tests share.
fn own_tables() -> Tables {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let own = format!("{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    Tables { data: format!("data-{own}"), keys: format!("keys-{own}") }
}

pub(crate) fn scope(tenant: u128) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
    TenantScope::vouched(Authenticator::ApiToken, TenantId::from_bits(tenant))
}

pub(crate) fn tenant(bits: u128) -> Tenant {
    Tenant {
        id: TenantId::from_bits(bits),
        reseller: ResellerId::from_bits(7),
        name: "Schreinerei Holz & Söhne".into(),
        status: TenantStatus::Provisioning,
        created_at: NOON,
        revision: 1,
    }
}

/// A phone with everything a header can hold, in realistic sizes.
pub(crate) fn full_device(bits: u128) -> Device {
    let mut device = invited_device(bits);
    device.state = DeviceState::Enrolled;
    device.enrolled_at = Some(NOON);
    device.os_version = Some("26.0.1".into());
    device.model = Some("iPhone17,1".into());
    device.certificate = Some(Digest::of(b"current"));
    device.pending_certificate = Some(Digest::of(b"pending"));
    device.udid_hash = Some([9; 16]);
    device.claimed_by = Some(DeviceId::from_bits(u128::MAX));
    device.push = Some(push(1));
    device.former_push_tokens = vec![[7; 8]; 4];
    device.person = Some(Token::from_bytes([5; 10]));
    for (i, kind) in SlotKind::ALL.into_iter().enumerate() {
        *device.slots.of_mut(kind) = Slot {
            round: 1_000_000 + i as u64,
            token: Digest::of(&[i as u8]).token(),
            status: SlotStatus::Error,
            cause: Some(ReasonCode::AccountInstallFailed),
            at: Timestamp::from_unix_ms(NOON.unix_ms() + 123),
        };
    }
    for control in Control::ALL {
        let state = ControlState {
            verdict: Verdict::Proven,
            reason: ReasonCode::ReportedClosed,
            observed_at: Some(NOON),
        };
        device.controls.set(control, state);
    }
    device.groups = (1..=8).map(GroupId::from_bits).collect();
    device.applied_version = Some(4711);
    device.applied_policy = Some(u32::MAX);
    device.last_seen_at = Some(NOON);
    device
}

pub(crate) fn push(token: u8) -> PushTarget {
    PushTarget {
        token: Secret::new(vec![token; 32]),
        magic: Secret::new("7B1C2D3E-0F4A-4B5C-8D9E-A0B1C2D3E4F5".into()),
        topic: "com.apple.mgmt.External.0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0".into(),
    }
}

/// A phone that was invited.
pub(crate) fn invited_device(bits: u128) -> Device {
    Device {
        id: DeviceId::from_bits(bits),
        enrollment: EnrollmentId::from_bits(bits),
        user: Some(UserId::from_bits(3)),
        platform: Platform::Ios,
        ownership: Ownership::Personal,
        target: Target::IosDevice,
        state: DeviceState::Invited,
        created_at: NOON,
        enrolled_at: None,
        os_version: None,
        model: None,
        certificate: None,
        pending_certificate: None,
        query_key: [4; 16],
        udid_hash: None,
        push: None,
        claimed_by: None,
        former_push_tokens: Vec::new(),
        person: None,
        groups: Vec::new(),
        slots: trennwand_domain::Slots::default(),
        controls: trennwand_domain::ControlStates::default(),
        applied_version: None,
        applied_policy: None,
        last_seen_at: None,
        revision: 1,
    }
}

pub(crate) fn link(bits: u128) -> OneTimeToken {
    let mut random = [0; 20];
    random[4..].copy_from_slice(&bits.to_be_bytes());
    OneTimeToken::from_random(random)
}

/// The invitation that [`invited_device`] came of.
pub(crate) fn enrollment(bits: u128) -> Enrollment {
    Enrollment {
        id: EnrollmentId::from_bits(bits),
        device: DeviceId::from_bits(bits),
        user: Some(UserId::from_bits(3)),
        platform: Platform::Ios,
        ownership: Ownership::Personal,
        method: Method::Profile,
        target: Target::IosDevice,
        token_hash: link(bits).hash(),
        challenge: Sealed::from_bytes(vec![1; 60]),
        created_at: NOON,
        expires_at: NOON.plus(std::time::Duration::from_secs(86_400)),
        revoked: false,
        issued: None,
        used_at: None,
    }
}

/// Stores an invited phone.
pub(crate) async fn invite(store: &Store, scope: &TenantScope, bits: u128) {
    let mut tx = store.transaction();
    store.enrollments(scope).insert(&mut tx, &enrollment(bits), &invited_device(bits));
    tx.commit().await.unwrap();
}

/// Stores a phone with a full header as it is.
pub(crate) async fn enrol(store: &Store, scope: &TenantScope, device: &Device) {
    let bits = device.id.bits();
    let mut tx = store.transaction();
    store.enrollments(scope).insert(&mut tx, &enrollment(bits), device);
    tx.commit().await.unwrap();
}
