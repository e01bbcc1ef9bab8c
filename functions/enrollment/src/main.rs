//! Pages, profiles and SCEP on Lambda. Profiles are unsigned: phones show them as such.

use trennwand_fn_enrollment::{EnrollmentState, router};
use trennwand_runtime::{aws::Aws, config, lambda};
use trennwand_web::{Shell, finish};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Enrollment = lambda::start()?;
    let core = Aws::new(&config.common)?.core(Some(&config.master_key), Some(&config.base_url));
    let shell = Shell { ids: core.ids.clone(), function: "enrollment" };
    lambda::serve(finish(router(EnrollmentState::new(core, None)), shell)).await
}
