use trennwand_domain::{ReasonCode, Verdict};

/// The best verdict that an `ios-device` phone can reach before declarative management reports
/// accounts. `no_account` is why it gets no managed account, if it gets none.
///
/// With an account it is `inferred`, because accounts made by hand are not reported. Without an
/// account that is wanted, the controls of the account stay `unknown`. Where none is wanted they do
/// not apply, and all that is left is reported.
#[must_use]
pub const fn best_verdict(no_account: Option<ReasonCode>) -> Verdict {
    match no_account {
        None => Verdict::Inferred,
        Some(ReasonCode::MailNone) => Verdict::Proven,
        Some(_) => Verdict::Unknown,
    }
}
