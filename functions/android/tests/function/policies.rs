//! A tenant's policies and brand at Google, written by messages that get in each other's way.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;
use trennwand_android::PolicyName;
use trennwand_domain::{
    AndroidPolicy, Control, DeviceId, Duration, MailAuth, MailKind, MailSettings, Ownership,
    PolicyId, ReasonCode, Result, Rule, SlotKind, SlotStatus, Verdict,
};
use trennwand_runtime::AndroidWork;

use crate::support::World;

const COMPANY: &str = "android-company";

impl World {
    /// Business mail lives on another server; Google is not told.
    async fn move_mail(&self, host: &str) {
        let host = Some(host.to_owned());
        let takes = json!([{ "key": "exchange_host", "type": "STRING" }]);
        self.google.inner().apps.insert("com.google.android.gm", takes);
        self.set_mail(MailSettings { kind: MailKind::Exchange, host, auth: MailAuth::Password })
            .await;
    }

    async fn try_place(&self, id: DeviceId) -> Result<()> {
        let tenant = self.scope.tenant();
        trennwand_fn_android::work(&self.state, tenant, &AndroidWork::Place(id)).await
    }

    /// Google's version of each policy, whether its settings name the server, and the version that is
    /// remembered.
    async fn versions(&self, host: &str) -> Vec<(i64, bool, i64)> {
        let (remembered, _) = self.core.store.android(&self.scope).policies().await.unwrap();
        let inner = self.google.inner();
        let version = |known: &AndroidPolicy| {
            let named = |name: &PolicyName| name.to_string().ends_with(&known.name);
            let (_, version, policy) = inner.policies.iter().find(|(n, ..)| named(n)).unwrap();
            let settings = serde_json::to_string(&policy.settings).unwrap();
            (*version, settings.contains(host), known.version)
        };
        remembered.iter().map(version).collect()
    }

    /// Works a message off, with Google carrying out its first `call` late: meanwhile something changes,
    /// and another message aligns.
    async fn overtaken(&self, work: AndroidWork, call: &'static str, change: impl AsyncFnOnce()) {
        let gate = Arc::new(Notify::new());
        self.google.inner().gates.insert(call, gate.clone());
        let other = async {
            while self.google.inner().gates.contains_key(call) {
                tokio::task::yield_now().await;
            }
            change().await;
            self.work(AndroidWork::Align).await;
            gate.notify_one();
        };
        tokio::join!(self.work(work), other);
    }
}

const ALPHA: &str = "mail.alpha.example";
const BETA: &str = "mail.beta.example";

#[tokio::test]
async fn what_google_refuses_of_one_policy_is_not_in_the_way_of_another() {
    let world = World::bound().await;
    world.move_mail(ALPHA).await;
    world.google.inner().refused = Some(COMPANY);
    for _ in 0..3 {
        world.work(AndroidWork::Align).await;
    }
    // Company phones have the former version, personal ones the new one, which was written once.
    assert_eq!(world.versions(ALPHA).await, [(1, false, 1), (2, true, 2)]);
    let (personal, _) = world.invite(Ownership::Personal).await;
    let android = world.core.store.android(&world.scope);
    assert!(android.token(personal.id).await.unwrap().is_some());
    world.google.inner().refused = None;
    world.work(AndroidWork::Align).await;
    assert_eq!(world.versions(ALPHA).await, [(2, true, 2), (2, true, 2)]);
}

/// What Google refuses for good is passed over; what it did not answer to behind that comes again.
#[tokio::test]
async fn what_google_did_not_answer_to_is_asked_again_though_another_is_refused() {
    let world = World::bound().await;
    world.move_mail(ALPHA).await;
    {
        let mut inner = world.google.inner();
        (inner.refused, inner.silent) = (Some(COMPANY), Some("android-personal"));
    }
    let align = trennwand_fn_android::work(&world.state, world.scope.tenant(), &AndroidWork::Align);
    assert_eq!(align.await.map_err(|error| error.code()), Err("unavailable"));
    world.google.inner().silent = None;
    world.work(AndroidWork::Align).await;
    assert_eq!(world.versions(ALPHA).await, [(1, false, 1), (2, true, 2)]);
}

/// Phones go where their rule has them, but not to a policy that Google does not have.
#[tokio::test]
async fn no_phone_is_moved_to_a_policy_that_is_not_there() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let of_group = PolicyId::from_bits(2);
    world
        .change_head(|head| {
            let rule = Rule { policy: of_group, ..head.rules[0].clone() };
            head.rules.insert(0, rule);
        })
        .await;
    let follows = || {
        let inner = world.google.inner();
        inner.devices[0].policy_name.as_ref().unwrap().id().contains(&of_group.to_string())
    };
    world.google.inner().refused = Some(COMPANY);
    // The other policies' phones are looked for all the same.
    for _ in 0..2 {
        world.sent();
        world.work(AndroidWork::Align).await;
        assert_eq!(world.sent(), [AndroidWork::Reconcile(None)]);
        world.work(AndroidWork::Reconcile(None)).await;
        assert!(!follows());
    }
    assert!(world.try_place(id).await.is_err(), "asked for by itself, it is told");
    assert!(!follows());
    world.google.inner().refused = None;
    world.work(AndroidWork::Align).await;
    world.work(AndroidWork::Reconcile(None)).await;
    assert!(follows());
}

