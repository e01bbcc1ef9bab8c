use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use trennwand_domain::Duration;
use trennwand_simulator::{Change, Event, Phone, Received, Sent};

use crate::Console;

const GLANCE: Duration = Duration::from_millis(50);

/// Tells what happens on the simulated phones while it happens.
pub(crate) struct Narrator {
    phones: Arc<Mutex<Vec<Followed>>>,
    task: JoinHandle<()>,
    console: Console,
}

struct Followed {
    name: &'static str,
    phone: Phone,
    told: usize,
}

impl Narrator {
    pub(crate) fn start(console: Console) -> Self {
        let phones: Arc<Mutex<Vec<Followed>>> = Arc::default();
        let watched = Arc::clone(&phones);
        let task = tokio::spawn(async move {
            loop {
                tell(&watched, console);
                tokio::time::sleep(GLANCE).await;
            }
        });
        Self { phones, task, console }
    }

    pub(crate) fn follow(&self, name: &'static str, phone: &Phone) {
        let followed = Followed { name, phone: phone.clone(), told: 0 };
        self.phones.lock().unwrap_or_else(PoisonError::into_inner).push(followed);
    }

    /// Tells what was not told yet, so that what is said next stands after it.
    pub(crate) fn catch_up(&self) {
        tell(&self.phones, self.console);
    }
}

impl Drop for Narrator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn tell(phones: &Mutex<Vec<Followed>>, console: Console) {
    for followed in phones.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
        let events = followed.phone.transcript();
        for line in events[followed.told..].iter().filter_map(words) {
            console.say(format_args!("   {}: {line}", followed.name));
        }
        followed.told = events.len();
    }
}

/// An event in plain words; `None` if a person needs not hear of it.
fn words(event: &Event) -> Option<String> {
    let exchange = match event {
        Event::Change(change) => return Some(change_in_words(change)),
        Event::Exchange(exchange) => exchange,
    };
    Some(match (&exchange.sent, &exchange.received) {
        (Sent::Page, _) => "opens the enrolment link".into(),
        (Sent::Profile, _) => "downloads the enrolment profile and checks its signature".into(),
        (Sent::Authenticate, _) => "has its certificate (SCEP) and introduces itself".into(),
        (Sent::TokenUpdate, _) => "says where it can be woken; it is under management".into(),
        (Sent::CheckOut, _) => "leaves management".into(),
        (Sent::Idle, Received::Nothing) => return None, // nothing to tell
        (Sent::Idle, Received::Command { request_type, .. }) => {
            format!("connects; first command: {request_type}")
        }
        (Sent::Report { request_type, status, .. }, received) => {
            let next = match received {
                Received::Command { request_type, .. } => format!("; next: {request_type}"),
                _ => "; nothing left to do".into(),
            };
            format!("{request_type}: {status}{next}")
        }
        _ => return None,
    })
}

fn change_in_words(change: &Change) -> String {
    match change {
        Change::ProfileInstalled(name) => format!("has a new profile, the {}", short(name)),
        Change::ProfileReplaced(name) => format!("has a new version of the {}", short(name)),
        Change::ProfileRemoved(name) => format!("no longer has the {}", short(name)),
        Change::AccountAdded(_) => "has the managed mail account".into(),
        Change::AccountUpdated(_) => "has new settings for the mail account".into(),
        Change::AccountWiped(_) => "no longer has the mail account and its contacts".into(),
        Change::Locked => "is locked".into(),
        Change::RightMissing { request_type } => {
            format!("refuses {request_type}: its enrolment does not grant that right")
        }
        Change::ContactsOpen => "lets WhatsApp read business contacts".into(),
        Change::ContactsClosed => "keeps business contacts from WhatsApp again".into(),
        Change::Unenrolled => "is no longer under management".into(),
    }
}

/// What a profile is for: the last part of its identifier.
fn short(identifier: &str) -> &str {
    identifier.rsplit('.').next().unwrap_or(identifier)
}
