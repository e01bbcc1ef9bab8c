use trennwand_domain::Timestamp;

use crate::{
    Certificate,
    asn1::{Der, Element, Fault, oid, read_time, tag},
    key::{Hash, verifies},
};

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Larger, deeper or of more parts than any genuine one.
    #[error("the signature exceeds the limits")]
    OverLimit,
    /// Not a CMS SignedData of the expected form.
    #[error("the signature is not a CMS SignedData of the expected form")]
    Malformed,
    /// Not exactly one signer.
    #[error("the signature does not have exactly one signer")]
    NotOneSigner,
    /// The signer's certificate is not embedded.
    #[error("the signer's certificate is not embedded")]
    NoCertificate,
    /// Not RSA PKCS#1 v1.5 with SHA-1 or SHA-256.
    #[error("the algorithm is not accepted")]
    Algorithm,
    /// The signature is not over this content by this key, or the key is weak.
    #[error("the signature does not verify")]
    Mismatch,
}

impl From<Fault> for SignatureError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::OverLimit => Self::OverLimit,
            Fault::Malformed => Self::Malformed,
        }
    }
}

/// A SignedData in DER.
pub(crate) struct SignedData<'a> {
    content_type: &'a [u8],
    /// The enclosed content, if it is not detached.
    pub(crate) content: Option<&'a [u8]>,
    certificates: Option<Element<'a>>,
    signers: Element<'a>,
}

impl<'a> SignedData<'a> {
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Fault> {
        let mut info = Der::single(der, tag::SEQUENCE)?.inside();
        expect_oid(&mut info, &oid::SIGNED_DATA)?;
        let explicit = info.expect(tag::constructed(0))?;
        info.finish()?;

        let mut inside = Der::single(explicit.content, tag::SEQUENCE)?.inside();
        inside.expect(tag::INTEGER)?; // version
        inside.expect(tag::SET)?; // digestAlgorithms: the signer says which
        let mut enclosed = inside.expect(tag::SEQUENCE)?.inside();
        let content_type = enclosed.expect(tag::OID)?.content;
        let content = enclosed.optional(tag::constructed(0))?;
        enclosed.finish()?;
        let content = content
            .map(|c| Der::single(c.content, tag::OCTET_STRING))
            .transpose()?
            .map(|c| c.content);
        let certificates = inside.optional(tag::constructed(0))?;
        inside.optional(tag::constructed(1))?; // crls
        let signers = inside.expect(tag::SET)?;
        inside.finish()?;
        Ok(Self { content_type, content, certificates, signers })
    }

    /// The embedded certificates in order; other kinds of certificates are skipped.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = Result<Certificate, Fault>> {
        let elements = self.certificates.into_iter().flat_map(|set| set.inside().all());
        elements.filter_map(|element| match element {
            Ok(element) if element.tag != tag::SEQUENCE => None,
            Ok(element) => Some(Certificate::parse(element.whole)),
            Err(fault) => Some(Err(fault)),
        })
    }

    /// The one signer.
    pub(crate) fn signer(&self) -> Result<Signer, SignatureError> {
        let mut signers = self.signers.inside().all();
        let (Some(signer), None) = (signers.next(), signers.next()) else {
            return Err(SignatureError::NotOneSigner);
        };
        let signer = signer?;
        if signer.tag != tag::SEQUENCE {
            return Err(SignatureError::Malformed);
        }
        let mut inside = signer.inside();
        inside.expect(tag::INTEGER)?; // version
        let id = SignerId::parse(inside.next()?)?;
        let hash = hash(inside.plain_algorithm()?).ok_or(SignatureError::Algorithm)?;
        let attributes = inside.optional(tag::constructed(0))?;
        let algorithm = inside.plain_algorithm()?;
        let signature = inside.expect(tag::OCTET_STRING)?.content;
        inside.optional(tag::constructed(1))?; // unsignedAttrs
        inside.finish()?;
        if !fits(algorithm, hash) {
            return Err(SignatureError::Algorithm);
        }
        Ok(Signer {
            certificate: self.find(&id)?,
            content_type: self.content_type.to_vec(),
            hash,
            attributes: attributes.map(Attributes::parse).transpose()?,
            signature: signature.to_vec(),
        })
    }

    fn find(&self, id: &SignerId<'_>) -> Result<Certificate, SignatureError> {
        for certificate in self.certificates() {
            let certificate = certificate?;
            if id.names(&certificate) {
                return Ok(certificate);
            }
        }
        Err(SignatureError::NoCertificate)
    }
}

/// Reads an OID, which must be this one.
pub(super) fn expect_oid(
    reader: &mut Der<'_>,
    expected: &const_oid::ObjectIdentifier,
) -> Result<(), Fault> {
    let found = reader.expect(tag::OID)?.content == expected.as_bytes();
    if found { Ok(()) } else { Err(Fault::Malformed) }
}

