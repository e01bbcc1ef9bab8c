use std::{fmt, future::Future, pin::Pin};

use trennwand_domain::{Error, ErrorKind, Locale, Result};

use crate::{
    Application, ApplicationName, Command, DeviceName, DevicePatch, DeviceReport, EnrollmentToken,
    EnrollmentTokenName, Enterprise, EnterpriseName, Operation, OperationName, Policy, PolicyName,
    Signup, SignupRequest, SignupUrl,
};

/// A future in a box, so that the seam can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A mark in a list, as Google gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub String);

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// Where the rest begins, if there is one.
    pub next: Option<PageToken>,
}

/// What to do about a failure of [`DeviceManagement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Google did not answer, is unwell or does not take our identity: the same again later.
    Retryable,
    /// Too many requests, Google's or our own count: the same again, not before the given time.
    Quota,
    /// Google does not know the resource (any more).
    NotFound,
    /// Not in the present state: a policy that is in use, a token that is used up, an enterprise that
    /// only the customer can delete.
    Precondition,
    /// Google does not let us: the enterprise is not ours (any more), because its customer deleted it or
    /// never bound it.
    Forbidden,
    /// The request itself is wrong: ours to mend, repeating cannot help.
    Refused,
}

/// Which class of failure `error` is.
#[must_use]
pub const fn class(error: &Error) -> Class {
    match error.kind() {
        ErrorKind::Unavailable => Class::Retryable,
        ErrorKind::TooMany { .. } => Class::Quota,
        ErrorKind::NotFound { .. } => Class::NotFound,
        ErrorKind::Forbidden { .. } => Class::Forbidden,
        ErrorKind::Conflict { .. } | ErrorKind::AlreadyExists { .. } | ErrorKind::Stale => {
            Class::Precondition
        }
        _ => Class::Refused,
    }
}

/// The Android Management API, all tenants' enterprises under one project of ours.
///
/// Production passes the HTTP client, tests and the local server the same client with the simulator's
/// stand-in behind it. Errors fall into [`Class`]es; what Google wrote is in the log context only.
pub trait DeviceManagement: Send + Sync + fmt::Debug {
    /// `signupUrls.create`.
    fn create_signup_url<'a>(
        &'a self,
        request: &'a SignupRequest,
    ) -> BoxFuture<'a, Result<SignupUrl>>;

    /// `enterprises.create`: the last step of a sign-up.
    fn create_enterprise<'a>(
        &'a self,
        signup: &'a Signup,
        enterprise: &'a Enterprise,
    ) -> BoxFuture<'a, Result<Enterprise>>;

    /// `enterprises.get`.
    fn enterprise<'a>(&'a self, name: &'a EnterpriseName) -> BoxFuture<'a, Result<Enterprise>>;

    /// `enterprises.list`: the project's enterprises, name and display name only. "Lists EMM-managed
    /// enterprises": whether those that came by sign-up are among them is not said.
    fn enterprises<'a>(
        &'a self,
        page: Option<&'a PageToken>,
    ) -> BoxFuture<'a, Result<Page<Enterprise>>>;

    /// `enterprises.patch` of what is set in `enterprise`.
    fn patch_enterprise<'a>(
        &'a self,
        name: &'a EnterpriseName,
        enterprise: &'a Enterprise,
    ) -> BoxFuture<'a, Result<Enterprise>>;

    /// `enterprises.delete`: "only available for EMM-managed enterprises", so a precondition fails for
    /// every enterprise that came by sign-up. Its customer deletes it in Google's console.
    fn delete_enterprise<'a>(&'a self, name: &'a EnterpriseName) -> BoxFuture<'a, Result<()>>;

    /// `policies.patch`: makes the policy or replaces all of its settings, and counts its version up.
    fn patch_policy<'a>(
        &'a self,
        name: &'a PolicyName,
        policy: &'a Policy,
    ) -> BoxFuture<'a, Result<Policy>>;

    /// `policies.get`.
    fn policy<'a>(&'a self, name: &'a PolicyName) -> BoxFuture<'a, Result<Policy>>;

    /// `policies.delete`: a precondition fails while a phone refers to it.
    fn delete_policy<'a>(&'a self, name: &'a PolicyName) -> BoxFuture<'a, Result<()>>;

    /// `enrollmentTokens.create`. Not repeatable: a lost answer leaves a token behind that expires.
    fn create_enrollment_token<'a>(
        &'a self,
        enterprise: &'a EnterpriseName,
        token: &'a EnrollmentToken,
    ) -> BoxFuture<'a, Result<EnrollmentToken>>;

    /// `enrollmentTokens.delete`: it cannot be used any more.
    fn delete_enrollment_token<'a>(
        &'a self,
        name: &'a EnrollmentTokenName,
    ) -> BoxFuture<'a, Result<()>>;

    /// `devices.get`.
    fn device<'a>(&'a self, name: &'a DeviceName) -> BoxFuture<'a, Result<DeviceReport>>;

    /// `devices.list`, 100 at a time (the most that Google gives).
    fn devices<'a>(
        &'a self,
        enterprise: &'a EnterpriseName,
        page: Option<&'a PageToken>,
    ) -> BoxFuture<'a, Result<Page<DeviceReport>>>;

    /// `devices.patch` of what is set in `patch`.
    fn patch_device<'a>(
        &'a self,
        name: &'a DeviceName,
        patch: &'a DevicePatch,
    ) -> BoxFuture<'a, Result<DeviceReport>>;

    /// `devices.issueCommand`.
    fn issue_command<'a>(
        &'a self,
        name: &'a DeviceName,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Operation>>;

    /// `operations.get`.
    fn operation<'a>(&'a self, name: &'a OperationName) -> BoxFuture<'a, Result<Operation>>;

    /// `operations.cancel`: "success is not guaranteed", so look at the operation afterwards.
    fn cancel_operation<'a>(&'a self, name: &'a OperationName) -> BoxFuture<'a, Result<()>>;

    /// `applications.get`, texts in this language.
    fn application<'a>(
        &'a self,
        name: &'a ApplicationName,
        locale: Locale,
    ) -> BoxFuture<'a, Result<Application>>;
}
