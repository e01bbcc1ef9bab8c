//! The Android part of the demo: the stand-in for Google and two phones behind it.

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use trennwand_runtime::SystemEntropy;
use trennwand_simulator::{AndroidEvent, AndroidHandset, AndroidPhone, AndroidVersion, SetUp};

use super::{
    Cast, Customer, Google, Invitation,
    client::{DemoError, Result, text},
    verdicts::{GLANCE, GLANCES, Verdicts},
};
use crate::Console;

const CAST: [Cast; 2] = [
    Cast {
        name: "Dora Decker",
        email: "dora@musterbau.example",
        phone: "Dora's own Android phone",
        platform: "android",
        ownership: "personal",
        leaks: false,
    },
    Cast {
        name: "Emil Engel",
        email: "emil@musterbau.example",
        phone: "Emil's company Android phone",
        platform: "android",
        ownership: "company",
        // Not by itself: somebody changes its policy at Google.
        leaks: false,
    },
];

/// Keeps phones online until it is dropped: they do what Google calls them for.
#[derive(Debug)]
pub(super) struct AndroidOnline(JoinHandle<()>);

impl AndroidOnline {
    fn keep(phones: Vec<AndroidPhone>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(GLANCE).await;
                phones.iter().filter(|phone| phone.is_called()).for_each(AndroidPhone::sync);
            }
        }))
    }
}

