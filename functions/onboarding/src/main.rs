//! Getting started on Lambda: requests, and a queue of work that is too long for a request.

use std::sync::Arc;

use axum::Router;
use trennwand_auth::Verifier;
use trennwand_domain::{Authenticator, Duration, Error, Result, TenantScope};
use trennwand_fn_onboarding::{Onboarding, Terms, provision, rebrand, router};
use trennwand_runtime::{
    Core, Message, Publisher,
    aws::{Aws, Queues},
    config, lambda, token_key,
};
use trennwand_web::{Shell, finish};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Onboarding = lambda::start()?;
    let aws = Aws::new(&config.common)?;
    let terms = terms(&config).map(Arc::new);
    let inbox = aws.inbox(config.provision_queue.clone());
    let queues = Queues { provision_queue: Some(config.provision_queue), ..Queues::default() };
    let queue = aws.publisher(queues);
    let core = aws.core(Some(&config.master_key), Some(&config.base_url));
    let shell = Shell { ids: core.ids.clone(), function: "onboarding" };
    let make = move |core, shell| routes(core, shell, terms.clone());
    let routes = lambda::deferred(core.clone(), shell, make);
    lambda::serve_and_work(routes, &*inbox, async |message| work(&core, &*queue, message).await)
        .await
}

/// The operator's terms, if all three parts of them are said.
fn terms(config: &config::Onboarding) -> Option<Terms> {
    let (version, url) = config.terms_version.as_deref().zip(config.terms_url.as_deref())?;
    let digest = config.terms_sha256.clone().map(serde_json::Value::from)?;
    Terms::new(version, url, serde_json::from_value(digest).ok()?)
}

async fn routes(core: Core, shell: Shell, terms: Option<Arc<Terms>>) -> Result<Router> {
    let issuer = token_key::issuer(&core).await?;
    let gate = core.api(Verifier::of(&issuer)).gate;
    Ok(finish(router(Onboarding { core, gate, issuer: Arc::new(issuer), terms }), shell))
}

async fn work(core: &Core, queue: &dyn Publisher, message: Message) -> Result<()> {
    match message {
        Message::Provision { tenant } => {
            #[expect(clippy::disallowed_methods, reason = "the authenticator of this queue")]
            let scope = TenantScope::vouched(Authenticator::QueueMessage, tenant);
            provision(core, &scope, None).await
        }
        Message::Rebrand { reseller, after } => {
            let Some(after) = rebrand(core, reseller, after).await? else { return Ok(()) };
            let rest = Message::Rebrand { reseller, after: Some(after) };
            queue.publish(&rest, Duration::ZERO).await
        }
        Message::Wake(_) | Message::Android { .. } => {
            Err(Error::internal("a message for another function"))
        }
    }
}
