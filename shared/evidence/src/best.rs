use trennwand_domain::{ReasonCode, Verdict};

/// The best verdict that an `ios-device` phone can reach before declarative management reports
/// accounts. `no_account` is why it gets no managed account, if it gets none.
#[must_use]
pub fn best_verdict(_no_account: Option<ReasonCode>) -> Verdict {
    todo!()
}
