//! Query strings of clients that do not keep to a form: bytes, not text.

/// The first value of a parameter, percent-decoded; `+` stays as it is, since SCEP clients put
/// base64 there as it is.
pub(crate) fn value(query: &str, name: &str) -> Option<Vec<u8>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| percent_decode(value))
    })
}

fn percent_decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            out.push(high << 4 | low);
            rest = &tail[2..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bytes_and_a_broken_escape_is_left_as_it_is() {
        for (query, expected) in [
            ("operation=GetCACaps", Some(b"GetCACaps".to_vec())),
            ("message=x&operation=PKIOperation&operation=other", Some(b"PKIOperation".to_vec())),
            ("operation=%ff%00a%zz%4", Some(b"\xff\0a%zz%4".to_vec())),
            ("operation=a+b%2Bc", Some(b"a+b+c".to_vec())),
            ("operation", None),
            ("Operation=x", None),
            ("", None),
        ] {
            assert_eq!(value(query, "operation"), expected, "{query}");
        }
    }
}
