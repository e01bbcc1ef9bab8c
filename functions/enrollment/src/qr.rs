use qrcode::{EcLevel, QrCode, render::svg};

/// The text as a QR code, an SVG element; `None` if it is too long for one.
pub(crate) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
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

    #[test]
    fn what_does_not_fit_is_left_out() {
        assert_eq!(super::svg(&"x".repeat(8000)), None);
    }
}
