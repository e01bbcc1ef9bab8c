//! A tenant's daily work on Lambda.

use axum::Router;
use trennwand_domain::Result;
use trennwand_fn_policy::router;
use trennwand_runtime::{Core, aws::Aws, config, lambda, token_key};
use trennwand_web::{Shell, finish};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Policy = lambda::start()?;
    let core = Aws::new(&config.common)?.core(Some(&config.master_key), Some(&config.base_url));
    let shell = Shell { ids: core.ids.clone(), function: "policy" };
    lambda::serve(lambda::deferred(core, shell, routes)).await
}

async fn routes(core: Core, shell: Shell) -> Result<Router> {
    let verifier = token_key::verifier(&core).await?;
    Ok(finish(router(core.api(verifier)), shell))
}
