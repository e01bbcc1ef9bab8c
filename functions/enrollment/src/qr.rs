use qrcode::{EcLevel, QrCode, render::svg};

/// A text that is longer gets less to correct errors with: its code is large as it is, and it is read
/// from a screen, where nothing is torn.
const LONG: usize = 200;

/// The text as a QR code, an SVG element; `None` if it is too long for one.
pub(crate) fn svg(text: &str) -> Option<String> {
    let level = if text.len() > LONG { EcLevel::L } else { EcLevel::M };
    let code = QrCode::with_error_correction_level(text, level).ok()?;
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(168, 168)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // An SVG element inside a page has no XML declaration.
    let start = image.find("<svg")?;
    Some(image[start..].to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_becomes_an_svg_element() {
        let svg = super::svg("https://enrol.example/e/0123456789ABCDEFGHJKMNPQRSTVWXYZ").unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
    }

    /// ISO/IEC 18004: level L holds 586 bytes in version 16 (520 in the one before), which has 81
    /// modules a side; with the white edge of four, two units each, 178. Level M would need 97.
    #[test]
    fn what_google_gives_for_a_new_phone_has_no_more_modules_than_it_needs() {
        let svg = super::svg(&"x".repeat(560)).unwrap();
        assert!(svg.contains("viewBox=\"0 0 178 178\""), "{}", &svg[..200]);
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        assert_eq!(super::svg(&"x".repeat(8000)), None);
    }
}
