//! The stand-in, driven by the production client.

mod artefacts;
mod commands;
mod notifications;
mod phones;
mod resources;

use std::sync::Arc;

use serde_json::json;
use trennwand_android::{
    DeviceManagement as _, EnrollmentToken, Enterprise, EnterpriseName, NotificationType,
    PersonalUsage, Policy, PolicyName, Signup, SignupRequest,
    client::{Google, ManualSleeper},
};
use trennwand_domain::{Duration, ManualClock, Secret, Timestamp};

use super::*;
use crate::Seeded;

/// A stand-in with one enterprise, a closed policy and a client.
struct Rig {
    google: StandInGoogle,
    client: Google,
    clock: Arc<ManualClock>,
    enterprise: EnterpriseName,
    policy: PolicyName,
}

impl Rig {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_s(1_795_000_000)));
        let google = StandInGoogle::start(Arc::clone(&clock) as _, Arc::new(Seeded::new(6)));
        let google = google.await.unwrap();
        let sleeper = Arc::new(ManualSleeper::new(Arc::clone(&clock)));
        let client = google.client(sleeper).unwrap();
        let enterprise = bind(&google, &client).await;
        let policy = enterprise.policy("wall").unwrap();
        client.patch_policy(&policy, &closed()).await.unwrap();
        Self { google, client, clock, enterprise, policy }
    }

    async fn token(&self, usage: PersonalUsage) -> EnrollmentToken {
        let token = EnrollmentToken {
            policy_name: Some(self.policy.clone()),
            duration: Some(Duration::from_secs(86_400)),
            one_time_only: true,
            additional_data: Some("signed reference".into()),
            allow_personal_usage: usage,
            ..EnrollmentToken::default()
        };
        self.client.create_enrollment_token(&self.enterprise, &token).await.unwrap()
    }

    fn phone(&self, major: u8) -> AndroidPhone {
        let entropy = Seeded::new(u64::from(major));
        self.google.phone(AndroidHandset::new(AndroidVersion::new(major), &entropy))
    }

    async fn personal(&self, major: u8) -> AndroidPhone {
        let token = self.token(PersonalUsage::Allowed).await;
        let phone = self.phone(major);
        phone.enroll(&SetUp::Link(token.link().unwrap())).unwrap();
        phone
    }

    async fn company(&self, major: u8) -> AndroidPhone {
        let token = self.token(PersonalUsage::Allowed).await;
        let phone = self.phone(major);
        phone.enroll(&SetUp::Wizard(token.qr_code.unwrap())).unwrap();
        phone
    }
}

async fn bind(google: &StandInGoogle, client: &Google) -> EnterpriseName {
    let request = SignupRequest {
        callback_url: "https://api.example/android/callback?state=x".into(),
        admin_email: None,
    };
    let signup = client.create_signup_url(&request).await.unwrap();
    let callback = google.finish_signup(&signup.url).unwrap();
    let token = callback.split("&enterpriseToken=").nth(1).unwrap();
    let enterprise = Enterprise {
        enterprise_display_name: Some("Musterbau GmbH".into()),
        pubsub_topic: Some("projects/p/topics/t".into()),
        enabled_notification_types: Some(vec![
            NotificationType::Enrollment,
            NotificationType::StatusReport,
            NotificationType::Command,
        ]),
        ..Enterprise::default()
    };
    let done = Signup { name: signup.name, token: Secret::new(token.into()) };
    client.create_enterprise(&done, &enterprise).await.unwrap().name.unwrap()
}

fn closed() -> Policy {
    let settings = json!({
        "crossProfilePolicies": {"showWorkContactsInPersonalProfile":
            "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED"},
        "statusReportingSettings": {"softwareInfoEnabled": true, "deviceSettingsEnabled": true},
        "applications": [{"packageName": "com.whatsapp", "installType": "BLOCKED"}]
    });
    Policy::new(settings.as_object().unwrap().clone())
}
