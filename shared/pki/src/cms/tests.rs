//! Signatures against the `openssl` command and against strangers.

use proptest::prelude::*;

use super::*;
use crate::{
    Certificate,
    asn1::{oid, tag, write},
    tests::{NOW, authority, openssl, phone_certificate, pool_key},
};

const BODY: &[u8] = b"<plist>body</plist>";

fn signed(shape: DeviceShape) -> Vec<u8> {
    sign_detached_like_device(BODY, &pool_key(1), &phone_certificate(1), shape).unwrap()
}

/// Signs [`BODY`] with `openssl cms` and these options.
fn signed_by_openssl(options: &[&str]) -> Option<Vec<u8>> {
    let key = pool_key(1).to_pem();
    let cert = phone_certificate(1).to_pem();
    let ca = authority().certificate().to_pem();
    let files = [
        ("cert", cert.as_bytes()),
        ("key", key.expose().as_bytes()),
        ("ca", ca.as_bytes()),
        ("in", BODY),
    ];
    let args = ["cms", "-sign", "-binary", "-signer", "cert", "-inkey", "key", "-in", "in"];
    let output = openssl(&files, &[&args, options, &["-outform", "DER", "-out", "out"]].concat())?;
    assert!(output.ok, "{}", output.text);
    Some(output.out)
}

/// In its streaming form, which is BER like a phone's, `openssl` always encloses the body.
fn without_streamed_body(signature: &[u8]) -> Vec<u8> {
    let enclosed =
        [&[0xa0, 0x80, 0x24, 0x80, 0x04, BODY.len() as u8][..], BODY, &[0, 0, 0, 0]].concat();
    match signature.windows(enclosed.len()).position(|w| w == enclosed) {
        Some(at) => [&signature[..at], &signature[at + enclosed.len()..]].concat(),
        None => signature.to_vec(),
    }
}

fn verified_by_openssl(signature: &[u8], detached: bool) -> Option<crate::tests::Output> {
    let ca = authority().certificate().to_pem();
    let files = [("ca", ca.as_bytes()), ("sig", signature), ("body", BODY)];
    let at = NOW.unix_s().to_string();
    let args = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "sig", "-CAfile", "ca"];
    let more = ["-purpose", "any", "-attime", &at, "-out", "out"];
    let detached: &[&str] = if detached { &["-content", "body"] } else { &[] };
    openssl(&files, &[&args, &more[..], detached].concat())
}

#[test]
fn both_shapes_verify_and_name_their_signer() {
    for shape in [DeviceShape::Genuine, DeviceShape::Library] {
        let signature = signed(shape);
        assert_eq!(verify_detached(&signature, BODY), Ok(phone_certificate(1)), "{shape:?}");
        let parsed = DetachedSignature::parse(&signature).unwrap();
        assert_eq!(parsed.signer().hash(), phone_certificate(1).hash());
        let claimed = (shape == DeviceShape::Library).then_some(NOW);
        assert_eq!(parsed.signing_time(), claimed);
    }
}

#[test]
fn the_genuine_shape_is_what_captures_of_phones_show() {
    let signature = signed(DeviceShape::Genuine);
    // 30 80, OID signedData, a0 80, 30 80, version 1, SHA-1 with NULL parameters, 30 80, OID data.
    assert_eq!(
        signature[..52],
        [
            &[0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02][..],
            &[0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01],
            &[0x31, 0x0b, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00],
            &[0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01],
            &[0x00, 0x00, 0xa0, 0x80, 0x30, 0x82],
        ]
        .concat()
    );
    assert!(signature.ends_with(&[0; 6]));
    assert!(signature.len() < 1400, "about 1.8 KB in base64: {}", signature.len());
}

#[test]
fn openssl_verifies_both_shapes() {
    for shape in [DeviceShape::Genuine, DeviceShape::Library] {
        let Some(verified) = verified_by_openssl(&signed(shape), true) else {
            return;
        };
        assert!(verified.ok, "{shape:?}: {}", verified.text);
    }
}

#[test]
fn what_openssl_signs_verifies() {
    for options in [
        &["-md", "sha1", "-noattr", "-stream"][..],
        &["-md", "sha1", "-noattr"],
        &["-md", "sha1"],
        &["-md", "sha256", "-stream"],
        &["-md", "sha256", "-certfile", "ca"],
        &["-md", "sha256", "-keyid", "-noattr"],
    ] {
        let Some(signature) = signed_by_openssl(options) else {
            return;
        };
        let signature = without_streamed_body(&signature);
        assert_eq!(verify_detached(&signature, BODY), Ok(phone_certificate(1)), "{options:?}");
        let tampered = verify_detached(&signature, b"<plist>other</plist>");
        assert_eq!(tampered, Err(SignatureError::Mismatch), "{options:?}");
    }
}

