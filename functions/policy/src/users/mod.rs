pub(crate) mod create;
pub(crate) mod delete;
mod fields;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod update;

use serde::Serialize;
use trennwand_auth::Scope;
use trennwand_domain::{Locale, Person, Result, Secret, Timestamp, User, UserId};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, need};
use utoipa::ToSchema;

/// A person who uses a managed phone. What identifies the person is there only for clients with
/// the scope `personal_data`.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    /// Identity.
    #[schema(value_type = String, example = "usr_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: UserId,
    /// Who it is, if the client may know.
    #[serde(flatten)]
    person: Option<PersonView>,
    /// The language of pages, `de` or `en`.
    #[schema(value_type = String, example = "de")]
    locale: Locale,
    /// When the user was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What identifies a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonView {
    /// The tenant's own name for the person.
    external_id: Option<String>,
    /// E-mail address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// Name to sign in to mail with, if it is not the address.
    mail_login: Option<String>,
    /// Name for people.
    display_name: Option<String>,
}

impl From<&Person> for PersonView {
    fn from(person: &Person) -> Self {
        let text = |secret: &Option<Secret<String>>| secret.as_ref().map(|s| s.expose().clone());
        Self {
            external_id: text(&person.external_id),
            email: person.email.expose().clone(),
            mail_login: text(&person.mail_login),
            display_name: text(&person.display_name),
        }
    }
}

impl UserView {
    fn new(user: &User, person: Option<&Person>) -> Self {
        Self {
            id: user.id,
            person: person.map(PersonView::from),
            locale: user.locale,
            created_at: user.created_at,
        }
    }
}

/// The user as this caller may see it.
async fn view(
    core: &Core,
    tenant: &ForTenant<need::Users>,
    user: &User,
    wrapped_key: &[u8],
) -> Result<UserView> {
    if !tenant.allows(Scope::PersonalData) {
        return Ok(UserView::new(user, None));
    }
    let person = core.vault.open_person(tenant.scope(), user, wrapped_key).await?;
    Ok(UserView::new(user, Some(&person)))
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{Sealed, Token};

    use super::*;

    #[test]
    fn without_personal_data_a_user_is_only_an_identity() {
        let user = User {
            id: UserId::from_bits(1),
            external_id_hash: None,
            email_hash: [0; 16],
            person: Sealed::from_bytes(vec![]),
            variables: Token::default(),
            locale: Locale::De,
            created_at: Timestamp::from_unix_s(1_795_000_000),
            revision: 0,
        };
        let shown = serde_json::to_value(UserView::new(&user, None)).unwrap();
        let expected = serde_json::json!({
            "id": "usr_00000000000000000000000001",
            "locale": "de",
            "created_at": "2026-11-18T11:06:40Z",
        });
        assert_eq!(shown, expected);
        let person = Person {
            external_id: None,
            email: Secret::new("anna@example.com".into()),
            mail_login: None,
            display_name: Some(Secret::new("Anna".into())),
        };
        let shown = serde_json::to_value(UserView::new(&user, Some(&person))).unwrap();
        assert_eq!(shown["email"], "anna@example.com");
        assert_eq!(shown["mail_login"], serde_json::Value::Null);
    }
}
