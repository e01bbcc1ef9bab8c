use trennwand_domain::ReasonCode;

/// A profile that the phone shall have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedProfile<'a> {
    /// `PayloadIdentifier`.
    pub identifier: &'a str,
    /// `PayloadUUID`.
    pub uuid: &'a str,
}

/// What the phone shall have, as far as it is judged; from `policy::Wanted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The restrictions.
    pub wall: ExpectedProfile<'a>,
    /// The managed account, or why there is none.
    pub account: Result<ExpectedProfile<'a>, ReasonCode>,
}
