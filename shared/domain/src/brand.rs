use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Digest, Error, ResellerId, Result, device::words};

/// Contrast that text needs against its background (WCAG 2.2, 1.4.3, level AA).
const READABLE: f64 = 4.5;

/// Longest address of a page, in characters.
const MAX_URL: usize = 200;

/// What phone users see of a reseller. Resolved into the assignment heads of its tenants, so it is
/// small: below 2 KB as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Whose it is.
    pub reseller: ResellerId,
    /// The name that people know.
    pub name: String,
    /// Colour of what can be tapped, and of the text on it.
    pub colours: Colours,
    /// Where phone users get help.
    #[serde(default, skip_serializing_if = "Support::is_empty")]
    pub support: Support,
    /// Who is behind the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imprint_url: Option<WebAddress>,
    /// What happens to personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_url: Option<WebAddress>,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    /// Counts the changes; a write's condition. 0 as long as none was made.
    pub revision: u64,
}

impl Brand {
    /// The brand of a reseller that has set none.
    #[must_use]
    pub fn plain(reseller: ResellerId, name: &str) -> Self {
        Self {
            reseller,
            name: name.to_owned(),
            colours: Colours::default(),
            support: Support::default(),
            imprint_url: None,
            privacy_url: None,
            logo: None,
            revision: 0,
        }
    }

    /// Path of the logo; another one with every other picture, so that pages can be cached.
    #[must_use]
    pub fn logo_path(&self) -> Option<String> {
        let version = self.logo?.digest.to_string();
        Some(format!("/brand/{}/logo?v={}", self.reseller, version.get(..16)?))
    }
}

/// Where phone users get help.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number, as people write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebAddress>,
}

impl Support {
    /// Whether nothing was said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.email.is_none() && self.phone.is_none() && self.url.is_none()
    }
}

/// A colour and what can be read on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colours {
    /// Background of what can be tapped.
    pub accent: Colour,
    /// Text on it.
    pub on_accent: Colour,
}

impl Colours {
    /// Two colours that can be told apart; the second is black or white if left out.
    ///
    /// # Errors
    /// `invalid` at `colors.on_accent` if their contrast is below 4.5.
    pub fn new(accent: Colour, on_accent: Option<Colour>) -> Result<Self> {
        let Some(on_accent) = on_accent else {
            let white = Colour::WHITE.contrast(accent) >= READABLE;
            return Ok(Self {
                accent,
                on_accent: if white { Colour::WHITE } else { Colour::BLACK },
            });
        };
        let contrast = accent.contrast(on_accent);
        if contrast < READABLE {
            let message = format!("its contrast to the accent is {contrast:.1}; 4.5 is needed");
            return Err(Error::invalid("colors.on_accent", message));
        }
        Ok(Self { accent, on_accent })
    }
}

impl Default for Colours {
    fn default() -> Self {
        Self { accent: Colour([0x0b, 0x57, 0xd0]), on_accent: Colour::WHITE }
    }
}

/// A colour of the sRGB space, `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour([u8; 3]);

impl Colour {
    /// `#000000`.
    pub const BLACK: Self = Self([0; 3]);
    /// `#ffffff`.
    pub const WHITE: Self = Self([0xff; 3]);

    /// Contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl FromStr for Colour {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("color", "expected a colour such as #0b57d0");
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(wrong)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Address of a page for people: `https`, a host name, nothing that could be mistaken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebAddress {
    type Err = Error;

    /// Reads what RFC 3986 allows in an address, without user information.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            let message = "expected an address such as https://example.com/imprint, at most 200 \
                characters";
            Error::invalid("url", message)
        };
        let rest = text.strip_prefix("https://").filter(|_| text.len() <= MAX_URL);
        let rest = rest.ok_or_else(wrong)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (name, port) = host.split_once(':').map_or((host, None), |(n, p)| (n, Some(p)));
        let label = |label: &str| {
            let inner = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let known = name.contains('.') && name.split('.').all(label);
        let port = port.is_none_or(|port| port.parse().is_ok_and(|port: u16| port > 0));
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~:/?#@!$&()*+,;=%".contains(&c);
        let path = &rest[host.len()..];
        if known && port && path.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Texts that are their own form in JSON.
macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(|_| {
                    de::Error::invalid_value(de::Unexpected::Other("text"), &EXPECTED)
                })
            }
        }
    )*};
}

