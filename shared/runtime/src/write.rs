use std::{
    fmt::Display,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use trennwand_domain::{
    AuditEvent, Digest, Duration, Error, Owner, RequestId, Result as DomainResult, Sealed,
    SealedField, Secret,
};
use trennwand_store::{KeptAnswer, Trail, Transaction};
use trennwand_web::{ApiError, Authorised, Result};

use crate::{Answer, Core, Written};

/// How long an answer is given again to the same request.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// The longest `Idempotency-Key`.
const LONGEST_KEY: usize = 255;

/// The right to write: every handler that changes something takes it, *behind* the extractor that
/// says who may (`ForTenant` and the like), and ends with [`Write::commit`]. The router must be made
/// by [`crate::mount`].
///
/// ```
/// use axum::extract::State;
/// use trennwand_domain::UserId;
/// use trennwand_runtime::{Answer, Core, Write, Written};
/// use trennwand_web::{ForTenant, Id, Result, need};
///
/// async fn user_touch(
///     State(core): State<Core>,
///     tenant: ForTenant<need::Users>,
///     write: Write,
///     Id(user): Id<UserId>,
/// ) -> Result<Written> {
///     let mut tx = core.store.transaction();
///     // … repositories of `tenant.scope()` add their writes …
///     let shown = serde_json::json!({ "id": user });
///     write.commit(&core, tx, user, Answer::created(&shown).tagged(1)).await
/// }
/// ```
#[derive(Debug)]
pub struct Write {
    authorised: Authorised,
    request: RequestId,
    ticket: Ticket,
    reason: Option<String>,
}

/// What [`crate::mount`] hands to the handler by way of the request's extensions, and what it hands
/// back.
#[derive(Debug, Clone)]
pub(crate) struct Ticket(pub(crate) Arc<TicketParts>);

#[derive(Debug)]
pub(crate) struct TicketParts {
    pub(crate) operation: String,
    /// An error if there is a key that is none; told only to those who may write.
    pub(crate) keyed: Result<Option<Keyed>, MalformedKey>,
    /// Set when the caller was let in.
    pub(crate) authorised: OnceLock<Authorised>,
    pub(crate) committed: AtomicBool,
}

/// The `Idempotency-Key` is not one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MalformedKey;

impl From<MalformedKey> for Error {
    fn from(_: MalformedKey) -> Self {
        let message = "expected one key of 1 to 255 visible ASCII characters";
        Self::invalid("Idempotency-Key", message)
    }
}

/// A request with an `Idempotency-Key`.
#[derive(Debug, Clone)]
pub(crate) struct Keyed {
    key: Secret<String>,
    /// Hash over method, path and body.
    request: Digest,
}

impl Keyed {
    /// Reads the header; `None` if there is none.
    ///
    /// # Errors
    /// If it is not one key of visible ASCII.
    pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<Secret<String>>, MalformedKey> {
        let mut values = headers.get_all("idempotency-key").iter();
        let (value, more) = (values.next(), values.next());
        let Some(value) = value else { return Ok(None) };
        let plain = |key: &&str| {
            (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|c| c.is_ascii_graphic())
        };
        let key = value.to_str().ok().filter(plain).filter(|_| more.is_none());
        key.map(|key| Some(Secret::new(key.to_owned()))).ok_or(MalformedKey)
    }

    pub(crate) fn new(key: Secret<String>, method: &str, path: &str, body: &[u8]) -> Self {
        let request = Digest::of_parts(&[method.as_bytes(), path.as_bytes(), body]);
        Self { key, request }
    }

    /// The name of the kept answer: no two clients share one.
    fn name(&self, by: &Authorised) -> Digest {
        let client = by.caller.client.bits().to_be_bytes();
        Digest::of_parts(&[&client, self.key.expose().as_bytes()])
    }

    /// The answer that was given to this request before.
    ///
    /// # Errors
    /// If the key stands for another request; if the database does not answer.
    pub(crate) async fn answered(&self, core: &Core, by: &Authorised) -> Result<Option<Answer>> {
        let name = self.name(by);
        let found = core.store.answers().get(by.caller.owner, name, core.clock.now()).await?;
        let Some(kept) = found else { return Ok(None) };
        if kept.request != self.request {
            return Err(ApiError::idempotency_key_reused());
        }
        let body = open(core, by, name, &kept.body).await?;
        Ok(Some(Answer::restore(kept.status, &kept.headers, body.expose().clone())))
    }
}

impl Write {
    /// Lets the audit trail say why, in the caller's own words.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }

    /// Adds to the transaction that the request wrote this object too; for what is written beside
    /// the object that [`Self::commit`] names, or before it.
    pub fn note(&self, core: &Core, tx: &mut Transaction, object: impl Display) {
        let event = AuditEvent {
            id: core.ids.mint(),
            at: core.clock.now(),
            actor: self.authorised.caller.client,
            level: self.authorised.caller.owner.level(),
            operation: self.ticket.0.operation.clone(),
            object: object.to_string(),
            request: self.request,
            reason: self.reason.clone(),
        };
        core.store.audit().append(tx, self.authorised.trail, &event);
    }

    /// Writes everything at once: the transaction, the audit event that tells of it (`object` is the
    /// identifier of what was written) and, if the request has an `Idempotency-Key`, the answer.
    ///
    /// # Errors
    /// As [`Transaction::commit`]; the conflict `idempotency_in_flight`; if the key that seals the
    /// answer cannot be had.
    pub async fn commit(
        self,
        core: &Core,
        mut tx: Transaction,
        object: impl Display,
        answer: Answer,
    ) -> Result<Written> {
        self.note(core, &mut tx, object);
        let body = answer.body()?;
        if let Ok(Some(keyed)) = &self.ticket.0.keyed {
            let now = core.clock.now();
            let key = keyed.name(&self.authorised);
            let kept = KeptAnswer {
                owner: self.authorised.caller.owner,
                key,
                request: keyed.request,
                status: answer.status.as_u16(),
                headers: answer.header_texts(),
                body: seal(core, &self.authorised, key, body).await?,
                expires_at: now.plus(KEPT),
            };
            core.store.answers().keep(&mut tx, &kept, now);
        }
        tx.commit().await?;
        self.ticket.0.committed.store(true, Ordering::Release);
        Ok(Written(answer))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Write {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let missing = |what| ApiError::from(Error::internal(format!("a write without {what}")));
        let extensions = &parts.extensions;
        let authorised = *extensions.get::<Authorised>().ok_or_else(|| missing("a caller"))?;
        let request = *extensions.get::<RequestId>().ok_or_else(|| missing("a request id"))?;
        let ticket = extensions.get::<Ticket>().ok_or_else(|| missing("mount"))?.clone();
        ticket.0.keyed.as_ref().map_err(|malformed| Error::from(*malformed))?;
        ticket.0.authorised.get_or_init(|| authorised);
        Ok(Self { authorised, request, ticket, reason: None })
    }
}

/// Seals an answer with the key of whom the caller acts for.
async fn seal(core: &Core, by: &Authorised, name: Digest, body: &[u8]) -> DomainResult<Sealed> {
    match (by.caller.owner, by.trail) {
        (Owner::Tenant(_), Trail::Tenant(scope)) => {
            core.vault.seal(&scope, SealedField::Answer(name), body).await
        }
        _ => core.vault.seal_for_platform(&context(name), body).await,
    }
}

async fn open(
    core: &Core,
    by: &Authorised,
    name: Digest,
    sealed: &Sealed,
) -> DomainResult<Secret<Vec<u8>>> {
    match (by.caller.owner, by.trail) {
        (Owner::Tenant(_), Trail::Tenant(scope)) => {
            core.vault.open(&scope, SealedField::Answer(name), sealed).await
        }
        _ => core.vault.open_for_platform(&context(name), sealed).await,
    }
}

fn context(name: Digest) -> String {
    format!("platform/answer/{name}")
}
