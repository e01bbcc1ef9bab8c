use trennwand_domain::{Error, MailAuth, MailKind, MailSettings, Result};

/// Whether a phone can be given an account with these settings: `exchange` needs a host name,
/// `exchange_online` and `google_workspace` sign in by OAuth and have no host of their own.
///
/// # Errors
/// `invalid` with the path of the field (`host`, `auth`).
pub fn check_mail(mail: &MailSettings) -> Result<()> {
    match (mail.kind, mail.host.as_deref()) {
        (MailKind::None, _) => return Ok(()),
        (MailKind::Exchange, None) => {
            return Err(Error::invalid("host", "is needed for kind \"exchange\""));
        }
        (MailKind::Exchange, Some(host)) if !is_host_name(host) => {
            return Err(Error::invalid("host", "must be a host name such as mail.example.com"));
        }
        (MailKind::ExchangeOnline | MailKind::GoogleWorkspace, Some(_)) => {
            return Err(Error::invalid("host", "is only for kind \"exchange\""));
        }
        _ => {}
    }
    match (mail.kind, mail.auth) {
        (MailKind::ExchangeOnline | MailKind::GoogleWorkspace, MailAuth::Password) => {
            Err(Error::invalid("auth", "must be \"oauth\" for this kind"))
        }
        _ => Ok(()),
    }
}

/// RFC 1123 §2.1, at least two labels.
fn is_host_name(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_no_phone_could_use_are_refused() {
        use {
            MailAuth::{Oauth, Password},
            MailKind::{Exchange, ExchangeOnline, GoogleWorkspace},
        };
        for (kind, host, auth, field) in [
            (ExchangeOnline, None, Oauth, None),
            (ExchangeOnline, None, Password, Some("auth")),
            (ExchangeOnline, Some("mail.example.com"), Oauth, Some("host")),
            (Exchange, Some("mail.example.com"), Password, None),
            (Exchange, Some("mail.example.com"), Oauth, None),
            (Exchange, None, Password, Some("host")),
            (Exchange, Some("https://mail.example.com"), Password, Some("host")),
            (Exchange, Some("mail.example.com/"), Password, Some("host")),
            (Exchange, Some("localhost"), Password, Some("host")),
            (Exchange, Some("-a.example.com"), Password, Some("host")),
            (Exchange, Some("a..example.com"), Password, Some("host")),
            (GoogleWorkspace, None, Oauth, None),
            (GoogleWorkspace, None, Password, Some("auth")),
            (MailKind::None, None, Oauth, None),
        ] {
            let mail = MailSettings { kind, host: host.map(str::to_owned), auth };
            let refused = check_mail(&mail).err().map(|e| e.to_string());
            let named = refused.as_deref().and_then(|m| m.split(':').next());
            assert_eq!(named, field, "{mail:?}");
        }
    }
}
