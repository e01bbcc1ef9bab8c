use base64::{Engine as _, engine::general_purpose::STANDARD};
use trennwand_domain::{Entropy, Error, Result};
use trennwand_pki::RsaKey;

/// Makes an RSA key in a thread of its own: it takes 100 ms of processor time.
pub(crate) async fn generate() -> Result<RsaKey> {
    tokio::task::spawn_blocking(RsaKey::generate)
        .await
        .map_err(|e| Error::internal(format!("making an RSA key: {e}")))?
}

/// A random serial number, positive as RFC 5280 §4.1.2.2 wants it.
pub(crate) fn serial(entropy: &dyn Entropy) -> [u8; 16] {
    let mut serial = entropy.bytes::<16>();
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

/// A name as far as it fits into a certificate (`ub-organization-name`, 64 characters).
pub(crate) fn cut(name: &str) -> &str {
    name.char_indices().nth(64).map_or(name, |(end, _)| &name[..end])
}

/// DER as PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out.push_str(&format!("\n-----END {label}-----\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Ones;
    impl Entropy for Ones {
        fn fill(&self, out: &mut [u8]) {
            out.fill(0xff);
        }
    }

    #[test]
    fn a_name_is_cut_between_characters() {
        assert_eq!(cut("Müller GmbH"), "Müller GmbH");
        assert_eq!(cut(&"ü".repeat(80)), "ü".repeat(64));
    }

    #[test]
    fn pem_has_lines_of_64_characters() {
        let text = pem("X", &[0; 49]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "-----BEGIN X-----");
        assert_eq!((lines[1].len(), lines[2]), (64, "AA=="));
        assert_eq!(lines[3], "-----END X-----");
    }

    #[test]
    fn a_serial_number_is_positive_and_never_short() {
        assert_eq!(serial(&Ones)[0], 0x7f);
    }
}
