use axum::extract::State;
use serde::Deserialize;
use trennwand_auth::Scope;
use trennwand_domain::{Locale, Person, Result as DomainResult, User};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{UserView, fields};

/// A user to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// The tenant's own name for the person; two users cannot have the same.
    #[serde(default)]
    #[schema(max_length = 200)]
    external_id: Option<String>,
    /// E-mail address.
    #[schema(example = "anna@example.com", max_length = 254)]
    email: String,
    /// Name to sign in to mail with, if it is not the address.
    #[serde(default)]
    #[schema(max_length = 200)]
    mail_login: Option<String>,
    /// Name for people.
    #[serde(default)]
    #[schema(max_length = 200)]
    display_name: Option<String>,
    /// The language of pages, `de` or `en`; `en` if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    locale: Option<Locale>,
}

impl NewUser {
    fn person(&self) -> DomainResult<Person> {
        let text = |field, text: &Option<String>| {
            text.as_deref().map(|text| fields::text(field, text)).transpose()
        };
        Ok(Person {
            external_id: text("external_id", &self.external_id)?,
            email: fields::email("email", &self.email)?,
            mail_login: text("mail_login", &self.mail_login)?,
            display_name: text("display_name", &self.display_name)?,
        })
    }
}

/// Creates a user. What identifies the person is sealed with a key of the person's own.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/users",
    tag = "users",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewUser,
    responses(
        (status = 201, description = "The new user", body = UserView),
        (status = 409, description = "already_exists"),
        Problems
    ),
    security(("oauth2" = ["users"]))
)]
pub(crate) async fn user_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Users>,
    write: Write,
    Json(new): Json<NewUser>,
) -> Result<Written> {
    let person = new.person()?;
    let id = core.ids.mint();
    let sealed = core.vault.seal_new_person(tenant.scope(), id, &person).await?;
    let user = User {
        id,
        external_id_hash: sealed.external_id_hash,
        email_hash: sealed.email_hash,
        person: sealed.sealed,
        variables: sealed.variables,
        locale: new.locale.unwrap_or_default(),
        created_at: core.clock.now(),
        revision: 0,
    };
    let mut tx = core.store.transaction();
    core.store.users(tenant.scope()).insert(&mut tx, &user, &sealed.wrapped_key);
    let shown = tenant.allows(Scope::PersonalData).then_some(&person);
    write.commit(&core, tx, id, Answer::created(&UserView::new(&user, shown))).await
}
