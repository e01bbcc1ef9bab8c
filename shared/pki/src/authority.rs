use trennwand_domain::{Duration, Error, Result, Timestamp};

use crate::{
    Certificate, RsaKey, Subject,
    asn1::{Der, oid, tag, time, write},
    key::{Hash, is_strong},
};

/// How long a device CA and its registration authority are valid: ten years.
pub const CA_LIFETIME: Duration = Duration::from_secs(3652 * 86_400);

/// How long a phone's certificate is valid: one year.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(365 * 86_400);

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// A phone's identity: digitalSignature and keyEncipherment (SCEP key usage 5), clientAuth.
    Device,
    /// The SCEP registration authority: digitalSignature and keyEncipherment.
    RegistrationAuthority,
}

/// A tenant's CA: certificate and key.
#[derive(Debug, Clone)]
pub struct DeviceAuthority {
    certificate: Certificate,
    key: RsaKey,
}

impl DeviceAuthority {
    /// A CA from storage.
    ///
    /// # Errors
    /// `Internal` if the key is not the certificate's.
    pub fn new(certificate: Certificate, key: RsaKey) -> Result<Self> {
        if certificate.spki_der() != key.spki_der() {
            return Err(Error::internal("the CA's key is not its certificate's"));
        }
        Ok(Self { certificate, key })
    }

    /// Makes a self-signed CA, valid from `now` for [`CA_LIFETIME`].
    ///
    /// # Errors
    /// `Internal` if signing fails.
    pub fn self_signed_ca(
        key: RsaKey,
        subject: &Subject,
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<Self> {
        let name = subject.to_der();
        let certificate = Blueprint {
            issuer: &name,
            subject: &name,
            spki: key.spki_der(),
            not_before: now,
            not_after: now.plus(CA_LIFETIME),
            serial,
            extensions: &[
                basic_constraints_of_ca(),
                key_usage(KEY_CERT_SIGN | CRL_SIGN),
                subject_key_identifier(key.spki_der()),
            ],
        }
        .sign(&key)?;
        Ok(Self { certificate, key })
    }

    /// The CA's certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The CA's key.
    #[must_use]
    pub const fn key(&self) -> &RsaKey {
        &self.key
    }

    /// Issues a certificate; the same arguments give the same bytes. The first two bits of the
    /// serial number are set to `01`, so that it is positive and always as long.
    ///
    /// # Errors
    /// `Invalid` if the public key is not RSA of at least 2048 bits, `Internal` if signing fails.
    pub fn issue(
        &self,
        subject: &Subject,
        spki_der: &[u8],
        not_before: Timestamp,
        not_after: Timestamp,
        serial: [u8; 16],
        usage: Usage,
    ) -> Result<Certificate> {
        if !is_strong(spki_der) {
            return Err(Error::invalid("csr", "the key must be RSA of at least 2048 bits"));
        }
        let mut extensions = vec![
            basic_constraints_of_leaf(),
            key_usage_of_leaf(),
            subject_key_identifier(spki_der),
            authority_key_identifier(self.key.spki_der()),
        ];
        if usage == Usage::Device {
            extensions.push(client_auth());
        }
        Blueprint {
            issuer: self.certificate.subject(),
            subject: &subject.to_der(),
            spki: spki_der,
            not_before,
            not_after,
            serial,
            extensions: &extensions,
        }
        .sign(&self.key)
    }
}

/// All that goes into a certificate (RFC 5280, TBSCertificate).
pub(crate) struct Blueprint<'a> {
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) spki: &'a [u8],
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) serial: [u8; 16],
    pub(crate) extensions: &'a [Vec<u8>],
}

impl Blueprint<'_> {
    pub(crate) fn sign(&self, key: &RsaKey) -> Result<Certificate> {
        const V3: u8 = 2;
        let mut serial = self.serial;
        serial[0] = serial[0] & 0x3f | 0x40;
        let algorithm = write::algorithm(&oid::SHA256_WITH_RSA);
        let extensions = write::element(tag::SEQUENCE, &self.extensions.concat());
        let signed = write::sequence(&[
            &write::element(tag::constructed(0), &write::small(V3)),
            &write::integer(&serial),
            &algorithm,
            self.issuer,
            &write::sequence(&[&time(self.not_before), &time(self.not_after)]),
            self.subject,
            self.spki,
            &write::element(tag::constructed(3), &extensions),
        ]);
        let signature = key.sign_sha256(&signed)?;
        let der = write::sequence(&[&signed, &algorithm, &write::bit_string(&signature)]);
        Certificate::parse(&der).map_err(|e| Error::internal(format!("the certificate is {e}")))
    }
}

/// Bits of the keyUsage extension, the first one highest.
const DIGITAL_SIGNATURE: u8 = 0x80;
const KEY_ENCIPHERMENT: u8 = 0x20;
const KEY_CERT_SIGN: u8 = 0x04;
const CRL_SIGN: u8 = 0x02;

const CRITICAL: [u8; 3] = [tag::BOOLEAN, 1, 0xff];

fn critical(kind: &const_oid::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    write::sequence(&[&write::oid(kind), &CRITICAL, &write::octet_string(value)])
}

fn extension(kind: &const_oid::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    write::sequence(&[&write::oid(kind), &write::octet_string(value)])
}

/// A CA that may not have another below it.
fn basic_constraints_of_ca() -> Vec<u8> {
    critical(&oid::BASIC_CONSTRAINTS, &write::sequence(&[&CRITICAL, &write::small(0)]))
}

pub(crate) fn basic_constraints_of_leaf() -> Vec<u8> {
    critical(&oid::BASIC_CONSTRAINTS, &write::sequence(&[]))
}

