use base64::{Engine as _, engine::general_purpose::STANDARD};
use qrcode::{QrCode, render::svg};
use trennwand_domain::{Error, Result};

/// The link as a QR code: an SVG picture in a `data:` URL, ready to be shown by a browser.
///
/// # Errors
/// `internal` if the link is too long for a QR code.
pub(crate) fn qr_code(url: &str) -> Result<String> {
    let code = QrCode::new(url).map_err(|e| Error::internal(format!("QR code: {e}")))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(256, 256).build();
    Ok(format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_a_picture_that_a_browser_can_show() {
        let data = qr_code("https://mdm.example/e/ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ").unwrap();
        let picture = STANDARD.decode(data.strip_prefix("data:image/svg+xml;base64,").unwrap());
        let picture = String::from_utf8(picture.unwrap()).unwrap();
        assert!(picture.contains("<svg") && picture.ends_with("</svg>"));
    }
}
