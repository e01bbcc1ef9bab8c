//! Building DER.

use const_oid::ObjectIdentifier;

use super::tag;

/// Appends one element.
pub(crate) fn append(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    let len = content.len();
    if let Ok(short @ 0..=0x7f) = u8::try_from(len) {
        out.push(short);
    } else {
        let digits = len.to_be_bytes();
        let skip = digits.iter().take_while(|&&d| d == 0).count();
        out.push(0x80 | (digits.len() - skip) as u8);
        out.extend_from_slice(&digits[skip..]);
    }
    out.extend_from_slice(content);
}

/// One element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    append(&mut out, tag, content);
    out
}

/// One element made of others.
pub(crate) fn constructed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(tag, &parts.concat())
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    constructed(tag::SEQUENCE, parts)
}

/// A SET OF, in DER's order.
pub(crate) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort_unstable();
    element(tag::SET, &parts.concat())
}

/// A SET OF one.
pub(crate) fn set(part: &[u8]) -> Vec<u8> {
    element(tag::SET, part)
}

pub(crate) fn oid(oid: &ObjectIdentifier) -> Vec<u8> {
    element(tag::OID, oid.as_bytes())
}

/// A small number.
pub(crate) fn small(number: u8) -> Vec<u8> {
    debug_assert!(number < 0x80);
    element(tag::INTEGER, &[number])
}

/// A number already in the form of DER's content: big-endian, two's complement, shortest.
pub(crate) fn integer(content: &[u8]) -> Vec<u8> {
    element(tag::INTEGER, content)
}

pub(crate) fn octet_string(content: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, content)
}

/// A BIT STRING of whole bytes.
pub(crate) fn bit_string(bits: &[u8]) -> Vec<u8> {
    constructed(tag::BIT_STRING, &[&[0], bits])
}

pub(crate) const NULL: [u8; 2] = [tag::NULL, 0];

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(tag::UTF8_STRING, text.as_bytes())
}

pub(crate) fn printable(text: &str) -> Vec<u8> {
    element(tag::PRINTABLE_STRING, text.as_bytes())
}

/// An AlgorithmIdentifier with NULL parameters.
pub(crate) fn algorithm(algorithm: &ObjectIdentifier) -> Vec<u8> {
    sequence(&[&oid(algorithm), &NULL])
}

/// A CMS or PKCS#10 attribute of one value.
pub(crate) fn attribute(kind: &ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &set(value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        assert_eq!(element(4, &[0; 0x7f])[..2], [4, 0x7f]);
        assert_eq!(element(4, &[0; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(element(4, &[0; 0x100])[..4], [4, 0x82, 1, 0]);
        assert_eq!(element(4, &[0; 0x1_0000])[..5], [4, 0x83, 1, 0, 0]);
    }
}
