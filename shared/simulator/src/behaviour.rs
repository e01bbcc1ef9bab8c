use std::collections::{BTreeMap, BTreeSet};

use trennwand_pki::DeviceShape;

/// How a simulated phone deviates from a well-behaved one. The default does not.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// `RequestType` → how many more times it is answered `NotNow`.
    pub not_now: BTreeMap<String, u32>,
    /// `RequestType` → how many more times it is answered `Error`, and with what.
    pub errors: BTreeMap<String, (u32, Fault)>,
    /// `RequestType` → how many more times it is answered `CommandFormatError`.
    pub format_errors: BTreeMap<String, u32>,
    /// Pushes reach the phone, but it does not connect.
    pub ignores_pushes: bool,
    /// Reports `allowOpenFromManagedToUnmanaged` as true whatever is installed.
    pub reports_open_in: bool,
    /// Restrictions that are left out of the answer whatever is installed.
    pub unlisted_restrictions: BTreeSet<String>,
    /// Managed apps that somebody else installed: bundle id → Apple's `Status`.
    pub managed_apps: BTreeMap<String, String>,
    /// Every report is sent twice; the phone goes on with the second answer.
    pub repeats_reports: bool,
    /// Asks SCEP twice with the same transaction, whether or not it was answered, and insists on the
    /// same certificate.
    pub repeats_scep: bool,
    /// How many more answers to reports are lost on their way back; the report is kept and sent
    /// again at the next connect.
    pub loses_answers: u32,
    /// Sends connect requests with a `Content-Type` (some clients do not).
    pub sends_content_type: bool,
    /// Sends bodies as binary property lists.
    pub binary: bool,
    /// The shape of `Mdm-Signature`.
    pub shape: DeviceShape,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            not_now: BTreeMap::new(),
            errors: BTreeMap::new(),
            format_errors: BTreeMap::new(),
            ignores_pushes: false,
            reports_open_in: false,
            unlisted_restrictions: BTreeSet::new(),
            managed_apps: BTreeMap::new(),
            repeats_reports: false,
            repeats_scep: false,
            loses_answers: 0,
            sends_content_type: true,
            binary: false,
            shape: DeviceShape::Genuine,
        }
    }
}

impl Behaviour {
    /// The next `times` commands of this `RequestType` are answered `NotNow`.
    pub fn say_not_now(&mut self, request_type: &str, times: u32) -> &mut Self {
        self.not_now.insert(request_type.into(), times);
        self
    }

    /// The next `times` commands of this `RequestType` are answered with `fault`.
    pub fn fail(&mut self, request_type: &str, times: u32, fault: Fault) -> &mut Self {
        self.errors.insert(request_type.into(), (times, fault));
        self
    }

    /// A messenger is a managed app, so it sits inside the wall.
    pub fn manage_app(&mut self, bundle_id: &str) -> &mut Self {
        self.managed_apps.insert(bundle_id.into(), "Managed".into());
        self
    }

    pub(crate) fn takes_not_now(&mut self, request_type: &str) -> bool {
        count_down(self.not_now.get_mut(request_type))
    }

    pub(crate) fn takes_format_error(&mut self, request_type: &str) -> bool {
        count_down(self.format_errors.get_mut(request_type))
    }

    pub(crate) fn takes_error(&mut self, request_type: &str) -> Option<Fault> {
        let (times, fault) = self.errors.get_mut(request_type)?;
        count_down(Some(times)).then(|| fault.clone())
    }

    pub(crate) fn takes_loss(&mut self) -> bool {
        count_down(Some(&mut self.loses_answers))
    }
}

fn count_down(left: Option<&mut u32>) -> bool {
    let Some(left) = left.filter(|left| **left > 0) else {
        return false;
    };
    *left -= 1;
    true
}

/// One item of an `ErrorChain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Apple's `ErrorDomain`.
    pub domain: String,
    /// Apple's `ErrorCode`; not stable between versions.
    pub code: i64,
    /// Apple's `USEnglishDescription`.
    pub description: String,
}

impl Fault {
    /// A fault with these words.
    #[must_use]
    pub fn new(domain: &str, code: i64, description: &str) -> Self {
        Self { domain: domain.into(), code, description: description.into() }
    }

    /// The enrolment does not grant the right. Domain and code as in Apple's *MDM Protocol
    /// Reference*, which says that codes may change.
    #[must_use]
    pub fn not_authorized() -> Self {
        Self::new("MCMDMErrorDomain", 12007, "The MDM server is not authorized for this request.")
    }

    /// The same Exchange account was set up by hand. Domain and code as in Apple's *MDM Protocol
    /// Reference* ("Account not unique"); what a present iPhone answers was not seen yet.
    #[must_use]
    pub fn account_exists() -> Self {
        let description = "An Exchange account with this address already exists on this device.";
        Self::new("MCEASErrorDomain", 21005, description)
    }

    pub(crate) fn profile(description: &str) -> Self {
        Self::new("MCProfileErrorDomain", 1000, description)
    }
}
