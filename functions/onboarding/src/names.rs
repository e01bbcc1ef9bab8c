use trennwand_domain::{Error, Result};

/// Reads the name of a reseller, tenant or client.
///
/// # Errors
/// `invalid` at `name`.
pub(crate) fn name(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (1..=120).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        return Err(Error::invalid("name", "expected 1 to 120 characters, no control characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(name(" Müller & Söhne ").unwrap(), "Müller & Söhne");
        for wrong in ["", "   ", "a\nb", &"x".repeat(121)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }
}
