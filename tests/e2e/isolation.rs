//! Two tenants of one reseller at the same time: whatever both do, in whatever order, nothing of one
//! is ever in an answer to the other.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use trennwand_simulator::{Phone, Received};

use crate::world::{Api, World, new_tenant, text};

/// Words that stand for one tenant in what it says itself.
const MARKS: [&str; 2] = ["quitte", "holunder"];

/// One thing that one of the tenants does.
#[derive(Debug, Clone)]
enum Act {
    CreateUser {
        number: u8,
        same_everywhere: bool,
    },
    RenameUser(Pick),
    DeleteUser(Pick),
    Invite {
        company: bool,
        user: Option<Pick>,
    },
    Enrol(Pick),
    Connect(Pick),
    Leave(Pick),
    Order(Pick, u8),
    ChangePolicy(bool),
    SetMail(bool),
    Read(u8, Pick),
    ListAfter(u8, Pick),
    /// Names something of the other tenant.
    Reach(u8, Pick),
    Settle,
}

/// Which of the things that are there; any number picks one.
type Pick = u8;

fn act() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        3 => (0..6u8, any::<bool>())
            .prop_map(|(number, same_everywhere)| Act::CreateUser { number, same_everywhere }),
        1 => pick().prop_map(Act::RenameUser),
        1 => pick().prop_map(Act::DeleteUser),
        2 => (any::<bool>(), proptest::option::of(pick()))
            .prop_map(|(company, user)| Act::Invite { company, user }),
        3 => pick().prop_map(Act::Enrol),
        4 => pick().prop_map(Act::Connect),
        1 => pick().prop_map(Act::Leave),
        2 => (pick(), 0..4u8).prop_map(|(device, kind)| Act::Order(device, kind)),
        1 => any::<bool>().prop_map(Act::ChangePolicy),
        1 => any::<bool>().prop_map(Act::SetMail),
        4 => (pick(), pick()).prop_map(|(what, which)| Act::Read(what, which)),
        2 => (pick(), pick()).prop_map(|(what, which)| Act::ListAfter(what, which)),
        4 => (pick(), pick()).prop_map(|(what, which)| Act::Reach(what, which)),
        2 => Just(Act::Settle),
    ]
}

/// One of the two tenants, and what was ever said to it.
struct Side {
    api: Api,
    tenant: String,
    mark: &'static str,
    users: Vec<String>,
    invitations: Vec<(String, String)>,
    phones: Vec<Phone>,
    devices: Vec<String>,
    commands: Vec<(String, String)>,
    policy: String,
    /// Every answer as text: of the API, pages, profiles and commands.
    heard: Vec<String>,
}

impl Side {
    fn path(&self, rest: &str) -> String {
        format!("/v1/tenants/{}{rest}", self.tenant)
    }

    async fn call(&mut self, method: Method, path: &str, body: Option<Value>) -> Value {
        let tag = (method == Method::PUT).then_some("*");
        let answer = self.api.send(method.clone(), path, body.as_ref(), tag).await;
        let status = answer.status.as_u16();
        assert!(status < 500, "{method} {path}: {}", answer.body);
        self.heard.push(format!("{method} {path} -> {}", answer.body));
        answer.body
    }

    async fn get(&mut self, rest: &str) -> Value {
        self.call(Method::GET, &self.path(rest), None).await
    }

    async fn post(&mut self, rest: &str, body: Value) -> Value {
        self.call(Method::POST, &self.path(rest), Some(body)).await
    }

    /// Everything that has a name, with its address.
    fn addresses(&self) -> Vec<String> {
        let users = self.users.iter().map(|id| format!("/users/{id}"));
        let enrollments = self.invitations.iter().map(|(id, _)| format!("/enrollments/{id}"));
        let devices = self.devices.iter().flat_map(|id| {
            let rest = ["", "/compliance", "/commands"];
            rest.map(|rest| format!("/devices/{id}{rest}"))
        });
        let commands = self.commands.iter().map(|(d, c)| format!("/devices/{d}/commands/{c}"));
        let policies =
            ["", "/versions/1", "/rollouts"].map(|rest| format!("/policies/{}{rest}", self.policy));
        users.chain(enrollments).chain(devices).chain(commands).chain(policies).collect()
    }

    /// What only this tenant and its phones may hear.
    fn own(&self) -> BTreeSet<String> {
        let mut own =
            BTreeSet::from([self.tenant.clone(), self.mark.to_owned(), self.policy.clone()]);
        own.extend(self.users.iter().chain(&self.devices).cloned());
        own.extend(self.commands.iter().map(|(_, command)| command.clone()));
        for (id, url) in &self.invitations {
            own.insert(id.clone());
            own.extend(url.rsplit('/').next().map(str::to_owned));
        }
        for phone in &self.phones {
            own.insert(phone.handset().udid.clone());
            own.extend(phone.push_magic());
        }
        own
    }
}

