use std::collections::BTreeMap;

use trennwand_domain::{Control, ReasonCode, Verdict};

/// Managed apps and accounts may hand data to unmanaged ones. Open by default; decides everything.
const OUT: &str = "allowOpenFromManagedToUnmanaged";
/// Unmanaged apps and accounts may hand data to managed ones; closed with [`OUT`], managed apps
/// cannot save contacts among the private ones either.
const IN: &str = "allowOpenFromUnmanagedToManaged";
/// An exception: unmanaged apps may read managed contacts all the same. Closed by default.
const READ: &str = "allowUnmanagedToReadManagedContacts";
/// An exception: managed apps may write unmanaged contacts all the same. Closed by default.
const WRITE: &str = "allowManagedToWriteUnmanagedContacts";
/// Copy and paste obeys [`OUT`] and [`IN`]. Off by default.
const PASTE: &str = "requireManagedPasteboard";

/// The keys of `GlobalRestrictions` that controls rest on.
pub(crate) const KEYS: [&str; 5] = [OUT, IN, READ, WRITE, PASTE];

/// The controls that rest on them.
pub(crate) const CONTROLS: [Control; 3] =
    [Control::ContactsClosed, Control::DocumentsClosed, Control::ClipboardClosed];

/// What the values in force say about a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) reason: ReasonCode,
    /// The keys that the reason speaks of.
    pub(crate) keys: Vec<&'static str>,
}

/// Judges one of [`CONTROLS`] by the values in force.
pub(crate) fn judge(control: Control, bools: &BTreeMap<String, bool>) -> Finding {
    let values = Values(bools);
    match control {
        Control::ContactsClosed => contacts(values),
        Control::ClipboardClosed => clipboard(values),
        _ => documents(values),
    }
}

fn contacts(values: Values<'_>) -> Finding {
    if values.is(OUT, true) {
        return found(Verdict::Violated, ReasonCode::ManagedToUnmanagedOpen, vec![OUT]);
    }
    if values.is(READ, true) {
        return found(Verdict::Violated, ReasonCode::UnmanagedReadsContacts, vec![READ]);
    }
    // Managed apps may save business contacts among the private ones: nobody reads across the wall,
    // so nothing is violated, but closed it is not.
    let open = values.all([IN, WRITE], Some(true));
    if !open.is_empty() {
        return found(Verdict::Unknown, ReasonCode::ReportedOpen, open);
    }
    let silent = values.all([OUT, IN], None);
    if !silent.is_empty() {
        return found(Verdict::Unknown, ReasonCode::KeyNotListed, silent);
    }
    let by_default = values.all([READ, WRITE], None);
    if !by_default.is_empty() {
        return found(Verdict::Inferred, ReasonCode::ExceptionNotListed, by_default);
    }
    found(Verdict::Proven, ReasonCode::ReportedClosed, vec![OUT, IN, READ, WRITE])
}

fn documents(values: Values<'_>) -> Finding {
    match values.of(OUT) {
        Some(true) => found(Verdict::Violated, ReasonCode::ReportedOpen, vec![OUT]),
        Some(false) => found(Verdict::Proven, ReasonCode::ReportedClosed, vec![OUT]),
        None => found(Verdict::Unknown, ReasonCode::KeyNotListed, vec![OUT]),
    }
}

/// The clipboard obeys the open-in keys, so it is as open as the way out.
fn clipboard(values: Values<'_>) -> Finding {
    let mut open = values.all([OUT], Some(true));
    open.extend(values.all([PASTE], Some(false)));
    let silent = values.all([OUT, PASTE], None);
    if !open.is_empty() {
        found(Verdict::Violated, ReasonCode::ReportedOpen, open)
    } else if !silent.is_empty() {
        found(Verdict::Unknown, ReasonCode::KeyNotListed, silent)
    } else {
        found(Verdict::Proven, ReasonCode::ReportedClosed, vec![OUT, PASTE])
    }
}

/// The keys that a reason may speak of, where it is not known which of them.
pub(crate) const fn keys_of(control: Control, reason: ReasonCode) -> &'static [&'static str] {
    match (control, reason) {
        (Control::ContactsClosed, ReasonCode::ExceptionNotListed) => &[READ, WRITE],
        (Control::ContactsClosed, ReasonCode::ReportedOpen) => &[IN, WRITE],
        (Control::ContactsClosed, _) => &[OUT, IN],
        (Control::ClipboardClosed, _) => &[OUT, PASTE],
        _ => &[OUT],
    }
}