#[tokio::test]
async fn settings_that_come_to_google_late_do_not_stay_there() {
    let world = World::bound().await;
    world.move_mail(ALPHA).await;
    let change = async || world.move_mail(BETA).await;
    world.overtaken(AndroidWork::Align, "policies.patch", change).await;
    let versions = world.versions(BETA).await;
    assert!(versions.iter().all(|(there, is_beta, known)| *is_beta && there == known));
    let calls = world.google.calls_of("policies.patch");
    let looked = world.google.calls_of("applications.get");
    world.work(AndroidWork::Align).await;
    assert_eq!(world.google.calls_of("policies.patch"), calls);
    let looked = world.google.calls_of("applications.get") - looked;
    assert_eq!(looked, 1, "two policies, one mail app");
}

/// The daily look writes over what somebody else wrote, while the settings change.
#[tokio::test]
async fn what_is_mended_late_does_not_stay_there_and_what_was_found_is_kept() {
    let world = World::bound().await;
    world.google.inner().policies.iter_mut().for_each(|(_, version, policy)| {
        *version += 1;
        policy.settings.clear();
    });
    let change = async || world.move_mail(BETA).await;
    world.overtaken(AndroidWork::Reconcile(None), "policies.patch", change).await;
    let asked = world.sent();
    assert!(asked.contains(&AndroidWork::Align), "{asked:?}");
    world.work(AndroidWork::Align).await;
    let versions = world.versions(BETA).await;
    assert!(versions.iter().all(|(there, is_beta, known)| *is_beta && there == known));
    let (remembered, _) = world.core.store.android(&world.scope).policies().await.unwrap();
    let found = remembered[0].foreign.expect("what the first one was overtaken with");
    assert!(found.leaks && found.version == 2, "{found:?}");
}

/// Somebody deleted the policies at Google: of those made anew the numbers begin anew, and what somebody
/// else once wrote under one of them says nothing any more.
#[tokio::test]
async fn policies_that_were_deleted_are_made_anew_once_and_remembered() {
    let world = World::bound().await;
    world.google.inner().policies.iter_mut().for_each(|(_, version, policy)| {
        *version += 1;
        policy.settings.clear();
    });
    world.work(AndroidWork::Reconcile(None)).await;
    world.move_mail(ALPHA).await;
    world.work(AndroidWork::Align).await;
    assert_eq!(world.versions(ALPHA).await, [(4, true, 4), (4, true, 4)]);
    let foreign = async || {
        let (remembered, _) = world.core.store.android(&world.scope).policies().await.unwrap();
        remembered[0].foreign.map(|foreign| foreign.version)
    };
    assert_eq!(foreign().await, Some(2));

    world.google.inner().policies.clear();
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(world.versions(ALPHA).await, [(1, true, 1), (1, true, 1)]);
    assert_eq!(foreign().await, None);
    let calls = world.google.calls_of("policies.patch");
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(world.google.calls_of("policies.patch"), calls);

    // The same while the settings change.
    world.google.inner().policies.iter_mut().for_each(|(_, version, policy)| {
        *version += 1;
        policy.settings.clear();
    });
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(foreign().await, Some(2));
    world.google.inner().policies.clear();
    world.move_mail(BETA).await;
    world.work(AndroidWork::Align).await;
    assert_eq!(foreign().await, None);
}

#[tokio::test]
async fn a_brand_that_comes_to_google_late_does_not_stay_there() {
    let world = World::bound().await;
    let rename = async |name: &str| world.change_head(|head| head.organization = name.into()).await;
    rename("Alpha GmbH").await;
    let change = async || rename("Beta GmbH").await;
    world.overtaken(AndroidWork::Align, "enterprises.patch", change).await;
    let told = serde_json::to_string(&world.google.inner().enterprise).unwrap();
    assert!(told.contains("Beta GmbH") && !told.contains("Alpha GmbH"), "{told}");
    let calls = world.google.calls_of("enterprises.patch");
    world.work(AndroidWork::Align).await;
    assert_eq!(world.google.calls_of("enterprises.patch"), calls);
}

/// Google has the former settings, by whatever name and version, until it took the new ones: nothing is
/// proven of those meanwhile, be it that nobody told Google yet or that it refused.
#[tokio::test]
async fn a_phone_on_the_former_settings_is_not_judged_as_on_the_new_ones() {
    let world = World::bound().await;
    let (invited, _) = world.invite(Ownership::Personal).await;
    let report = || world.report("3a", "PERSONALLY_OWNED");
    world.push("ENROLLMENT", &report()).await;
    let before = world.device(invited.device).await;
    assert_eq!(before.controls.of(Control::PolicyCurrent).verdict, Verdict::Proven);
    world.move_mail(ALPHA).await;
    world.google.inner().refused = Some("android-");
    for told in [false, true] {
        if told {
            world.work(AndroidWork::Align).await;
        }
        world.clock.advance(Duration::from_secs(60));
        world.push("STATUS_REPORT", &report()).await;
        let device = world.device(invited.device).await;
        let says = |control| {
            let state = device.controls.of(control);
            (state.verdict, state.reason)
        };
        let awaits = ReasonCode::PolicyNotCurrent;
        assert_eq!(says(Control::PolicyCurrent), (Verdict::Unknown, awaits), "{told}");
        assert_eq!(says(Control::ContactsClosed), (Verdict::Inferred, awaits), "{told}");
        assert_eq!(says(Control::AccountManaged), (Verdict::Unknown, awaits), "{told}");
        assert_eq!(device.slots, before.slots, "nothing of the new settings is called applied");
    }
    world.google.inner().refused = None;
    world.work(AndroidWork::Align).await;
    world.clock.advance(Duration::from_secs(60));
    world.push("STATUS_REPORT", &report()).await;
    let device = world.device(invited.device).await;
    assert_eq!(device.controls.of(Control::PolicyCurrent).verdict, Verdict::Proven);
    assert_eq!(device.slots.of(SlotKind::Account).status, SlotStatus::Acknowledged);
}
