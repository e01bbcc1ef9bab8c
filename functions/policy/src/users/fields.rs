use trennwand_domain::{Error, Result, Secret};

/// The longest address that SMTP carries (RFC 5321 §4.5.3.1.3 without the brackets).
const MAX_EMAIL: usize = 254;
const MAX_TEXT: usize = 200;

/// Reads an e-mail address: enough to refuse what can never be one; only the mail server knows.
///
/// # Errors
/// `invalid` at `field`.
pub(crate) fn email(field: &'static str, text: &str) -> Result<Secret<String>> {
    let text = text.trim();
    let shaped = text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.starts_with(['.', '-'])
            && !domain.ends_with(['.', '-'])
            && !domain.contains("..")
            && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.')
    });
    let odd = text.chars().any(|c| c.is_control() || c.is_whitespace());
    if !shaped || odd || text.len() > MAX_EMAIL {
        return Err(Error::invalid(field, "expected an e-mail address of at most 254 bytes"));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Reads a name, a login or a number of the tenant's own.
///
/// # Errors
/// `invalid` at `field`.
pub(crate) fn text(field: &'static str, text: &str) -> Result<Secret<String>> {
    let text = text.trim();
    let fits = (1..=MAX_TEXT).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        let message = "expected 1 to 200 characters without control characters";
        return Err(Error::invalid(field, message));
    }
    Ok(Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_otherwise_kept() {
        for (given, kept) in [
            ("anna@example.com", "anna@example.com"),
            (" Anna.Berg+x@Example.co.uk ", "Anna.Berg+x@Example.co.uk"),
            ("a@b", "a@b"),
            ("\"a@b\"@example.com", "\"a@b\"@example.com"),
            ("jürgen@müller.example", "jürgen@müller.example"),
        ] {
            assert_eq!(email("email", given).unwrap().expose(), kept);
        }
    }

    #[test]
    fn what_cannot_be_an_address_is_refused_without_repeating_it() {
        let long = format!("{}@example.com", "x".repeat(250));
        for given in [
            "",
            "anna",
            "@example.com",
            "anna@",
            "a b@c",
            "a@b..c",
            "a@.b",
            "a@b/c",
            "a\n@b",
            &long,
        ] {
            let refusal = email("email", given).unwrap_err();
            assert_eq!(refusal.code(), "invalid");
            assert!(given.len() < 2 || !format!("{refusal:?}").contains(given));
        }
    }

    #[test]
    fn a_text_is_neither_empty_nor_endless() {
        assert_eq!(text("display_name", " Anna ").unwrap().expose(), "Anna");
        assert!(text("display_name", "  ").is_err());
        assert!(text("display_name", "a\u{0}b").is_err());
        assert!(text("display_name", &"ä".repeat(200)).is_ok());
        assert!(text("display_name", &"ä".repeat(201)).is_err());
    }
}
