//! The stream's reader on Lambda.

use trennwand_domain::Duration;
use trennwand_fn_events::{EventsState, handle};
use trennwand_runtime::{
    aws::{Aws, Queues},
    config, lambda,
};

/// `checkin` keeps heads for 5 s.
const HEAD_DELAY: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Events = lambda::start()?;
    let aws = Aws::new(&config.common)?;
    let queues = Queues {
        wake_topic: Some(config.wake_topic),
        wake_queue: Some(config.wake_queue),
        provision_queue: Some(config.provision_queue),
        android_queue: config.android_queue,
    };
    let publisher = aws.publisher(queues);
    let state = EventsState { core: aws.core(None, None), publisher, head_delay: HEAD_DELAY };
    lambda::follow(async |event| handle(&state, event).await).await
}
