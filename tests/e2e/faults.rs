//! Every call that a handler makes to the database fails in turn, for longer than it is tried. What
//! follows (the phone's next request, the client's repetition, the stream, the queue, the timer)
//! carries on, and nothing is lost or doubled.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use trennwand_simulator::{Phone, Sent};
use trennwand_store::{Fault, FaultPlan};

use crate::world::World;

mod android;
mod device;
mod rollouts;
mod service;

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
                device::conversation(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn queued_commands_are_answered_once() {
                device::queue(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn an_invitation_is_not_lost() {
                device::enrolment(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_phone_checks_in_and_its_former_enrolment_ends() {
                device::check_in(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn an_order_is_queued_once_and_wakes_the_phone() {
                service::order(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_changed_user_reaches_the_phone() {
                service::user(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_roll_out_reaches_the_phone() {
                service::roll_out(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_staged_roll_out_is_ordered_paused_resumed_and_taken_back_once() {
                rollouts::orders(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_staged_roll_out_goes_on_by_itself() {
                rollouts::stages(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_phone_that_changes_groups_is_woken_for_the_other_wall() {
                rollouts::groups(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_tenant_is_born_once_and_becomes_active() {
                service::tenant(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn the_timer_wakes_the_phone() {
                service::timer(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_dead_token_is_noted() {
                service::dead_token(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn an_android_phone_is_released_once() {
                android::removal(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn an_android_phone_leaves_a_stage_that_is_taken_back() {
                android::moves(Faulty::new(Fault::$fault).await).await;
            }

            #[tokio::test]
            async fn a_check_out_ends_the_enrolment() {
                device::check_out(Faulty::new(Fault::$fault).await).await;
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
