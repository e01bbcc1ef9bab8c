use axum::extract::State;
use trennwand_web::{ForTenant, Json, Language, Problems, Result, need};

use super::AndroidView;
use crate::AndroidState;

/// Shows where the tenant stands with Google, and how many phones may be enrolled.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/android",
    tag = "android",
    params(("tenant" = String, Path, description = "The tenant")),
    responses((status = 200, description = "Where it stands", body = AndroidView), Problems),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn android_get(
    State(state): State<AndroidState>,
    tenant: ForTenant<need::Setup>,
    Language(locale): Language,
) -> Result<Json<AndroidView>> {
    let android = state.core.store.android(tenant.scope());
    let (binding, policies) = tokio::try_join!(android.binding(), android.policies())?;
    Ok(Json(AndroidView::new(&state, binding.as_ref(), &policies.0, locale)))
}
