//! The timer on Lambda: called once a minute.

use trennwand_domain::Duration;
use trennwand_fn_schedule::{ScheduleState, tick};
use trennwand_runtime::{
    aws::{Aws, Queues},
    config, lambda,
};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Schedule = lambda::start()?;
    let aws = Aws::new(&config.common)?;
    let queues = Queues {
        wake_topic: Some(config.wake_topic),
        android_queue: config.android_queue,
        ..Queues::default()
    };
    let state = ScheduleState { core: aws.core(None, None), publisher: aws.publisher(queues) };
    lambda::tick(async |now| tick(&state, now, now.minus(MINUTE)).await.map(drop)).await
}