const LISTS: [&str; 9] = [
    "/users",
    "/enrollments",
    "/devices",
    "/policies",
    "/mail",
    "/apns",
    "/readiness",
    "/audit-events",
    "/devices?state=enrolled",
];

const KINDS: [&str; 4] = ["security_info", "profile_list", "restrictions", "device_lock"];

fn at<T>(things: &[T], pick: Pick) -> Option<&T> {
    (!things.is_empty()).then(|| &things[usize::from(pick) % things.len()])
}

struct Two {
    world: World,
    http: Client,
    sides: [Side; 2],
}

impl Two {
    async fn new() -> Self {
        let world = World::new().await;
        let mut sides = Vec::new();
        for mark in MARKS {
            let name = format!("{mark} GmbH");
            let (tenant, api) = new_tenant(&world.server, &world.reseller, &name).await;
            let list = api.get(&format!("/v1/tenants/{tenant}/policies")).await.expect(200);
            sides.push(Side {
                api,
                tenant,
                mark,
                users: Vec::new(),
                invitations: Vec::new(),
                phones: Vec::new(),
                devices: Vec::new(),
                commands: Vec::new(),
                policy: text(&list["items"][0], "id"),
                heard: Vec::new(),
            });
        }
        let http = Client::builder().no_proxy().build().expect("a client");
        let sides = sides.try_into().unwrap_or_else(|_| unreachable!("two marks"));
        Self { world, http, sides }
    }

    async fn act(&mut self, who: usize, act: &Act) {
        let foreign = self.sides[1 - who].addresses();
        let other = self.sides[1 - who].tenant.clone();
        let side = &mut self.sides[who];
        match act {
            Act::CreateUser { number, same_everywhere } => {
                // The same person may work for both.
                let host = if *same_everywhere { "both" } else { side.mark };
                let person = json!({
                    "email": format!("anna{number}@{host}.example"),
                    "display_name": format!("Anna of {}", if *same_everywhere { "both" } else { side.mark }),
                    "external_id": number.to_string(),
                });
                let made = side.post("/users", person).await;
                side.users.extend(made["id"].as_str().map(str::to_owned));
            }
            Act::RenameUser(pick) => {
                let Some(user) = at(&side.users, *pick).cloned() else { return };
                let change = json!({ "display_name": format!("{} {pick}", side.mark) });
                let path = side.path(&format!("/users/{user}"));
                side.call(Method::PATCH, &path, Some(change)).await;
            }
            Act::DeleteUser(pick) => {
                let Some(user) = at(&side.users, *pick).cloned() else { return };
                let path = side.path(&format!("/users/{user}"));
                side.call(Method::DELETE, &path, None).await;
            }
            Act::Invite { company, user } => {
                let ownership = if *company { "company" } else { "personal" };
                let mut order = json!({ "platform": "ios", "ownership": ownership });
                if let Some(user) = user.and_then(|pick| at(&side.users, pick)) {
                    order["user"] = user.as_str().into();
                }
                let made = side.post("/enrollments", order).await;
                if let (Some(id), Some(url)) = (made["id"].as_str(), made["url"].as_str()) {
                    side.invitations.push((id.to_owned(), url.to_owned()));
                }
            }
            Act::Enrol(pick) => self.enrol(who, *pick).await,
            Act::Connect(pick) => {
                let Some(phone) = at(&side.phones, *pick).cloned() else { return };
                let talk = phone.connect().await.unwrap_or_default();
                for exchange in talk {
                    if let Received::Other(_) = exchange.received {
                        panic!("not a command");
                    }
                }
                let profiles = phone.installed();
                side.heard.push(format!("{profiles:?} {:?}", phone.accounts()));
            }
            Act::Leave(pick) if pick % 4 == 0 => {
                let Some(phone) = at(&side.phones, *pick).cloned() else { return };
                drop(phone.leave().await);
            }
            Act::Leave(_) => {}
            Act::Order(pick, kind) => {
                let Some(device) = at(&side.devices, *pick).cloned() else { return };
                let order = json!({ "type": KINDS[usize::from(*kind)] });
                let made = side.post(&format!("/devices/{device}/commands"), order).await;
                side.commands.extend(made["id"].as_str().map(|id| (device, id.to_owned())));
            }
            Act::ChangePolicy(blocked) => {
                let policy = format!("/policies/{}", side.policy);
                let mut document = side.get(&policy).await["document"].clone();
                document["siri_while_locked"] = if *blocked { "blocked" } else { "allowed" }.into();
                let name = format!("wall of {}", side.mark);
                let draft = json!({ "document": document, "name": name });
                let path = side.path(&policy);
                let draft = side.call(Method::PUT, &path, Some(draft)).await;
                let order = json!({ "version": draft["version"] });
                side.post(&format!("{policy}/rollouts"), order).await;
            }
            Act::SetMail(own) => {
                let mail = match own {
                    true => json!({ "kind": "exchange", "auth": "password",
                        "host": format!("mail.{}.example", side.mark) }),
                    false => json!({ "kind": "exchange_online", "auth": "oauth" }),
                };
                let path = side.path("/mail");
                side.call(Method::PUT, &path, Some(mail)).await;
            }
            Act::Read(what, which) => {
                let addresses = side.addresses();
                let address = match at(&addresses, *which) {
                    Some(address) if what % 3 > 0 => address.clone(),
                    _ => LISTS[usize::from(*what) % LISTS.len()].to_owned(),
                };
                side.get(&address).await;
            }
            Act::ListAfter(what, which) => {
                // A cursor is a name; that of something foreign opens nothing.
                let list = LISTS[usize::from(*what) % 4];
                let cursor = at(&foreign, *which).and_then(|a| a.split('/').nth(2));
                let cursor = cursor.unwrap_or_default().to_owned();
                let cursor = cursor.split('/').next().unwrap_or_default();
                let answer =
                    side.api.get(&side.path(&format!("{list}?limit=100&cursor={cursor}"))).await;
                assert!(answer.status.as_u16() < 500, "{list} after {cursor}: {}", answer.body);
                side.heard.push(answer.body.to_string());
            }
            Act::Reach(what, which) => {
                let Some(address) = at(&foreign, *which) else { return };
                let tenant = if what % 2 == 0 { &other } else { &side.tenant };
                let (method, body) = match what % 5 {
                    0 | 1 => (Method::GET, None),
                    2 => (Method::DELETE, None),
                    3 => (Method::PATCH, Some(json!({ "display_name": "x" }))),
                    _ if address.ends_with("/rollouts") => {
                        (Method::POST, Some(json!({ "version": 1 })))
                    }
                    _ => (Method::POST, Some(json!({ "type": "device_lock" }))),
                };
                let path = format!("/v1/tenants/{tenant}{address}");
                let answer = side.api.send(method.clone(), &path, body.as_ref(), Some("*")).await;
                let status = answer.status.as_u16();
                assert!([404, 405].contains(&status), "{method} {path}: {}", answer.body);
                side.heard.push(answer.body.to_string());
            }
            Act::Settle => self.world.settle().await,
        }
    }

