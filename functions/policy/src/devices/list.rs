use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    DeviceState, Error, Ownership, Platform, Result as DomainResult, Target, Timestamp, UserId,
    Verdict,
};
use trennwand_runtime::Core;
use trennwand_store::DeviceFilter;
use trennwand_web::{
    ForTenant, Json, Language, Listing, Paging, PagingParams, Problems, Query, Result, need,
};
use utoipa::IntoParams;

use super::{DeviceView, Viewer};

/// Which phones are wanted; all that is said must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeviceQuery {
    /// `ios` or `android`.
    #[serde(default)]
    platform: Option<String>,
    /// `personal` or `company`.
    #[serde(default)]
    ownership: Option<String>,
    /// The kind of management, such as `ios-device`.
    #[serde(default)]
    target: Option<String>,
    /// Where the enrolment stands, such as `enrolled`.
    #[serde(default)]
    state: Option<String>,
    /// The verdict as it reads now, such as `violated`.
    #[serde(default)]
    verdict: Option<String>,
    /// Whose phone it is.
    #[serde(default)]
    user: Option<String>,
}

impl DeviceQuery {
    fn filter(&self, now: Timestamp) -> DomainResult<DeviceFilter> {
        Ok(DeviceFilter {
            platform: word("platform", &self.platform, Platform::ALL, Platform::from_word)?,
            ownership: word("ownership", &self.ownership, Ownership::ALL, Ownership::from_word)?,
            target: word("target", &self.target, Target::ALL, Target::from_word)?,
            state: word("state", &self.state, DeviceState::ALL, DeviceState::from_word)?,
            verdict: self.verdict.as_deref().map(verdict).transpose()?.map(|v| (v, now)),
            user: self.user.as_deref().map(user).transpose()?,
            ..DeviceFilter::default()
        })
    }
}

fn word<T: std::fmt::Display>(
    field: &'static str,
    text: &Option<String>,
    all: &[T],
    parse: impl Fn(&str) -> Option<T>,
) -> DomainResult<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(ToString::to_string).collect();
        Error::invalid(field, format!("expected one of {}", words.join(", ")))
    })
}

fn verdict(text: &str) -> DomainResult<Verdict> {
    let all = (0..=u8::MAX).map_while(Verdict::from_number);
    all.into_iter().find(|v| v.as_str() == text).ok_or_else(|| {
        let message = "expected one of proven, inferred, unknown, stale, violated, not_applicable";
        Error::invalid("verdict", message)
    })
}

fn user(text: &str) -> DomainResult<UserId> {
    text.parse().map_err(|_| Error::invalid("user", "expected an identifier usr_…"))
}

/// Lists the phones that match.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/devices",
    tag = "devices",
    params(("tenant" = String, Path, description = "The tenant"), DeviceQuery, PagingParams),
    responses(
        (status = 200, description = "A page of phones", body = Listing<DeviceView>),
        Problems
    ),
    security(("oauth2" = ["devices:read"]))
)]
pub(crate) async fn device_list(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesRead>,
    Language(locale): Language,
    Query(query): Query<DeviceQuery>,
    Paging(page): Paging,
) -> Result<Json<Listing<DeviceView>>> {
    let scope = tenant.scope();
    let now = core.clock.now();
    let filter = query.filter(now)?;
    let head = core.store.tenant(scope).head().await?;
    let viewer = Viewer { scope, head: head.as_ref(), locale, now };
    let listed = core.store.devices(scope).list(&filter, &page).await?;
    Ok(Json(listed.map(|device| viewer.view(&device)).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn filters_are_read_in_the_words_of_the_api() {
        let query = DeviceQuery {
            platform: Some("ios".into()),
            ownership: Some("company".into()),
            target: Some("ios-device".into()),
            state: Some("push_lost".into()),
            verdict: Some("stale".into()),
            user: Some("usr_00000000000000000000000001".into()),
        };
        let expected = DeviceFilter {
            platform: Some(Platform::Ios),
            ownership: Some(Ownership::Company),
            target: Some(Target::IosDevice),
            state: Some(DeviceState::PushLost),
            verdict: Some((Verdict::Stale, NOON)),
            user: Some(UserId::from_bits(1)),
            last_seen_before: None,
        };
        assert_eq!(query.filter(NOON).unwrap(), expected);
        assert_eq!(DeviceQuery::default().filter(NOON).unwrap(), DeviceFilter::default());
    }

    #[test]
    fn other_words_are_refused_with_the_right_ones() {
        let query = DeviceQuery { state: Some("lost".into()), ..DeviceQuery::default() };
        let refusal = query.filter(NOON).unwrap_err().to_string();
        assert!(refusal.contains("state") && refusal.contains("push_lost"), "{refusal}");
        let query = DeviceQuery { verdict: Some("good".into()), ..DeviceQuery::default() };
        assert_eq!(query.filter(NOON).unwrap_err().code(), "invalid");
        let query = DeviceQuery { user: Some("anna".into()), ..DeviceQuery::default() };
        assert_eq!(query.filter(NOON).unwrap_err().code(), "invalid");
    }
}
