use axum::extract::State;
use serde::Serialize;
use trennwand_domain::{Device, DeviceId, DeviceState, Error, GroupId, UserId};
use trennwand_runtime::Core;
use trennwand_store::DeviceFilter;
use trennwand_web::{ForTenant, Id, Json, Listing, Paging, PagingParams, Problems, Result, need};
use utoipa::ToSchema;

/// A phone in a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    /// The phone.
    #[schema(value_type = String, example = "dev_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    device: DeviceId,
    /// Whose phone it is.
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// Where the enrolment stands.
    #[schema(value_type = String, example = "enrolled")]
    state: DeviceState,
}

impl From<Device> for Member {
    fn from(device: Device) -> Self {
        Self { device: device.id, user: device.user, state: device.state }
    }
}

/// Lists the phones in a group. Fewer than the limit, even none, may come with a cursor when the
/// tenant has many phones that are not in it.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/groups/{group}/members",
    tag = "groups",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("group" = String, Path, description = "The group"),
        PagingParams
    ),
    responses((status = 200, description = "A page of phones", body = Listing<Member>), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_member_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(group): Id<GroupId>,
    Paging(page): Paging,
) -> Result<Json<Listing<Member>>> {
    let scope = tenant.scope();
    if core.store.groups(scope).get(group).await?.is_none() {
        return Err(Error::not_found("group").into());
    }
    let filter = DeviceFilter { group: Some(group), ..DeviceFilter::default() };
    let listed = core.store.devices(scope).list(&filter, &page).await?;
    Ok(Json(listed.map(Member::from).into()))
}
