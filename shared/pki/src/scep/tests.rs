//! Both ends of SCEP against each other, against `openssl` and against strangers.

use proptest::prelude::*;

use super::{client::build_request_with, *};
use crate::{
    Certificate, Usage, build_csr,
    cms::ContentCipher,
    degenerate,
    tests::{NOW, Seeded, authority, issue, openssl, phone_certificate, pool_key},
};

const TRANSACTION: &str = "2E5F0CA7";

fn ra() -> RegistrationAuthority {
    RegistrationAuthority {
        certificate: issue(2, "RA", Usage::RegistrationAuthority),
        key: pool_key(2),
    }
}

/// A phone that asks for a certificate for pool key 1.
struct Phone {
    csr: Vec<u8>,
    recipient: Certificate,
    key: crate::RsaKey,
    signer: Certificate,
}

impl Phone {
    fn new() -> Self {
        Self {
            csr: build_csr(&pool_key(1), "phone", Some("geheim")).unwrap(),
            recipient: ra().certificate,
            key: pool_key(1),
            signer: self_signed_identity(&pool_key(1), "phone", NOW).unwrap(),
        }
    }

    fn request(&self) -> ClientRequest<'_> {
        ClientRequest {
            message_type: MessageType::PkcsReq,
            csr_der: &self.csr,
            recipient: &self.recipient,
            key: &self.key,
            signer: &self.signer,
            transaction_id: TRANSACTION,
            nonce: [9; 16],
        }
    }

    fn message(&self) -> Vec<u8> {
        build_request(&self.request(), &Seeded::new(1)).unwrap()
    }
}

#[test]
fn a_phone_gets_its_certificate() {
    let phone = Phone::new();
    let message = parse_pki_message(&phone.message(), &ra()).unwrap();
    assert_eq!(message.transaction_id, TRANSACTION);
    assert_eq!(message.sender_nonce, [9; 16]);
    assert_eq!(message.message_type, MessageType::PkcsReq);
    assert_eq!(message.signer, phone.signer);
    let request = message.request.as_ref().unwrap();
    assert_eq!(request.spki_der(), pool_key(1).spki_der());
    assert_eq!(request.challenge_password().unwrap().expose(), "geheim");

    let issued = [phone_certificate(1), authority().certificate().clone()];
    let reply = success_reply(&message, &issued, &ra(), &Seeded::new(2)).unwrap();
    assert_eq!(parse_reply(&reply, &phone.request()).unwrap(), issued);
}

#[test]
fn a_renewal_is_signed_with_the_present_certificate() {
    let phone = Phone { signer: phone_certificate(1), ..Phone::new() };
    let request = ClientRequest { message_type: MessageType::RenewalReq, ..phone.request() };
    let bytes = build_request(&request, &Seeded::new(1)).unwrap();
    let message = parse_pki_message(&bytes, &ra()).unwrap();
    assert_eq!(message.message_type, MessageType::RenewalReq);
    assert_eq!(message.signer, phone_certificate(1));
    assert!(message.request.is_ok());
}

#[test]
fn a_refusal_says_why() {
    let phone = Phone::new();
    let message = parse_pki_message(&phone.message(), &ra()).unwrap();
    for info in [FailInfo::BadAlg, FailInfo::BadRequest, FailInfo::BadCertId] {
        let reply = failure_reply(&message, info, &ra(), &Seeded::new(2)).unwrap();
        let outcome = parse_reply(&reply, &phone.request());
        assert_eq!(outcome, Err(ReplyError::Refused(info)));
    }
}

#[test]
fn each_client_is_answered_with_its_own_cipher() {
    let phone = Phone::new();
    for (cipher, oid) in [
        (ContentCipher::Aes256, crate::asn1::oid::AES256_CBC),
        (ContentCipher::TripleDes, crate::asn1::oid::DES_EDE3_CBC),
        (ContentCipher::Des, crate::asn1::oid::DES_CBC),
    ] {
        let bytes = build_request_with(&phone.request(), cipher, &Seeded::new(1)).unwrap();
        let message = parse_pki_message(&bytes, &ra()).unwrap();
        let issued = [phone_certificate(1)];
        let reply = success_reply(&message, &issued, &ra(), &Seeded::new(2)).unwrap();
        assert!(reply.windows(oid.as_bytes().len()).any(|w| w == oid.as_bytes()));
        assert_eq!(parse_reply(&reply, &phone.request()).unwrap(), issued);
    }
}

#[test]
fn faults_inside_the_envelope_all_look_alike() {
    let phone = Phone::new();
    let mut damaged = phone.csr.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let elsewhere = issue(3, "RA", Usage::RegistrationAuthority);
    for (csr, recipient) in [
        (&b"no request"[..], &phone.recipient),
        (&damaged, &phone.recipient),
        (&phone.csr, &elsewhere),
        (b"", &phone.recipient),
    ] {
        let request = ClientRequest { csr_der: csr, recipient, ..phone.request() };
        let bytes = build_request(&request, &Seeded::new(1)).unwrap();
        let message = parse_pki_message(&bytes, &ra()).unwrap();
        assert_eq!(message.request, Err(FailInfo::BadMessageCheck));
        assert!(failure_reply(&message, FailInfo::BadMessageCheck, &ra(), &Seeded::new(1)).is_ok());
    }
    let wrong_key = RegistrationAuthority { key: pool_key(3), ..ra() };
    let message = parse_pki_message(&phone.message(), &wrong_key).unwrap();
    assert_eq!(message.request, Err(FailInfo::BadMessageCheck));
}

