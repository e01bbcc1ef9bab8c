use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use trennwand_domain::{Duration, Result, Timestamp};

use crate::GoogleKeys;

/// Google's two ways to write its own name.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// How far Google's clock and ours may be apart.
const LEEWAY: Duration = Duration::from_secs(60);

/// The longest life of such a token: Google's live an hour.
const LONGEST: Duration = Duration::from_secs(2 * 3600);

/// Tokens of Google's have about 1 KB.
const MAX_BYTES: usize = 8 * 1024;

/// Who may send notifications: what was said when the push subscription was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// `pushConfig.oidcToken.audience`.
    pub audience: String,
    /// `pushConfig.oidcToken.serviceAccountEmail`.
    pub email: String,
}

/// Why a sender is not believed; for the log, callers are not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No token, more than one, or not a JWT with the claims of one.
    Malformed,
    /// Signed in another way than RS256.
    Algorithm,
    /// Names no key of Google's.
    Key,
    /// The signature does not fit.
    Signature,
    /// Not issued by Google.
    Issuer,
    /// Meant for somebody else.
    Audience,
    /// Not of our service account, or its address is not verified.
    Email,
    /// Its time is over, or it lives too long.
    Expired,
    /// Its time has not come.
    NotYet,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
}

/// Checks the token that a Pub/Sub push bears, at `now` by our clock.
///
/// # Errors
/// Outside, if Google's keys cannot be had; inside, why the sender is not believed.
pub(crate) async fn check(
    keys: &GoogleKeys,
    expected: &Expected,
    token: &str,
    now: Timestamp,
) -> Result<Result<(), Refused>> {
    if token.len() > MAX_BYTES {
        return Ok(Err(Refused::Malformed));
    }
    let Ok(header) = jsonwebtoken::decode_header(token) else {
        return Ok(Err(Refused::Malformed));
    };
    if header.alg != Algorithm::RS256 {
        return Ok(Err(Refused::Algorithm));
    }
    let Some(id) = header.kid.filter(|id| id.len() <= 128) else {
        return Ok(Err(Refused::Key));
    };
    let Some(key) = keys.find(&id).await? else { return Ok(Err(Refused::Key)) };
    // Times, issuer and audience are checked below: the crate's clock is not ours.
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = match jsonwebtoken::decode::<Claims>(token, &key, &validation) {
        Ok(decoded) => decoded.claims,
        Err(error) => {
            return Ok(Err(match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => Refused::Signature,
                _ => Refused::Malformed,
            }));
        }
    };
    Ok(believe(&claims, expected, now))
}

fn believe(claims: &Claims, expected: &Expected, now: Timestamp) -> Result<(), Refused> {
    let (now, leeway) = (now.unix_s(), LEEWAY.as_secs() as i64);
    let life = claims.exp.saturating_sub(claims.iat);
    if !ISSUERS.contains(&claims.iss.as_str()) {
        return Err(Refused::Issuer);
    }
    if claims.aud != expected.audience {
        return Err(Refused::Audience);
    }
    if !claims.email_verified || claims.email.is_empty() || claims.email != expected.email {
        return Err(Refused::Email);
    }
    if claims.exp.saturating_add(leeway) < now || life > LONGEST.as_secs() as i64 {
        return Err(Refused::Expired);
    }
    if claims.iat > now.saturating_add(leeway) {
        return Err(Refused::NotYet);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    fn claims() -> Claims {
        Claims {
            iss: ISSUERS[0].into(),
            aud: "https://mdm.example/android/notifications".into(),
            iat: NOW.unix_s() - 10,
            exp: NOW.unix_s() + 3590,
            email: "push@platform.iam.example".into(),
            email_verified: true,
        }
    }

    #[test]
    fn every_claim_is_looked_at_with_our_clock() {
        let expected = Expected {
            audience: "https://mdm.example/android/notifications".into(),
            email: "push@platform.iam.example".into(),
        };
        let check = |change: fn(&mut Claims)| {
            let mut claims = claims();
            change(&mut claims);
            believe(&claims, &expected, NOW)
        };
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(|c| c.iss = "accounts.google.com".into()), Ok(()));
        assert_eq!(
            check(|c| c.iss = "https://accounts.google.com.evil".into()),
            Err(Refused::Issuer)
        );
        assert_eq!(check(|c| c.aud.push('/')), Err(Refused::Audience));
        assert_eq!(check(|c| c.email = "other@platform.iam.example".into()), Err(Refused::Email));
        assert_eq!(check(|c| c.email_verified = false), Err(Refused::Email));
        let nobody = Expected { email: String::new(), ..expected.clone() };
        let nameless = Claims { email: String::new(), ..claims() };
        assert_eq!(believe(&nameless, &nobody, NOW), Err(Refused::Email));
        assert_eq!(check(|c| c.exp = NOW.unix_s() - 60), Ok(()));
        assert_eq!(check(|c| c.exp = NOW.unix_s() - 61), Err(Refused::Expired));
        assert_eq!(check(|c| c.exp = i64::MAX), Err(Refused::Expired));
        assert_eq!(check(|c| c.iat = NOW.unix_s() + 61), Err(Refused::NotYet));
    }
}
