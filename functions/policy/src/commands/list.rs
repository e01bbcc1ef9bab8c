use axum::extract::State;
use trennwand_domain::{DeviceId, Error, Result as DomainResult};
use trennwand_runtime::Core;
use trennwand_store::{Devices, Listed, Page};
use trennwand_web::{ForTenant, Id, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::CommandView;

/// Lists a phone's commands: what is waiting, in the order of delivery, then the answered.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/devices/{device}/commands",
    tag = "commands",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone"),
        PagingParams
    ),
    responses(
        (status = 200, description = "A page of commands", body = Listing<CommandView>),
        Problems
    ),
    security(("oauth2" = ["devices:read"]))
)]
pub(crate) async fn command_list(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesRead>,
    Id(id): Id<DeviceId>,
    Paging(page): Paging,
) -> Result<Json<Listing<CommandView>>> {
    let devices = core.store.devices(tenant.scope());
    if devices.get(id).await?.is_none() {
        return Err(Error::not_found("device").into());
    }
    let listed = match Place::read(page.cursor.as_deref())? {
        Place::Waiting(cursor) => waiting(devices, id, page.limit, cursor).await?,
        Place::Answered(cursor) => answered(devices, id, page.limit, cursor).await?,
    };
    Ok(Json(listed.into()))
}

/// Where in the two lists that are shown as one a page begins.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Waiting(Option<String>),
    Answered(Option<String>),
}

impl Place {
    fn read(cursor: Option<&str>) -> DomainResult<Self> {
        let own = |rest: &str| Some(rest).filter(|rest| !rest.is_empty()).map(str::to_owned);
        match cursor.map(|cursor| cursor.split_at_checked(1)) {
            None => Ok(Self::Waiting(None)),
            Some(Some(("w", rest))) => Ok(Self::Waiting(own(rest))),
            Some(Some(("a", rest))) => Ok(Self::Answered(own(rest))),
            Some(_) => Err(Error::invalid("cursor", "is not a cursor of this list")),
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Waiting(cursor) => format!("w{}", cursor.as_deref().unwrap_or_default()),
            Self::Answered(cursor) => format!("a{}", cursor.as_deref().unwrap_or_default()),
        }
    }
}

/// A page that begins among the waiting; what is left of it is filled with the answered.
async fn waiting(
    devices: Devices<'_>,
    id: DeviceId,
    limit: u32,
    cursor: Option<String>,
) -> DomainResult<Listed<CommandView>> {
    let queue = devices.queue(id, &Page { limit, cursor }).await?;
    let mut items: Vec<_> = queue.items.iter().map(CommandView::from).collect();
    if queue.next.is_some() {
        return Ok(Listed { items, next: Some(Place::Waiting(queue.next).write()) });
    }
    let room = limit.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
    if room == 0 {
        return Ok(Listed { items, next: Some(Place::Answered(None).write()) });
    }
    let rest = answered(devices, id, room, None).await?;
    items.extend(rest.items);
    Ok(Listed { items, next: rest.next })
}

async fn answered(
    devices: Devices<'_>,
    id: DeviceId,
    limit: u32,
    cursor: Option<String>,
) -> DomainResult<Listed<CommandView>> {
    let results = devices.results(id, &Page { limit, cursor }).await?;
    let next = results.next.map(|next| Place::Answered(Some(next)).write());
    Ok(Listed { items: results.items.into_iter().map(CommandView::from).collect(), next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_in_which_list_the_page_begins() {
        assert_eq!(Place::read(None).unwrap(), Place::Waiting(None));
        for place in [
            Place::Waiting(Some("cmd_1".into())),
            Place::Answered(None),
            Place::Answered(Some("cmd_2".into())),
        ] {
            assert_eq!(Place::read(Some(&place.write())).unwrap(), place);
        }
        for wrong in ["", "x", "cmd_1", "é"] {
            assert_eq!(Place::read(Some(wrong)).unwrap_err().code(), "invalid", "{wrong}");
        }
    }
}
