use axum::extract::State;
use trennwand_domain::{Device, DeviceState, Error, ReasonCode, UserId};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_store::{DeviceFilter, Page};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use crate::enrollments::take_back;

/// Deletes a user together with the key that everything personal is sealed with, and takes open
/// invitations back; 409 while the user still has phones under management.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/users/{user}",
    tag = "users",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("user" = String, Path, description = "The user")
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "user_has_devices"),
        Problems
    ),
    security(("oauth2" = ["users"]))
)]
pub(crate) async fn user_delete(
    State(core): State<Core>,
    tenant: ForTenant<need::Users>,
    write: Write,
    Id(id): Id<UserId>,
) -> Result<Written> {
    let scope = tenant.scope();
    let users = core.store.users(scope);
    let user = users.get(id).await?.ok_or_else(|| Error::not_found("user"))?;
    let filter = DeviceFilter { user: Some(id), ..DeviceFilter::default() };
    let mut page = Page::first(100);
    loop {
        let listed = core.store.devices(scope).list(&filter, &page).await?;
        if listed.items.iter().any(stands_in_the_way) {
            return Err(Error::conflict(ReasonCode::UserHasDevices).into());
        }
        for device in listed.items.iter().filter(|d| d.state == DeviceState::Invited) {
            let enrollments = core.store.enrollments(scope);
            let invitation = enrollments.get(device.enrollment).await?;
            if let Some(open) = invitation.filter(|e| !e.revoked && !e.is_used()) {
                let mut tx = core.store.transaction();
                take_back(&core, scope, &mut tx, &open);
                write.note(&core, &mut tx, open.id);
                tx.commit().await?;
            }
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    let mut tx = core.store.transaction();
    users.delete(&mut tx, &user);
    write.commit(&core, tx, id, Answer::no_content()).await
}

fn stands_in_the_way(device: &Device) -> bool {
    device.state.is_managed() || device.state == DeviceState::Enrolling
}
