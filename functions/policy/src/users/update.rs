use axum::extract::State;
use serde::{Deserialize, Deserializer};
use trennwand_auth::Scope;
use trennwand_domain::{Error, Locale, Person, Result as DomainResult, Secret, User, UserId};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{UserView, fields};

/// What is to change about a user. A member that is null is removed, one that is absent stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// The tenant's own name for the person.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 200)]
    external_id: Option<Option<String>>,
    /// E-mail address; cannot be removed.
    #[serde(default)]
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Name to sign in to mail with.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 200)]
    mail_login: Option<Option<String>>,
    /// Name for people.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 200)]
    display_name: Option<Option<String>>,
    /// The language of pages, `de` or `en`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    locale: Option<Locale>,
}

/// Tells a member that is null from one that is absent.
fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}

impl UserChange {
    fn apply(&self, person: Person) -> DomainResult<Person> {
        let text = |field, change: &Option<Option<String>>, before: Option<Secret<String>>| {
            let Some(change) = change else {
                return Ok(before);
            };
            change.as_deref().map(|text| fields::text(field, text)).transpose()
        };
        let email = self.email.as_deref().map(|text| fields::email("email", text)).transpose()?;
        Ok(Person {
            external_id: text("external_id", &self.external_id, person.external_id)?,
            email: email.unwrap_or(person.email),
            mail_login: text("mail_login", &self.mail_login, person.mail_login)?,
            display_name: text("display_name", &self.display_name, person.display_name)?,
        })
    }
}

/// Changes a user. Phones whose account profile uses what changed get a new one when they connect.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{tenant}/users/{user}",
    tag = "users",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("user" = String, Path, description = "The user")
    ),
    request_body = UserChange,
    responses(
        (status = 200, description = "The user as it is now", body = UserView),
        (status = 409, description = "already_exists"),
        Problems
    ),
    security(("oauth2" = ["users"]))
)]
pub(crate) async fn user_update(
    State(core): State<Core>,
    tenant: ForTenant<need::Users>,
    write: Write,
    Id(id): Id<UserId>,
    Json(change): Json<UserChange>,
) -> Result<Written> {
    let scope = tenant.scope();
    let users = core.store.users(scope);
    let bundle = users.person_bundle(id).await?;
    let (before, wrapped_key) = bundle.ok_or_else(|| Error::not_found("user"))?;
    let person = change.apply(core.vault.open_person(scope, &before, &wrapped_key).await?)?;
    let sealed = core.vault.seal_person(scope, id, &wrapped_key, &person).await?;
    let after = User {
        external_id_hash: sealed.external_id_hash,
        email_hash: sealed.email_hash,
        person: sealed.sealed,
        variables: sealed.variables,
        locale: change.locale.unwrap_or(before.locale),
        ..before
    };
    let mut tx = core.store.transaction();
    // The stream's consumer brings the new hash into the headers of the user's phones.
    users.update(&mut tx, &before, &after);
    let shown = tenant.allows(Scope::PersonalData).then_some(&person);
    write.commit(&core, tx, id, Answer::ok(&UserView::new(&after, shown))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Person {
        Person {
            external_id: Some(Secret::new("4711".into())),
            email: Secret::new("anna@example.com".into()),
            mail_login: Some(Secret::new("anna.b".into())),
            display_name: None,
        }
    }

    fn change(json: &str) -> DomainResult<Person> {
        serde_json::from_str::<UserChange>(json).unwrap().apply(anna())
    }

    #[test]
    fn what_is_absent_stays_and_what_is_null_goes() {
        assert_eq!(change("{}").unwrap(), anna());
        let changed = change(r#"{"mail_login":null,"display_name":"Anna Berg"}"#).unwrap();
        assert_eq!(changed.mail_login, None);
        assert_eq!(changed.display_name.unwrap().expose(), "Anna Berg");
        assert_eq!(changed.external_id.unwrap().expose(), "4711");
    }

    #[test]
    fn an_address_is_checked_like_a_new_one() {
        assert_eq!(change(r#"{"email":"nobody"}"#).unwrap_err().code(), "invalid");
        let changed = change(r#"{"email":"anna.berg@example.com"}"#).unwrap();
        assert_eq!(changed.email.expose(), "anna.berg@example.com");
    }
}
