use trennwand_domain::{Entropy, Error, Result};
use zeroize::Zeroizing;

use super::{ContentCipher, signed_data::expect_oid};
use crate::{
    Certificate, RsaKey,
    asn1::{
        Der, Element, Fault,
        ber::{Limits, join_segments, to_der},
        oid, tag, write,
    },
    key::encrypt_pkcs1,
};

/// Opens an EnvelopedData, BER or DER, that is addressed to this certificate.
///
/// `None` whatever is wrong, and without a hint in time whether the RSA padding was: a key that
/// does not decrypt is replaced by one that nobody can foresee.
pub(crate) fn open_envelope(
    bytes: &[u8],
    certificate: &Certificate,
    key: &RsaKey,
) -> Option<(Vec<u8>, ContentCipher)> {
    let der = to_der(bytes, Limits::of_bytes(crate::scep::MAX_MESSAGE_BYTES)).ok()?;
    let envelope = Envelope::parse(&der, certificate).ok()?;
    let content_key = key.decrypt_content_key(envelope.encrypted_key, envelope.cipher.key_len());
    let content =
        envelope.cipher.decrypt(content_key.expose(), envelope.iv, &envelope.encrypted_content)?;
    Some((content, envelope.cipher))
}

/// Encrypts content to the holder of a certificate.
///
/// # Errors
/// `Invalid` with field `certificate` if its key is unusable.
pub(crate) fn seal_envelope(
    content: &[u8],
    recipient: &Certificate,
    cipher: ContentCipher,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; cipher.key_len()]);
    entropy.fill(&mut key);
    let mut iv = vec![0; cipher.iv_len()];
    entropy.fill(&mut iv);
    let encrypted_key = encrypt_pkcs1(recipient.spki_der(), &key)
        .ok_or_else(|| Error::invalid("certificate", "its key cannot be encrypted to"))?;
    let encrypted_content = cipher
        .encrypt(&key, &iv, content)
        .ok_or_else(|| Error::internal("key and IV were not made to the cipher's measure"))?;
    let recipient = write::sequence(&[
        &write::small(0),
        &write::sequence(&[recipient.issuer(), &write::integer(recipient.serial())]),
        &write::algorithm(&oid::RSA_ENCRYPTION),
        &write::octet_string(&encrypted_key),
    ]);
    let enveloped_data = write::sequence(&[
        &write::small(0),
        &write::set(&recipient),
        &write::sequence(&[
            &write::oid(&oid::DATA),
            &write::sequence(&[&write::oid(&cipher.oid()), &write::octet_string(&iv)]),
            &write::element(tag::context(0), &encrypted_content),
        ]),
    ]);
    Ok(write::sequence(&[
        &write::oid(&oid::ENVELOPED_DATA),
        &write::element(tag::constructed(0), &enveloped_data),
    ]))
}

/// The parts of an EnvelopedData that concern one recipient.
struct Envelope<'a> {
    encrypted_key: &'a [u8],
    cipher: ContentCipher,
    iv: &'a [u8],
    encrypted_content: Vec<u8>,
}

impl<'a> Envelope<'a> {
    fn parse(der: &'a [u8], recipient: &Certificate) -> Result<Self, Fault> {
        let mut info = Der::single(der, tag::SEQUENCE)?.inside();
        expect_oid(&mut info, &oid::ENVELOPED_DATA)?;
        let explicit = info.expect(tag::constructed(0))?;
        info.finish()?;

        let mut inside = Der::single(explicit.content, tag::SEQUENCE)?.inside();
        inside.expect(tag::INTEGER)?; // version
        inside.optional(tag::constructed(0))?; // originatorInfo
        let recipients = inside.expect(tag::SET)?;
        let encrypted_key = encrypted_key(recipients, recipient)?;
        let mut encrypted = inside.expect(tag::SEQUENCE)?.inside();
        encrypted.expect(tag::OID)?; // contentType
        let (algorithm, parameters) = encrypted.algorithm()?;
        let cipher = ContentCipher::from_oid(algorithm).ok_or(Fault::Malformed)?;
        let iv = parameters.filter(|p| p.tag == tag::OCTET_STRING).ok_or(Fault::Malformed)?;
        let content = encrypted.next()?;
        // [0] IMPLICIT OCTET STRING; phones write it in segments.
        let encrypted_content = match content.tag {
            t if t == tag::context(0) => content.content.to_vec(),
            t if t == tag::constructed(0) => join_segments(content.content)?,
            _ => return Err(Fault::Malformed),
        };
        Ok(Self { encrypted_key, cipher, iv: iv.content, encrypted_content })
    }
}

