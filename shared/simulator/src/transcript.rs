use std::fmt;

/// What a simulated phone sent, what it got back, and what happened inside it, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request and its answer.
    Exchange(Exchange),
    /// Something changed on the phone.
    Change(Change),
}

/// One request.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub sent: Sent,
    /// HTTP status; `None` if the answer was lost.
    pub status: Option<u16>,
    /// What came back.
    pub received: Received,
    /// The body as it was signed and sent, to be sent again by [`crate::Phone::replay`].
    pub body: Vec<u8>,
}

/// Bodies hold tokens: only the rest is shown.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?} {:?}", self.sent, self.status, self.received)
    }
}

/// What a simulated phone sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The page behind the enrolment link.
    Page,
    /// The enrolment profile.
    Profile,
    /// SCEP, with the operation.
    Scep(&'static str),
    /// `Authenticate`.
    Authenticate,
    /// `TokenUpdate`.
    TokenUpdate,
    /// `CheckOut`.
    CheckOut,
    /// A connect with the status `Idle`.
    Idle,
    /// A connect with the answer to a command.
    Report {
        /// The command's `RequestType`.
        request_type: String,
        /// Its `CommandUUID`.
        uuid: String,
        /// `Acknowledged`, `Error`, `CommandFormatError` or `NotNow`.
        status: String,
    },
    /// Bytes that a test made up.
    Raw,
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// No body: the conversation is over.
    Nothing,
    /// A command.
    Command {
        /// `RequestType`.
        request_type: String,
        /// `CommandUUID`.
        uuid: String,
    },
    /// Anything else, with its length in bytes.
    Other(usize),
    /// The answer was lost on its way.
    Lost,
}

/// Something that changed on a simulated phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A profile was installed that was not there.
    ProfileInstalled(String),
    /// A profile was replaced by another one with the same identifier.
    ProfileReplaced(String),
    /// A profile was removed.
    ProfileRemoved(String),
    /// A managed account was added.
    AccountAdded(String),
    /// A managed account got other settings; its contacts stayed.
    AccountUpdated(String),
    /// A managed account and everything synchronised with it was wiped.
    AccountWiped(String),
    /// The phone was locked.
    Locked,
    /// A command was refused because the enrolment does not grant the right.
    RightMissing {
        /// Its `RequestType`.
        request_type: String,
    },
    /// From here on, unmanaged apps can read the contacts of a managed account.
    ContactsOpen,
    /// From here on they no longer can.
    ContactsClosed,
    /// Management has ended.
    Unenrolled,
}
