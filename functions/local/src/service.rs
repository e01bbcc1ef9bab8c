use std::sync::Arc;

use axum::Router;
use trennwand_auth::{Issuer, Verifier};
use trennwand_domain::{Authenticator, Duration, Result, TenantScope};
use trennwand_fn_android::AndroidState;
use trennwand_fn_enrollment::{EnrollmentState, ProfileSigner};
use trennwand_fn_events::EventsState;
use trennwand_fn_onboarding::{
    Onboarding, TestPortal, accept_for_demonstration, provision, rebrand,
};
use trennwand_fn_push::PushState;
use trennwand_push::Pusher;
use trennwand_runtime::{Core, Message, Publisher};
use trennwand_web::Shell;

use crate::{
    android::{self, LocalAndroid},
    api,
    files::Secrets,
    portal::LocalPortal,
    queue::Queue,
};

/// No cache of heads or names: there is one process, and people try things out.
const KEEP: Duration = Duration::ZERO;

/// The routes of every function on one port.
pub(crate) fn router(
    core: &Core,
    secrets: Secrets,
    android: &LocalAndroid,
) -> (Router, AndroidState) {
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
    let onboarding = Onboarding {
        core: core.clone(),
        gate: state.gate.clone(),
        issuer: Arc::new(issuer),
        terms: Some(Arc::new(android::terms())),
    };
    let google = android.state(core, state.gate.clone());
    let routes = trennwand_fn_onboarding::router(onboarding)
        .merge(trennwand_fn_android::router(google.clone()))
        .merge(trennwand_fn_policy::router(state))
        .merge(api::router(api::api_document()))
        .merge(trennwand_fn_enrollment::router(EnrollmentState::new(core.clone(), Some(signer))))
        .merge(trennwand_fn_checkin::router(trennwand_fn_checkin::State::new(core.clone(), KEEP)));
    let shell = Shell { ids: core.ids.clone(), function: "local" };
    (trennwand_web::finish(routes, shell), google)
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
    android: AndroidState,
    portal: Portal,
) {
    let publisher: Arc<dyn Publisher> = Arc::new(queue.clone());
    let push = PushState::new(core.clone(), pusher, Arc::clone(&publisher));
    let core = core.clone();
    queue.serve(move |message| {
        let (core, push, android) = (core.clone(), push.clone(), android.clone());
        let queue = Arc::clone(&publisher);
        async move { work(&core, &push, &android, &*queue, portal, message).await }
    });
}

/// What the test portal does for new tenants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portal {
    /// Gives them a push certificate.
    pub(crate) certifies: bool,
    /// Accepts the terms for demonstration in their name.
    pub(crate) agrees: bool,
}

async fn work(
    core: &Core,
    push: &PushState,
    android: &AndroidState,
    queue: &dyn Publisher,
    portal: Portal,
    message: Message,
) -> Result<()> {
    match message {
        Message::Provision { tenant } => {
            #[expect(clippy::disallowed_methods, reason = "the authenticator of this queue")]
            let scope = TenantScope::vouched(Authenticator::QueueMessage, tenant);
            let certifies = portal.certifies.then_some(&LocalPortal as &dyn TestPortal);
            provision(core, &scope, certifies).await?;
            if portal.agrees {
                accept_for_demonstration(core, &scope, &android::terms()).await?;
            }
            Ok(())
        }
        Message::Rebrand { reseller, after } => {
            let Some(after) = rebrand(core, reseller, after).await? else { return Ok(()) };
            let rest = Message::Rebrand { reseller, after: Some(after) };
            queue.publish(&rest, Duration::ZERO).await
        }
        Message::Wake(wake) => trennwand_fn_push::handle(push, &wake).await.map(drop),
        Message::Android { tenant, work } => {
            trennwand_fn_android::work(android, tenant, &work).await
        }
    }
}
