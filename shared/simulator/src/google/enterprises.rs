use serde_json::{Map, Value, json};

use super::{
    refusal::{Answer, Refusal, without_defaults},
    routes::{Query, masked},
    world::{Enterprise, Signup, World},
};

/// What `enterprises.patch` may change.
const MODIFIABLE: [&str; 8] = [
    "enterpriseDisplayName",
    "logo",
    "primaryColor",
    "termsAndConditions",
    "contactInfo",
    "pubsubTopic",
    "enabledNotificationTypes",
    "signinDetails",
];

impl World {
    pub(super) fn create_signup(&mut self, query: &Query) -> Answer {
        self.check_project(query)?;
        let callback_url = query.one("callbackUrl").unwrap_or_default().to_owned();
        if !callback_url.starts_with("https://") && !callback_url.starts_with("http://") {
            return Err(Refusal::invalid("callbackUrl", "is no address"));
        }
        let id = format!("C{}", self.draw());
        let url = format!("{}/signup/{id}", self.base_url);
        self.signups
            .insert(id.clone(), Signup { callback_url, enterprise_token: None, used: false });
        Ok(json!({"name": format!("signupUrls/{id}"), "url": url}))
    }

    /// The administrator goes through the page; where the browser is sent then.
    pub(super) fn finish_signup(&mut self, id: &str) -> Option<String> {
        let token = format!("ET{}", self.draw());
        let signup = self.signups.get_mut(id).filter(|s| s.enterprise_token.is_none())?;
        signup.enterprise_token = Some(token.clone());
        let joint = if signup.callback_url.contains('?') { '&' } else { '?' };
        Some(format!("{}{joint}enterpriseToken={token}", signup.callback_url))
    }

    pub(super) fn create_enterprise(&mut self, query: &Query, body: &Value) -> Answer {
        self.check_project(query)?;
        trennwand_android::schema::check("Enterprise", body)?;
        let name = query.one("signupUrlName").unwrap_or_default();
        let id = name.strip_prefix("signupUrls/").unwrap_or_default().to_owned();
        let token = query.one("enterpriseToken");
        let signup = self.signups.get_mut(&id).ok_or_else(Refusal::not_found)?;
        if signup.used || token.is_none() || token != signup.enterprise_token.as_deref() {
            return Err(Refusal::precondition("The enterprise token is not valid."));
        }
        signup.used = true;
        let enterprise = format!("LC{}", self.draw());
        self.enterprises.insert(enterprise.clone(), Enterprise::default());
        let made = self.patch_enterprise(&enterprise, body, None)?;
        match std::mem::take(&mut self.loses_next_enterprise) {
            true => Err(Refusal::ordered(500, "INTERNAL")),
            false => Ok(made),
        }
    }

    /// "Only BASIC fields are returned": name and display name. All on one page.
    pub(super) fn list_enterprises(&self, query: &Query) -> Answer {
        self.check_project(query)?;
        let basic = |(id, enterprise): (&String, &Enterprise)| {
            let name = &enterprise.resource.get("enterpriseDisplayName");
            json!({"name": format!("enterprises/{id}"), "enterpriseDisplayName": name})
        };
        let all: Vec<_> = self.enterprises.iter().map(basic).collect();
        Ok(if all.is_empty() { json!({}) } else { json!({"enterprises": all}) })
    }

    fn check_project(&self, query: &Query) -> Result<(), Refusal> {
        let ours = query.one("projectId") == Some(super::PROJECT);
        ours.then_some(()).ok_or_else(|| Refusal::invalid("projectId", "is not the caller's"))
    }

    pub(super) fn enterprise_resource(&mut self, id: &str) -> Answer {
        let mut resource = Value::Object(self.enterprise(id)?.resource.clone());
        resource["name"] = format!("enterprises/{id}").into();
        resource["enterpriseType"] = "MANAGED_GOOGLE_DOMAIN".into();
        without_defaults(&mut resource);
        Ok(resource)
    }

    pub(super) fn patch_enterprise(
        &mut self,
        id: &str,
        body: &Value,
        mask: Option<&str>,
    ) -> Answer {
        trennwand_android::schema::check("Enterprise", body)?;
        self.enterprise(id)?;
        let name = body["enterpriseDisplayName"].as_str().unwrap_or_default();
        if name.chars().count() > 100 {
            return Err(Refusal::invalid("enterpriseDisplayName", "longer than 100 characters"));
        }
        let fields = masked(mask, body, &MODIFIABLE)?;
        for field in &fields {
            let mut value = body[field].clone();
            if field == "signinDetails" {
                for detail in value.as_array_mut().into_iter().flatten() {
                    let token = self.draw();
                    detail["qrCode"] = qr_code(&token).into();
                    detail["signinEnrollmentToken"] = token.into();
                }
            }
            let resource = &mut self.enterprise(id)?.resource;
            match value.is_null() {
                true => resource.remove(field),
                false => resource.insert(field.clone(), value),
            };
        }
        let resource = self.enterprise_resource(id)?;
        if fields.iter().any(|field| field == "pubsubTopic") {
            self.publish(id, "test", json!({}));
        }
        Ok(resource)
    }

