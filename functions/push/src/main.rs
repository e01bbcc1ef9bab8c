//! Waking phones on Lambda.

use std::sync::Arc;

use trennwand_domain::Error;
use trennwand_fn_push::{PushState, handle};
use trennwand_push::{Apns, Loopback, Pusher};
use trennwand_runtime::{
    Message,
    aws::{Aws, Queues},
    config, lambda,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Push = lambda::start()?;
    let aws = Aws::new(&config.common)?;
    let pusher: Arc<dyn Pusher> = match &config.apns {
        Some(url) => Arc::new(Loopback::new(url)),
        None => Arc::new(Apns::new()),
    };
    let queues = Queues { wake_topic: Some(config.wake_topic), ..Queues::default() };
    let core = aws.core(Some(&config.master_key), None);
    let state = PushState::new(core, pusher, aws.publisher(queues));
    lambda::work(async |message| match message {
        Message::Wake(wake) => handle(&state, &wake).await.map(drop),
        _ => Err(Error::internal("a message for another function")),
    })
    .await
}
