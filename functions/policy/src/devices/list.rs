use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use trennwand_auth::Scope;
use trennwand_domain::{
    DeviceState, Error, GroupId, Ownership, Platform, PolicyId, ReasonCode, Result as DomainResult,
    Target, TenantScope, Timestamp, UserId, Verdict,
};
use trennwand_runtime::Core;
use trennwand_store::DeviceFilter;
use trennwand_web::{
    ForTenant, Json, Language, Listing, Paging, PagingParams, Problems, Query, Result, need,
};
use utoipa::IntoParams;

use super::{DeviceView, Viewer};

/// How many users a search by address can mean.
const MAX_PERSONS: usize = 100;

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
    /// A group that it is in.
    #[serde(default)]
    group: Option<String>,
    /// The policy that it is under.
    #[serde(default)]
    policy: Option<String>,
    /// Not heard of since this moment, or never (RFC 3339).
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    last_seen_before: Option<String>,
    /// The identifier of a phone or a user, or (with the scope `personal_data`) exactly the e-mail
    /// address or `external_id` of a user.
    #[serde(default)]
    #[param(max_length = 254)]
    q: Option<String>,
}

impl DeviceQuery {
    fn filter(&self, now: Timestamp) -> DomainResult<DeviceFilter> {
        Ok(DeviceFilter {
            platform: word("platform", &self.platform, Platform::ALL, Platform::from_word)?,
            ownership: word("ownership", &self.ownership, Ownership::ALL, Ownership::from_word)?,
            target: word("target", &self.target, Target::ALL, Target::from_word)?,
            state: word("state", &self.state, DeviceState::ALL, DeviceState::from_word)?,
            verdict: self.verdict()?.filter(is_stored).map(|verdict| (verdict, now)),
            user: self.user.as_deref().map(user).transpose()?,
            group: self.group.as_deref().map(group).transpose()?,
            last_seen_before: self.last_seen_before.as_deref().map(moment).transpose()?,
            ..DeviceFilter::default()
        })
    }

    fn verdict(&self) -> DomainResult<Option<Verdict>> {
        self.verdict.as_deref().map(verdict).transpose()
    }

    fn policy(&self) -> DomainResult<Option<PolicyId>> {
        let wrong = |_| Error::invalid("policy", "expected an identifier pol_…");
        self.policy.as_deref().map(|id| id.parse().map_err(wrong)).transpose()
    }
}

/// Whether a verdict can be looked for in what is stored. A phone also reads as `unknown` while it has
/// not reported what it shall have by now.
const fn is_stored(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::Unknown)
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

fn group(text: &str) -> DomainResult<GroupId> {
    text.parse().map_err(|_| Error::invalid("group", "expected an identifier grp_…"))
}

fn user(text: &str) -> DomainResult<UserId> {
    text.parse().map_err(|_| Error::invalid("user", "expected an identifier usr_…"))
}

fn moment(text: &str) -> DomainResult<Timestamp> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| {
        Error::invalid("last_seen_before", "expected a time such as 2026-11-24T09:00:00Z")
    })
}

/// Narrows the filter down to what was searched for.
async fn search(
    core: &Core,
    scope: &TenantScope,
    filter: &mut DeviceFilter,
    text: &str,
    knows_persons: bool,
) -> DomainResult<()> {
    if let Ok(id) = text.parse() {
        filter.id = Some(id);
    } else if let Ok(user) = text.parse() {
        filter.users = Some(vec![user]);
    } else if knows_persons {
        filter.users = Some(persons(core, scope, text).await?);
    } else {
        return Err(Error::forbidden(ReasonCode::InsufficientScope));
    }
    Ok(())
}

/// The users with this address or this name of the tenant's own. Both are stored as keyed hashes, so
/// only the whole text finds something.
async fn persons(core: &Core, scope: &TenantScope, text: &str) -> DomainResult<Vec<UserId>> {
    let users = core.store.users(scope);
    let found = users.by_email(core.vault.email_hash(scope, text).await?).await?;
    let named = core.vault.external_id_hash(scope, text.trim()).await?;
    let mut found: Vec<_> = found.into_iter().map(|user| user.id).collect();
    found.extend(users.by_external_id(named).await?.map(|user| user.id));
    found.sort_unstable();
    found.dedup();
    found.truncate(MAX_PERSONS);
    Ok(found)
}

/// Lists the phones that match. Fewer than the limit, even none, may come with a cursor when most are
/// filtered out.
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
    let mut filter = query.filter(now)?;
    let policy = query.policy()?;
    if let Some(text) = query.q.as_deref() {
        search(&core, scope, &mut filter, text, tenant.allows(Scope::PersonalData)).await?;
    }
    let head = core.store.tenant(scope).head().await?.map(Arc::new);
    let viewer = Viewer { scope, head: head.as_deref(), locale, now };
    if let Some(id) = policy {
        // Which policy a phone is under follows from the head; it is not stored with the phone.
        let in_force = head.as_ref().filter(|_| viewer.is_in_force(id));
        let Some(head) = in_force else {
            return Ok(Json(Listing { items: Vec::new(), next_cursor: None }));
        };
        filter.under = Some((id, Arc::clone(head)));
    }
    let listed = core.store.devices(scope).list(&filter, &page).await?;
    let mut listed = listed.map(|device| viewer.as_of_now(device));
    if let Some(wanted) = query.verdict()? {
        listed.items.retain(|device| device.controls.verdict_at(now) == wanted);
    }
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
            group: Some("grp_00000000000000000000000002".into()),
            last_seen_before: Some("2026-11-18T11:06:40Z".into()),
            ..DeviceQuery::default()
        };
        let expected = DeviceFilter {
            platform: Some(Platform::Ios),
            ownership: Some(Ownership::Company),
            target: Some(Target::IosDevice),
            state: Some(DeviceState::PushLost),
            verdict: Some((Verdict::Stale, NOON)),
            user: Some(UserId::from_bits(1)),
            group: Some(GroupId::from_bits(2)),
            last_seen_before: Some(NOON),
            ..DeviceFilter::default()
        };
        assert_eq!(query.filter(NOON).unwrap(), expected);
        let unknown = DeviceQuery { verdict: Some("unknown".into()), ..DeviceQuery::default() };
        assert_eq!(unknown.filter(NOON).unwrap(), DeviceFilter::default(), "decided by reading");
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
        let query = DeviceQuery { group: Some("drivers".into()), ..DeviceQuery::default() };
        assert_eq!(query.filter(NOON).unwrap_err().code(), "invalid");
        let last_seen_before = Some("yesterday".into());
        let query = DeviceQuery { last_seen_before, ..DeviceQuery::default() };
        assert_eq!(query.filter(NOON).unwrap_err().code(), "invalid");
        let query = DeviceQuery { policy: Some("preset".into()), ..DeviceQuery::default() };
        assert_eq!(query.policy().unwrap_err().code(), "invalid");
    }
}
