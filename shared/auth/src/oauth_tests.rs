use trennwand_domain::Secret;

use super::*;
use crate::token::tests::client;

fn form(fields: &[(&str, &str)]) -> TokenForm {
    let map = fields.iter().map(|(k, v)| ((*k).to_owned(), serde_json::Value::from(*v))).collect();
    serde_json::from_value(serde_json::Value::Object(map)).unwrap()
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn code(result: Result<impl std::fmt::Debug, OauthError>) -> OauthCode {
    result.unwrap_err().error
}

#[test]
fn a_client_authenticates_by_header_or_form() {
    let id = client().id.to_string();
    for (header, form) in [
        (Some(basic(&format!("{id}:secret"))), form(&[GRANT])),
        (Some(basic(&format!("{id}:secret"))), form(&[GRANT, ("client_id", &id)])),
        (None, form(&[GRANT, ("client_id", &id), ("client_secret", "secret")])),
    ] {
        let credentials = ClientCredentials::from_request(header.as_deref(), form).unwrap();
        let scopes = authenticate(Some(&client()), &credentials).unwrap();
        assert_eq!(scopes.to_string(), "setup devices:read");
        assert!(!format!("{credentials:?}").contains("\"secret\""));
    }
}

#[test]
fn malformed_requests_are_told_so() {
    let id = client().id.to_string();
    let good = basic(&format!("{id}:secret"));
    for (header, form, expected) in [
        (Some(&good), form(&[]), OauthCode::InvalidRequest),
        (Some(&good), form(&[("grant_type", "password")]), OauthCode::UnsupportedGrantType),
        (Some(&good), form(&[GRANT, ("client_secret", "secret")]), OauthCode::InvalidRequest),
        (Some(&good), form(&[GRANT, ("client_id", "cli_x")]), OauthCode::InvalidRequest),
        (None, form(&[GRANT]), OauthCode::InvalidClient),
        (None, form(&[GRANT, ("client_id", &id)]), OauthCode::InvalidClient),
        (None, form(&[GRANT, ("client_secret", "secret")]), OauthCode::InvalidClient),
        (Some(&"Basic".to_owned()), form(&[GRANT]), OauthCode::InvalidClient),
        (Some(&"Basic %%%".to_owned()), form(&[GRANT]), OauthCode::InvalidClient),
        (Some(&basic("no colon")), form(&[GRANT]), OauthCode::InvalidClient),
        (Some(&good.replace("Basic", "Bearer")), form(&[GRANT]), OauthCode::InvalidClient),
    ] {
        let result = ClientCredentials::from_request(header.map(String::as_str), form);
        assert_eq!(code(result), expected, "{header:?}");
    }
}

#[test]
fn unknown_revoked_and_wrong_are_the_same_refusal() {
    let presented = |secret: &str, scope: Option<&str>| ClientCredentials {
        client: Some(client().id),
        secret: ClientSecret::presented(secret.into()),
        scope: scope.map(ToOwned::to_owned),
    };
    let good = presented("secret", None);
    let revoked = Client { revoked: true, ..client() };
    let refusals = [
        authenticate(None, &good),
        authenticate(Some(&revoked), &good),
        authenticate(Some(&client()), &presented("Secret", None)),
        authenticate(Some(&client()), &presented("", None)),
        authenticate(Some(&client()), &ClientCredentials { client: None, ..good.clone() }),
    ];
    assert!(refusals.iter().all(|r| *r == Err(OauthError::invalid_client())), "{refusals:?}");
    assert_eq!(OauthError::invalid_client().status(), 401);

    let setup = presented("secret", Some("setup"));
    assert_eq!(authenticate(Some(&client()), &setup).unwrap().to_string(), "setup");
    for more in ["users", "setup users", "resellers", ""] {
        let result = authenticate(Some(&client()), &presented("secret", Some(more)));
        assert_eq!(code(result), OauthCode::InvalidScope, "{more}");
    }
}

#[test]
fn answers_have_the_shape_of_the_rfc() {
    let token = AccessToken {
        token: Secret::new("t".into()),
        expires_at: trennwand_domain::Timestamp::from_unix_s(0),
        scopes: [Scope::Setup].into_iter().collect(),
    };
    assert_eq!(
        serde_json::to_value(TokenResponse::from(token)).unwrap(),
        serde_json::json!({
            "access_token": "t", "token_type": "Bearer", "expires_in": 900, "scope": "setup",
        })
    );
    assert_eq!(
        serde_json::to_value(OauthError::invalid_client()).unwrap(),
        serde_json::json!({
            "error": "invalid_client", "error_description": "unknown client or wrong secret",
        })
    );
    let metadata = serde_json::to_value(ServerMetadata::new("https://mdm.example")).unwrap();
    assert_eq!(metadata["token_endpoint"], "https://mdm.example/oauth/token");
    assert_eq!(metadata["response_types_supported"], serde_json::json!([]));
}
