use trennwand_domain::{
    Control, ControlState, Device, ReasonCode, SlotKind, Timestamp, Token, Verdict,
};

/// The renderings that the phone shall have by now; from `policy::Wanted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedTokens {
    /// Of the restrictions.
    pub wall: Token,
    /// Of the managed account, if it shall have one.
    pub account: Option<Token>,
}

/// Takes back what the phone's last ProfileList said of profiles that it is not to have any more, or
/// that it was given since: for whoever reads the verdict before the next ProfileList. `expected` is
/// `None` if the phone is under no policy. Call it on a copy; it is never stored.
///
/// A judgement that reads no better than `unknown` at `now` stays.
pub fn catch_up(device: &mut Device, expected: Option<ExpectedTokens>, now: Timestamp) {
    let outdated = |device: &Device, control: Control, slot: SlotKind, token: Token| {
        let slot = device.slots.of(slot);
        // Observations are kept in whole seconds.
        let seen = device.controls.of(control).observed_at.map(Timestamp::unix_s);
        slot.token != token || seen < Some(slot.at.unix_s())
    };
    let account = expected.and_then(|expected| expected.account);
    let of_account =
        |control| account.is_some_and(|token| outdated(device, control, SlotKind::Account, token));
    let of_wall =
        expected.is_none_or(|e| outdated(device, Control::PolicyCurrent, SlotKind::Wall, e.wall));
    let policy = of_wall || of_account(Control::PolicyCurrent);
    let account = of_account(Control::AccountManaged);
    for (control, outdated) in
        [(Control::PolicyCurrent, policy), (Control::AccountManaged, account)]
    {
        let state = *device.controls.of(control);
        if outdated && matches!(state.verdict_at(now), Verdict::Proven | Verdict::Inferred) {
            let (verdict, reason) = (Verdict::Unknown, ReasonCode::PolicyNotCurrent);
            device.controls.set(control, ControlState { verdict, reason, ..state });
        }
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{Duration, Slot, SlotStatus};

    use super::*;
    use crate::fixtures::{NOON, device};

    const SECOND: Duration = Duration::from_secs(1);

    const fn token(byte: u8) -> Token {
        Token::from_bytes([byte; 10])
    }

    const BOTH: ExpectedTokens = ExpectedTokens { wall: token(1), account: Some(token(2)) };

    /// A phone that acknowledged wall 1 and account 2 and then listed them.
    fn current() -> Device {
        let mut device = device();
        for (kind, token) in [(SlotKind::Wall, token(1)), (SlotKind::Account, token(2))] {
            let status = SlotStatus::Acknowledged;
            *device.slots.of_mut(kind) =
                Slot { round: 1, token, status, cause: None, at: NOON.minus(SECOND) };
        }
        for (control, reason) in [
            (Control::PolicyCurrent, ReasonCode::PolicyReported),
            (Control::AccountManaged, ReasonCode::AccountReported),
        ] {
            let (verdict, observed_at) = (Verdict::Proven, Some(NOON));
            device.controls.set(control, ControlState { verdict, reason, observed_at });
        }
        device
    }

    /// What policy and account read as.
    fn read(device: &Device, expected: Option<ExpectedTokens>, now: Timestamp) -> [Verdict; 2] {
        let mut read = device.clone();
        catch_up(&mut read, expected, now);
        for control in [Control::PolicyCurrent, Control::AccountManaged] {
            let (before, after) = (device.controls.of(control), read.controls.of(control));
            assert_eq!(after.observed_at, before.observed_at);
            if after != before {
                assert_eq!(after.reason, ReasonCode::PolicyNotCurrent);
            }
        }
        [Control::PolicyCurrent, Control::AccountManaged]
            .map(|control| read.controls.of(control).verdict_at(now))
    }

    #[test]
    fn what_the_phone_is_not_to_have_any_more_is_unknown_until_it_lists_the_new() {
        use Verdict::{Proven, Unknown};
        let wall = Some(ExpectedTokens { wall: token(9), ..BOTH });
        let account = Some(ExpectedTokens { account: Some(token(9)), ..BOTH });
        let none = Some(ExpectedTokens { account: None, ..BOTH });
        for (expected, read_as) in [
            (Some(BOTH), [Proven, Proven]),
            (wall, [Unknown, Proven]),
            (account, [Unknown, Unknown]),
            // Whether it may stay, the next ProfileList says.
            (none, [Proven, Proven]),
            (None, [Unknown, Proven]),
        ] {
            assert_eq!(read(&current(), expected, NOON), read_as, "{expected:?}");
        }
    }

    #[test]
    fn what_was_given_after_the_list_is_not_in_it() {
        let mut device = current();
        device.slots.of_mut(SlotKind::Wall).at = NOON.plus(SECOND);
        let read_as = [Verdict::Unknown, Verdict::Proven];
        assert_eq!(read(&device, Some(BOTH), NOON.plus(SECOND)), read_as);
    }

    #[test]
    fn what_is_worse_than_unknown_is_not_made_better() {
        let wall = Some(ExpectedTokens { wall: token(9), ..BOTH });
        let late = NOON.plus(100 * 3600 * SECOND);
        assert_eq!(read(&current(), wall, late), [Verdict::Stale, Verdict::Stale]);
        let mut device = current();
        let (verdict, reason) = (Verdict::Unknown, ReasonCode::WallInstallFailed);
        let refused = ControlState { verdict, reason, observed_at: Some(NOON) };
        device.controls.set(Control::PolicyCurrent, refused);
        let mut read = device.clone();
        catch_up(&mut read, wall, NOON);
        assert_eq!(read, device);
    }
}
