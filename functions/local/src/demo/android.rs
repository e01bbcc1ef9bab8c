//! The Android part of the demo: the stand-in for Google and two phones behind it.

use serde_json::{Value, json};
use trennwand_runtime::SystemEntropy;
use trennwand_simulator::{AndroidHandset, AndroidPhone, AndroidVersion, SetUp};

use super::{
    Customer, Google,
    client::{DemoError, Result, text},
    verdicts::{GLANCE, GLANCES},
};
use crate::Console;

const CAST: [(&str, &str); 2] =
    [("Dora's own Android phone", "personal"), ("Emil's company Android phone", "company")];

/// A phone with its enrolment.
struct Enrolled {
    name: &'static str,
    phone: AndroidPhone,
    device: String,
}

/// Binds the customer to the stand-in, enrols both phones, and lets the company's policy be changed
/// past the service.
pub(super) async fn play(google: &Google<'_>, customer: &Customer, console: Console) -> Result<()> {
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

    let mut phones = Vec::new();
    for (name, ownership) in CAST {
        let order = json!({ "platform": "android", "ownership": ownership });
        let made = customer.api.post(&format!("{root}/enrollments"), order).await?;
        google.settle().await?;
        let handset = AndroidHandset::new(AndroidVersion::new(15), &SystemEntropy);
        let phone = google.stand_in().phone(handset);
        phone.enroll(&prepared(text(&made, "url"), ownership).await?)?;
        console.say(format_args!("   {name} is set up with a work profile."));
        phones.push(Enrolled { name, phone, device: text(&made, "device").to_owned() });
    }
    google.settle().await?;
    for phone in &phones {
        show(customer, phone, console, "contacts_closed", "proven").await?;
    }

    console.title("8. Somebody sets contact sharing back to Google's default, past the service");
    let Some(company) = phones.last() else { return Ok(()) };
    let policies = customer.api.get(&format!("{root}/policies")).await?;
    let id = super::items(&policies).first().map(|policy| text(policy, "id")).unwrap_or_default();
    let policy = format!("{}/policies/android-company-{id}", text(&android, "enterprise"));
    let policy = policy.parse().map_err(|e| DemoError::Server(format!("{e}")))?;
    google.stand_in().reset_contact_sharing(&policy)?;
    company.phone.sync();
    google.settle().await?;
    show(customer, company, console, "contacts_closed", "violated").await?;
    console.say("   The service has written its own policy again, and the phone has fetched it:");
    company.phone.sync();
    google.settle().await?;
    show(customer, company, console, "contacts_closed", "proven").await
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
    phone: &Enrolled,
    console: Console,
    control: &str,
    verdict: &str,
) -> Result<()> {
    let path = format!("{}/devices/{}/compliance", customer.root, phone.device);
    for _ in 0..GLANCES {
        let compliance = customer.api.get(&path).await?;
        let controls = compliance["controls"].as_array().into_iter().flatten();
        let found: Option<&Value> = controls.into_iter().find(|c| text(c, "control") == control);
        if let Some(found) = found.filter(|found| text(found, "verdict") == verdict) {
            let why = text(&found["reason"], "text");
            console.say(format_args!("   {}, {control}: {verdict}. {why}", phone.name));
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
        // What was changed past the service is looked for as it was reported.
        if verdict == "proven" {
            phone.phone.sync();
        }
    }
    Err(DemoError::Server(format!("{} does not become {verdict}", phone.name)))
}
