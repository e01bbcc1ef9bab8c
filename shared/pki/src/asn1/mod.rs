//! ASN.1 as far as certificates and CMS need it: [`ber::to_der`] tames what a stranger sent,
//! [`Der`] walks the result without copying, [`write`] builds our own.

pub(crate) mod ber;
pub(crate) mod oid;
mod time;
pub(crate) mod write;

pub(crate) use time::{read_time, time};

/// Tag bytes: class, constructed bit and number in one, since no number above 30 occurs.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[n]`, primitive.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[n]`, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Larger, deeper or of more parts than allowed.
    #[error("exceeds the limits")]
    OverLimit,
    /// Not well-formed, or not of the expected shape.
    #[error("malformed")]
    Malformed,
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// A reader over the elements inside.
    pub(crate) const fn inside(&self) -> Der<'a> {
        Der(self.content)
    }

    /// The text of one of ASN.1's string types.
    pub(crate) fn text(&self) -> Option<String> {
        match self.tag {
            tag::UTF8_STRING => String::from_utf8(self.content.to_vec()).ok(),
            tag::PRINTABLE_STRING | tag::IA5_STRING => {
                self.content.is_ascii().then(|| String::from_utf8_lossy(self.content).into_owned())
            }
            // Used as Latin-1 in practice.
            tag::TELETEX_STRING => Some(self.content.iter().map(|&b| char::from(b)).collect()),
            tag::BMP_STRING if self.content.len().is_multiple_of(2) => {
                let units = self.content.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]]));
                char::decode_utf16(units).collect::<Result<_, _>>().ok()
            }
            _ => None,
        }
    }
}

/// A reader over elements that follow one another in DER.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The one element of this tag that the bytes consist of.
    pub(crate) fn single(bytes: &'a [u8], tag: u8) -> Result<Element<'a>, Fault> {
        let mut reader = Self(bytes);
        let element = reader.expect(tag)?;
        reader.finish()?;
        Ok(element)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Fault> {
        let header = Header::read(self.0)?;
        let Some(len) = header.content_len else {
            return Err(Fault::Malformed);
        };
        if !header.minimal {
            return Err(Fault::Malformed);
        }
        let end = header.len.checked_add(len).ok_or(Fault::Malformed)?;
        let whole = self.0.get(..end).ok_or(Fault::Malformed)?;
        self.0 = &self.0[end..];
        Ok(Element { tag: header.tag, content: &whole[header.len..], whole })
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Fault> {
        let element = self.next()?;
        if element.tag == tag { Ok(element) } else { Err(Fault::Malformed) }
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Fault> {
        if self.0.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    /// All elements up to the end.
    pub(crate) fn all(mut self) -> impl Iterator<Item = Result<Element<'a>, Fault>> {
        std::iter::from_fn(move || {
            if self.is_empty() {
                return None;
            }
            let element = self.next();
            if element.is_err() {
                self.0 = &[];
            }
            Some(element)
        })
    }

    /// There must be nothing left.
    pub(crate) const fn finish(&self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err(Fault::Malformed) }
    }

    /// The parameters of an AlgorithmIdentifier and its algorithm, as OID content.
    pub(crate) fn algorithm(&mut self) -> Result<(&'a [u8], Option<Element<'a>>), Fault> {
        let mut inside = self.expect(tag::SEQUENCE)?.inside();
        let oid = inside.expect(tag::OID)?.content;
        let parameters = if inside.is_empty() { None } else { Some(inside.next()?) };
        inside.finish()?;
        Ok((oid, parameters))
    }

    /// The algorithm of an AlgorithmIdentifier whose parameters must be NULL or absent.
    pub(crate) fn plain_algorithm(&mut self) -> Result<&'a [u8], Fault> {
        match self.algorithm()? {
            (oid, None) => Ok(oid),
            (oid, Some(p)) if p.tag == tag::NULL && p.content.is_empty() => Ok(oid),
            _ => Err(Fault::Malformed),
        }
    }

    /// The content of a BIT STRING of whole bytes.
    pub(crate) fn bits(&mut self) -> Result<&'a [u8], Fault> {
        match self.expect(tag::BIT_STRING)?.content {
            [0, bits @ ..] => Ok(bits),
            _ => Err(Fault::Malformed),
        }
    }
}

/// Tag and length of an element.
struct Header {
    tag: u8,
    /// Bytes of tag and length.
    len: usize,
    /// `None` for BER's indefinite form.
    content_len: Option<usize>,
    /// Whether the length is written as short as it can be.
    minimal: bool,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let (&tag, rest) = bytes.split_first().ok_or(Fault::Malformed)?;
        let (&first, rest) = rest.split_first().ok_or(Fault::Malformed)?;
        // Tag 0 is the end-of-contents mark; number 31 announces longer tags, which do not occur.
        if tag == 0 || tag & 0x1f == 0x1f {
            return Err(Fault::Malformed);
        }
        let count = usize::from(first & 0x7f);
        let (content_len, minimal) = match first {
            0..=0x7f => (Some(count), true),
            0x80 => (None, true),
            0x81..=0x84 => {
                let digits = rest.get(..count).ok_or(Fault::Malformed)?;
                let value = digits.iter().fold(0u32, |value, &d| value << 8 | u32::from(d));
                let minimal = value >= 0x80 && digits[0] != 0;
                (Some(usize::try_from(value).map_err(|_| Fault::Malformed)?), minimal)
            }
            _ => return Err(Fault::Malformed),
        };
        let len = 2 + if first > 0x80 { count } else { 0 };
        Ok(Self { tag, len, content_len, minimal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shortest_length_is_der() {
        assert_eq!(Der::single(&[4, 1, 9], 4).map(|e| e.content), Ok(&[9][..]));
        for wrong in [
            &[4, 0x81, 1, 9][..],
            &[4, 0x82, 0, 1, 9],
            &[0x24, 0x80, 0, 0],
            &[4, 2, 9],
            &[4],
            &[],
            &[4, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[4, 0x85, 0, 0, 0, 0, 1, 9],
            &[4, 0xff],
            &[0x1f, 1, 9],
            &[4, 1, 9, 0],
        ] {
            assert_eq!(Der::single(wrong, 4), Err(Fault::Malformed), "{wrong:02x?}");
        }
    }

    #[test]
    fn strings_of_all_types_are_read() {
        let text = |tag, content| Element { tag, content, whole: &[] }.text();
        assert_eq!(text(tag::UTF8_STRING, "Prüf".as_bytes()).as_deref(), Some("Prüf"));
        assert_eq!(text(tag::TELETEX_STRING, b"Pr\xfcf").as_deref(), Some("Prüf"));
        assert_eq!(text(tag::BMP_STRING, b"\0P\0\xfc").as_deref(), Some("Pü"));
        assert_eq!(text(tag::BMP_STRING, b"\xd8\0"), None, "half a surrogate pair");
        assert_eq!(text(tag::PRINTABLE_STRING, b"\xff"), None);
        assert_eq!(text(tag::UTF8_STRING, b"\xff"), None);
        assert_eq!(text(tag::INTEGER, b"1"), None);
    }
}
