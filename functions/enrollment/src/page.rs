use maud::{DOCTYPE, Markup, PreEscaped, html};
use trennwand_domain::{Brand, Locale, Ownership, Support, Timestamp};
use trennwand_web::STYLE;

use crate::{qr, texts::Texts};

/// What the page of a valid link shows.
#[derive(Debug)]
pub(crate) struct Invitation<'a> {
    /// Who provides the service.
    pub(crate) brand: Option<&'a Brand>,
    /// The company whose phones are managed.
    pub(crate) company: &'a str,
    /// Whose phone it is.
    pub(crate) ownership: Ownership,
    /// Until when the link works.
    pub(crate) expires_at: Timestamp,
    /// The page's own address, for the code that moves it from a computer to the phone.
    pub(crate) link: &'a str,
    /// The address of the profile.
    pub(crate) profile: &'a str,
}

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such link.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// A phone was set up with it.
    Used,
    /// We cannot tell at the moment.
    Unavailable,
    /// Google is still making what it leads to.
    Preparing,
}

/// The page of a valid link.
pub(crate) fn invitation(locale: Locale, page: &Invitation<'_>) -> Markup {
    let texts = Texts::of(locale);
    let title = texts.title.replace("{company}", page.company);
    let (facts, rights) = match page.ownership {
        Ownership::Personal => (texts.personal_cannot, texts.personal_can),
        Ownership::Company => (texts.company_cannot, texts.company_can),
    };
    frame(
        locale,
        &title,
        page.brand,
        html! {
            h1 { (title) }
            p { (texts.intro.replace("{company}", page.company)) }
            a.act href=(page.profile) { (texts.download) }
            h2 { (texts.steps_title) }
            ol { @for step in texts.steps { li { (step) } } }
            h2 { (texts.cannot_title) }
            ul { @for line in facts { li { (line) } } }
            h2 { (texts.can_title) }
            ul { @for line in rights { li { (line) } } }
            p { (texts.expires.replace("{date}", &date(locale, page.expires_at))) }
            @if let Some(code) = qr::svg(page.link) {
                details {
                    summary { (texts.on_computer) }
                    div.qr role="img" aria-label=(texts.code_label) { (PreEscaped(code)) }
                }
            }
        },
    )
}

/// The page of a link that leads nowhere; it says nothing about whose it was.
pub(crate) fn refusal(locale: Locale, refusal: Refusal) -> Markup {
    let texts = Texts::of(locale);
    let (title, advice) = match refusal {
        Refusal::Unknown => texts.unknown,
        Refusal::Expired => texts.expired,
        Refusal::Revoked => texts.revoked,
        Refusal::Used => texts.used,
        Refusal::Unavailable => texts.unavailable,
        Refusal::Preparing => texts.preparing,
    };
    frame(
        locale,
        title,
        None,
        html! {
            h1 { (title) }
            p { (advice) }
        },
    )
}

/// A brand's colours: a style of its own, so that it can be admitted by its hash, too.
pub(crate) fn brand_style(brand: &Brand) -> String {
    let (accent, on_accent) = (brand.colours.accent, brand.colours.on_accent);
    format!(".act{{background:{accent};color:{on_accent}}}")
}

pub(crate) fn frame(locale: Locale, title: &str, brand: Option<&Brand>, main: Markup) -> Markup {
    let texts = Texts::of(locale);
    html! {
        (DOCTYPE)
        html lang=(locale.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="format-detection" content="telephone=no";
                title { (title) }
                @if let Some(path) = brand.and_then(Brand::logo_path) {
                    link rel="icon" href=(path);
                }
                style { (PreEscaped(STYLE)) }
                @if let Some(brand) = brand { style { (PreEscaped(brand_style(brand))) } }
            }
            body {
                @if let Some(brand) = brand {
                    header {
                        @if let Some((path, logo)) = brand.logo_path().zip(brand.logo) {
                            img.logo src=(path) alt="" width=(logo.width) height=(logo.height);
                        }
                        (brand.name)
                    }
                }
                main { (main) }
                footer {
                    p { (texts.footer) }
                    @if let Some(brand) = brand { (contact(texts, brand)) }
                }
            }
        }
    }
}

