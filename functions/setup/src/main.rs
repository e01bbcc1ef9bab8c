//! Set-up on Lambda, for whoever may invoke it.

use trennwand_fn_setup::set_up;
use trennwand_runtime::{aws::Aws, config, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Setup = lambda::start()?;
    let core = Aws::new(&config.common)?.core(Some(&config.master_key), None);
    lambda::call(async |order| set_up(&core, &order).await).await
}