#[test]
fn what_is_not_accepted_says_why() {
    for (options, error) in [
        (&["-md", "sha512"][..], SignatureError::Algorithm),
        (&["-md", "sha256", "-nodetach"], SignatureError::Malformed),
        (&["-md", "sha256", "-nocerts"], SignatureError::NoCertificate),
        (&["-keyopt", "rsa_padding_mode:pss"], SignatureError::Malformed),
    ] {
        let Some(signature) = signed_by_openssl(options) else {
            return;
        };
        assert_eq!(verify_detached(&signature, BODY), Err(error), "{options:?}");
    }
}

#[test]
fn a_tampered_body_or_signature_does_not_verify() {
    for shape in [DeviceShape::Genuine, DeviceShape::Library] {
        let mut signature = signed(shape);
        let other = [BODY, b"\n"].concat();
        assert_eq!(verify_detached(&signature, &other), Err(SignatureError::Mismatch));
        assert_eq!(verify_detached(&signature, b""), Err(SignatureError::Mismatch));
        let last = signature.iter().rposition(|&b| b != 0).unwrap();
        signature[last] ^= 1;
        assert_eq!(verify_detached(&signature, BODY), Err(SignatureError::Mismatch), "{shape:?}");
    }
}

#[test]
fn a_signature_by_another_ones_key_does_not_verify() {
    for shape in [DeviceShape::Genuine, DeviceShape::Library] {
        let wrong =
            sign_detached_like_device(BODY, &pool_key(2), &phone_certificate(1), shape).unwrap();
        assert_eq!(verify_detached(&wrong, BODY), Err(SignatureError::Mismatch));
    }
}

/// A SignedData with these SignerInfos.
fn with_signers(signers: &[&[u8]]) -> Vec<u8> {
    let signed_data = write::sequence(&[
        &write::small(1),
        &write::set(&write::algorithm(&oid::SHA256)),
        &write::sequence(&[&write::oid(&oid::DATA)]),
        &write::element(tag::constructed(0), phone_certificate(1).der()),
        &write::constructed(tag::SET, signers),
    ]);
    let explicit = write::element(tag::constructed(0), &signed_data);
    write::sequence(&[&write::oid(&oid::SIGNED_DATA), &explicit])
}

/// A SignerInfo of pool key 1 with these signed attributes.
fn signer_with(attributes: &[Vec<u8>]) -> Vec<u8> {
    let certificate = phone_certificate(1);
    let mut attributes = write::constructed(tag::SET, &[&attributes.concat()]);
    let signature = pool_key(1).sign_sha256(&attributes).unwrap();
    attributes[0] = tag::constructed(0);
    write::sequence(&[
        &write::small(1),
        &write::sequence(&[certificate.issuer(), &write::integer(certificate.serial())]),
        &write::algorithm(&oid::SHA256),
        &attributes,
        &write::algorithm(&oid::RSA_ENCRYPTION),
        &write::octet_string(&signature),
    ])
}

fn content_type() -> Vec<u8> {
    write::attribute(&oid::CONTENT_TYPE, &write::oid(&oid::DATA))
}

fn message_digest() -> Vec<u8> {
    let digest = crate::key::Hash::Sha256.digest(BODY);
    write::attribute(&oid::MESSAGE_DIGEST, &write::octet_string(&digest))
}

#[test]
fn exactly_one_signer_is_needed() {
    let signer = signer_with(&[content_type(), message_digest()]);
    assert_eq!(verify_detached(&with_signers(&[&signer]), BODY), Ok(phone_certificate(1)));
    let two = with_signers(&[&signer, &signer]);
    assert_eq!(verify_detached(&two, BODY), Err(SignatureError::NotOneSigner));
    assert_eq!(verify_detached(&with_signers(&[]), BODY), Err(SignatureError::NotOneSigner));
    let none = degenerate(&[phone_certificate(1)]);
    assert_eq!(verify_detached(&none, BODY), Err(SignatureError::NotOneSigner));
}

