use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use trennwand_domain::{Error, PolicyTemplate, Result as DomainResult, Target};
use trennwand_policy::{PolicyDocument, artifacts, forbidden_phrase};
use trennwand_runtime::{
    Answer, Core, DocumentSchema, Write, Written, policy_refused, read_document,
};
use trennwand_web::{ForReseller, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::PolicyTemplateView;
use crate::names;

/// The longest description.
const MAX_DESCRIPTION: usize = 500;

/// A policy to be offered to tenants.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPolicyTemplate {
    /// Its name, which policies made of it get.
    #[schema(min_length = 1, max_length = 120, example = "Trades, strict")]
    name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Whether new tenants are born with it, in place of the service's own preset; then no other
    /// template of the reseller is.
    #[serde(default)]
    for_new_tenants: bool,
    /// What shall hold on the phones. It must be sound on every kind of phone that can be enrolled,
    /// now or later: all but `android-fully-managed`, which has no private side.
    #[schema(value_type = DocumentSchema)]
    document: Value,
}

/// Offers a policy to the reseller's tenants. What would let business contacts out on some kind of
/// phone is refused.
#[utoipa::path(
    post,
    path = "/v1/templates",
    tag = "templates",
    request_body = NewPolicyTemplate,
    responses(
        (status = 201, description = "The new template", body = PolicyTemplateView),
        (status = 422, description = "policy_refused"),
        Problems
    ),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn template_create(
    State(core): State<Core>,
    reseller: ForReseller<need::Tenants>,
    write: Write,
    Json(new): Json<NewPolicyTemplate>,
) -> Result<Written> {
    let document = read_document(&new.document)?;
    sound(&document)?;
    let template = PolicyTemplate {
        id: core.ids.mint(),
        name: harmless("name", names::name(&new.name)?)?,
        description: new.description.as_deref().map(description).transpose()?,
        document: document.canonical_json(),
        created_at: core.clock.now(),
    };
    let templates = core.store.policy_templates(reseller.reseller());
    let mut tx = core.store.transaction();
    templates.insert(&mut tx, &template);
    let id = template.id;
    if new.for_new_tenants {
        templates.put_for_new_tenants(&mut tx, id);
    }
    let shown = PolicyTemplateView::new(template, new.for_new_tenants.then_some(id))?;
    write.commit(&core, tx, id, Answer::created(&shown)).await
}

/// Whether the document can be put on every kind of phone that can be enrolled, now or later.
pub(crate) fn sound(document: &PolicyDocument) -> Result<()> {
    let mut targets = Target::ALL.iter().filter(|target| **target != Target::AndroidFullyManaged);
    targets
        .try_for_each(|&target| artifacts(document, target, None).map(drop))
        .map_err(|refusal| policy_refused(&refusal))
}

fn description(text: &str) -> DomainResult<String> {
    let text = text.trim();
    let plain = |c: char| !c.is_control() || c == '\n';
    if text.chars().count() > MAX_DESCRIPTION || !text.chars().all(plain) {
        let message = "expected at most 500 characters, no control characters";
        return Err(Error::invalid("description", message));
    }
    harmless("description", text.to_owned())
}

/// Nothing that tenants read may claim what cannot be claimed.
fn harmless(field: &'static str, text: String) -> DomainResult<String> {
    match forbidden_phrase(&text) {
        None => Ok(text),
        Some(phrase) => Err(Error::invalid(field, format!("must not say \"{phrase}\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preset_is_sound_and_so_is_what_is_stricter() {
        sound(&PolicyDocument::preset()).unwrap();
        let strict = r#"{"schema_version":1,"messengers":"blocked","non_compliance":"block"}"#;
        sound(&PolicyDocument::parse(strict).unwrap()).unwrap();
    }

    #[test]
    fn no_template_claims_what_cannot_be_claimed() {
        assert_eq!(description(" For trades ").unwrap(), "For trades");
        for wrong in ["100 % DSGVO-konform", "a\u{7}b", &"x".repeat(501)] {
            assert!(description(wrong).is_err(), "{wrong}");
        }
    }
}
