pub(crate) mod logo_remove;
pub(crate) mod logo_replace;
pub(crate) mod read;
pub(crate) mod replace;

use serde::{Deserialize, Serialize};
use trennwand_domain::{Brand, Colour, Colours, Error, Result, Support, WebAddress};
use utoipa::ToSchema;

/// What phone users see of a reseller: on the page behind an enrolment link and in the enrolment
/// profile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrandView {
    /// The name that people know.
    #[schema(example = "Nordwand IT")]
    name: String,
    /// The colours.
    colors: ColorsView,
    /// Where phone users get help.
    support: SupportView,
    /// Who is behind the page.
    #[schema(required = true, example = "https://nordwand.example/imprint")]
    imprint_url: Option<String>,
    /// What happens to personal data.
    #[schema(required = true, example = "https://nordwand.example/privacy")]
    privacy_url: Option<String>,
    /// The logo; replaced by itself.
    #[schema(required = true)]
    logo: Option<LogoView>,
}

/// A colour and the text on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColorsView {
    /// Background of what can be tapped.
    #[schema(example = "#0b57d0")]
    accent: String,
    /// Text on it.
    #[schema(example = "#ffffff")]
    on_accent: String,
}

/// Where phone users get help.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupportView {
    /// E-mail address.
    #[serde(default)]
    #[schema(max_length = 254, example = "help@nordwand.example")]
    email: Option<String>,
    /// Telephone number, as people write it.
    #[serde(default)]
    #[schema(max_length = 30, example = "+49 30 1234567")]
    phone: Option<String>,
    /// A page; `https` only.
    #[serde(default)]
    #[schema(max_length = 200, example = "https://nordwand.example/help")]
    url: Option<String>,
}

/// A logo.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogoView {
    /// Where it is shown.
    #[schema(example = "https://mdm.example/brand/res_01JCZ8X5T4N1V8Q0R2M3K4P5W6/logo?v=4f2a")]
    url: String,
    /// `image/png` or `image/jpeg`.
    #[schema(example = "image/png")]
    content_type: String,
    /// Width in pixels.
    width: u16,
    /// Height in pixels.
    height: u16,
}

/// A brand to be set; what is left out is unset, the logo stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBrand {
    /// The name that people know.
    #[schema(min_length = 1, max_length = 60, example = "Nordwand IT")]
    name: String,
    /// The colours; the service's own if absent.
    #[serde(default)]
    colors: Option<NewColors>,
    /// Where phone users get help.
    #[serde(default)]
    support: SupportView,
    /// Who is behind the page; `https` only.
    #[serde(default)]
    #[schema(max_length = 200, example = "https://nordwand.example/imprint")]
    imprint_url: Option<String>,
    /// What happens to personal data; `https` only.
    #[serde(default)]
    #[schema(max_length = 200, example = "https://nordwand.example/privacy")]
    privacy_url: Option<String>,
    /// Ignored, so that what GET answered can be sent back changed.
    #[serde(default, rename = "logo")]
    #[schema(value_type = Option<Object>)]
    _logo: serde::de::IgnoredAny,
}

/// A colour and the text on it, to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewColors {
    /// Background of what can be tapped.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$", example = "#0b57d0")]
    accent: String,
    /// Text on it, with a contrast of at least 4.5 (WCAG 2.2 AA); black or white if absent.
    #[serde(default)]
    #[schema(pattern = "^#[0-9a-fA-F]{6}$", example = "#ffffff")]
    on_accent: Option<String>,
}

impl BrandView {
    fn new(brand: &Brand, base_url: &str) -> Self {
        let text = |address: &Option<WebAddress>| address.as_ref().map(ToString::to_string);
        Self {
            name: brand.name.clone(),
            colors: ColorsView {
                accent: brand.colours.accent.to_string(),
                on_accent: brand.colours.on_accent.to_string(),
            },
            support: SupportView {
                email: brand.support.email.clone(),
                phone: brand.support.phone.clone(),
                url: text(&brand.support.url),
            },
            imprint_url: text(&brand.imprint_url),
            privacy_url: text(&brand.privacy_url),
            logo: brand.logo_path().zip(brand.logo).map(|(path, logo)| LogoView {
                url: format!("{base_url}{path}"),
                content_type: logo.content_type().to_owned(),
                width: logo.width,
                height: logo.height,
            }),
        }
    }
}

