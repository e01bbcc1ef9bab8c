use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use trennwand_android::{Class, Enterprise, EnterpriseName, Signup, class};
use trennwand_domain::{
    AndroidBinding, BindingState, Error, OneTimeToken, Result, Secret, TenantScope,
};
use trennwand_web::Language;

use super::pending;
use crate::{
    AndroidState,
    page::{Said, say},
};

/// What Google adds to the address.
#[derive(Deserialize)]
pub(crate) struct Returned {
    /// Proves that the sign-up was finished.
    #[serde(rename = "enterpriseToken")]
    enterprise_token: Option<String>,
}

/// `GET /android/callback/{token}`: Google leads the company's administrator here at the end of the
/// sign-up. The token in the path says whose sign-up it is and works once; the one in the query
/// makes the enterprise.
pub(crate) async fn signup_callback(
    State(state): State<AndroidState>,
    Path(token): Path<String>,
    Query(returned): Query<Returned>,
    Language(locale): Language,
) -> Response {
    let said = match finish(&state, &token, returned.enterprise_token).await {
        Ok(Some(())) => (StatusCode::OK, Said::Bound),
        Ok(None) => (StatusCode::NOT_FOUND, Said::UnknownSignup),
        Err(error) => {
            tracing::error!(?error, "a sign-up at Google was not finished");
            match class(&error) {
                Class::NotFound | Class::Precondition | Class::Refused | Class::Forbidden => {
                    (StatusCode::CONFLICT, Said::SignupRefused)
                }
                Class::Retryable | Class::Quota => {
                    (StatusCode::SERVICE_UNAVAILABLE, Said::TryAgain)
                }
            }
        }
    };
    say(locale, said.0, said.1)
}

/// `None` if there is no such sign-up (any more).
async fn finish(
    state: &AndroidState,
    token: &str,
    enterprise_token: Option<String>,
) -> Result<Option<()>> {
    let store = &state.core.store;
    let Some(token) = OneTimeToken::parse(token) else { return Ok(None) };
    let Some(enterprise_token) = enterprise_token.filter(|t| !t.is_empty() && t.len() <= 4096)
    else {
        return Ok(None);
    };
    let Some(scope) = store.directory().signup(&token).await? else { return Ok(None) };
    let Some(binding) = store.android(&scope).binding().await? else { return Ok(None) };
    if binding.callback != Some(token.hash()) {
        return Ok(None);
    }
    if binding.state == BindingState::Bound {
        // The page was loaded again.
        return Ok(Some(()));
    }
    let name = binding.signup.as_deref().and_then(|name| name.parse().ok());
    let name = name.ok_or_else(|| Error::internal("a sign-up without a name"))?;
    let signup = Signup { name, token: Secret::new(enterprise_token) };
    let name = enterprise(state, &scope, &binding, &signup).await?;
    pending::record(state, &scope, &binding, &name).await.map(Some)
}

/// Lets Google make the enterprise. Google does so once: if it refuses, an earlier try may have had its
/// effect, and its answer been lost.
async fn enterprise(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
    signup: &Signup,
) -> Result<EnterpriseName> {
    let told = pending::told(state, scope, binding).await?;
    let error = match state.google.create_enterprise(signup, &told).await {
        Ok(Enterprise { name: Some(name), .. }) => return Ok(name),
        Ok(_) => Error::unavailable("Google made a nameless enterprise"),
        Err(error) => error,
    };
    match pending::find(state, scope, binding).await {
        Ok(found) => found.ok_or(error),
        Err(why) => {
            tracing::warn!(error = ?why, "an enterprise that may have been made cannot be looked for");
            Err(error)
        }
    }
}
