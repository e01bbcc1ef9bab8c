use axum::extract::State;
use trennwand_domain::{Error, ReasonCode};
use trennwand_runtime::{Answer, Core, Write, Written, put_new_templates};
use trennwand_web::{ForTenant, Json, Problems, Result, need};

use super::Mail;
use crate::assignment;

/// Says where the tenant's mail lives. The account profile is compiled anew, and phones get it when
/// they connect.
#[utoipa::path(
    put,
    path = "/v1/tenants/{tenant}/mail",
    tag = "mail",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = Mail,
    responses(
        (status = 200, description = "The mail settings as they are now", body = Mail),
        (status = 409, description = "tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn mail_replace(
    State(core): State<Core>,
    tenant: ForTenant<need::Setup>,
    write: Write,
    Json(mail): Json<Mail>,
) -> Result<Written> {
    let settings = mail.into_settings()?;
    let store = core.store.tenant(tenant.scope());
    let head = store.head().await?;
    let head = head.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))?;
    let mut tx = core.store.transaction();
    if head.mail.as_ref() != Some(&settings) {
        let (changed, templates) =
            assignment::with_mail(&core, tenant.scope(), &head, settings.clone()).await?;
        put_new_templates(&store, &mut tx, &head, templates);
        store.put_head(&mut tx, &changed, Some(head.version));
    }
    let shown = Mail::from(settings);
    write.commit(&core, tx, tenant.scope().tenant(), Answer::ok(&shown)).await
}
