use trennwand_domain::{Duration, Result};
use trennwand_pki::BoxFuture;

use super::{Lazy, failure::from_sdk, whole_seconds};
use crate::lambda::Inbox;

#[derive(Debug)]
pub(super) struct SqsInbox {
    sqs: Lazy<aws_sdk_sqs::Client>,
    queue: String,
}

impl SqsInbox {
    pub(super) fn new(sdk: aws_types::SdkConfig, queue: String) -> Self {
        Self { sqs: Lazy::new(sdk, aws_sdk_sqs::Client::new), queue }
    }

    async fn hide(&self, receipt: &str, pause: Duration) -> Result<()> {
        let request = self.sqs.client().change_message_visibility().queue_url(&self.queue);
        let request = request.receipt_handle(receipt).visibility_timeout(whole_seconds(pause));
        request.send().await.map(drop).map_err(|e| from_sdk("SQS ChangeMessageVisibility", &e))
    }
}

impl Inbox for SqsInbox {
    fn deliver_later<'a>(&'a self, receipt: &'a str, pause: Duration) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.hide(receipt, pause))
    }
}