/// Who helps and who is behind it; nothing where nothing was said.
fn contact(texts: &Texts, brand: &Brand) -> Markup {
    let Support { email, phone, url } = &brand.support;
    let dialled = |phone: &str| -> String {
        phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    };
    html! {
        @if !brand.support.is_empty() {
            p {
                (texts.help)
                @if let Some(email) = email { " " a href={ "mailto:" (email) } { (email) } }
                @if let Some(phone) = phone { " " a href={ "tel:" (dialled(phone)) } { (phone) } }
                @if let Some(url) = url { " " a href=(url) rel="noreferrer" { (texts.help_page) } }
            }
        }
        @if brand.imprint_url.is_some() || brand.privacy_url.is_some() {
            p {
                @if let Some(url) = &brand.imprint_url {
                    a href=(url) rel="noreferrer" { (texts.imprint) } " "
                }
                @if let Some(url) = &brand.privacy_url {
                    a href=(url) rel="noreferrer" { (texts.privacy) }
                }
            }
        }
    }
}

pub(crate) fn date(locale: Locale, at: Timestamp) -> String {
    let day = at.to_offset_date_time();
    let (year, month, day) = (day.year(), u8::from(day.month()), day.day());
    match locale {
        Locale::De => format!("{day}.{month}.{year}"),
        Locale::En => format!("{year}-{month:02}-{day:02}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use trennwand_domain::{Colours, Logo, ResellerId};

    use super::*;

    static BRAND: LazyLock<Brand> =
        LazyLock::new(|| Brand::plain(ResellerId::from_bits(1), "Nordwand <IT>"));

    fn page(ownership: Ownership) -> Invitation<'static> {
        Invitation {
            brand: Some(&BRAND),
            company: "Müller & \"Söhne\"",
            ownership,
            expires_at: Timestamp::from_unix_s(1_795_000_000),
            link: "https://enrol.example/e/TOKEN",
            profile: "/e/TOKEN/profile",
        }
    }

    #[test]
    fn names_are_escaped_and_nothing_is_loaded_from_elsewhere() {
        for locale in [Locale::De, Locale::En] {
            let text = invitation(locale, &page(Ownership::Personal)).into_string();
            assert!(text.contains("Nordwand &lt;IT&gt;") && text.contains("Müller &amp; &quot;"));
            assert!(text.contains(&format!("<html lang=\"{}\">", locale.tag())));
            for outside in ["<script", "src=", "<link", "url(", "@import", "<iframe"] {
                assert!(!text.contains(outside), "{outside}");
            }
        }
    }

    #[test]
    fn a_brand_shows_its_logo_colours_and_contact() {
        let picture = b"\xff\xd8\xff\xc0\0\x11\x08\0\x20\0\x10\x03";
        let brand = Brand {
            colours: Colours::new("#ffcc00".parse().unwrap(), None).unwrap(),
            support: Support {
                email: Some("help@nordwand.example".into()),
                phone: Some("+49 (30) 123".into()),
                url: None,
            },
            imprint_url: Some("https://nordwand.example/imprint?a=1&b".parse().unwrap()),
            logo: Some(Logo::read(picture).unwrap()),
            ..BRAND.clone()
        };
        let page = Invitation { brand: Some(&brand), ..page(Ownership::Personal) };
        let text = invitation(Locale::De, &page).into_string();
        for shown in [
            ".act{background:#ffcc00;color:#000000}",
            "src=\"/brand/res_00000000000000000000000001/logo?v=",
            "width=\"16\" height=\"32\"",
            "href=\"mailto:help@nordwand.example\"",
            "href=\"tel:+4930123\"",
            "href=\"https://nordwand.example/imprint?a=1&amp;b\" rel=\"noreferrer\">Impressum<",
        ] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
        assert!(!text.contains("Datenschutz"));
    }

    #[test]
    fn a_personal_phones_page_promises_what_its_rights_keep() {
        let personal = invitation(Locale::En, &page(Ownership::Personal)).into_string();
        assert!(personal.contains("cannot lock or erase"));
        let company = invitation(Locale::En, &page(Ownership::Company)).into_string();
        assert!(!company.contains("cannot lock or erase"));
        assert!(personal.contains("2026-11-18"));
        let german = invitation(Locale::De, &page(Ownership::Personal)).into_string();
        assert!(german.contains("18.11.2026"));
    }

    #[test]
    fn a_refusal_names_nobody_and_says_what_to_do() {
        for why in [
            Refusal::Unknown,
            Refusal::Expired,
            Refusal::Revoked,
            Refusal::Used,
            Refusal::Unavailable,
            Refusal::Preparing,
        ] {
            let text = refusal(Locale::De, why).into_string();
            assert!(text.contains("<h1>") && !text.contains("<header>"), "{why:?}");
        }
    }
}
