//! What phones send while the database fails.

use trennwand_simulator::{Change, Exchange, Phone, Received, Sent};

use super::{ENOUGH, Faulty};
use crate::world::{Enrolled, received, text};

fn happened_times(phone: &Phone, wanted: impl Fn(&Change) -> bool) -> usize {
    phone.changes().iter().filter(|change| wanted(change)).count()
}

pub(super) async fn conversation(it: Faulty) {
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

pub(super) async fn queue(it: Faulty) {
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
pub(super) async fn enrolment(it: Faulty) {
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
pub(super) async fn check_in(it: Faulty) {
    let mut living = vec![it.world.enroll_and_connect("company").await];
    let user = text(&it.world.device(&living[0].device).await, "user");
    for nth in 1..ENOUGH {
        let invitation = it.world.invite("company", Some(&user)).await;
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
        assert_eq!(phone.profiles().len(), 2, "the wall and the account");
        living.push(Enrolled { phone, device });
        if !happened {
            assert!(nth > 5, "Authenticate, TokenUpdate, UnlockToken, stream and push: {nth}");
            return;
        }
    }
    panic!("more than {ENOUGH} calls");
}

pub(super) async fn check_out(it: Faulty) {
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
