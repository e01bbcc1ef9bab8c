use std::borrow::Cow;

use trennwand_domain::{DeviceId, DeviceState, Duration, Result, TenantScope};
use trennwand_runtime::{Audience, Message, RuleChange, Wake};
use trennwand_store::WakeTarget;

use crate::PushState;

/// Targets in one message: 250 B each, in a message of at most 256 KB.
const PER_MESSAGE: usize = 500;

/// The phones to be pushed to right here, and how many were handed on in further messages.
pub(crate) async fn targets<'a>(
    state: &PushState,
    scope: &TenantScope,
    audience: &'a Audience,
) -> Result<(Cow<'a, [WakeTarget]>, usize)> {
    let devices = state.core.store.devices(scope);
    match audience {
        Audience::Targets(targets) => Ok((Cow::Borrowed(targets), 0)),
        Audience::Devices(ids) => {
            let targets = devices.push_targets(ids).await?;
            Ok((Cow::Owned(awake(targets)), 0))
        }
        Audience::Tenant => divided(state, scope, None).await,
        Audience::Concerned(change) => divided(state, scope, Some(change)).await,
    }
}

/// The tenant's phones, or those that a change concerns, in further messages if they are many.
async fn divided<'a>(
    state: &PushState,
    scope: &TenantScope,
    change: Option<&RuleChange>,
) -> Result<(Cow<'a, [WakeTarget]>, usize)> {
    let (first, mut cursor) = page(state, scope, change, None).await?;
    let mut waiting = awake(first);
    if cursor.is_none() && waiting.len() <= PER_MESSAGE {
        return Ok((Cow::Owned(waiting), 0));
    }
    let mut handed_on = hand_on(state, scope, &mut waiting, true).await?;
    while let Some(from) = cursor {
        let (page, next) = page(state, scope, change, Some(from)).await?;
        waiting.extend(awake(page));
        cursor = next;
        handed_on += hand_on(state, scope, &mut waiting, cursor.is_some()).await?;
    }
    handed_on += hand_on(state, scope, &mut waiting, false).await?;
    Ok((Cow::Owned(Vec::new()), handed_on))
}

async fn page(
    state: &PushState,
    scope: &TenantScope,
    change: Option<&RuleChange>,
    from: Option<DeviceId>,
) -> Result<(Vec<WakeTarget>, Option<DeviceId>)> {
    let devices = state.core.store.devices(scope);
    let Some(change) = change else { return devices.page_push_targets(from).await };
    let (phones, next) = devices.page_index(from).await?;
    let concerned = phones.into_iter().filter(|phone| change.concerns(&phone.traits()));
    Ok((concerned.filter_map(|phone| phone.wake).collect(), next))
}

/// Phones whose token is dead are left alone until they send another one.
fn awake(targets: Vec<WakeTarget>) -> Vec<WakeTarget> {
    targets.into_iter().filter(|t| t.state != DeviceState::PushLost).collect()
}

/// Publishes full messages, and with `keep_rest` unset the rest too.
async fn hand_on(
    state: &PushState,
    scope: &TenantScope,
    waiting: &mut Vec<WakeTarget>,
    keep_rest: bool,
) -> Result<usize> {
    let mut handed_on = 0;
    while waiting.len() >= PER_MESSAGE || !keep_rest && !waiting.is_empty() {
        let some = waiting.drain(..waiting.len().min(PER_MESSAGE)).collect::<Vec<_>>();
        handed_on += some.len();
        let wake = Wake { tenant: scope.tenant(), audience: Audience::Targets(some) };
        state.publisher.publish(&Message::Wake(wake), Duration::ZERO).await?;
    }
    Ok(handed_on)
}