fn key_usage(bits: u8) -> Vec<u8> {
    let unused = bits.trailing_zeros() as u8;
    critical(&oid::KEY_USAGE, &write::element(tag::BIT_STRING, &[unused, bits]))
}

pub(crate) fn key_usage_of_leaf() -> Vec<u8> {
    key_usage(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT)
}

pub(crate) fn client_auth() -> Vec<u8> {
    extension(&oid::EXTENDED_KEY_USAGE, &write::sequence(&[&write::oid(&oid::CLIENT_AUTH)]))
}

fn subject_key_identifier(spki: &[u8]) -> Vec<u8> {
    let value = write::octet_string(&key_identifier(spki));
    extension(&oid::SUBJECT_KEY_IDENTIFIER, &value)
}

fn authority_key_identifier(spki: &[u8]) -> Vec<u8> {
    let value = write::element(tag::context(0), &key_identifier(spki));
    extension(&oid::AUTHORITY_KEY_IDENTIFIER, &write::sequence(&[&value]))
}

/// RFC 7093, method 1: the first 160 bits of the SHA-256 hash of the key's bits.
fn key_identifier(spki: &[u8]) -> Vec<u8> {
    let bits = || {
        let mut inside = Der::single(spki, tag::SEQUENCE)?.inside();
        inside.algorithm()?;
        inside.bits()
    };
    let mut digest = Hash::Sha256.digest(bits().unwrap_or(spki));
    digest.truncate(20);
    digest
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

    use super::*;
    use crate::tests::{NOW, authority, issue, openssl, phone_certificate, pool_key};

    #[test]
    fn the_same_arguments_give_the_same_certificate() {
        assert_eq!(phone_certificate(1), phone_certificate(1));
        assert_ne!(phone_certificate(1), phone_certificate(2));
    }

    #[test]
    fn a_phone_gets_what_key_usage_5_means_and_client_auth() {
        let ours = phone_certificate(1);
        let theirs = x509_cert::Certificate::from_der(ours.der()).unwrap().tbs_certificate;
        let (critical, usage) = theirs.get::<KeyUsage>().unwrap().unwrap();
        assert!(critical && usage.digital_signature() && usage.key_encipherment());
        assert!(!usage.key_cert_sign());
        let (_, extended) = theirs.get::<ExtendedKeyUsage>().unwrap().unwrap();
        assert_eq!(extended.0.len(), 1);
        assert_eq!(extended.0[0].to_string(), "1.3.6.1.5.5.7.3.2");
        assert!(!theirs.get::<BasicConstraints>().unwrap().unwrap().1.ca);
        assert_eq!(theirs.subject.to_string(), "CN=phone");
        assert_eq!(ours.not_after(), NOW.plus(DEVICE_LIFETIME));
        assert!(ours.is_issued_by(authority().certificate()));
        assert!(!ours.is_issued_by(&ours));
    }

    #[test]
    fn the_ca_may_sign_certificates_only_and_lives_ten_years() {
        let ours = authority();
        let theirs = x509_cert::Certificate::from_der(ours.certificate().der()).unwrap();
        let theirs = theirs.tbs_certificate;
        let (critical, constraints) = theirs.get::<BasicConstraints>().unwrap().unwrap();
        assert!(critical && constraints.ca);
        assert_eq!(constraints.path_len_constraint, Some(0));
        let usage = theirs.get::<KeyUsage>().unwrap().unwrap().1;
        assert!(usage.key_cert_sign() && !usage.key_encipherment() && !usage.digital_signature());
        assert_eq!(ours.certificate().not_after().to_string(), "2036-11-17T11:06:40Z");
        assert!(ours.certificate().is_issued_by(ours.certificate()));
    }

    #[test]
    fn openssl_accepts_the_chain() {
        let ca = authority().certificate().to_pem();
        for usage in [Usage::Device, Usage::RegistrationAuthority] {
            let leaf = issue(1, "leaf", usage).to_pem();
            let files = [("ca", ca.as_bytes()), ("leaf", leaf.as_bytes())];
            let at = NOW.unix_s().to_string();
            let args = ["verify", "-x509_strict", "-attime", &at, "-CAfile", "ca", "leaf"];
            let Some(verified) = openssl(&files, &args) else {
                return;
            };
            assert!(verified.ok, "{}", verified.text);
        }
    }

    #[test]
    fn serial_numbers_are_positive_whatever_was_drawn() {
        for drawn in [[0; 16], [0xff; 16]] {
            let serial = authority()
                .issue(
                    &Subject::new().common_name("x"),
                    pool_key(1).spki_der(),
                    NOW,
                    NOW.plus(DEVICE_LIFETIME),
                    drawn,
                    Usage::Device,
                )
                .unwrap()
                .serial()
                .to_vec();
            assert_eq!(serial.len(), 16);
            assert_eq!(serial[0] >> 6, 1);
        }
    }

    #[test]
    fn a_key_that_is_not_strong_rsa_gets_no_certificate() {
        let subject = Subject::new().common_name("x");
        let issue = |spki: &[u8]| {
            authority().issue(&subject, spki, NOW, NOW, [1; 16], Usage::Device).is_err()
        };
        assert!(issue(&[]));
        assert!(issue(&pool_key(1).spki_der()[1..]));
        assert!(issue(pool_key(1).to_pkcs8_der().expose()));
    }

    #[test]
    fn a_ca_with_another_ones_key_is_refused() {
        assert!(DeviceAuthority::new(authority().certificate().clone(), pool_key(0)).is_ok());
        assert!(DeviceAuthority::new(authority().certificate().clone(), pool_key(1)).is_err());
    }
}
