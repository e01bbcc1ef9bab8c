//! How the pages for people look: one style, admitted by its hash, so that a page needs no other
//! permission.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use trennwand_domain::Digest;

/// The pages' whole style, for a light and a dark screen. Whatever is tapped is at least 44 px high.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1a1d21;--soft:#4c5560;--paper:#fff;--line:#d5dae0;--act:#0b57d0;--on:#fff}\
@media(prefers-color-scheme:dark){:root{--ink:#eceff3;--soft:#b3bcc7;--paper:#14171a;--line:#3a424b;--act:#a8c7fa;--on:#062e6f}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif}\
header,main,footer{max-width:34rem;margin:0 auto;padding:1rem 1.25rem}\
header{border-bottom:1px solid var(--line);font-weight:600;overflow-wrap:anywhere}\
.logo{display:block;max-width:12rem;max-height:4rem;width:auto;height:auto;margin-bottom:.5rem}\
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0;hyphens:auto;overflow-wrap:anywhere}\
h2{font-size:1.125rem;margin:1.75rem 0 .5rem}\
ol,ul{padding-left:1.4rem}li{margin:.4rem 0}\
code{font:600 1.0625rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}\
label{display:block;margin-bottom:.5rem}\
input{display:block;width:100%;padding:.7rem .75rem;border:1px solid var(--soft);border-radius:.5rem;background:var(--paper);color:var(--ink);font:inherit}\
.act{display:block;width:100%;padding:.9rem 1rem;border:0;border-radius:.75rem;background:var(--act);color:var(--on);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}\
.act:focus-visible,summary:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid var(--ink);outline-offset:3px}\
summary{padding:.75rem 0;cursor:pointer}\
.qr{width:min(100%,14rem);padding:.5rem;border-radius:.5rem;background:#fff}\
.qr svg{display:block;width:100%;height:auto}\
.whole{width:min(100%,24rem)}\
footer{color:var(--soft);font-size:.9375rem;border-top:1px solid var(--line)}\
footer a{display:inline-block;padding:.7rem 0;margin-right:.75rem;color:inherit;overflow-wrap:anywhere}";

/// A style as a Content-Security-Policy's `style-src` admits it.
#[must_use]
pub fn style_source(style: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Digest::of(style.as_bytes()).as_bytes()))
}

/// [`STYLE`] as a Content-Security-Policy admits it.
pub static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| style_source(STYLE));

#[cfg(test)]
mod tests {
    use super::*;

    /// By `printf 'a{}' | openssl dgst -sha256 -binary | base64`.
    #[test]
    fn a_style_is_admitted_by_its_hash() {
        assert_eq!(style_source("a{}"), "'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='");
    }

    #[test]
    fn the_style_loads_nothing_and_ends_nothing() {
        for outside in ["url(", "@import", "http", "</", "expression"] {
            assert!(!STYLE.contains(outside), "{outside}");
        }
    }
}
