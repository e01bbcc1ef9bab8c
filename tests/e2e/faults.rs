//! Every call that a handler makes to the database fails in turn, for longer than it is tried. What
//! follows (the phone's next request, the client's repetition, the stream, the queue, the timer)
//! carries on, and nothing is lost or doubled.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use trennwand_domain::Clock;
use trennwand_push::PushFailure;
use trennwand_simulator::{Change, Exchange, Phone, Received, Sent};
use trennwand_store::{Fault, FaultPlan};

use crate::world::{Enrolled, HOUR, World, received, reported, text};

/// More calls, and more repetitions, than anything below needs.
const ENOUGH: u32 = 60;

/// How often a transaction that is in conflict is tried.
const TRIES: u32 = 4;

macro_rules! under_every_fault {
    ($($module:ident: $fault:ident;)*) => {$(
        mod $module {
            use super::*;

            #[tokio::test]
            async fn a_conversation_goes_on() {
                conversation(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn queued_commands_are_answered_once() {
                queue(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn an_invitation_is_not_lost() {
                enrolment(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_phone_checks_in_and_its_former_enrolment_ends() {
                check_in(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn an_order_is_queued_once_and_wakes_the_phone() {
                order(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_changed_user_reaches_the_phone() {
                user(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_roll_out_reaches_the_phone() {
                roll_out(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_tenant_is_born_once_and_becomes_active() {
                tenant(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn the_timer_wakes_the_phone() {
                timer(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_dead_token_is_noted() {
                dead_token(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_check_out_ends_the_enrolment() {
                check_out(Faulty::new(Fault::$fault).await).await;
            }
        }
    )*};
}

under_every_fault! {
    conflict: Conflict;
    throttle: Throttle;
    timeout_before: TimeoutBefore;
    timeout_after: TimeoutAfter;
}

/// A world whose database fails as planned.
struct Faulty {
    world: World,
    plan: FaultPlan,
    fault: Fault,
    http: reqwest::Client,
}

impl Faulty {
    async fn new(fault: Fault) -> Self {
        let plan = FaultPlan::default();
        let world = World::with(|options| options.faults = Some(plan.clone())).await;
        let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
        world.tenant.put(&world.path("/mail"), mail).await.expect(200);
        world.settle().await;
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { world, plan, fault, http }
    }

    /// Lets the `nth` call from now on fail; a conflict as often as a transaction is tried.
    fn fail(&self, nth: u32) {
        (0..self.times()).for_each(|more| self.plan.on_call(nth + more, self.fault));
    }

    const fn times(&self) -> u32 {
        if matches!(self.fault, Fault::Conflict) { TRIES } else { 1 }
    }

    /// From here on nothing fails; says whether anything has.
    fn ends(&self) -> bool {
        let happened = self.plan.left() < self.times() as usize;
        self.plan.clear();
        happened
    }

    /// Lets the first, the second, … call that `act` makes fail, until it makes no more, and looks at
    /// the outcome each time. Says how many calls failed.
    async fn sweep(&self, mut act: impl AsyncFnMut(u32), mut check: impl AsyncFnMut(u32)) -> u32 {
        for nth in 1..ENOUGH {
            self.fail(nth);
            act(nth).await;
            let happened = self.ends();
            check(nth).await;
            assert_eq!(self.world.server.messages_given_up(), 0, "call {nth}");
            if !happened {
                return nth - 1;
            }
        }
        panic!("more than {ENOUGH} calls");
    }

    /// Lets every call of every request of a conversation fail once; says how often which failed.
    async fn converse(&self, phone: &Phone) -> BTreeMap<String, u32> {
        let (mut failures, mut nth, mut last) = (BTreeMap::new(), 1, None);
        for _ in 0..ENOUGH * 10 {
            self.fail(nth);
            let talk = phone.connect().await;
            let happened = self.ends();
            match talk {
                Ok(_) if !happened => return failures,
                Ok(_) => nth += 1,
                Err(error) => {
                    assert_eq!(error.status(), Some(503), "the phone comes again: {error}");
                    let sent = phone.exchanges().pop().map(|exchange| exchange.sent);
                    let name = match &sent {
                        Some(Sent::Report { request_type, .. }) => request_type.clone(),
                        _ => "Idle".into(),
                    };
                    *failures.entry(name).or_default() += 1;
                    nth = if sent == last { nth + 1 } else { 1 };
                    last = sent;
                }
            }
        }
        panic!("the conversation does not end: {failures:?}");
    }

    /// Works off what follows from what was written, however often it takes.
    async fn settle(&self) {
        for _ in 0..ENOUGH {
            if self.world.server.settle().await.is_ok() {
                return;
            }
        }
        panic!("the stream is not read");
    }

    /// A request that a client repeats until it is answered, under one `Idempotency-Key`.
    async fn insist(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.world.server.base_url());
        let key = format!("{method} {path} {body}").replace(' ', "_");
        for _ in 0..ENOUGH {
            let request = self.http.request(method.clone(), &url).bearer_auth(token).json(body);
            let request = request.header("idempotency-key", &key[..key.len().min(200)]);
            let answer = request.send().await.expect("an answer");
            let (status, body) = (answer.status(), answer.json().await.unwrap_or(Value::Null));
            if !status.is_server_error() && body["code"] != "idempotency_in_flight" {
                return (status, body);
            }
        }
        panic!("{path} is not answered");
    }

    fn woken(&self, phone: &Phone) -> u64 {
        phone.push_token().map_or(0, |token| self.world.server.apns().woken(&token))
    }
}

fn happened_times(phone: &Phone, wanted: impl Fn(&Change) -> bool) -> usize {
    phone.changes().iter().filter(|change| wanted(change)).count()
}

async fn conversation(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll("company").await;
    let failures = it.converse(&phone).await;
    for (request, calls) in [
        ("Idle", 2),
        ("InstallProfile", 6), // two of them
        ("ProfileList", 3),
        ("Restrictions", 3),
        ("SecurityInfo", 3),
        ("ManagedApplicationList", 3),
    ] {
        assert!(failures.get(request) >= Some(&calls), "{request}: {failures:?}");
    }
    it.settle().await;
    assert_eq!(it.world.verdict(&device).await, "inferred");
    let installed = |c: &Change| matches!(c, Change::ProfileInstalled(_));
    assert_eq!(happened_times(&phone, installed), 2, "{:?}", phone.changes());
    let again = |c: &Change| matches!(c, Change::ProfileReplaced(_) | Change::AccountWiped(_));
    assert_eq!(happened_times(&phone, again), 0, "{:?}", phone.changes());
    assert!(!phone.contacts_were_ever_open());
    let idle = phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new());
}

async fn queue(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("company").await;
    let mut orders = Vec::new();
    for kind in ["device_lock", "certificate_list", "security_info"] {
        orders.push(text(&it.world.order(&device, kind).await, "id"));
    }
    let failures = it.converse(&phone).await;
    assert!(failures.contains_key("Idle") && failures.contains_key("DeviceLock"), "{failures:?}");
    it.settle().await;
    for order in &orders {
        let command = it.world.command(&device, order).await;
        assert_eq!(command["status"], "acknowledged", "{command}");
    }
    assert_eq!(happened_times(&phone, |c| *c == Change::Locked), 1);
    let list = it.world.tenant.get(&it.world.path(&format!("/devices/{device}/commands"))).await;
    assert_eq!(list.expect(200)["items"].as_array().map(Vec::len), Some(3));
    let idle = phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new());
}

/// The page, the profile and SCEP; a phone that was not answered asks again in the same transaction.
async fn enrolment(it: Faulty) {
    let invite = async || it.world.invite("personal", None).await;
    let (page, phone) = (text(&invite().await, "url"), it.world.phone());
    let open = async |_| {
        for _ in 0..ENOUGH {
            if phone.open(&page).await.is_ok() {
                return;
            }
        }
        panic!("the page does not open");
    };
    let calls = it.sweep(open, async |_| {}).await;
    assert!(calls >= 2, "{calls}");

    let mut next = Some((it.world.phone(), phone.open(&page).await.expect("the page opens")));
    let calls = async {
        for nth in 1..ENOUGH {
            let (phone, offer) = next.take().expect("an offer");
            phone.misbehave(|b| b.repeats_scep = true);
            it.fail(nth);
            let mut identity = None;
            for _ in 0..ENOUGH {
                identity = Some(phone.obtain_identity(&offer).await);
                if matches!(identity, Some(Ok(_))) {
                    break;
                }
            }
            let happened = it.ends();
            let identity = identity.expect("an attempt").expect("an identity");
            phone.check_in(offer, identity).await.expect("the phone checks in");
            if !happened {
                return nth - 1;
            }
            let (phone, link) = (it.world.phone(), text(&invite().await, "url"));
            let offer = phone.open(&link).await.expect("the page opens");
            next = Some((phone, offer));
        }
        panic!("more than {ENOUGH} calls");
    };
    let calls = calls.await;
    assert!(calls >= 6, "three requests look the link up: {calls}");
    let list = it.world.tenant.get(&it.world.path("/devices?state=enrolled&limit=100")).await;
    assert_eq!(list.expect(200)["items"].as_array().map(Vec::len), Some(calls as usize + 1));
}

/// Authenticate and TokenUpdate of a phone that was wiped, and what the stream makes of it.
async fn check_in(it: Faulty) {
    let mut living = vec![it.world.enroll_and_connect("company").await];
    for nth in 1..ENOUGH {
        let invitation = it.world.invite("company", None).await;
        let phone = it.world.wiped(&living[0].phone);
        let offer = phone.open(&text(&invitation, "url")).await.expect("the page opens");
        let identity = phone.obtain_identity(&offer).await.expect("an identity");
        it.fail(nth);
        let mut done = false;
        for _ in 0..ENOUGH {
            done = phone.check_in(offer.clone(), identity.clone()).await.is_ok();
            if done {
                break;
            }
        }
        assert!(done, "the phone checks in");
        it.settle().await;
        let happened = it.ends();

        let path = it.world.path(&format!("/enrollments/{}", text(&invitation, "id")));
        let device = text(&it.world.tenant.get(&path).await.expect(200), "device");
        assert_eq!(it.world.device(&device).await["state"], "enrolled");
        assert!(it.woken(&phone) >= 1, "call {nth}: woken after TokenUpdate");
        let former = living.last().expect("a former life");
        let state = it.world.device(&former.device).await;
        assert_eq!(state["state"], "superseded", "call {nth}");
        let refused = former.phone.connect().await.expect_err("its life is over");
        assert_eq!(refused.status(), Some(403));
        phone.connect().await.expect("the phone connects");
        assert_eq!(phone.profiles().len(), 1, "the wall");
        living.push(Enrolled { phone, device });
        if !happened {
            assert!(nth > 5, "Authenticate, TokenUpdate, UnlockToken, stream and push: {nth}");
            return;
        }
    }
    panic!("more than {ENOUGH} calls");
}

async fn order(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("company").await;
    let token = it.world.tenant.sign_in().await;
    let path = it.world.path(&format!("/devices/{device}/commands"));
    let before = it.woken(&phone);
    let act = async |nth: u32| {
        // What a client sends again and again has to be the same; what it sends anew differs.
        let kind = ["certificate_list", "security_info"][nth as usize % 2];
        let url = format!("{path}?order={nth}");
        let done = it.insist(&token, Method::POST, &url, &json!({ "type": kind })).await;
        assert_eq!(done.0, StatusCode::ACCEPTED, "{done:?}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert!(it.woken(&phone) >= before + u64::from(nth), "order {nth}");
        let talk = phone.connect().await.expect("the phone connects");
        assert_eq!(received(&talk).len(), 1, "order {nth} is delivered once");
        it.settle().await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 3, "the device, the order and the wake: {calls}");
    let list = it.world.tenant.get(&format!("{path}?limit=100")).await.expect(200);
    let answered = list["items"].as_array().map(Vec::len);
    assert_eq!(answered, Some(calls as usize + 1), "each once");
}

async fn user(it: Faulty) {
    let user = it.world.user("anna@musterbau.example").await;
    let Enrolled { phone, .. } = it.world.enroll_for("personal", Some(&user)).await;
    phone.connect().await.expect("the phone connects");
    let token = it.world.tenant.sign_in().await;
    let path = it.world.path(&format!("/users/{user}"));
    let email = |nth: u32| format!("anna{nth}@musterbau.example");
    let act = async |nth: u32| {
        let body = json!({ "email": email(nth) });
        let done = it.insist(&token, Method::PATCH, &path, &body).await;
        assert_eq!(done.0, StatusCode::OK, "{done:?}");
        it.settle().await;
    };
    let mut before = it.woken(&phone);
    let check = async |nth: u32| {
        assert!(it.woken(&phone) > before, "call {nth}: woken");
        before = it.woken(&phone);
        let talk = phone.connect().await.expect("the phone connects");
        assert_eq!(reported(&talk)[0], ("InstallProfile", "Acknowledged"), "call {nth}");
        let accounts = phone.accounts();
        assert_eq!(accounts.len(), 1, "call {nth}");
        assert_eq!(accounts[0].email, email(nth));
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "{calls}");
}

async fn roll_out(it: Faulty) {
    let Enrolled { phone, .. } = it.world.enroll_and_connect("personal").await;
    let token = it.world.tenant.sign_in().await;
    let (policy, _) = it.world.policy().await;
    let path = it.world.path(&format!("/policies/{}/rollouts", text(&policy, "id")));
    let version = std::cell::Cell::new(0);
    let draft = async |nth: u32| {
        let (policy, tag) = it.world.policy().await;
        let mut document = policy["document"].clone();
        document["siri_while_locked"] = ["allowed", "blocked"][nth as usize % 2].into();
        let body = json!({ "document": document });
        let put = path.trim_end_matches("/rollouts");
        let put = it.world.tenant.send(Method::PUT, put, Some(&body), Some(&tag)).await;
        version.set(put.expect(200)["version"].as_u64().unwrap_or_default());
    };
    draft(1).await;
    let mut before = it.woken(&phone);
    let act = async |_| {
        let body = json!({ "version": version.get() });
        let done = it.insist(&token, Method::POST, &path, &body).await;
        assert_eq!(done.0, StatusCode::CREATED, "{done:?}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert!(it.woken(&phone) > before, "call {nth}: woken");
        before = it.woken(&phone);
        let talk = phone.connect().await.expect("the phone connects");
        let walls = received(&talk).iter().filter(|c| **c == "InstallProfile").count();
        assert_eq!(walls, 1, "call {nth}: the wall once, the account not at all");
        draft(nth + 1).await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "{calls}");
    assert!(!phone.contacts_were_ever_open());
}

async fn tenant(it: Faulty) {
    let token = it.world.reseller.sign_in().await;
    let act = async |nth: u32| {
        let body = json!({ "name": format!("Tenant {nth}") });
        let done = it.insist(&token, Method::POST, "/v1/tenants", &body).await;
        assert_eq!(done.0, StatusCode::CREATED, "{done:?}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        let list = it.world.reseller.get("/v1/tenants?limit=100").await.expect(200);
        let list = list["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(list.len(), nth as usize + 1, "{list:?}");
        assert!(list.iter().all(|tenant| tenant["status"] == "active"), "{list:?}");
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 4, "{calls}");
}

async fn timer(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("personal").await;
    let mut before = it.woken(&phone);
    let act = async |_| {
        it.world.clock.advance(24 * HOUR);
        let mut done = false;
        for _ in 0..ENOUGH {
            done = it.world.server.tick().await.is_ok();
            if done {
                break;
            }
        }
        assert!(done, "the timer works");
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert!(it.woken(&phone) > before, "day {nth}: woken");
        before = it.woken(&phone);
        let talk = phone.connect().await.expect("the phone connects");
        assert_eq!(received(&talk).len(), 4, "day {nth}: asked again");
        assert_eq!(it.world.verdict(&device).await, "inferred", "day {nth}");
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "every shard and the push identity: {calls}");
}

async fn dead_token(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("company").await;
    let act = async |_| {
        let since = Some(it.world.clock.now());
        let token = phone.push_token().expect("a token");
        it.world.server.apns().fail_token(&token, PushFailure::TokenDead { since });
        it.world.clock.advance(HOUR / 60);
        let path = it.world.path(&format!("/devices/{device}/commands"));
        for _ in 0..ENOUGH {
            let order = json!({ "type": "certificate_list" });
            if it.world.tenant.post(&path, order).await.status == StatusCode::ACCEPTED {
                break;
            }
        }
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert_eq!(it.world.device(&device).await["state"], "push_lost", "call {nth}");
        phone.renew_push_token().await.expect("the phone has another token");
        it.settle().await;
        assert_eq!(it.world.device(&device).await["state"], "enrolled", "call {nth}");
        assert!(it.woken(&phone) >= 1, "call {nth}: and can be woken");
        phone.connect().await.expect("the phone connects");
        it.settle().await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "{calls}");
}

async fn check_out(it: Faulty) {
    for nth in 1..ENOUGH {
        let Enrolled { phone, device } = it.world.enroll_and_connect("company").await;
        let left = check_out_of(&phone);
        it.fail(nth);
        let mut told = 0;
        for _ in 0..ENOUGH {
            told = phone.replay(&left).await.expect("an answer").0;
            if told == 200 {
                break;
            }
            assert_eq!(told, 503, "the phone comes again");
        }
        assert_eq!(told, 200);
        let happened = it.ends();
        it.settle().await;
        assert_eq!(it.world.device(&device).await["state"], "released");
        let refused = phone.connect().await.expect_err("its life is over");
        assert_eq!(refused.status(), Some(403));
        if !happened {
            assert_eq!(nth, 2, "one call");
            return;
        }
    }
    panic!("more than {ENOUGH} calls");
}

/// The message that a phone sends when its management is removed.
fn check_out_of(phone: &Phone) -> Exchange {
    let told = phone.exchanges().into_iter().find(|e| e.sent == Sent::Authenticate);
    let body = told.expect("the phone checked in").body;
    let body = String::from_utf8(body).expect("XML").replace("Authenticate", "CheckOut");
    Exchange {
        sent: Sent::CheckOut,
        status: None,
        received: Received::Nothing,
        body: body.into_bytes(),
    }
}
