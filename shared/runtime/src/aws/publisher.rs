use std::fmt;

use trennwand_domain::{Duration, Error, Result};
use trennwand_pki::BoxFuture;

use super::{Lazy, failure::from_sdk, whole_seconds};
use crate::{Message, Publisher};

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queues {
    /// ARN of the SNS topic for wakes.
    pub wake_topic: Option<String>,
    /// URL of the SQS queue behind it, for wakes that wait: a topic knows no delay.
    pub wake_queue: Option<String>,
    /// URL of the SQS queue of onboarding: tenants whose keys are to be made, changed brands.
    pub provision_queue: Option<String>,
    /// URL of the SQS queue of android: what is to be done at Google.
    pub android_queue: Option<String>,
}

pub(super) struct AwsPublisher {
    sns: Lazy<aws_sdk_sns::Client>,
    sqs: Lazy<aws_sdk_sqs::Client>,
    queues: Queues,
}

impl AwsPublisher {
    pub(super) fn new(sdk: aws_types::SdkConfig, queues: Queues) -> Self {
        Self {
            sns: Lazy::new(sdk.clone(), aws_sdk_sns::Client::new),
            sqs: Lazy::new(sdk, aws_sdk_sqs::Client::new),
            queues,
        }
    }

    async fn hand_over(&self, message: &Message, delay: Duration) -> Result<()> {
        let text = message.to_json()?;
        match message {
            Message::Wake(_) if delay.is_zero() => self.publish(text).await,
            Message::Wake(_) => self.send(self.queues.wake_queue.as_ref(), text, delay).await,
            Message::Provision { .. } | Message::Rebrand { .. } => {
                self.send(self.queues.provision_queue.as_ref(), text, delay).await
            }
            // A platform without Android has nothing to do at Google.
            Message::Android { .. } if self.queues.android_queue.is_none() => Ok(()),
            Message::Android { .. } => {
                self.send(self.queues.android_queue.as_ref(), text, delay).await
            }
        }
    }

    async fn publish(&self, text: String) -> Result<()> {
        let topic = self.queues.wake_topic.as_ref().ok_or_else(none)?;
        let answer = self.sns.client().publish().topic_arn(topic).message(text).send().await;
        answer.map(drop).map_err(|e| from_sdk("SNS Publish", &e))
    }

    async fn send(&self, queue: Option<&String>, text: String, delay: Duration) -> Result<()> {
        let queue = queue.ok_or_else(none)?;
        let request = self.sqs.client().send_message().queue_url(queue);
        let answer = request.message_body(text).delay_seconds(whole_seconds(delay)).send().await;
        answer.map(drop).map_err(|e| from_sdk("SQS SendMessage", &e))
    }
}

fn none() -> Error {
    Error::internal("this function does not publish such messages")
}

impl Publisher for AwsPublisher {
    fn publish<'a>(&'a self, message: &'a Message, delay: Duration) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.hand_over(message, delay))
    }
}

impl fmt::Debug for AwsPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwsPublisher").field(&self.queues).finish()
    }
}
