//! A whole fleet looked at within what Google takes: the client with its count of requests over all
//! tenants, the stand-in that refuses what is too much, and a clock that moves only when the client
//! waits.

use std::{collections::VecDeque, sync::Arc};

use trennwand_android::{
    DeviceManagement, EnrollmentToken, Enterprise, EnterpriseName, PersonalUsage, Signup,
    SignupRequest,
    client::{Google, ManualSleeper},
};
use trennwand_domain::{
    AndroidBinding, BindingState, Clock as _, Duration, EnrollmentReference, Ownership, Secret,
    TenantId, TenantScope,
};
use trennwand_fn_android::{AndroidState, work};
use trennwand_runtime::{AndroidWork, Core, Message};
use trennwand_simulator::{
    AndroidHandset, AndroidPhone, AndroidVersion, Seeded, SetUp, StandInGoogle,
};

use crate::support::{World, another_tenant, invitation};

const TENANTS: usize = 10;
/// Phones of each tenant, and those of them that are to be moved to another policy.
const PHONES: usize = 1_000;
const MOVED: usize = 100;

/// A tenant's enterprise at the stand-in, with nothing left to be done for it.
struct Tenant {
    scope: TenantScope,
    enterprise: EnterpriseName,
}

async fn bind(core: &Core, google: &Google, stand_in: &StandInGoogle) -> Tenant {
    let scope = another_tenant(core).await;
    let callback_url = "https://mdm.example/android/callback/x".to_owned();
    let request = SignupRequest { callback_url, admin_email: None };
    let signup = google.create_signup_url(&request).await.unwrap();
    let callback = stand_in.finish_signup(&signup.url).unwrap();
    let (_, token) = callback.split_once("enterpriseToken=").unwrap();
    let signup = Signup { name: signup.name, token: Secret::new(token.to_owned()) };
    let made = google.create_enterprise(&signup, &Enterprise::default()).await.unwrap();
    let enterprise = made.name.unwrap();
    let binding = AndroidBinding {
        state: BindingState::Bound,
        signup: None,
        callback: None,
        enterprise: Some(enterprise.to_string()),
        changed_at: core.clock.now(),
        reserved: 1_000,
        taken: 0,
        officer: None,
        brand: None,
        revision: 0,
    };
    let mut tx = core.store.transaction();
    core.store.android(&scope).put_binding(&mut tx, &binding);
    tx.commit().await.unwrap();
    Tenant { scope, enterprise }
}

/// Phones that nobody invited from here, and invited ones that were put at another policy than they
/// should follow: those.
async fn enroll(
    core: &Core,
    google: &Google,
    stand_in: &StandInGoogle,
    tenant: &Tenant,
) -> Vec<AndroidPhone> {
    let mut tokens = vec![EnrollmentToken::default()];
    for _ in 0..MOVED {
        let (enrollment, device, _) = invitation(core, Ownership::Personal);
        let reference = EnrollmentReference {
            tenant: tenant.scope.tenant(),
            enrollment: enrollment.id,
            device: device.id,
            user: None,
        };
        let mut tx = core.store.transaction();
        core.store.enrollments(&tenant.scope).insert(&mut tx, &enrollment, &device);
        tx.commit().await.unwrap();
        let seal = core.vault.reference_seal(&tenant.scope, &reference).await.unwrap();
        let additional_data = Some(reference.signed(seal));
        tokens.push(EnrollmentToken { additional_data, one_time_only: true, ..Default::default() });
    }
    let (mut links, mut phones) = (Vec::new(), Vec::new());
    for token in tokens {
        let token = EnrollmentToken {
            duration: Some(Duration::from_secs(86_400)),
            allow_personal_usage: PersonalUsage::Allowed,
            ..token
        };
        let made = google.create_enrollment_token(&tenant.enterprise, &token).await.unwrap();
        links.push(made.link().unwrap());
    }
    let entropy = Seeded::new(7);
    for place in 0..PHONES {
        let phone = stand_in.phone(AndroidHandset::new(AndroidVersion::new(15), &entropy));
        let link = links.get(place + 1).unwrap_or(&links[0]).clone();
        phone.enroll(&SetUp::Link(link)).unwrap();
        if place < MOVED {
            phones.push(phone);
        }
    }
    phones
}

