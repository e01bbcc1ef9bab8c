use serde_json::{Value, json};

use super::{
    CAST, Customer, DemoError, Invitation,
    client::{Result, text},
    verdicts::{GLANCE, GLANCES},
};
use crate::Console;

/// How long the first stage lasts at least, in seconds.
const PILOT_S: u32 = 3;

impl Customer {
    /// Rolls a version out, first to a group with the first phone, then to all; shows how far it has
    /// come and what the phones say of it, until it is everywhere.
    pub(super) async fn roll_out_in_stages(
        &self,
        console: Console,
        policy: &str,
        version: u32,
        phones: &[Invitation],
    ) -> Result<()> {
        let (Some(pilot), Some(cast)) = (phones.first(), CAST.first()) else { return Ok(()) };
        let groups = format!("{}/groups", self.root);
        let group = self.api.post(&groups, json!({ "name": "Pilots" })).await?;
        let group = text(&group, "id").to_owned();
        let member = format!("{}/groups/{group}/members/{}", self.root, pilot.device);
        self.api.put(&member, json!({}), None).await?;
        let stages = json!([{ "group": group, "wait_s": PILOT_S }, 100]);
        let order = json!({ "version": version, "stages": stages });
        let rollouts = format!("{policy}/rollouts");
        let ordered = self.api.post(&rollouts, order).await?;
        console.say(format_args!(
            "   It is rolled out in two stages: first to the group \"Pilots\" ({}), then to all.",
            cast.phone
        ));
        let path = format!("{rollouts}/{}", text(&ordered, "id"));
        let mut told = Vec::new();
        for _ in 0..GLANCES {
            let now = self.api.get(&path).await?;
            let mut lines = vec![stage(&now)];
            for (cast, phone) in CAST.iter().zip(phones) {
                lines.push(self.standing(cast.phone, phone).await?);
            }
            if lines != told {
                lines.iter().for_each(|line| console.say(line));
                told = lines;
            }
            let progress = &now["progress"];
            if text(&now, "state") == "completed" && progress["applied"] == progress["targeted"] {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(DemoError::Server("the roll-out did not end".into()))
    }

    /// What a phone has by now.
    async fn standing(&self, name: &str, phone: &Invitation) -> Result<String> {
        let device = self.api.get(&format!("{}/devices/{}", self.root, phone.device)).await?;
        let policy = &device["policy"];
        let applied = policy["applied_version"].as_u64().unwrap_or_default();
        let wanted = if policy["version"] == applied { "" } else { ", to be replaced" };
        let verdict = text(&device, "verdict");
        Ok(format!("      {name}: version {applied}{wanted}, {verdict}"))
    }
}

/// How far a roll-out has come.
fn stage(rollout: &Value) -> String {
    let stages = rollout["stages"].as_array().map_or(0, Vec::len);
    let (stage, progress) = (&rollout["stage"], &rollout["progress"]);
    let (applied, targeted) = (&progress["applied"], &progress["targeted"]);
    let (state, failed) = (text(rollout, "state"), &progress["failed"]);
    format!(
        "   Stage {stage} of {stages}, {state}: {applied} of {targeted} phones, {failed} failed."
    )
}
