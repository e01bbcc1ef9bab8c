use serde_json::{Value, json};
use trennwand_android::schema::Violation;

/// Google says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) status: &'static str,
    pub(super) message: String,
    pub(super) field: Option<String>,
}

pub(super) type Answer = Result<Value, Refusal>;

impl Refusal {
    fn new(code: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), field: None }
    }

    pub(super) fn invalid(field: impl Into<String>, why: &str) -> Self {
        let field = field.into();
        let message = format!("Invalid value at '{field}': {why}");
        Self { field: Some(field), ..Self::new(400, "INVALID_ARGUMENT", message) }
    }

    pub(super) fn precondition(why: &str) -> Self {
        Self::new(400, "FAILED_PRECONDITION", why)
    }

    pub(super) fn unauthenticated() -> Self {
        Self::new(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "PERMISSION_DENIED", "Caller is not authorized to manage enterprise.")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "Requested entity was not found.")
    }

    pub(super) fn quota() -> Self {
        Self::new(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Queries'.")
    }

    pub(super) fn ordered(code: u16, status: &'static str) -> Self {
        Self::new(code, status, "as ordered by the test")
    }

    pub(super) fn body(&self) -> Value {
        let details = self.field.as_ref().map(|field| {
            let violation = json!({"field": field, "description": self.message});
            json!([{
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [violation]
            }])
        });
        let mut error = json!({"code": self.code, "message": self.message, "status": self.status});
        if let Some(details) = details {
            error["details"] = details;
        }
        json!({"error": error})
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::invalid(violation.path, violation.why)
    }
}

/// Google's JSON has no members that have their default, except within an app's own configuration.
pub(super) fn without_defaults(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if name != "managedConfiguration" {
                    without_defaults(member);
                }
            }
            members.retain(|name, member| name == "managedConfiguration" || !is_default(member));
        }
        Value::Array(all) => all.iter_mut().for_each(without_defaults),
        _ => {}
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text.ends_with("_UNSPECIFIED"),
        Value::Array(all) => all.is_empty(),
        Value::Bool(true) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_left_out_but_not_from_an_app_s_own_configuration() {
        let mut policy = json!({
            "screenCaptureDisabled": false, "addUserDisabled": true, "minimumApiLevel": 0,
            "applications": [{"packageName": "a.b", "disabled": false,
                "managedConfiguration": {"ssl": false, "port": 0, "host": ""}}],
            "accountTypesWithManagementDisabled": [], "crossProfilePolicies": {},
            "playStoreMode": "PLAY_STORE_MODE_UNSPECIFIED"
        });
        without_defaults(&mut policy);
        assert_eq!(
            policy,
            json!({
                "addUserDisabled": true, "crossProfilePolicies": {},
                "applications": [{"packageName": "a.b",
                    "managedConfiguration": {"ssl": false, "port": 0, "host": ""}}]
            })
        );
    }
}
