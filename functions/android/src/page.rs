use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use trennwand_domain::{Locale, TenantId};
use trennwand_web::{STYLE, STYLE_SOURCE};

/// What a page says in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// The enterprise is bound.
    Bound,
    /// There is no such sign-up.
    UnknownSignup,
    /// There is no such sign-in page.
    UnknownAddress,
    /// Google did not take the sign-up.
    SignupRefused,
    /// Something does not answer.
    TryAgain,
}

impl Said {
    const fn texts(self, locale: Locale) -> (&'static str, &'static str) {
        match (self, locale) {
            (Self::Bound, Locale::En) => {
                ("Connected", "Your company is connected to Google. You can close this page.")
            }
            (Self::Bound, Locale::De) => (
                "Verbunden",
                "Ihre Firma ist mit Google verbunden. Sie können diese Seite schließen.",
            ),
            (Self::UnknownSignup, Locale::En) => (
                "This address is not valid",
                "Please begin the Android sign-up again, and go through Google's pages to the end.",
            ),
            (Self::UnknownSignup, Locale::De) => (
                "Diese Adresse ist nicht gültig",
                "Bitte beginnen Sie die Android-Anmeldung neu und gehen Sie Googles Seiten bis zum \
                 Ende durch.",
            ),
            (Self::UnknownAddress, Locale::En) => (
                "This address is not valid",
                "Please open the link of your invitation again, or ask your company for a new one.",
            ),
            (Self::UnknownAddress, Locale::De) => (
                "Diese Adresse ist nicht gültig",
                "Bitte öffnen Sie den Link Ihrer Einladung noch einmal, oder lassen Sie sich von Ihrer \
                 Firma einen neuen geben.",
            ),
            (Self::SignupRefused, Locale::En) => (
                "Google did not accept the sign-up",
                "It may have taken too long. Please begin the Android sign-up again.",
            ),
            (Self::SignupRefused, Locale::De) => (
                "Google hat die Anmeldung nicht angenommen",
                "Vielleicht hat sie zu lange gedauert. Bitte beginnen Sie die Android-Anmeldung neu.",
            ),
            (Self::TryAgain, Locale::En) => {
                ("Please try again in a moment", "Something does not answer right now.")
            }
            (Self::TryAgain, Locale::De) => {
                ("Bitte versuchen Sie es gleich noch einmal", "Etwas antwortet gerade nicht.")
            }
        }
    }
}

/// A page with one sentence.
pub(crate) fn say(locale: Locale, status: StatusCode, said: Said) -> Response {
    let (title, text) = said.texts(locale);
    let main = html! { h1 { (title) } p { (text) } };
    respond(locale, status, frame(locale, title, main), "'none'")
}

/// The page that asks for an invitation's code.
pub(crate) fn ask(locale: Locale, tenant: TenantId) -> Response {
    let (title, label, go) = match locale {
        Locale::En => (
            "Set up your phone",
            "The code of your invitation: the last part of the link that \
            your company sent you",
            "Continue",
        ),
        Locale::De => (
            "Ihr Telefon einrichten",
            "Der Code Ihrer Einladung: der letzte Teil des Links, den \
            Ihre Firma Ihnen geschickt hat",
            "Weiter",
        ),
    };
    let main = html! {
        h1 { (title) }
        form method="post" action={ "/android/signin/" (tenant) } {
            p { label for="code" { (label) } }
            input id="code" name="code" required maxlength="512" autocomplete="off"
                autocapitalize="characters" spellcheck="false";
            p { button.act type="submit" { (go) } }
        }
    };
    // The answer to the form leads to Google.
    let targets = "'self' https://enterprise.google.com";
    respond(locale, StatusCode::OK, frame(locale, title, main), targets)
}

fn frame(locale: Locale, title: &str, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(locale.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (main) } }
        }
    }
}

fn respond(locale: Locale, status: StatusCode, page: Markup, forms: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src {}; base-uri 'none'; form-action {forms}; \
         frame-ancestors 'none'",
        *STYLE_SOURCE
    );
    let headers: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::CONTENT_LANGUAGE, locale.tag()),
        (header::VARY, "accept-language"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, page).into_response()
}
