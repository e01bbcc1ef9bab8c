//! The device channel on Lambda.

use trennwand_domain::Duration;
use trennwand_fn_checkin::{State, router};
use trennwand_runtime::{aws::Aws, config, lambda};
use trennwand_web::{Shell, finish};

/// `events` delays the wakes that a changed head causes by more.
const KEEP_HEADS: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Checkin = lambda::start()?;
    let core = Aws::new(&config.common)?.core(Some(&config.master_key), None);
    let shell = Shell { ids: core.ids.clone(), function: "checkin" };
    lambda::serve(finish(router(State::new(core, KEEP_HEADS)), shell)).await
}
