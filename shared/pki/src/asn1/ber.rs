use super::{Der, Fault, Header, tag, write};

/// How much of a stranger's message is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
    pub(crate) elements: usize,
}

impl Limits {
    /// For a message of at most this many bytes. Genuine messages are 10 deep and have some 60
    /// elements per certificate.
    pub(crate) const fn of_bytes(bytes: usize) -> Self {
        Self { bytes, depth: 24, elements: 4096 }
    }
}

/// Brings one BER element to DER's definite, shortest lengths and joins the segments of octet
/// strings. What is inside octet and bit strings, and the order of sets, stays as it is: DER goes
/// through unchanged.
pub(crate) fn to_der(input: &[u8], limits: Limits) -> Result<Vec<u8>, Fault> {
    if input.len() > limits.bytes {
        return Err(Fault::OverLimit);
    }
    let mut out = Vec::with_capacity(input.len());
    let mut taming = Taming { elements_left: limits.elements };
    let rest = taming.element(input, limits.depth, &mut out)?;
    if rest.is_empty() { Ok(out) } else { Err(Fault::Malformed) }
}

struct Taming {
    elements_left: usize,
}

impl Taming {
    /// Appends the first element of `input` to `out` and returns what follows it.
    fn element<'a>(
        &mut self,
        input: &'a [u8],
        depth_left: usize,
        out: &mut Vec<u8>,
    ) -> Result<&'a [u8], Fault> {
        self.elements_left = self.elements_left.checked_sub(1).ok_or(Fault::OverLimit)?;
        let header = Header::read(input)?;
        let rest = &input[header.len..];
        match (header.tag & 0x20 != 0, header.content_len) {
            (true, len) => {
                check_constructed(header.tag)?;
                let depth_left = depth_left.checked_sub(1).ok_or(Fault::OverLimit)?;
                let mut content = Vec::new();
                let rest = match len {
                    Some(len) => self.definite(rest, len, depth_left, &mut content)?,
                    None => self.indefinite(rest, depth_left, &mut content)?,
                };
                append(header.tag, &content, out)?;
                Ok(rest)
            }
            (false, Some(len)) => {
                if matches!(header.tag | 0x20, tag::SEQUENCE | tag::SET) {
                    return Err(Fault::Malformed);
                }
                let (content, rest) = rest.split_at_checked(len).ok_or(Fault::Malformed)?;
                write::append(out, header.tag, content);
                Ok(rest)
            }
            (false, None) => Err(Fault::Malformed),
        }
    }

    fn definite<'a>(
        &mut self,
        rest: &'a [u8],
        len: usize,
        depth_left: usize,
        content: &mut Vec<u8>,
    ) -> Result<&'a [u8], Fault> {
        let (mut inside, rest) = rest.split_at_checked(len).ok_or(Fault::Malformed)?;
        while !inside.is_empty() {
            inside = self.element(inside, depth_left, content)?;
        }
        Ok(rest)
    }

    fn indefinite<'a>(
        &mut self,
        mut rest: &'a [u8],
        depth_left: usize,
        content: &mut Vec<u8>,
    ) -> Result<&'a [u8], Fault> {
        loop {
            match rest {
                [0, 0, after @ ..] => return Ok(after),
                _ => rest = self.element(rest, depth_left, content)?,
            }
        }
    }
}

/// Of the universal types only sequences, sets and segmented octet strings are made of others.
const fn check_constructed(tag: u8) -> Result<(), Fault> {
    match tag {
        tag::SEQUENCE | tag::SET | SEGMENTED_OCTETS | 0x80.. => Ok(()),
        _ => Err(Fault::Malformed),
    }
}

const SEGMENTED_OCTETS: u8 = tag::OCTET_STRING | 0x20;

fn append(tag: u8, content: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    if tag == SEGMENTED_OCTETS {
        write::append(out, tag::OCTET_STRING, &join_segments(content)?);
    } else {
        write::append(out, tag, content);
    }
    Ok(())
}

/// The bytes of the octet strings that follow one another.
pub(crate) fn join_segments(segments: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut joined = Vec::with_capacity(segments.len());
    let mut segments = Der::new(segments);
    while !segments.is_empty() {
        joined.extend_from_slice(segments.expect(tag::OCTET_STRING)?.content);
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bytes: 1000, depth: 4, elements: 20 };

    #[test]
    fn indefinite_lengths_become_definite() {
        // X.690 8.1.3.6: the content ends with the end-of-contents octets.
        let ber = [0x30, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0x05, 0x00, 0, 0, 0, 0];
        let der = [0x30, 0x07, 0x02, 0x01, 0x05, 0xa0, 0x02, 0x05, 0x00];
        assert_eq!(to_der(&ber, LIMITS), Ok(der.to_vec()));
        assert_eq!(to_der(&der, LIMITS), Ok(der.to_vec()));
    }

    #[test]
    fn segments_of_an_octet_string_are_joined() {
        let ber = [0x24, 0x80, 0x04, 0x01, 1, 0x24, 0x03, 0x04, 0x01, 2, 0x04, 0x81, 0x01, 3, 0, 0];
        assert_eq!(to_der(&ber, LIMITS), Ok(vec![0x04, 0x03, 1, 2, 3]));
    }

    #[test]
    fn what_is_not_ber_is_refused() {
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x80, 0],
            &[0x30, 0x03, 0x02, 0x01],
            &[0x30, 0x02, 0x02, 0x05],
            &[0x30, 0x02, 0x00, 0x00],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x10, 0x00],
            &[0x23, 0x00],
            &[0x24, 0x02, 0x05, 0x00],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x3f, 0x01, 0x00],
            &[0x30, 0x00, 0x00],
        ] {
            assert_eq!(to_der(wrong, LIMITS), Err(Fault::Malformed), "{wrong:02x?}");
        }
    }

    #[test]
    fn size_depth_and_number_are_limited() {
        let nested = |depth| (0..depth).fold(vec![0x05, 0x00], |c, _| write::sequence(&[&c]));
        assert!(to_der(&nested(4), LIMITS).is_ok());
        assert_eq!(to_der(&nested(5), LIMITS), Err(Fault::OverLimit));
        let open = [0x30, 0x80].repeat(400);
        assert_eq!(to_der(&open, LIMITS), Err(Fault::OverLimit));
        let many = write::sequence(&[&[0x05, 0x00].repeat(20)]);
        assert_eq!(to_der(&many, LIMITS), Err(Fault::OverLimit));
        let long = write::octet_string(&[0; 1000]);
        assert_eq!(to_der(&long, LIMITS), Err(Fault::OverLimit));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_its_result_is_stable(
            bytes in prop::collection::vec(
                prop_oneof![Just(0x30), Just(0x80), Just(0), Just(0x24), Just(4), any::<u8>()],
                0..60,
            )
        ) {
            if let Ok(der) = to_der(&bytes, LIMITS) {
                prop_assert_eq!(to_der(&der, LIMITS), Ok(der.clone()));
            }
        }
    }
}
