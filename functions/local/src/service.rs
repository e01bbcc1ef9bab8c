use std::sync::Arc;

use axum::Router;
use trennwand_auth::{Issuer, Verifier};
use trennwand_domain::{Authenticator, Duration, Result, TenantScope};
use trennwand_fn_enrollment::{EnrollmentState, ProfileSigner};
use trennwand_fn_events::EventsState;
use trennwand_fn_onboarding::{Onboarding, TestPortal, provision, rebrand};
use trennwand_fn_push::PushState;
use trennwand_push::Pusher;
use trennwand_runtime::{Core, Message, Publisher};
use trennwand_web::Shell;

use crate::{api, files::Secrets, portal::LocalPortal, queue::Queue};

/// No cache of heads or names: there is one process, and people try things out.
const KEEP: Duration = Duration::ZERO;

/// The routes of every function on one port.
pub(crate) fn router(core: &Core, secrets: Secrets) -> Router {
    let issuer = Issuer::new(
        secrets.token_key,
        Arc::clone(&core.base_url),
        Arc::clone(&core.clock),
        Arc::clone(&core.entropy),
    );
    let state = core.api(Verifier::of(&issuer));
    let signer = ProfileSigner {
        key: secrets.profile_signer.key,
        chain: vec![secrets.profile_signer.certificate],
    };
    let onboarding =
        Onboarding { core: core.clone(), gate: state.gate.clone(), issuer: Arc::new(issuer) };
    let routes = trennwand_fn_onboarding::router(onboarding)
        .merge(trennwand_fn_policy::router(state))
        .merge(api::router(api::api_document()))
        .merge(trennwand_fn_enrollment::router(EnrollmentState::new(core.clone(), Some(signer))))
        .merge(trennwand_fn_checkin::router(trennwand_fn_checkin::State::new(core.clone(), KEEP)));
    trennwand_web::finish(routes, Shell { ids: core.ids.clone(), function: "local" })
}

/// What the stream's reader needs.
pub(crate) fn events(core: &Core, queue: &Queue<Message>) -> EventsState {
    let publisher: Arc<dyn Publisher> = Arc::new(queue.clone());
    EventsState { core: core.clone(), publisher, head_delay: KEEP }
}

/// Lets the functions behind the queues work on messages.
pub(crate) fn serve_queue(
    core: &Core,
    queue: &Queue<Message>,
    pusher: Arc<dyn Pusher>,
    test_portal: bool,
) {
    let publisher: Arc<dyn Publisher> = Arc::new(queue.clone());
    let push = PushState::new(core.clone(), pusher, Arc::clone(&publisher));
    let core = core.clone();
    queue.serve(move |message| {
        let (core, push) = (core.clone(), push.clone());
        let queue = Arc::clone(&publisher);
        async move { work(&core, &push, &*queue, test_portal, message).await }
    });
}

async fn work(
    core: &Core,
    push: &PushState,
    queue: &dyn Publisher,
    test_portal: bool,
    message: Message,
) -> Result<()> {
    match message {
        Message::Provision { tenant } => {
            #[expect(clippy::disallowed_methods, reason = "the authenticator of this queue")]
            let scope = TenantScope::vouched(Authenticator::QueueMessage, tenant);
            let portal = test_portal.then_some(&LocalPortal as &dyn TestPortal);
            provision(core, &scope, portal).await
        }
        Message::Rebrand { reseller, after } => {
            let Some(after) = rebrand(core, reseller, after).await? else { return Ok(()) };
            let rest = Message::Rebrand { reseller, after: Some(after) };
            queue.publish(&rest, Duration::ZERO).await
        }
        Message::Wake(wake) => trennwand_fn_push::handle(push, &wake).await.map(drop),
    }
}