const EXPECTED: &str = "a colour such as #0b57d0 or an address such as https://example.com/imprint";

as_text!(Colour, WebAddress);

words! {
    /// Format of a logo.
    LogoFormat {
        /// Portable Network Graphics.
        Png = "png",
        /// JPEG.
        Jpeg = "jpeg",
    }
}

/// A logo; its bytes are stored under their hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// Hash of the bytes.
    pub digest: Digest,
    /// Their format.
    pub format: LogoFormat,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

/// Largest logo, in bytes.
pub const MAX_LOGO_BYTES: usize = 64 * 1024;

/// Largest width and height of a logo, in pixels: what a browser has to decode stays small.
const MAX_LOGO_PIXELS: u16 = 2048;

impl Logo {
    /// Looks at the bytes of a picture: what it is and how large, never what is said about it.
    ///
    /// # Errors
    /// `invalid` at `logo` if it is neither PNG nor JPEG, or too large.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let wrong = |message| Error::invalid("logo", message);
        if bytes.len() > MAX_LOGO_BYTES {
            return Err(wrong("must have at most 65536 bytes"));
        }
        let (format, size) = match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, rest @ ..] => {
                (LogoFormat::Png, png_size(rest))
            }
            [0xff, 0xd8, rest @ ..] => (LogoFormat::Jpeg, jpeg_size(rest)),
            _ => return Err(wrong("expected a PNG or JPEG picture")),
        };
        let (width, height) = size.ok_or_else(|| wrong("the picture is not readable"))?;
        if ![width, height].iter().all(|side| (1..=MAX_LOGO_PIXELS).contains(side)) {
            return Err(wrong("must be 1 to 2048 pixels wide and high"));
        }
        Ok(Self { digest: Digest::of(bytes), format, width, height })
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self.format {
            LogoFormat::Png => "image/png",
            LogoFormat::Jpeg => "image/jpeg",
        }
    }
}

/// Width and height of the `IHDR` chunk, which comes first (PNG, third edition, 11.2.1).
fn png_size(rest: &[u8]) -> Option<(u16, u16)> {
    let [0, 0, 0, 13, b'I', b'H', b'D', b'R', header @ ..] = rest else { return None };
    let side = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        u16::try_from(u32::from_be_bytes(bytes)).ok()
    };
    Some((side(0)?, side(4)?))
}

