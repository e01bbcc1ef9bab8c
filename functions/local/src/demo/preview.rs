//! What the demo says of a preview.

use serde_json::{Value, json};

use super::{
    Customer,
    client::{Result, text},
};
use crate::Console;

impl Customer {
    /// Looks at what rolling a version out would do, before it is ordered.
    pub(super) async fn preview(&self, console: Console, path: &str, version: u32) -> Result<()> {
        let order = json!({ "version": version });
        let seen = self.api.post(&format!("{path}/preview"), order).await?;
        console.say(format_args!("   Preview of version {version}:"));
        let none = Vec::new();
        let list = |value: &Value| value.as_array().unwrap_or(&none).clone();
        for target in list(&seen["targets"]) {
            let refused = &target["refused"];
            if !refused.is_null() {
                console.say(format_args!("     refused: {}", text(refused, "text")));
                continue;
            }
            console.say(format_args!(
                "     {}: {} phones, of which {} do not say their system",
                text(&target, "target"),
                target["phones"],
                target["os_unknown"],
            ));
            for change in list(&target["changes"]) {
                let (before, after) = (&change["before"], &change["after"]);
                console.say(format_args!("       {}: {before} → {after}", text(&change, "path")));
            }
            for lost in list(&target["loses"]) {
                let (what, way) = (text(&lost["source"], "text"), text(&lost["channel"], "text"));
                let phones = &lost["phones"];
                console.say(format_args!("       no longer closed on {phones}: {what} by {way}"));
            }
            for won in list(&target["gains"]) {
                let (what, way) = (text(&won["source"], "text"), text(&won["channel"], "text"));
                let phones = &won["phones"];
                console
                    .say(format_args!("       closed from then on, on {phones}: {what} by {way}"));
            }
        }
        let account = if seen["touches_mail_account"] == true { "is" } else { "is not" };
        console.say(format_args!("     The mail account {account} touched."));
        Ok(())
    }
}