#[test]
fn signed_attributes_must_bind_the_content_and_be_there_once() {
    let verify = |attributes: &[Vec<u8>]| {
        verify_detached(&with_signers(&[&signer_with(attributes)]), BODY).map(drop)
    };
    assert_eq!(verify(&[message_digest(), content_type()]), Ok(()), "unsorted, as received");
    assert_eq!(verify(&[content_type()]), Err(SignatureError::Mismatch), "no digest");
    assert_eq!(verify(&[message_digest()]), Err(SignatureError::Mismatch), "no content type");
    assert_eq!(verify(&[]), Err(SignatureError::Mismatch));
    let twice = [content_type(), message_digest(), message_digest()];
    assert_eq!(verify(&twice), Err(SignatureError::Malformed));
    let enveloped = write::attribute(&oid::CONTENT_TYPE, &write::oid(&oid::ENVELOPED_DATA));
    assert_eq!(verify(&[enveloped, message_digest()]), Err(SignatureError::Mismatch));
}

#[test]
fn nothing_cut_short_is_accepted() {
    for shape in [DeviceShape::Genuine, DeviceShape::Library] {
        let signature = signed(shape);
        for len in 0..signature.len() {
            let error = verify_detached(&signature[..len], BODY).unwrap_err();
            assert_eq!(error, SignatureError::Malformed, "{shape:?} cut at {len}");
        }
    }
}

#[test]
fn nesting_size_and_announced_lengths_are_limited() {
    let refused = |bytes: &[u8]| DetachedSignature::parse(bytes).unwrap_err();
    assert_eq!(refused(&[0x30, 0x80].repeat(8000)), SignatureError::OverLimit);
    assert_eq!(refused(&[0x05, 0x00].repeat(9000)), SignatureError::OverLimit);
    assert_eq!(refused(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), SignatureError::Malformed);
    assert_eq!(
        refused(&[&[0x30, 0x80][..], &[5, 0].repeat(8000)].concat()),
        SignatureError::OverLimit
    );
}

#[test]
fn an_enclosed_signature_is_the_same_each_time_and_openssl_verifies_it() {
    let chain = [phone_certificate(1), authority().certificate().clone()];
    let signed = sign_attached(BODY, &pool_key(1), &chain).unwrap();
    assert_eq!(signed, sign_attached(BODY, &pool_key(1), &chain).unwrap());
    assert!(!signed.windows(9).any(|w| w == oid::SIGNING_TIME.as_bytes()));
    let Some(verified) = verified_by_openssl(&signed, false) else {
        return;
    };
    assert!(verified.ok, "{}", verified.text);
    assert_eq!(verified.out, BODY);
    assert!(sign_attached(BODY, &pool_key(2), &chain).is_err(), "another one's key");
    assert!(sign_attached(BODY, &pool_key(1), &[]).is_err());
}

#[test]
fn another_implementation_reads_what_we_write() {
    use ::cms::{content_info::ContentInfo, signed_data::SignedData};
    use der::{Decode, Encode};

    let chain = [phone_certificate(1), authority().certificate().clone()];
    for bytes in [sign_attached(BODY, &pool_key(1), &chain).unwrap(), degenerate(&chain)] {
        let info = ContentInfo::from_der(&bytes).unwrap();
        let data = SignedData::from_der(&info.content.to_der().unwrap()).unwrap();
        assert_eq!(data.certificates.unwrap().0.len(), 2);
    }
}

#[test]
fn a_collection_keeps_its_order() {
    let one = [phone_certificate(1), authority().certificate().clone()];
    let other = [one[1].clone(), one[0].clone()];
    for certificates in [&one, &other] {
        assert_eq!(certificates_in(&degenerate(certificates)).unwrap(), certificates);
    }
    let args = ["pkcs7", "-inform", "DER", "-in", "in", "-print_certs", "-out", "out"];
    let Some(printed) = openssl(&[("in", &degenerate(&one))], &args) else {
        return;
    };
    let text = String::from_utf8(printed.out).unwrap();
    assert_eq!(Certificate::chain_from_pem(&text).unwrap(), one, "{}", printed.text);
    assert!(certificates_in(b"").is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_verifying_panic(bytes: Vec<u8>) {
        let _ = verify_detached(&bytes, BODY);
    }

    #[test]
    fn no_change_of_a_genuine_signature_makes_verifying_panic(
        shape in prop_oneof![Just(DeviceShape::Genuine), Just(DeviceShape::Library)],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        thread_local! {
            static SIGNED: [Vec<u8>; 2] =
                [signed(DeviceShape::Genuine), signed(DeviceShape::Library)];
        }
        let mut bytes = SIGNED.with(|s| s[usize::from(shape == DeviceShape::Library)].clone());
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if let Ok(signer) = verify_detached(&bytes, BODY) {
            let phone = phone_certificate(1);
            prop_assert_eq!(signer.spki_der(), phone.spki_der());
        }
    }
}