/// Works off what is asked for and what follows from it, the tenants' messages side by side. Says how
/// many requests Google was sent and how long that took.
async fn sweep(
    world: &World,
    state: &AndroidState,
    stand_in: &StandInGoogle,
    tenants: &[Tenant],
) -> (usize, Duration) {
    let (before, began) = (stand_in.requests().len(), world.clock.now());
    let first = |tenant: &Tenant| (tenant.scope.tenant(), AndroidWork::Reconcile(None));
    let mut queue: VecDeque<(TenantId, AndroidWork)> = tenants.iter().map(first).collect();
    while let Some((tenant, order)) = queue.pop_front() {
        work(state, tenant, &order).await.unwrap();
        for message in std::mem::take(&mut *world.sent.0.lock().unwrap()) {
            if let Message::Android { tenant, work } = message {
                queue.push_back((tenant, work));
            }
        }
    }
    (stand_in.requests().len() - before, world.clock.now().since(began))
}

/// Google lets a project ask 1,000 times in any 100 s; the stand-in answers what is more with 429, and
/// the client would send that again: then there would be more requests than are needed.
#[tokio::test]
async fn ten_thousand_phones_of_ten_tenants_share_googles_quota() {
    let world = World::new().await;
    let core = &world.core;
    let stand_in = StandInGoogle::start(world.clock.clone(), core.entropy.clone()).await.unwrap();
    stand_in.set_device_quota(TENANTS * PHONES);
    let google = stand_in.client(Arc::new(ManualSleeper::new(world.clock.clone()))).unwrap();
    let google = Arc::new(google);
    let state = AndroidState { google: google.clone(), ..world.state.clone() };
    let (mut tenants, mut phones) = (Vec::new(), Vec::new());
    for _ in 0..TENANTS {
        let tenant = bind(core, &google, &stand_in).await;
        work(&state, tenant.scope.tenant(), &AndroidWork::Align).await.unwrap();
        phones.extend(enroll(core, &google, &stand_in, &tenant).await);
        tenants.push(tenant);
    }
    world.sent.0.lock().unwrap().clear();
    assert!(phones.iter().all(|phone| phone.policy().as_deref() == Some("default")));

    let mut table =
        "| what | phones | tenants | requests | simulated s |\n|---|---|---|---|---|\n".to_owned();
    // Of each tenant two policies and ten pages are looked at.
    let looks = TENANTS * (2 + PHONES / 100);
    for (what, expected) in [
        ("a tenth of them is moved to another policy", looks + TENANTS * MOVED),
        ("the day after: nothing to be done", looks),
    ] {
        // Nothing is left of what was asked before.
        world.clock.advance(Duration::from_secs(600));
        let (requests, took) = sweep(&world, &state, &stand_in, &tenants).await;
        assert_eq!(requests, expected, "{what}: nothing was refused, nothing asked twice");
        // 100 at once, then 900 in 100 s.
        let least = Duration::from_millis((requests as u64 - 100) * 1_000 / 9);
        let slack = Duration::from_secs(1);
        assert!(took + slack > least && took < least + slack, "{what}: {took:?}");
        let (all, seconds) = (TENANTS * PHONES, took.as_secs_f64());
        table += &format!("| {what} | {all} | {TENANTS} | {requests} | {seconds:.1} |\n");
        let right = |phone: &AndroidPhone| {
            phone.policy().is_some_and(|policy| policy.starts_with("android-personal-pol_"))
        };
        assert!(phones.iter().all(right), "{what}");
    }
    publish(&table);
}

/// Holds the table of figures against what was measured, or writes it anew.
fn publish(table: &str) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/PERFORMANCE.md");
    let (begin, end) = ("<!-- reconcile: begin -->\n", "<!-- reconcile: end -->");
    let text = std::fs::read_to_string(file).unwrap();
    let (head, rest) = text.split_once(begin).unwrap();
    let (known, tail) = rest.split_once(end).unwrap();
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        std::fs::write(file, format!("{head}{begin}{table}{end}{tail}")).unwrap();
    } else {
        assert_eq!(known, table, "UPDATE_FIGURES=1 writes the table anew");
    }
}
