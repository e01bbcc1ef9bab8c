use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use trennwand_auth::Scope;
use trennwand_domain::{
    AssignmentHead, Device, DeviceId, Error, ErrorKind, Locale, Person, Platform, Purpose,
    ReasonCode, Result as DomainResult, Secret, TenantScope, User,
};
use trennwand_policy::{Template, Variables, WantedArtefact, render, wanted};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Language, Problems, Result, need};
use utoipa::ToSchema;

use super::{DevicePolicyView, ReasonView, Viewer};

/// What stands for personal values without the scope `personal_data`.
const REDACTED: &str = "redacted";

/// What one phone shall have, in the bytes in which it gets it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceArtifactView {
    /// The phone.
    #[schema(value_type = String, example = "dev_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    device: DeviceId,
    /// Which policy it is under.
    policy: Option<DevicePolicyView>,
    /// The restrictions.
    wall: ArtifactView,
    /// The managed account; `null` if there is none.
    account: Option<ArtifactView>,
    /// Why there is no account, such as `mail_identity_missing`.
    account_reason: Option<ReasonView>,
}

/// An artefact for one phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArtifactView {
    /// `wall` or `account`.
    #[schema(value_type = String, example = "wall")]
    purpose: Purpose,
    /// Names this rendering.
    #[schema(example = "9b1c0f2e7d3a4b5c6d7e")]
    token: String,
    /// `PayloadUUID` of the profile, made of the token: what the phone lists proves the version.
    #[schema(example = "2C6F5C1B-4C73-5E0D-9F2B-0E5A6C2B7D11")]
    uuid: String,
    /// `PayloadIdentifier` of the profile; the same for all versions.
    identifier: String,
    /// The template that it is a rendering of: SHA-256 of its text.
    template: String,
    /// The type of `body`.
    #[schema(example = "application/x-apple-aspen-config")]
    media_type: &'static str,
    /// Whether personal values are replaced, because the caller lacks the scope `personal_data`. Then
    /// `body` is not what the phone gets, byte for byte; otherwise it is.
    redacted: bool,
    /// The artefact: a configuration profile as XML property list, or JSON for Android.
    body: String,
}

/// Shows what a phone shall have, byte for byte. Personal values need the scope `personal_data`.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/devices/{device}/artifact",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    responses(
        (status = 200, description = "Wall and account", body = DeviceArtifactView),
        (status = 409, description = "tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["devices:read"]))
)]
pub(crate) async fn device_artifact_get(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesRead>,
    Language(locale): Language,
    Id(id): Id<DeviceId>,
) -> Result<Json<DeviceArtifactView>> {
    let scope = tenant.scope();
    let (devices, store) = (core.store.devices(scope), core.store.tenant(scope));
    let (device, head) = tokio::try_join!(devices.get(id), store.head())?;
    let device = device.ok_or_else(|| Error::not_found("device"))?;
    let head = head.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))?;
    let wanted = wanted(scope.tenant(), &head, &device);
    let wanted = wanted.ok_or_else(|| Error::not_found("artifact"))?;
    let personal = tenant.allows(Scope::PersonalData);
    let desk = Desk { core: &core, scope, head: &head, device: &device, personal };
    let wall = desk.artifact(Purpose::Wall, &wanted.wall).await?;
    let account = match &wanted.account {
        Ok(account) => desk.account(account).await?,
        Err(reason) => Err(*reason),
    };
    let viewer = Viewer { scope, head: Some(&head), locale, now: core.clock.now() };
    let shown = |reason: ReasonCode| reason_view(reason, locale);
    Ok(Json(DeviceArtifactView {
        device: id,
        policy: viewer.policy(&device).map(DevicePolicyView::from),
        wall,
        account_reason: account.as_ref().err().copied().map(shown),
        account: account.ok(),
    }))
}

fn reason_view(reason: ReasonCode, locale: Locale) -> ReasonView {
    reason.reason(locale, BTreeMap::new()).into()
}

/// Where one phone's artefacts are made for a caller.
struct Desk<'a> {
    core: &'a Core,
    scope: &'a TenantScope,
    head: &'a AssignmentHead,
    device: &'a Device,
    /// Whether the caller may see personal values.
    personal: bool,
}

impl Desk<'_> {
    /// The account, or why it is refused.
    async fn account(
        &self,
        wanted: &WantedArtefact,
    ) -> DomainResult<std::result::Result<ArtifactView, ReasonCode>> {
        match self.artifact(Purpose::Account, wanted).await {
            Ok(account) => Ok(Ok(account)),
            Err(error) => match error.kind() {
                ErrorKind::Conflict { code } => Ok(Err(*code)),
                _ => Err(error),
            },
        }
    }

    async fn artifact(
        &self,
        purpose: Purpose,
        wanted: &WantedArtefact,
    ) -> DomainResult<ArtifactView> {
        let template = self.core.templates.get(self.scope, wanted.digest).await?;
        let needs_person = template.personal();
        let person = if needs_person { self.person().await? } else { None };
        let mut body = self.render(&template, wanted, person.as_ref())?;
        let redacted = needs_person && !self.personal;
        if redacted {
            body = self.render(&template, wanted, Some(&nobody()))?;
        }
        Ok(ArtifactView {
            purpose,
            token: wanted.token.to_string(),
            uuid: wanted.uuid.clone(),
            identifier: wanted.identifier.clone(),
            template: wanted.digest.to_string(),
            media_type: match self.device.platform {
                Platform::Ios => "application/x-apple-aspen-config",
                Platform::Android => "application/json",
            },
            redacted,
            body: String::from_utf8(body).map_err(Error::internal)?,
        })
    }

    fn render(
        &self,
        template: &Template,
        wanted: &WantedArtefact,
        person: Option<&Person>,
    ) -> DomainResult<Vec<u8>> {
        let variables = Variables { organization: &self.head.organization, person };
        render(template, self.scope.tenant(), wanted.token, &variables)
    }

    /// The phone's user as the header knows it; `None` while a change of the user has not reached the
    /// header yet.
    async fn person(&self) -> DomainResult<Option<Person>> {
        let Some(user) = self.device.user else { return Ok(None) };
        let found = self.core.store.users(self.scope).person_bundle(user).await?;
        let as_known = |(user, _): &(User, Vec<u8>)| Some(user.variables) == self.device.person;
        match found.filter(as_known) {
            Some((user, wrapped)) => {
                self.core.vault.open_person(self.scope, &user, &wrapped).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

fn nobody() -> Person {
    let redacted = || Secret::new(REDACTED.to_owned());
    Person {
        external_id: None,
        email: redacted(),
        mail_login: Some(redacted()),
        display_name: Some(redacted()),
    }
}