fn hash(algorithm: &[u8]) -> Option<Hash> {
    match algorithm {
        a if a == oid::SHA1.as_bytes() => Some(Hash::Sha1),
        a if a == oid::SHA256.as_bytes() => Some(Hash::Sha256),
        _ => None,
    }
}

/// Clients name the signature algorithm with or without its hash.
fn fits(algorithm: &[u8], hash: Hash) -> bool {
    let with_hash = match hash {
        Hash::Sha1 => oid::SHA1_WITH_RSA,
        Hash::Sha256 => oid::SHA256_WITH_RSA,
    };
    algorithm == oid::RSA_ENCRYPTION.as_bytes() || algorithm == with_hash.as_bytes()
}

/// How a signer's certificate is named.
enum SignerId<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

impl<'a> SignerId<'a> {
    fn parse(element: Element<'a>) -> Result<Self, Fault> {
        match element.tag {
            tag::SEQUENCE => {
                let mut inside = element.inside();
                let issuer = inside.expect(tag::SEQUENCE)?.whole;
                let serial = inside.expect(tag::INTEGER)?.content;
                inside.finish()?;
                Ok(Self::IssuerAndSerial { issuer, serial })
            }
            t if t == tag::context(0) => Ok(Self::KeyIdentifier(element.content)),
            _ => Err(Fault::Malformed),
        }
    }

    fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.issuer() == *issuer && certificate.serial() == *serial
            }
            Self::KeyIdentifier(id) => certificate.key_identifier() == Some(id),
        }
    }
}

/// What one signer signed, apart from the content.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) certificate: Certificate,
    pub(crate) attributes: Option<Attributes>,
    content_type: Vec<u8>,
    hash: Hash,
    signature: Vec<u8>,
}

impl Signer {
    /// Whether this signer signed exactly this content.
    pub(crate) fn verify(&self, content: &[u8]) -> Result<(), SignatureError> {
        let signed = match &self.attributes {
            // RFC 5652, 5.3: only plain data may go without attributes.
            None if self.content_type != oid::DATA.as_bytes() => {
                return Err(SignatureError::Malformed);
            }
            None => content,
            Some(attributes) => {
                let kind = attributes.value(&oid::CONTENT_TYPE, tag::OID)?;
                let digest = attributes.value(&oid::MESSAGE_DIGEST, tag::OCTET_STRING)?;
                if kind != Some(&self.content_type) || digest != Some(&self.hash.digest(content)) {
                    return Err(SignatureError::Mismatch);
                }
                &attributes.0
            }
        };
        let ok = verifies(self.certificate.spki_der(), self.hash, signed, &self.signature);
        if ok { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// The time the signer claims.
    pub(crate) fn signing_time(&self) -> Option<Timestamp> {
        read_time(&self.attributes.as_ref()?.element(&oid::SIGNING_TIME).ok()??).ok()
    }
}

/// Signed attributes: a SET OF in DER, in the order they came in, which is what is signed.
#[derive(Debug, Clone)]
pub(crate) struct Attributes(Vec<u8>);

impl Attributes {
    fn parse(implicit: Element<'_>) -> Result<Self, Fault> {
        let mut set = implicit.whole.to_vec();
        if let Some(first) = set.first_mut() {
            *first = tag::SET;
        }
        Ok(Self(set))
    }

    /// The one value of an attribute; an attribute may be there only once.
    fn element(&self, kind: &const_oid::ObjectIdentifier) -> Result<Option<Element<'_>>, Fault> {
        let mut found = None;
        for attribute in Der::single(&self.0, tag::SET)?.inside().all() {
            let mut inside = attribute?.inside();
            let is_it = inside.expect(tag::OID)?.content == kind.as_bytes();
            let mut values = inside.expect(tag::SET)?.inside();
            inside.finish()?;
            if is_it {
                let value = values.next()?;
                values.finish()?;
                if found.replace(value).is_some() {
                    return Err(Fault::Malformed);
                }
            }
        }
        Ok(found)
    }

    /// The content of an attribute's one value, which must have this tag.
    pub(crate) fn value(
        &self,
        kind: &const_oid::ObjectIdentifier,
        tag: u8,
    ) -> Result<Option<&[u8]>, Fault> {
        match self.element(kind)? {
            Some(value) if value.tag != tag => Err(Fault::Malformed),
            found => Ok(found.map(|value| value.content)),
        }
    }

    /// The text of an attribute's one value, of whichever string type.
    pub(crate) fn text(&self, kind: &const_oid::ObjectIdentifier) -> Result<Option<String>, Fault> {
        let Some(value) = self.element(kind)? else {
            return Ok(None);
        };
        value.text().map(Some).ok_or(Fault::Malformed)
    }
}
