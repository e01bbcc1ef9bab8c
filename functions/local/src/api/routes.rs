//! The local server's own routes: health, the API document and its page.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    response::{Html, IntoResponse as _},
    routing::get,
};
use serde_json::Value;
use trennwand_web::Json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::page;

/// The page has no script and loads nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The routes that the document describes.
pub(super) fn api() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(health_get))
}

/// All own routes, with this document.
pub(crate) fn router(document: Value) -> Router {
    let page = page::reference(&document).into_string();
    let page = async move || ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response();
    api()
        .split_for_parts()
        .0
        .route("/openapi.json", get(async move || Json(document)))
        .route("/docs", get(page))
}

/// Says that the server answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "service",
    responses((status = 200, description = "It answers", content_type = "text/plain", body = String))
)]
async fn health_get() -> impl axum::response::IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}
