use aws_lc_rs::{digest, signature};
use cms::{cert::CertificateChoices, content_info::ContentInfo, signed_data::SignedData};
use der::{Decode, Encode, asn1::OctetStringRef};
use x509_cert::Certificate;

use crate::{SimulatorError, error::Result};

/// Opens a signed profile and checks its signature against the certificate that travels with it;
/// whether that one is trusted is the user's decision on an iPhone, too.
///
/// Returns the content and the certificates, DER, the signer's first.
pub(crate) fn open(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let refused = |why: &str| SimulatorError::refused(format_args!("signed profile: {why}"));
    let info = ContentInfo::from_der(bytes).map_err(|_| refused("not a CMS message"))?;
    let data: SignedData = info.content.decode_as().map_err(|_| refused("not SignedData"))?;
    let content = data.encap_content_info.econtent.as_ref().ok_or_else(|| refused("no content"))?;
    let content: OctetStringRef<'_> = content.decode_as().map_err(|_| refused("no content"))?;
    let mut certificates: Vec<Certificate> = data
        .certificates
        .iter()
        .flat_map(|set| set.0.iter())
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    let [signer] = data.signer_infos.0.as_slice() else {
        return Err(refused("not one signer"));
    };
    let cms::signed_data::SignerIdentifier::IssuerAndSerialNumber(id) = &signer.sid else {
        return Err(refused("the signer is not named by issuer and serial number"));
    };
    let place = certificates
        .iter()
        .position(|c| {
            c.tbs_certificate.issuer == id.issuer
                && c.tbs_certificate.serial_number == id.serial_number
        })
        .ok_or_else(|| refused("the signer's certificate is missing"))?;
    certificates.swap(0, place);
    let key = &certificates[0].tbs_certificate.subject_public_key_info;
    let key = key.subject_public_key.as_bytes().ok_or_else(|| refused("no public key"))?;

    let hash = digest::digest(&digest::SHA256, content.as_bytes());
    let signed = match &signer.signed_attrs {
        None => content.as_bytes().to_vec(),
        Some(attributes) => {
            let expected = OctetStringRef::new(hash.as_ref()).and_then(|o| o.to_der());
            let expected = expected.map_err(|_| refused("no digest"))?;
            let digests =
                attributes.iter().filter(|a| a.oid == const_oid::db::rfc5911::ID_MESSAGE_DIGEST);
            let matches = digests
                .flat_map(|a| a.values.iter())
                .any(|v| v.to_der().is_ok_and(|der| der == expected));
            if !matches {
                return Err(refused("the digest is another one"));
            }
            attributes.to_der().map_err(|_| refused("attributes"))?
        }
    };
    signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key)
        .verify(&signed, signer.signature.as_bytes())
        .map_err(|_| refused("the signature does not verify"))?;
    let certificates = certificates.iter().filter_map(|c| c.to_der().ok()).collect();
    Ok((content.as_bytes().to_vec(), certificates))
}

#[cfg(test)]
mod tests {
    use trennwand_domain::Timestamp;
    use trennwand_pki::{DeviceAuthority, Subject, sign_attached};

    use super::*;
    use crate::Keys;

    fn signed(content: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let subject = Subject::new().common_name("Profile signing");
        let now = Timestamp::from_unix_s(1_795_000_000);
        let key = Keys::of_pool(0).unwrap();
        let signer = DeviceAuthority::self_signed_ca(key.clone(), &subject, now, [1; 16]).unwrap();
        let chain = [signer.certificate().clone()];
        (sign_attached(content, &key, &chain).unwrap(), chain[0].der().to_vec())
    }

    #[test]
    fn a_signed_profile_opens_and_names_its_signer() {
        let (bytes, signer) = signed(b"<plist/>");
        assert_eq!(open(&bytes).unwrap(), (b"<plist/>".to_vec(), vec![signer]));
    }

    #[test]
    fn changed_content_or_signature_is_refused() {
        let (bytes, _) = signed(b"<plist/>");
        let content = bytes.windows(8).position(|w| w == b"<plist/>").unwrap();
        for place in [content, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(open(&changed).is_err());
        }
    }
}
