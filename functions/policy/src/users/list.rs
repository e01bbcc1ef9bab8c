use std::collections::HashMap;

use axum::extract::State;
use trennwand_auth::Scope;
use trennwand_domain::{User, UserId};
use trennwand_runtime::Core;
use trennwand_store::Listed;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::{UserView, view};

/// Lists the users.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/users",
    tag = "users",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "A page of users", body = Listing<UserView>),
        Problems
    ),
    security(("oauth2" = ["users"]))
)]
pub(crate) async fn user_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Users>,
    Paging(page): Paging,
) -> Result<Json<Listing<UserView>>> {
    let users = core.store.users(tenant.scope());
    let listed = users.list(&page).await?;
    if !tenant.allows(Scope::PersonalData) {
        return Ok(Json(listed.map(|user| UserView::new(&user, None)).into()));
    }
    let ids: Vec<UserId> = listed.items.iter().map(|user| user.id).collect();
    let bundles = users.person_bundles(&ids).await?;
    let mut bundles: HashMap<UserId, (User, Vec<u8>)> =
        bundles.into_iter().map(|bundle| (bundle.0.id, bundle)).collect();
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        // A user deleted since the list was read is left out.
        if let Some((user, wrapped_key)) = bundles.remove(&id) {
            items.push(view(&core, &tenant, &user, &wrapped_key).await?);
        }
    }
    Ok(Json(Listed { items, next: listed.next }.into()))
}
