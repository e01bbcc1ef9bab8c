use serde_json::Value;
use trennwand_domain::Duration;

use super::{
    Customer, Invitation,
    client::{DemoError, Result, text},
};
use crate::Console;

/// How often the API is asked while waiting, and how long at most.
pub(crate) const GLANCE: Duration = Duration::from_millis(250);
pub(crate) const GLANCES: u32 = 240;

/// What the API says about the demo's phones.
pub(crate) struct Verdicts(Vec<Row>);

/// A phone, how it stands, and its controls.
struct Row {
    phone: &'static str,
    device: Value,
    compliance: Value,
}

impl Verdicts {
    /// Waits until every phone has applied this version and proven it.
    pub(crate) async fn wait(
        customer: &Customer,
        phones: &[Invitation],
        version: u32,
    ) -> Result<Self> {
        for _ in 0..GLANCES {
            let now = Self::ask(customer, phones).await?;
            if now.0.iter().all(|row| is_settled(&row.device, &row.compliance, version)) {
                return Ok(now);
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(DemoError::Server("the phones did not settle".into()))
    }

    async fn ask(customer: &Customer, phones: &[Invitation]) -> Result<Self> {
        let mut verdicts = Vec::new();
        for phone in phones {
            let path = format!("{}/devices/{}", customer.root, phone.device);
            let device = customer.api.get(&path).await?;
            let compliance = customer.api.get(&format!("{path}/compliance")).await?;
            verdicts.push(Row { phone: phone.phone, device, compliance });
        }
        Ok(Self(verdicts))
    }

    /// Shows a table of the phones, and what stands against those that are not as they should be.
    pub(crate) fn show(&self, console: Console) {
        let heading = ["phone", "owner", "verdict", "contacts", "account", "policy"];
        let mut rows = vec![heading.map(str::to_owned)];
        rows.extend(self.0.iter().map(|Row { phone, device, compliance }| {
            [
                (*phone).to_owned(),
                text(device, "ownership").to_owned(),
                text(device, "verdict").to_owned(),
                control(compliance, "contacts_closed"),
                control(compliance, "account_managed"),
                format!("version {}", device["policy"]["applied_version"]),
            ]
        }));
        console.table(&rows);
        for Row { phone, compliance, .. } in &self.0 {
            for violated in controls(compliance).filter(|c| text(c, "verdict") == "violated") {
                let (name, why) = (text(violated, "control"), text(&violated["reason"], "text"));
                console.say(format_args!("   {phone}, {name}: {why}"));
            }
        }
    }
}

fn is_settled(device: &Value, compliance: &Value, version: u32) -> bool {
    device["policy"]["applied_version"] == version
        && text(device, "verdict") != "unknown"
        && control(compliance, "policy_current") == "proven"
}

fn controls(compliance: &Value) -> impl Iterator<Item = &Value> {
    compliance["controls"].as_array().into_iter().flatten()
}

fn control(compliance: &Value, name: &str) -> String {
    let found = controls(compliance).find(|c| text(c, "control") == name);
    found.map_or("-", |control| text(control, "verdict")).to_owned()
}