impl NewBrand {
    /// The brand that comes of it in place of `before`.
    fn apply(self, before: Brand) -> Result<Brand> {
        let Self { name, colors, support, imprint_url, privacy_url, _logo: _ } = self;
        Ok(Brand {
            name: line("name", &name, 60)?,
            colours: colors.map(NewColors::read).transpose()?.unwrap_or_default(),
            support: support.read()?,
            imprint_url: address("imprint_url", imprint_url)?,
            privacy_url: address("privacy_url", privacy_url)?,
            ..before
        })
    }
}

impl NewColors {
    fn read(self) -> Result<Colours> {
        let colour = |field: &'static str, text: &str| {
            text.parse::<Colour>()
                .map_err(|_| Error::invalid(field, "expected a colour such as #0b57d0"))
        };
        let accent = colour("colors.accent", &self.accent)?;
        let on_accent = self.on_accent.map(|text| colour("colors.on_accent", &text)).transpose()?;
        Colours::new(accent, on_accent)
    }
}

impl SupportView {
    fn read(self) -> Result<Support> {
        Ok(Support {
            email: self.email.as_deref().map(email).transpose()?,
            phone: self.phone.as_deref().map(phone).transpose()?,
            url: address("support.url", self.url)?,
        })
    }
}

fn line(field: &'static str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    let fits = (1..=most).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        let message = format!("expected 1 to {most} characters, no control characters");
        return Err(Error::invalid(field, message));
    }
    Ok(text.to_owned())
}

fn email(text: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let fits = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            let domain_fits = domain.contains('.')
                && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
            !local.is_empty() && local.chars().all(plain) && domain_fits
        });
    let wrong = || Error::invalid("support.email", "expected an address such as help@example.com");
    if fits { Ok(text.to_owned()) } else { Err(wrong()) }
}

fn phone(text: &str) -> Result<String> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().all(|c| c.is_ascii_digit() || " +-/()".contains(c));
    let fits = plain && (3..=20).contains(&digits) && text.len() <= 30;
    let wrong = || Error::invalid("support.phone", "expected a number such as +49 30 1234567");
    if fits { Ok(text.trim().to_owned()) } else { Err(wrong()) }
}

fn address(field: &'static str, text: Option<String>) -> Result<Option<WebAddress>> {
    let read = |text: String| {
        let message =
            "expected an address such as https://example.com/page, at most 200 characters";
        text.parse().map_err(|_| Error::invalid(field, message))
    };
    text.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use trennwand_domain::ResellerId;

    use super::*;

    fn apply(body: Value) -> Result<Brand> {
        let new: NewBrand = serde_json::from_value(body).unwrap();
        new.apply(Brand::plain(ResellerId::from_bits(1), "Nordwand"))
    }

    #[test]
    fn what_get_answers_can_be_put_back() {
        let brand = Brand::plain(ResellerId::from_bits(1), "Nordwand");
        let shown = serde_json::to_value(BrandView::new(&brand, "https://mdm.example")).unwrap();
        assert_eq!(apply(shown).unwrap(), brand);
    }

    #[test]
    fn what_could_mislead_is_refused_at_its_field() {
        for (field, body) in [
            ("name", json!({ "name": " " })),
            ("name", json!({ "name": "x".repeat(61) })),
            ("colors.accent", json!({ "name": "N", "colors": { "accent": "blue" } })),
            (
                "colors.on_accent",
                json!({ "name": "N", "colors": { "accent": "#ffcc00", "on_accent": "#ffffff" } }),
            ),
            ("support.email", json!({ "name": "N", "support": { "email": "help" } })),
            ("support.email", json!({ "name": "N", "support": { "email": "a@b.c?subject=x" } })),
            ("support.phone", json!({ "name": "N", "support": { "phone": "call me" } })),
            ("support.url", json!({ "name": "N", "support": { "url": "http://a.example" } })),
            ("imprint_url", json!({ "name": "N", "imprint_url": "javascript:alert(1)" })),
            ("privacy_url", json!({ "name": "N", "privacy_url": "https://a" })),
        ] {
            let refusal = apply(body).unwrap_err().to_string();
            assert!(refusal.starts_with(&format!("{field}: ")), "{refusal}");
        }
    }
}
