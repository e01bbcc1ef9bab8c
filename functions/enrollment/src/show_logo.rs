use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use trennwand_domain::{LogoFormat, ResellerId};

use crate::EnrollmentState;

/// `GET /brand/{reseller}/logo`: the picture on a reseller's pages. The address on a page changes with
/// the picture, so it may be kept.
pub(crate) async fn brand_logo(
    State(state): State<EnrollmentState>,
    Path(reseller): Path<String>,
) -> Response {
    let Ok(reseller) = reseller.parse::<ResellerId>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match state.core.store.brands().logo(reseller).await {
        Ok(Some((format, picture))) => {
            let content_type = match format {
                LogoFormat::Png => "image/png",
                LogoFormat::Jpeg => "image/jpeg",
            };
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::CACHE_CONTROL, "public, max-age=86400"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            (headers, picture).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(?error, "a logo could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