    pub(super) fn create_token(&mut self, enterprise: &str, body: Value) -> Answer {
        trennwand_android::schema::check("EnrollmentToken", &body)?;
        self.enterprise(enterprise)?;
        let text = |name: &str| body[name].as_str();
        if text("additionalData").is_some_and(|data| data.chars().count() > 1024) {
            return Err(Refusal::invalid("additionalData", "longer than 1024 characters"));
        }
        let seconds = match text("duration").and_then(|d| d.strip_suffix('s')) {
            Some(seconds) => seconds.parse().unwrap_or(0.0),
            None => 3_600.0,
        };
        if seconds < 60.0 {
            return Err(Refusal::invalid("duration", "shorter than a minute"));
        }
        let policy = text("policyName").unwrap_or_default();
        if policy.contains('/')
            && !policy.starts_with(&format!("enterprises/{enterprise}/policies/"))
        {
            return Err(Refusal::invalid("policyName", "is of another enterprise"));
        }
        let (id, value) = (self.draw(), self.draw().to_uppercase());
        let expires =
            self.now().plus(trennwand_domain::Duration::from_secs_f64(f64::min(seconds, 3.0e11)));
        let mut resource: Map<String, Value> = body.as_object().cloned().unwrap_or_default();
        let name = format!("enterprises/{enterprise}/enrollmentTokens/{id}");
        resource.insert("name".into(), name.into());
        resource.insert("qrCode".into(), qr_code(&value).into());
        resource.insert("value".into(), value.into());
        resource.insert("expirationTimestamp".into(), expires.to_string().into());
        let mut answer = Value::Object(resource.clone());
        without_defaults(&mut answer);
        let token = super::world::EnrollmentToken { resource, expires, used: false };
        self.enterprise(enterprise)?.tokens.insert(id, token);
        Ok(answer)
    }

    pub(super) fn patch_policy(
        &mut self,
        enterprise: &str,
        id: &str,
        body: &Value,
        mask: Option<&str>,
    ) -> Answer {
        trennwand_android::schema::check("Policy", body)?;
        super::routes::check_policy(body)?;
        let known: Vec<_> = trennwand_android::schema::members("Policy")
            .filter(|member| !["name", "version"].contains(member))
            .collect();
        let fields = masked(mask, body, &known)?;
        let policy = self.enterprise(enterprise)?.policies.entry(id.to_owned()).or_default();
        if mask.is_none() {
            policy.retain(|name, _| name == "version");
        }
        for field in fields {
            match body[&field].is_null() {
                true => policy.remove(&field),
                false => policy.insert(field.clone(), body[&field].clone()),
            };
        }
        let version = policy.get("version").and_then(Value::as_str).and_then(|v| v.parse().ok());
        // "The version is incremented each time the policy is updated."
        policy.insert("version".into(), (version.unwrap_or(0_i64) + 1).to_string().into());
        self.policy_resource(enterprise, id).ok_or_else(Refusal::not_found)
    }

    /// "This operation is only permitted if no devices are currently referencing the policy."
    pub(super) fn delete_policy(&mut self, enterprise: &str, id: &str) -> Answer {
        let known = self.enterprise(enterprise)?;
        if known.devices.values().any(|d| !d.deleted && d.policy == id) {
            return Err(Refusal::precondition("Devices refer to the policy."));
        }
        known.policies.remove(id).ok_or_else(Refusal::not_found)?;
        Ok(json!({}))
    }
}

/// What the set-up wizard reads. The checksum is Android Device Policy's own in Google's
/// documentation; nothing here checks it.
fn qr_code(token: &str) -> String {
    json!({
        "android.app.extra.PROVISIONING_DEVICE_ADMIN_COMPONENT_NAME":
            "com.google.android.apps.work.clouddpc/.receivers.CloudDeviceAdminReceiver",
        "android.app.extra.PROVISIONING_DEVICE_ADMIN_SIGNATURE_CHECKSUM":
            "I5YvS0O5hXY46mb01BlRjq4oJJGs2kuUcHvVkAPEXlg",
        "android.app.extra.PROVISIONING_DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION":
            "https://play.google.com/managed/downloadManagingApp?identifier=setup",
        "android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE": {
            "com.google.android.apps.work.clouddpc.EXTRA_ENROLLMENT_TOKEN": token
        }
    })
    .to_string()
}