const fn found(verdict: Verdict, reason: ReasonCode, keys: Vec<&'static str>) -> Finding {
    Finding { verdict, reason, keys }
}

#[derive(Clone, Copy)]
struct Values<'a>(&'a BTreeMap<String, bool>);

impl Values<'_> {
    fn of(self, key: &str) -> Option<bool> {
        self.0.get(key).copied()
    }

    fn is(self, key: &str, value: bool) -> bool {
        self.of(key) == Some(value)
    }

    fn all<const N: usize>(
        self,
        keys: [&'static str; N],
        value: Option<bool>,
    ) -> Vec<&'static str> {
        keys.into_iter().filter(|key| self.of(key) == value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use {ReasonCode::*, Verdict::*};

    const T: Option<bool> = Some(true);
    const F: Option<bool> = Some(false);

    fn bools(values: &[(&str, Option<bool>)]) -> BTreeMap<String, bool> {
        values.iter().filter_map(|(k, v)| Some(((*k).to_owned(), (*v)?))).collect()
    }

    /// By hand from the table of controls and from Apple's rule: unmanaged apps read managed
    /// contacts if managed→unmanaged is open (the default), or if the exception is set.
    #[test]
    fn contacts_are_closed_only_if_all_four_keys_say_so() {
        for (out, into, read, write, verdict, reason) in [
            (F, F, F, F, Proven, ReportedClosed),
            (F, F, F, None, Inferred, ExceptionNotListed),
            (F, F, None, F, Inferred, ExceptionNotListed),
            (F, F, None, None, Inferred, ExceptionNotListed),
            (T, F, F, F, Violated, ManagedToUnmanagedOpen),
            (T, T, T, T, Violated, ManagedToUnmanagedOpen),
            (T, None, None, None, Violated, ManagedToUnmanagedOpen),
            (F, F, T, F, Violated, UnmanagedReadsContacts),
            (F, F, T, None, Violated, UnmanagedReadsContacts),
            (F, T, T, F, Violated, UnmanagedReadsContacts),
            (None, F, T, F, Violated, UnmanagedReadsContacts),
            (F, T, F, F, Unknown, ReportedOpen),
            (F, T, None, None, Unknown, ReportedOpen),
            (F, F, F, T, Unknown, ReportedOpen),
            (F, F, None, T, Unknown, ReportedOpen),
            (None, F, F, F, Unknown, KeyNotListed),
            (F, None, F, F, Unknown, KeyNotListed),
            (None, None, None, None, Unknown, KeyNotListed),
        ] {
            let values = bools(&[(OUT, out), (IN, into), (READ, read), (WRITE, write)]);
            let finding = judge(Control::ContactsClosed, &values);
            assert_eq!((finding.verdict, finding.reason), (verdict, reason), "{values:?}");
        }
    }

    #[test]
    fn documents_are_closed_if_the_way_out_is() {
        for (out, into, verdict) in [
            (F, F, Proven),
            (F, T, Proven),
            (F, None, Proven),
            (T, F, Violated),
            (None, F, Unknown),
        ] {
            let values = bools(&[(OUT, out), (IN, into)]);
            assert_eq!(judge(Control::DocumentsClosed, &values).verdict, verdict, "{values:?}");
        }
    }

    #[test]
    fn the_clipboard_is_closed_if_it_obeys_a_closed_way_out() {
        for (out, paste, verdict) in [
            (F, T, Proven),
            (F, F, Violated),
            (F, None, Unknown),
            (T, T, Violated),
            (T, None, Violated),
            (None, T, Unknown),
            (None, F, Violated),
            (None, None, Unknown),
        ] {
            let values = bools(&[(OUT, out), (PASTE, paste)]);
            assert_eq!(judge(Control::ClipboardClosed, &values).verdict, verdict, "{values:?}");
        }
    }

    #[test]
    fn the_keys_that_the_reason_speaks_of_are_named() {
        let values = bools(&[(OUT, F), (IN, F), (READ, F)]);
        assert_eq!(judge(Control::ContactsClosed, &values).keys, [WRITE]);
        assert_eq!(judge(Control::ClipboardClosed, &values).keys, [PASTE]);
    }
}
