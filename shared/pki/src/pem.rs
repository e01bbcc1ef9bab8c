//! PEM (RFC 7468), strict in the marks and lenient in the white space.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The largest text that is looked at.
const MAX_PEM_BYTES: usize = 64 * 1024;

/// The blocks of a text in order: label and content. Text between blocks is skipped, broken blocks
/// make it `None`.
pub(crate) fn decode(text: &str) -> Option<Vec<(&str, Vec<u8>)>> {
    if text.len() > MAX_PEM_BYTES {
        return None;
    }
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let (label, block) = block.split_once("-----")?;
        let (body, after) = block.split_once("-----END ")?;
        rest = after.strip_prefix(label)?.strip_prefix("-----")?;
        let body: String = body.split_ascii_whitespace().collect();
        blocks.push((label, STANDARD.decode(body).ok()?));
    }
    Some(blocks)
}

/// One block.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str("-----END ");
    out.push_str(label);
    out.push_str("-----\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_blocks_with_text_around_them_are_read() {
        let text = format!("Bag\r\n{}subject=x\n{}", encode("A", &[1; 100]), encode("B C", &[2]));
        let text = text.replace('\n', "\r\n");
        let blocks = decode(&text).unwrap();
        assert_eq!(blocks, [("A", vec![1; 100]), ("B C", vec![2])]);
        assert_eq!(decode("none"), Some(vec![]));
    }

    #[test]
    fn broken_blocks_are_refused() {
        for wrong in [
            "-----BEGIN A",
            "-----BEGIN A-----",
            "-----BEGIN A-----AQ==-----END B-----",
            "-----BEGIN A-----A-----END A-----",
            "-----BEGIN A-----Proc-Type: 4,ENCRYPTED\nAQ==-----END A-----",
        ] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
