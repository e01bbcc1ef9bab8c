use axum::http::HeaderMap;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use trennwand_domain::{CertificateHash, Timestamp};
use trennwand_pki::{DetachedSignature, MAX_SIGNATURE_BYTES};

use crate::device_error::DeviceError;

/// The header with the signature: base64 on one line, CMS SignedData, detached.
const SIGNATURE: &str = "mdm-signature";

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Verifies the signature over the body **as received** and says which certificate made it. Whether
/// that certificate is the enrolment's is for the caller to compare.
///
/// # Errors
/// `Signature`; `NotYours` if the certificate is outside its validity.
pub(crate) fn signer(
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<CertificateHash, DeviceError> {
    let mut values = headers.get_all(SIGNATURE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(DeviceError::Signature);
    };
    let text = value.as_bytes();
    if text.len() > MAX_SIGNATURE_BYTES.div_ceil(3) * 4 {
        return Err(DeviceError::Signature);
    }
    let bytes = LENIENT.decode(text).map_err(|_| DeviceError::Signature)?;
    let signature = DetachedSignature::parse(&bytes).map_err(|_| DeviceError::Signature)?;
    signature.verify(body).map_err(|_| DeviceError::Signature)?;
    if !signature.signer().is_valid_at(now) {
        return Err(DeviceError::NotYours);
    }
    Ok(signature.signer().hash())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use base64::engine::general_purpose::STANDARD;
    use trennwand_pki::{
        Certificate, DEVICE_LIFETIME, DeviceAuthority, DeviceShape, RsaKey, Subject, Usage,
        sign_detached_like_device,
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    fn identity() -> (RsaKey, Certificate) {
        let key = RsaKey::generate().unwrap();
        let subject = Subject::new().common_name("test");
        let ca = DeviceAuthority::self_signed_ca(key.clone(), &subject, NOW, [1; 16]).unwrap();
        let until = NOW.plus(DEVICE_LIFETIME);
        let issued = ca.issue(&subject, key.spki_der(), NOW, until, [2; 16], Usage::Device);
        (key, issued.unwrap())
    }

    fn headers(signature: &[u8]) -> HeaderMap {
        let value = HeaderValue::from_str(&STANDARD.encode(signature)).unwrap();
        HeaderMap::from_iter([(SIGNATURE.parse().unwrap(), value)])
    }

    #[test]
    fn both_shapes_of_signature_name_their_certificate() {
        let (key, certificate) = identity();
        for shape in [DeviceShape::Genuine, DeviceShape::Library] {
            let signature = sign_detached_like_device(b"body", &key, &certificate, shape).unwrap();
            let found = signer(&headers(&signature), b"body", NOW).unwrap();
            assert_eq!(found, certificate.hash());
            let other = signer(&headers(&signature), b"bodY", NOW);
            assert_eq!(other.unwrap_err().status(), 400);
            let late = NOW.plus(DEVICE_LIFETIME * 2);
            let late = signer(&headers(&signature), b"body", late);
            assert_eq!(late.unwrap_err().status(), 403);
        }
    }

    #[test]
    fn what_is_no_signature_is_400() {
        let mut twice = headers(b"a");
        twice.append(SIGNATURE, HeaderValue::from_static("AAAA"));
        let mut strange = HeaderMap::new();
        strange.insert(SIGNATURE, HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        let huge = headers(&vec![0x30; MAX_SIGNATURE_BYTES + 100]);
        for headers in [HeaderMap::new(), headers(b""), headers(b"0"), twice, strange, huge] {
            assert_eq!(signer(&headers, b"body", NOW).unwrap_err().status(), 400);
        }
    }
}