/// The content key that is encrypted to this recipient by RSA (KeyTransRecipientInfo).
fn encrypted_key<'a>(recipients: Element<'a>, to: &Certificate) -> Result<&'a [u8], Fault> {
    for recipient in recipients.inside().all() {
        let recipient = recipient?;
        if recipient.tag != tag::SEQUENCE {
            continue;
        }
        let mut inside = recipient.inside();
        inside.expect(tag::INTEGER)?; // version
        let id = inside.next()?;
        let is_it = match id.tag {
            tag::SEQUENCE => {
                let mut id = id.inside();
                let issuer = id.expect(tag::SEQUENCE)?.whole;
                issuer == to.issuer() && id.expect(tag::INTEGER)?.content == to.serial()
            }
            t if t == tag::context(0) => Some(id.content) == to.key_identifier(),
            _ => false,
        };
        if is_it && inside.plain_algorithm()? == oid::RSA_ENCRYPTION.as_bytes() {
            return Ok(inside.expect(tag::OCTET_STRING)?.content);
        }
    }
    Err(Fault::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Usage,
        tests::{Seeded, issue, openssl, phone_certificate, pool_key},
    };

    const CIPHERS: [(ContentCipher, &str); 4] = [
        (ContentCipher::Aes128, "-aes128"),
        (ContentCipher::Aes192, "-aes192"),
        (ContentCipher::Aes256, "-aes256"),
        (ContentCipher::TripleDes, "-des3"),
    ];

    #[test]
    fn what_was_sealed_opens_for_the_recipient_alone() {
        let (certificate, other) = (phone_certificate(1), phone_certificate(2));
        for cipher in CIPHERS.map(|c| c.0).into_iter().chain([ContentCipher::Des]) {
            let sealed = seal_envelope(b"content", &certificate, cipher, &Seeded::new(1)).unwrap();
            let opened = open_envelope(&sealed, &certificate, &pool_key(1));
            assert_eq!(opened, Some((b"content".to_vec(), cipher)));
            assert_eq!(open_envelope(&sealed, &other, &pool_key(2)), None);
            let garbled = open_envelope(&sealed, &certificate, &pool_key(2));
            assert_ne!(garbled.map(|g| g.0), Some(b"content".to_vec()), "another key");
        }
    }

    #[test]
    fn openssl_opens_what_we_sealed() {
        let certificate = issue(1, "ra", Usage::RegistrationAuthority);
        let (cert, key) = (certificate.to_pem(), pool_key(1).to_pem());
        for (cipher, _) in CIPHERS {
            let sealed = seal_envelope(b"content", &certificate, cipher, &Seeded::new(1)).unwrap();
            let files =
                [("cert", cert.as_bytes()), ("key", key.expose().as_bytes()), ("in", &sealed)];
            let args = [
                "cms", "-decrypt", "-inform", "DER", "-in", "in", "-recip", "cert", "-inkey",
                "key", "-out", "out",
            ];
            let Some(opened) = openssl(&files, &args) else {
                return;
            };
            assert_eq!(opened.out, b"content", "{cipher:?} {}", opened.text);
        }
    }

    #[test]
    fn we_open_what_openssl_sealed_in_ber_and_der() {
        let certificate = issue(1, "ra", Usage::RegistrationAuthority);
        let cert = certificate.to_pem();
        for (cipher, option) in CIPHERS {
            for form in [&["-stream"][..], &["-keyid"], &[]] {
                let args = ["cms", "-encrypt", "-binary", option, "-in", "in", "-outform", "DER"];
                let args = [&args, form, &["-out", "out", "cert"]].concat();
                let content = vec![7; 5000];
                let files = [("cert", cert.as_bytes()), ("in", &content)];
                let Some(sealed) = openssl(&files, &args) else {
                    return;
                };
                assert!(sealed.ok, "{}", sealed.text);
                let opened = open_envelope(&sealed.out, &certificate, &pool_key(1));
                assert_eq!(opened, Some((content, cipher)), "{form:?}");
            }
        }
    }

    #[test]
    fn a_cut_or_changed_envelope_neither_opens_nor_panics() {
        let certificate = phone_certificate(1);
        let cipher = ContentCipher::Aes128;
        let sealed = seal_envelope(b"content", &certificate, cipher, &Seeded::new(1)).unwrap();
        for at in 0..sealed.len() {
            assert_eq!(open_envelope(&sealed[..at], &certificate, &pool_key(1)), None);
        }
        for at in (0..sealed.len()).step_by(7) {
            let mut changed = sealed.clone();
            changed[at] ^= 0x55;
            let _ = open_envelope(&changed, &certificate, &pool_key(1));
        }
    }
}
