use subtle::ConstantTimeEq as _;
use trennwand_domain::{
    Digest, Duration, Enrollment, Error, ErrorKind, IssuedCertificate, Result, SealedField,
};
use trennwand_pki::{
    Certificate, CertificateRequest, DEVICE_LIFETIME, Subject, Usage,
    scep::{FailInfo, MessageType, PkiMessage, failure_reply, success_reply},
};

use crate::{EnrollmentState, authority::Authority, link::Link, show_profile::challenge};

/// Clocks of phones that have just been set up may be slow.
const BACKDATE: Duration = Duration::from_secs(300);

/// Answers a PKIOperation: with a certificate, or with one and the same refusal, whatever is wrong.
pub(crate) async fn answer(
    state: &EnrollmentState,
    link: &Link,
    authority: &Authority,
    message: &PkiMessage,
) -> Result<Vec<u8>> {
    let entropy = &*state.core.entropy;
    let (registration, refused) = (&authority.registration, FailInfo::BadRequest);
    match certificate(state, link, authority, message).await? {
        Some(certificate) => success_reply(message, &[certificate], registration, entropy),
        None => failure_reply(message, refused, registration, entropy),
    }
}

/// The certificate that this message is due; `None` if none.
async fn certificate(
    state: &EnrollmentState,
    link: &Link,
    authority: &Authority,
    message: &PkiMessage,
) -> Result<Option<Certificate>> {
    let expected = challenge(state, link).await?;
    let Some(request) = acceptable(message, expected.expose()) else {
        return Ok(None);
    };
    let public_key = Digest::of(request.spki_der());
    if link.enrollment.issued.is_some() {
        return issued_before(link, &link.enrollment, authority, message, public_key);
    }
    if link.refusal(state.core.clock.now()).is_some() {
        return Ok(None);
    }
    match issue(state, link, authority, message, request, public_key).await {
        Err(error) if matches!(error.kind(), ErrorKind::Conflict { .. }) => {
            // Used up by someone else at the same time, or by the same message.
            let now = state.core.store.enrollments(&link.scope).get(link.enrollment.id).await?;
            now.map_or(Ok(None), |now| issued_before(link, &now, authority, message, public_key))
        }
        done => done.map(Some),
    }
}

/// The request, if it may be granted as far as the message alone can say: a first request, signed
/// by a key of at least 2048 bits, with the invitation's challenge.
fn acceptable<'a>(message: &'a PkiMessage, challenge: &str) -> Option<&'a CertificateRequest> {
    let request = message.request.as_ref().ok()?;
    let sent = request.challenge_password()?;
    let same = sent.expose().as_bytes().ct_eq(challenge.as_bytes());
    let first = message.message_type == MessageType::PkcsReq;
    let signed = request.verify_self_signature().is_ok();
    (bool::from(same) && first && signed).then_some(request)
}

/// The same transaction with the same key gets the same certificate again.
fn issued_before(
    link: &Link,
    enrollment: &Enrollment,
    authority: &Authority,
    message: &PkiMessage,
    public_key: Digest,
) -> Result<Option<Certificate>> {
    let Some(issued) = &enrollment.issued else {
        return Ok(None);
    };
    if issued.transaction != message.transaction_id || issued.public_key != public_key {
        return Ok(None);
    }
    let field = SealedField::IssuedCertificate(enrollment.id);
    let der = authority.seal().open(&field.context(link.scope.tenant()), &issued.certificate)?;
    Certificate::from_der(der.expose()).map(Some)
}

/// Issues the one certificate of the invitation: the key from the request, everything else from what
/// is stored. It counts from the moment the transaction is written.
async fn issue(
    state: &EnrollmentState,
    link: &Link,
    authority: &Authority,
    message: &PkiMessage,
    request: &CertificateRequest,
    public_key: Digest,
) -> Result<Certificate> {
    let (core, tenant) = (&state.core, link.scope.tenant());
    let now = core.clock.now();
    let mut serial = core.entropy.bytes::<16>();
    serial[0] = serial[0] & 0x7f | 0x40;
    let subject =
        Subject::new().organization(tenant.to_string()).common_name(link.device().to_string());
    let certificate = authority.certification()?.issue(
        &subject,
        request.spki_der(),
        now.minus(BACKDATE),
        now.plus(DEVICE_LIFETIME),
        serial,
        Usage::Device,
    )?;
    let context = SealedField::IssuedCertificate(link.enrollment.id).context(tenant);
    let issued = IssuedCertificate {
        transaction: message.transaction_id.clone(),
        public_key,
        certificate: authority.seal().seal(&*core.entropy, &context, certificate.der()),
    };
    let mut tx = core.store.transaction();
    let enrollments = core.store.enrollments(&link.scope);
    enrollments.issue(&mut tx, &link.enrollment, &issued, certificate.hash(), now);
    tx.commit().await.map_err(|error: Error| error.context("issuing a device certificate"))?;
    Ok(certificate)
}
