//! The operations of the API document, and who may call them.

use std::collections::BTreeMap;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::world::{World, text};

/// The scopes of each level, as the interface contract has them.
const OPERATOR: [&str; 1] = ["resellers"];
pub(super) const RESELLER: [&str; 6] =
    ["setup", "tenants", "brand", "usage", "webhooks", "clients"];
pub(super) const TENANT: [&str; 9] = [
    "setup",
    "users",
    "enrollments",
    "devices:read",
    "devices:command",
    "policies",
    "personal_data",
    "evidence",
    "audit",
];

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Everyone,
    Anyone,
    Operator,
    Reseller,
    /// The reseller, about one of its tenants.
    ResellerOfTenant,
    Tenant,
}

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(super) path: String,
    pub(super) scope: Option<String>,
    pub(crate) who: Who,
    /// Its description in the document.
    pub(crate) about: Value,
}

impl Operation {
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }

    /// Its path with these values.
    pub(crate) fn filled(&self, values: &Ids) -> String {
        self.parameters().fold(self.path.clone(), |path, name| {
            let value = values.get(name);
            let value = value.unwrap_or_else(|| panic!("{name} of {} is unknown here", self.path));
            path.replace(&format!("{{{name}}}"), value)
        })
    }

    fn of(method: &str, path: &str, about: &Value) -> Self {
        let id = text(about, "operationId");
        let schemes = about["security"].as_array().cloned().unwrap_or_default();
        let scopes = schemes.first().map(|scheme| scheme["oauth2"].as_array().expect("oauth2"));
        let scope = scopes.and_then(|s| s.first()).map(|s| s.as_str().expect("a scope").to_owned());
        let who = match (&scope, scopes) {
            (_, None) => Who::Everyone,
            (None, Some(_)) => Who::Anyone,
            (Some(scope), _) => who_has(scope, path),
        };
        let method = method.to_uppercase().parse().expect("a method");
        Self { id, method, path: path.into(), scope, who, about: about.clone() }
    }
}

fn who_has(scope: &str, path: &str) -> Who {
    let in_tenant = path.contains("{tenant}");
    if TENANT.contains(&scope) && in_tenant {
        Who::Tenant
    } else if RESELLER.contains(&scope) {
        if in_tenant { Who::ResellerOfTenant } else { Who::Reseller }
    } else if OPERATOR.contains(&scope) && !in_tenant {
        Who::Operator
    } else {
        panic!("nobody has the scope {scope} for {path}")
    }
}

/// A body that would be accepted from someone who may, where an empty object would not be.
pub(crate) fn body_of(operation: &str) -> Value {
    match operation {
        "reseller_create" | "tenant_create" | "client_create" | "reseller_client_create" => {
            json!({ "name": "Other" })
        }
        "user_create" => json!({ "email": "berta@musterbau.example" }),
        "enrollment_create" => json!({ "platform": "ios", "ownership": "personal" }),
        "command_create" => json!({ "type": "security_info" }),
        "brand_replace" => json!({ "name": "Nordwand IT" }),
        "policy_create" | "template_create" => {
            json!({ "name": "Other", "document": { "schema_version": 1 } })
        }
        "policy_replace" => json!({ "document": { "schema_version": 1 } }),
        "rollout_create" => json!({ "version": 1 }),
        "group_create" => json!({ "name": "Drivers" }),
        "assignment_create" => {
            json!({ "policy": "pol_00000000000000000000000001", "scope": "everyone" })
        }
        "mail_replace" => json!({ "kind": "none" }),
        "agreement_create" => json!({ "version": "demonstration" }),
        "android_update" => json!({ "devices": 5 }),
        "device_wipe" => json!({ "scope": "business", "confirm": "dev_0", "reason": "lost" }),
        _ => json!({}),
    }
}

/// What the parameters of paths stand for.
pub(crate) type Ids = BTreeMap<&'static str, String>;

/// Every operation of the document that the server shows.
pub(super) async fn document(world: &World, http: &Client) -> Vec<Operation> {
    let url = format!("{}/openapi.json", world.server.base_url());
    let document: Value = http.get(url).send().await.expect("200").json().await.expect("JSON");
    let methods = ["get", "put", "post", "patch", "delete"];
    let paths = document["paths"].as_object().expect("paths");
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let members = item.as_object().expect("a path item");
            let operations = members.iter().filter(|(method, _)| methods.contains(&&***method));
            operations.map(move |(method, about)| Operation::of(method, path, about))
        })
        .collect();
    assert!(operations.len() >= 45, "the document has all operations");
    operations
}
