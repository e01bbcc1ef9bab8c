use trennwand_apple::ErrorItem;
use trennwand_domain::{Control, Device, ReasonCode, SlotKind, SlotStatus, Timestamp, Verdict};

use crate::judge::{refusal, set, weaken};

/// An error of a phone that is known to mean something.
struct Known {
    /// `ErrorDomain`; empty for any.
    domain: &'static str,
    /// `ErrorCode`; `None` for any.
    code: Option<i64>,
    /// What the `USEnglishDescription` contains, in lower case; all of them.
    words: &'static [&'static str],
    /// What it means.
    cause: ReasonCode,
}

/// What phones answer to the install of an account. The first that matches any link of the chain
/// counts; to know one more error, add a line.
///
/// Domain and code 21005, "Account not unique", are from Apple's *MDM Protocol Reference*, "Error
/// Codes", which also says that they may change. What a present iPhone answers was not seen yet, so
/// likely words are read as well.
const KNOWN: &[Known] = &[
    Known {
        domain: "MCEASErrorDomain",
        code: Some(21005),
        words: &[],
        cause: ReasonCode::AccountExistsByHand,
    },
    by_words(&["account", "already exists"], ReasonCode::AccountExistsByHand),
    by_words(&["account", "already been set up"], ReasonCode::AccountExistsByHand),
    by_words(&["account", "already set up"], ReasonCode::AccountExistsByHand),
    by_words(&["account", "not unique"], ReasonCode::AccountExistsByHand),
    by_words(&["account", "duplicate"], ReasonCode::AccountExistsByHand),
];

const fn by_words(words: &'static [&'static str], cause: ReasonCode) -> Known {
    Known { domain: "", code: None, words, cause }
}

impl Known {
    fn matches(&self, error: &ErrorItem) -> bool {
        let text = error.us_english_description.as_deref().unwrap_or_default().to_lowercase();
        (self.domain.is_empty() || self.domain == error.domain)
            && self.code.is_none_or(|code| code == error.code)
            && self.words.iter().all(|word| text.contains(word))
    }
}

/// What it means that the phone answered a step with this error chain.
#[must_use]
pub fn install_cause(slot: SlotKind, errors: &[ErrorItem]) -> ReasonCode {
    match slot {
        SlotKind::Wall => ReasonCode::WallInstallFailed,
        SlotKind::Account => KNOWN
            .iter()
            .find(|known| errors.iter().any(|error| known.matches(error)))
            .map_or(ReasonCode::AccountInstallFailed, |known| known.cause),
        _ => ReasonCode::QueryFailed,
    }
}

/// Judges what the answer to an install says, from the slot that it was recorded in
/// (`policy::record` comes first). What it does not say, the next ProfileList does.
pub fn judge_install(device: &mut Device, slot: SlotKind, at: Timestamp) {
    let refused = refusal(&device.slots, slot);
    match (slot, refused) {
        (SlotKind::Wall, Some(cause)) => weaken(device, Control::PolicyCurrent, cause, Some(at)),
        (SlotKind::Account, Some(cause)) => {
            weaken(device, Control::PolicyCurrent, cause, Some(at));
            set(device, Control::AccountManaged, Verdict::Unknown, cause, at);
            let verdict = match cause {
                ReasonCode::AccountExistsByHand => Verdict::Violated,
                _ => Verdict::Unknown,
            };
            set(device, Control::NoShadowAccount, verdict, cause, at);
        }
        (SlotKind::Account, None) => {
            let reason = ReasonCode::OnlyOursInstalled;
            set(device, Control::NoShadowAccount, Verdict::Inferred, reason, at);
        }
        (SlotKind::RemoveAccount, _) if is_acknowledged(device) => {
            for control in [Control::AccountManaged, Control::NoShadowAccount] {
                weaken(device, control, ReasonCode::AccountNotInstalled, Some(at));
            }
        }
        _ => {}
    }
}

fn is_acknowledged(device: &Device) -> bool {
    device.slots.of(SlotKind::RemoveAccount).status == SlotStatus::Acknowledged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(domain: &str, code: i64, text: &str) -> ErrorItem {
        ErrorItem {
            domain: domain.to_owned(),
            code,
            us_english_description: Some(text.to_owned()),
            localized_description: None,
        }
    }

    #[test]
    fn an_account_by_hand_is_known_by_code_or_by_words() {
        let outer = error("MCInstallationErrorDomain", 4001, "Profile Installation Failed");
        for (inner, cause) in [
            (error("MCEASErrorDomain", 21005, ""), ReasonCode::AccountExistsByHand),
            (
                error("MCEASErrorDomain", 1, "The account “Krume” already exists."),
                ReasonCode::AccountExistsByHand,
            ),
            (error("X", 1, "Account is not unique"), ReasonCode::AccountExistsByHand),
            (error("MCEASErrorDomain", 21007, "Cannot verify"), ReasonCode::AccountInstallFailed),
            (error("X", 21005, ""), ReasonCode::AccountInstallFailed),
            (error("X", 1, "The profile already exists"), ReasonCode::AccountInstallFailed),
        ] {
            let chain = [outer.clone(), inner];
            assert_eq!(install_cause(SlotKind::Account, &chain), cause, "{chain:?}");
            assert_eq!(install_cause(SlotKind::Wall, &chain), ReasonCode::WallInstallFailed);
        }
        assert_eq!(install_cause(SlotKind::Account, &[]), ReasonCode::AccountInstallFailed);
    }
}