impl Drop for AndroidOnline {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Binds the customer to the stand-in, enrols both phones, and lets the company's policy be changed
/// past the service. The policy is in force in this version.
pub(super) async fn play(
    google: &Google<'_>,
    customer: &Customer,
    version: u32,
    console: Console,
) -> Result<AndroidOnline> {
    console.title("7. Android: the customer is bound to Google");
    let root = &customer.root;
    let signup = customer.api.post(&format!("{root}/android/signup"), json!({})).await?;
    let callback = google.stand_in().finish_signup(text(&signup, "url"))?;
    page(&callback).await?;
    google.settle().await?;
    let android = customer.api.get(&format!("{root}/android")).await?;
    console.say(format_args!(
        "   The administrator went through Google's page: {}, {} phones reserved.",
        text(&android, "enterprise"),
        android["devices"]["reserved"],
    ));

    let (mut invitations, mut phones) = (Vec::new(), Vec::new());
    for cast in &CAST {
        let invitation = customer.invite(console, cast).await?;
        google.settle().await?;
        let handset = AndroidHandset::new(AndroidVersion::new(15), &SystemEntropy);
        let phone = google.stand_in().phone(handset);
        phone.enroll(&prepared(&invitation.link, cast.ownership).await?)?;
        console.say(format_args!("   {} is set up with a work profile.", cast.phone));
        invitations.push(invitation);
        phones.push(phone);
    }
    google.settle().await?;
    Verdicts::wait(customer, &invitations, version).await?.show(console);

    console.title("8. Somebody sets contact sharing back to Google's default, past the service");
    let Some((company, invitation)) = phones.last().zip(invitations.last()) else {
        return Ok(AndroidOnline::keep(phones));
    };
    let policies = customer.api.get(&format!("{root}/policies")).await?;
    let id = super::items(&policies).first().map(|policy| text(policy, "id")).unwrap_or_default();
    let policy = format!("{}/policies/android-company-{id}", text(&android, "enterprise"));
    let policy = policy.parse().map_err(|e| DemoError::Server(format!("{e}")))?;
    google.stand_in().reset_contact_sharing(&policy)?;
    company.sync();
    google.settle().await?;
    show(customer, (invitation, company), console, "contacts_closed", "violated").await?;
    company.sync();
    google.settle().await?;
    console.say("   The service has written its own policy again, and the phone has fetched it:");
    show(customer, (invitation, company), console, "contacts_closed", "proven").await?;
    Verdicts::wait(customer, &invitations, version).await?.show(console);

    console.title("9. Emil has lost the phone: it is locked");
    let online = AndroidOnline::keep(phones.clone());
    lock(google, customer, (invitation, company), console).await?;

    console.title("10. Dora leaves the company: what is the company's goes from her phone");
    if let Some(personal) = invitations.first().zip(phones.first()) {
        release(google, customer, personal, console).await?;
    }
    Ok(online)
}

/// Orders a phone to be locked, and waits until it says that it is.
async fn lock(
    google: &Google<'_>,
    customer: &Customer,
    (Invitation { phone, device, .. }, handset): (&Invitation, &AndroidPhone),
    console: Console,
) -> Result<()> {
    let path = format!("{}/devices/{device}/commands", customer.root);
    let command = customer.api.post(&path, json!({ "type": "device_lock" })).await?;
    let path = format!("{path}/{}", text(&command, "id"));
    for _ in 0..GLANCES {
        google.settle().await?;
        if text(&customer.api.get(&path).await?, "status") == "acknowledged" {
            let locked = handset.events().iter().any(|(_, event)| *event == AndroidEvent::Locked);
            let screen = if locked { "its screen is locked" } else { "its screen is as it was" };
            console.say(format_args!("   {phone} has answered; {screen}."));
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(DemoError::Server(format!("{phone} is not locked")))
}

/// Ends the management of a phone, and waits until its business side is gone.
async fn release(
    google: &Google<'_>,
    customer: &Customer,
    (Invitation { phone, device, .. }, handset): (&Invitation, &AndroidPhone),
    console: Console,
) -> Result<()> {
    let path = format!("{}/devices/{device}", customer.root);
    customer.api.post(&format!("{path}/release"), json!({})).await?;
    for _ in 0..GLANCES {
        google.settle().await?;
        if text(&customer.api.get(&path).await?, "state") == "released" {
            let events = handset.events();
            let has = |sought| events.iter().any(|(_, event)| *event == sought);
            let became =
                match (has(AndroidEvent::WorkProfileRemoved), has(AndroidEvent::FactoryReset)) {
                    (true, false) => "its work profile is gone, its private side is as it was",
                    (false, false) => "its work profile is still there",
                    (_, true) => "it was reset as a whole",
                };
            console.say(format_args!("   {phone} is released; {became}."));
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(DemoError::Server(format!("{phone} is not released")))
}

/// A page as a browser opens it.
async fn page(url: &str) -> Result<String> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    Ok(http.get(url).send().await?.error_for_status()?.text().await?)
}

/// What the page gives to the phone, as soon as Google has made it.
async fn prepared(url: &str, ownership: &str) -> Result<SetUp> {
    let mut glances = 0;
    loop {
        let page = page(url).await;
        match page.and_then(|page| set_up(&page, ownership)) {
            Err(_) if glances < GLANCES => glances += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// What the page behind an invitation's link gives to the phone.
fn set_up(page: &str, ownership: &str) -> Result<SetUp> {
    let missing = || DemoError::Server("the page has nothing for the phone".into());
    if ownership == "personal" {
        let start = page.find("https://enterprise.google.com/android/enroll?et=");
        let link = start.and_then(|start| page[start..].split('"').next()).ok_or_else(missing)?;
        return Ok(SetUp::Link(link.to_owned()));
    }
    // The phone's camera reads the same from the picture.
    let value = page.rsplit("<code>").next().and_then(|rest| rest.split('<').next());
    let bundle = json!({
        "com.google.android.apps.work.clouddpc.EXTRA_ENROLLMENT_TOKEN": value.ok_or_else(missing)?
    });
    let code = json!({ "android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE": bundle });
    Ok(SetUp::Wizard(code.to_string()))
}

/// Waits until a control reads like this, and shows it.
async fn show(
    customer: &Customer,
    (Invitation { phone, device, .. }, handset): (&Invitation, &AndroidPhone),
    console: Console,
    control: &str,
    verdict: &str,
) -> Result<()> {
    let path = format!("{}/devices/{device}/compliance", customer.root);
    for _ in 0..GLANCES {
        let compliance = customer.api.get(&path).await?;
        let controls = compliance["controls"].as_array().into_iter().flatten();
        let found: Option<&Value> = controls.into_iter().find(|c| text(c, "control") == control);
        if let Some(found) = found.filter(|found| text(found, "verdict") == verdict) {
            let why = text(&found["reason"], "text");
            console.say(format_args!("   {phone}, {control}: {verdict}. {why}"));
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
        // What was changed past the service is looked for as it was reported.
        if verdict == "proven" {
            handset.sync();
        }
    }
    Err(DemoError::Server(format!("{phone} does not become {verdict}")))
}