/// Width and height of the frame header (ITU-T T.81, B.2.2).
fn jpeg_size(mut rest: &[u8]) -> Option<(u16, u16)> {
    while let [0xff, marker, tail @ ..] = rest {
        if *marker == 0xff {
            rest = &rest[1..];
            continue;
        }
        let length = usize::from(u16::from_be_bytes(tail.get(..2)?.try_into().ok()?));
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let side = |at: usize| Some(u16::from_be_bytes(tail.get(at..at + 2)?.try_into().ok()?));
            return Some((side(5)?, side(3)?));
        }
        if length < 2 || *marker == 0xda {
            return None;
        }
        rest = tail.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn a_contrast_is_that_of_the_guideline() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 1e-9);
        // The well-known borderline greys: #767676 on white is readable, #777777 is not.
        assert!(colour("#767676").contrast(Colour::WHITE) >= READABLE);
        assert!(colour("#777777").contrast(Colour::WHITE) < READABLE);
    }

    #[test]
    fn text_on_the_accent_must_be_readable_and_can_be_left_out() {
        let refusal = Colours::new(colour("#ffcc00"), Some(Colour::WHITE)).unwrap_err();
        assert!(refusal.to_string().starts_with("colors.on_accent: "), "{refusal}");
        for accent in ["#ffcc00", "#0b57d0", "#777777", "#808080", "#ff0000", "#00ff00"] {
            let made = Colours::new(colour(accent), None).unwrap();
            assert!(made.accent.contrast(made.on_accent) >= READABLE, "{accent}");
        }
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!(colour("#0B57d0").to_string(), "#0b57d0");
        for wrong in ["0b57d0", "#0b57d", "#0b57d00", "#+b57d0", "red", "#0b57dé", ""] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_https_with_a_host_and_nothing_odd() {
        for right in
            ["https://example.com", "https://a.example:8443/x?y=1#z", "https://x.de/%C3%BC"]
        {
            assert!(right.parse::<WebAddress>().is_ok(), "{right}");
        }
        let long = format!("https://example.com/{}", "x".repeat(200));
        for wrong in [
            "http://example.com",
            "https://",
            "https://localhost",
            "https://user@example.com",
            "https://example.com:0",
            "https://example.com:port",
            "https://exa mple.com",
            "https://example.com/\"><script>",
            "https://example.com/a\nb",
            "https://-a.example",
            "https://bücher.example",
            "javascript:alert(1)",
            &long,
        ] {
            assert!(wrong.parse::<WebAddress>().is_err(), "{wrong}");
        }
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\x06\0\0\0";

    #[test]
    fn a_logo_is_known_by_its_bytes() {
        let png = Logo::read(PNG).unwrap();
        assert_eq!((png.format, png.width, png.height), (LogoFormat::Png, 32, 16));
        assert_eq!(png.digest, Digest::of(PNG));
        // APP0 of 4 bytes, then a baseline frame header of 16 by 32 pixels.
        let jpeg = b"\xff\xd8\xff\xe0\0\x04xx\xff\xc0\0\x11\x08\0\x20\0\x10\x03";
        let jpeg = Logo::read(jpeg).unwrap();
        assert_eq!((jpeg.content_type(), jpeg.width, jpeg.height), ("image/jpeg", 16, 32));
    }

    #[test]
    fn what_is_no_small_picture_is_refused() {
        let huge = [&PNG[..16], &[0, 1, 0, 0], &PNG[20..]].concat();
        let wide = [&PNG[..16], &[0, 0, 8, 1], &PNG[20..]].concat();
        let long = [PNG, &[0; MAX_LOGO_BYTES]].concat();
        let mut refused: Vec<Vec<u8>> = vec![huge, wide, long, Vec::new()];
        refused.extend([b"<svg/>".to_vec(), b"GIF89a".to_vec(), PNG[..20].to_vec()]);
        refused.push(b"\xff\xd8\xff\xe0\0\0".to_vec());
        refused.push(b"\xff\xd8\xff\xda\0\x08".to_vec());
        refused.push([b"\xff\xd8".as_slice(), &[0xff; 500]].concat());
        for bytes in refused {
            assert_eq!(Logo::read(&bytes).unwrap_err().code(), "invalid");
        }
    }

    #[test]
    fn the_largest_brand_fits_into_a_head() {
        let url: WebAddress = format!("https://example.com/{}", "x".repeat(180)).parse().unwrap();
        let brand = Brand {
            name: "ü".repeat(60),
            support: Support {
                email: Some("x".repeat(254)),
                phone: Some("1".repeat(30)),
                url: Some(url.clone()),
            },
            imprint_url: Some(url.clone()),
            privacy_url: Some(url),
            logo: Some(Logo::read(PNG).unwrap()),
            ..Brand::plain(ResellerId::from_bits(1), "")
        };
        let json = serde_json::to_string(&brand).unwrap();
        assert!(json.len() < 2048, "{}", json.len());
        assert_eq!(serde_json::from_str::<Brand>(&json).unwrap(), brand);
    }
}