#[test]
fn a_question_we_do_not_answer_is_refused_in_scep() {
    let phone = Phone::new();
    let request = ClientRequest { message_type: MessageType::Unsupported, ..phone.request() };
    let bytes = build_request(&request, &Seeded::new(1)).unwrap();
    let message = parse_pki_message(&bytes, &ra()).unwrap();
    assert_eq!(message.request, Err(FailInfo::BadRequest));
}

#[test]
fn a_message_that_was_changed_is_refused() {
    let mut bytes = Phone::new().message();
    let at = bytes.windows(8).position(|w| w == TRANSACTION.as_bytes()).unwrap();
    bytes[at] ^= 1;
    assert_eq!(parse_pki_message(&bytes, &ra()).unwrap_err(), ScepError::Signature);
}

#[test]
fn what_is_no_request_is_refused() {
    let bytes = Phone::new().message();
    for len in (0..bytes.len()).step_by(5) {
        assert_eq!(parse_pki_message(&bytes[..len], &ra()).unwrap_err(), ScepError::Malformed);
    }
    let error = |bytes: &[u8]| parse_pki_message(bytes, &ra()).unwrap_err();
    assert_eq!(error(&degenerate(&[phone_certificate(1)])), ScepError::Malformed);
    assert_eq!(error(&[0x30, 0x80].repeat(100)), ScepError::OverLimit);
    assert_eq!(error(&vec![0; MAX_MESSAGE_BYTES + 1]), ScepError::OverLimit);
    let attached = crate::sign_attached(b"x", &pool_key(1), &[phone_certificate(1)]).unwrap();
    assert_eq!(error(&attached), ScepError::Malformed, "no transaction");
}

#[test]
fn a_reply_to_another_request_or_by_a_stranger_is_not_taken() {
    let phone = Phone::new();
    let message = parse_pki_message(&phone.message(), &ra()).unwrap();
    let issued = [phone_certificate(1)];
    let reply = success_reply(&message, &issued, &ra(), &Seeded::new(2)).unwrap();
    let other = ClientRequest { nonce: [8; 16], ..phone.request() };
    assert_eq!(parse_reply(&reply, &other), Err(ReplyError::Unacceptable));
    let other = ClientRequest { transaction_id: "x", ..phone.request() };
    assert_eq!(parse_reply(&reply, &other), Err(ReplyError::Unacceptable));
    let stranger = RegistrationAuthority {
        certificate: issue(3, "RA", Usage::RegistrationAuthority),
        key: pool_key(3),
    };
    let reply = success_reply(&message, &issued, &stranger, &Seeded::new(2)).unwrap();
    assert_eq!(parse_reply(&reply, &phone.request()), Err(ReplyError::Unacceptable));
}

#[test]
fn openssl_verifies_and_opens_both_directions() {
    let phone = Phone::new();
    let message = parse_pki_message(&phone.message(), &ra()).unwrap();
    let issued = [phone_certificate(1)];
    let reply = success_reply(&message, &issued, &ra(), &Seeded::new(2)).unwrap();
    for (bytes, recipient, key, content) in [
        (phone.message(), ra().certificate, pool_key(2), phone.csr.clone()),
        (reply, phone.signer.clone(), pool_key(1), degenerate(&issued)),
    ] {
        let args = [
            "cms",
            "-verify",
            "-noverify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "in",
            "-out",
            "out",
        ];
        let Some(verified) = openssl(&[("in", &bytes)], &args) else {
            return;
        };
        assert!(verified.ok, "{}", verified.text);
        let (cert, key) = (recipient.to_pem(), key.to_pem());
        let files = [
            ("in", &verified.out[..]),
            ("cert", cert.as_bytes()),
            ("key", key.expose().as_bytes()),
        ];
        let args = [
            "cms", "-decrypt", "-inform", "DER", "-in", "in", "-recip", "cert", "-inkey", "key",
            "-out", "out",
        ];
        let opened = openssl(&files, &args).unwrap();
        assert_eq!(opened.out, content, "{}", opened.text);
    }
}

#[test]
fn no_challenge_is_shown() {
    let message = parse_pki_message(&Phone::new().message(), &ra()).unwrap();
    assert!(!format!("{message:?}").contains("geheim"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_parsing_panic(bytes: Vec<u8>) {
        let _ = parse_pki_message(&bytes, &ra());
        let _ = parse_reply(&bytes, &Phone::new().request());
        let _ = crate::certificates_in(&bytes);
    }

    #[test]
    fn no_change_of_a_message_makes_parsing_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let phone = Phone::new();
        let mut bytes = phone.message();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if let Ok(message) = parse_pki_message(&bytes, &ra()) {
            prop_assert_eq!(message.transaction_id, TRANSACTION);
        }
        let _ = parse_reply(&bytes, &phone.request());
    }
}