    async fn enrol(&mut self, who: usize, pick: Pick) {
        let phone = self.world.phone();
        let side = &mut self.sides[who];
        let Some((id, url)) = at(&side.invitations, pick).cloned() else { return };
        for rest in ["", "/profile?signed=false"] {
            let shown = self.http.get(format!("{url}{rest}")).send().await.expect("an answer");
            side.heard.push(shown.text().await.expect("text"));
        }
        if phone.enroll(&url).await.is_err() {
            return;
        }
        side.phones.push(phone);
        let shown = side.get(&format!("/enrollments/{id}")).await;
        side.devices.push(text(&shown, "device"));
    }

    /// Nothing that only one may hear was said to the other.
    fn check(&self, acts: &[(usize, Act)]) {
        for (who, side) in self.sides.iter().enumerate() {
            let foreign = self.sides[1 - who].own();
            for heard in &side.heard {
                // What the tenant asked for itself stands before the arrow.
                let answer = heard.split_once(" -> ").map_or(heard.as_str(), |(_, answer)| answer);
                let found = foreign.iter().find(|value| answer.contains(value.as_str()));
                assert_eq!(found, None, "{} heard {heard} after {acts:#?}", side.mark);
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_one_tenant_is_ever_in_an_answer_to_another() {
    let mut two = Two::new().await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = prop::collection::vec((0..2usize, act()), 60);
    let mut heard = 0;
    for _ in 0..6 {
        let acts = strategy.new_tree(&mut runner).expect("acts").current();
        for (who, act) in &acts {
            two.act(*who, act).await;
        }
        two.world.settle().await;
        for who in 0..2 {
            for list in LISTS {
                two.sides[who].get(list).await;
            }
            for address in two.sides[who].addresses() {
                two.sides[who].get(&address).await;
            }
        }
        two.check(&acts);
        heard +=
            two.sides.iter_mut().map(|side| std::mem::take(&mut side.heard).len()).sum::<usize>();
    }
    assert!(heard > 400, "much was said: {heard}");
    let enrolled = two.sides.iter().all(|side| side.phones.len() >= 3 && !side.commands.is_empty());
    assert!(enrolled, "phones took part");
    assert_eq!(two.world.server.messages_given_up(), 0);
}
