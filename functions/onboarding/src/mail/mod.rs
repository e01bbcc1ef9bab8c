pub(crate) mod read;
pub(crate) mod replace;

use serde::{Deserialize, Serialize};
use trennwand_domain::{Error, MailAuth, MailKind, MailSettings, Result};
use trennwand_policy::check_mail;
use utoipa::ToSchema;

/// Where the tenant's mail lives and how its phones sign in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    /// `exchange_online`, `exchange`, `google_workspace` or `none`.
    #[schema(value_type = String, example = "exchange_online")]
    kind: MailKind,
    /// Host of the ActiveSync server; only for `exchange`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "mail.example.com")]
    host: Option<String>,
    /// How phones sign in; may be left out where the kind leaves no choice.
    #[serde(default)]
    auth: Option<Auth>,
}

/// How a phone signs in to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Auth {
    /// In the provider's web page.
    Oauth,
    /// With a password that the user types on the phone.
    Password,
    /// With a certificate; not offered yet.
    ClientCertificate,
}

impl Mail {
    /// The settings, if a phone can be given an account with them.
    fn into_settings(self) -> Result<MailSettings> {
        let auth = match (self.auth, self.kind) {
            (Some(Auth::Oauth), _) => MailAuth::Oauth,
            (Some(Auth::Password), _) => MailAuth::Password,
            (Some(Auth::ClientCertificate), _) => {
                let message = "signing in with a client certificate is not offered yet; \
                               allowed are oauth and password";
                return Err(Error::invalid("auth", message));
            }
            (None, MailKind::Exchange) => {
                return Err(Error::invalid("auth", "is missing; allowed are oauth and password"));
            }
            (None, _) => MailAuth::Oauth,
        };
        let settings = MailSettings { kind: self.kind, host: self.host, auth };
        match settings.kind {
            // Every phone's request reads the settings: nothing is kept that nobody needs.
            MailKind::None if settings.host.is_some() => {
                return Err(Error::invalid("host", "is for exchange only"));
            }
            MailKind::None => {}
            _ => check_mail(&settings)?,
        }
        Ok(settings)
    }
}

impl From<MailSettings> for Mail {
    fn from(settings: MailSettings) -> Self {
        let auth = match settings.auth {
            MailAuth::Oauth => Auth::Oauth,
            MailAuth::Password => Auth::Password,
        };
        Self { kind: settings.kind, host: settings.host, auth: Some(auth) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<MailSettings> {
        serde_json::from_str::<Mail>(json).unwrap().into_settings()
    }

    #[test]
    fn a_client_certificate_is_refused_in_plain_words() {
        let refusal = read(r#"{"kind":"exchange","host":"m.example","auth":"client_certificate"}"#);
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code(), "invalid");
        assert!(refusal.to_string().contains("not offered yet"), "{refusal}");
    }

    #[test]
    fn an_exchange_server_of_ones_own_needs_host_and_auth() {
        assert!(read(r#"{"kind":"exchange","auth":"password"}"#).is_err());
        assert!(read(r#"{"kind":"exchange","host":"mail.example.com"}"#).is_err());
        let settings = read(r#"{"kind":"exchange","host":"mail.example.com","auth":"password"}"#);
        assert_eq!(settings.unwrap().auth, MailAuth::Password);
    }

    #[test]
    fn wanting_no_account_needs_nothing_else() {
        let refusal = read(r#"{"kind":"none","host":"mail.example.com"}"#).unwrap_err();
        assert!(refusal.to_string().contains("host"), "{refusal}");
        assert_eq!(read(r#"{"kind":"none"}"#).unwrap().kind, MailKind::None);
        assert_eq!(read(r#"{"kind":"none","auth":"password"}"#).unwrap().kind, MailKind::None);
    }
}
