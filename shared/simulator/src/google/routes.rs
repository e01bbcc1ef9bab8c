//! Paths and what they do; the rules that the discovery document puts into words.

use serde_json::{Value, json};

use super::{
    refusal::{Answer, Refusal},
    world::World,
};

/// Google's default for a project: "1,000 queries per 100 seconds".
const QUERIES_PER_100_S: usize = 1_000;

/// The pairs of a query.
#[derive(Default)]
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// One request to the API.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Below `/v1/`.
    pub(super) path: &'a str,
    pub(super) query: Query,
    pub(super) bearer: &'a str,
    pub(super) body: &'a [u8],
}

impl World {
    pub(super) fn serve(&mut self, request: &Request<'_>) -> Answer {
        self.log.push(format!("{} {}", request.method, request.path));
        if let Some(ordered) = self.failures.pop_front() {
            return Err(ordered);
        }
        let now = self.now();
        if self.access_tokens.get(request.bearer).is_none_or(|until| *until <= now) {
            return Err(Refusal::unauthenticated());
        }
        if !self.admit(QUERIES_PER_100_S) {
            return Err(Refusal::quota());
        }
        let body = match request.body {
            [] => json!({}),
            body => serde_json::from_slice(body)
                .map_err(|_| Refusal::invalid("", "the body is no JSON"))?,
        };
        self.route(request, body)
    }

    fn route(&mut self, request: &Request<'_>, body: Value) -> Answer {
        let query = &request.query;
        let mask = query.one("updateMask");
        let (path, verb) = request.path.split_once(':').unwrap_or((request.path, ""));
        let parts: Vec<_> = path.split('/').collect();
        match (request.method, parts.as_slice(), verb) {
            ("POST", ["signupUrls"], "") => self.create_signup(query),
            ("GET", ["enterprises"], "") => self.list_enterprises(query),
            ("POST", ["enterprises"], "") => self.create_enterprise(query, &body),
            ("GET", ["enterprises", e], "") => self.enterprise_resource(e),
            ("PATCH", ["enterprises", e], "") => self.patch_enterprise(e, &body, mask),
            ("DELETE", ["enterprises", e], "") => {
                self.enterprise(e)?;
                Err(Refusal::precondition("Only available for EMM-managed enterprises."))
            }
            ("POST", ["enterprises", e, "enrollmentTokens"], "") => self.create_token(e, body),
            ("DELETE", ["enterprises", e, "enrollmentTokens", t], "") => {
                self.enterprise(e)?.tokens.remove(*t).ok_or_else(Refusal::not_found)?;
                Ok(json!({}))
            }
            ("GET", ["enterprises", e, "policies", p], "") => {
                self.enterprise(e)?;
                self.policy_resource(e, p).ok_or_else(Refusal::not_found)
            }
            ("PATCH", ["enterprises", e, "policies", p], "") => {
                self.patch_policy(e, p, &body, mask)
            }
            ("DELETE", ["enterprises", e, "policies", p], "") => self.delete_policy(e, p),
            ("GET", ["enterprises", e, "devices"], "") => {
                let size = query.one("pageSize").and_then(|size| size.parse().ok());
                self.list_devices(e, size, query.one("pageToken"))
            }
            ("GET", ["enterprises", e, "devices", d], "") => {
                self.device(e, d)?;
                self.device_resource(e, d).ok_or_else(Refusal::not_found)
            }
            ("PATCH", ["enterprises", e, "devices", d], "") => self.patch_device(e, d, &body, mask),
            ("DELETE", ["enterprises", e, "devices", d], "") => {
                self.device(e, d)?.deleted = true;
                Ok(json!({}))
            }
            ("POST", ["enterprises", e, "devices", d], "issueCommand") => {
                self.issue_command(e, d, body)
            }
            ("GET", ["enterprises", e, "devices", d, "operations", o], "") => {
                self.operation(e, d, o)
            }
            ("POST", ["enterprises", e, "devices", d, "operations", o], "cancel") => {
                self.cancel(e, d, o)
            }
            ("GET", ["enterprises", e, "applications", package], "") => {
                self.enterprise(e)?;
                let known = self.applications.get(*package);
                let mut app = known.cloned().ok_or_else(Refusal::not_found)?;
                app["name"] = path.into();
                Ok(app)
            }
            _ => Err(Refusal::not_found()),
        }
    }
}

/// The members that a patch is about: those of the mask, or all that may be changed and are there.
pub(super) fn masked(
    mask: Option<&str>,
    body: &Value,
    modifiable: &[&str],
) -> Result<Vec<String>, Refusal> {
    let Some(mask) = mask else {
        let there = modifiable.iter().filter(|name| !body[**name].is_null());
        return Ok(there.map(|name| (*name).to_owned()).collect());
    };
    let fields: Vec<_> = mask.split(',').map(str::to_owned).collect();
    match fields.iter().find(|field| !modifiable.contains(&field.as_str())) {
        Some(_) => Err(Refusal::invalid("updateMask", "names what cannot be changed")),
        None => Ok(fields),
    }
}

/// What the discovery document says about members that depend on each other.
pub(super) fn check_policy(policy: &Value) -> Result<(), Refusal> {
    let apps = policy["applications"].as_array().map_or(&[][..], Vec::as_slice);
    if apps.len() > 3_000 {
        return Err(Refusal::invalid("applications", "more than 3,000"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (i, app) in apps.iter().enumerate() {
        let package = app["packageName"].as_str().unwrap_or_default();
        if package.is_empty() || !seen.insert(package) {
            let path = format!("applications[{i}].packageName");
            return Err(Refusal::invalid(path, "is missing or there twice"));
        }
    }
    let cross = &policy["crossProfilePolicies"];
    let exempt = "exemptionsToShowWorkContactsInPersonalProfile";
    let shows = cross["showWorkContactsInPersonalProfile"].as_str().unwrap_or("UNSPECIFIED");
    // "When this is set, exemptions_to_show_work_contacts_in_personal_profile must not be set."
    if shows.ends_with("UNSPECIFIED") && !cross[exempt].is_null() {
        return Err(Refusal::invalid(format!("crossProfilePolicies.{exempt}"), "must not be set"));
    }
    // "appFunctions must not be set to APP_FUNCTIONS_DISALLOWED, otherwise the policy will be rejected"
    let functions = "crossProfileAppFunctions";
    if policy["appFunctions"] == "APP_FUNCTIONS_DISALLOWED"
        && cross[functions] == "CROSS_PROFILE_APP_FUNCTIONS_ALLOWED"
    {
        return Err(Refusal::invalid(format!("crossProfilePolicies.{functions}"), "contradiction"));
    }
    for (i, rule) in policy["policyEnforcementRules"].as_array().into_iter().flatten().enumerate() {
        // "Note: blockAction must also be specified", and the other way round.
        if rule["blockAction"].is_null() || rule["wipeAction"].is_null() {
            let path = format!("policyEnforcementRules[{i}]");
            return Err(Refusal::invalid(path, "needs both actions"));
        }
    }
    // "If the duration is set to a value smaller than the minimum duration, the feature returns an error."
    if matches!(policy["personalUsagePolicies"]["maxDaysWithWorkOff"].as_i64(), Some(1 | 2)) {
        let path = "personalUsagePolicies.maxDaysWithWorkOff";
        return Err(Refusal::invalid(path, "must be 0 or at least 3"));
    }
    Ok(())
}
