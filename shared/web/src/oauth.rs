use axum::{
    Form,
    extract::{FromRequest, Request},
    http::{
        HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use trennwand_auth::{ClientCredentials, OauthCode, OauthError, TokenForm};
use trennwand_domain::Error;

use crate::ApiError;

/// A request to the token endpoint, read by the rules of RFC 6749.
#[derive(Debug, Clone)]
pub struct TokenRequest(pub ClientCredentials);

impl<S: Send + Sync> FromRequest<S> for TokenRequest {
    type Rejection = OauthFailure;

    async fn from_request(req: Request, state: &S) -> Result<Self, OauthFailure> {
        let unreadable = || OauthError::invalid_request("the request is not a readable form");
        let mut headers = req.headers().get_all(AUTHORIZATION).iter();
        let (header, more) = (headers.next(), headers.next());
        if more.is_some() {
            return Err(OauthError::invalid_request("more than one Authorization header").into());
        }
        let authorization = header
            .map(|value| value.to_str().map(ToOwned::to_owned))
            .transpose()
            .map_err(|_| unreadable())?;
        let Form(form) =
            Form::<TokenForm>::from_request(req, state).await.map_err(|_| unreadable())?;
        Ok(ClientCredentials::from_request(authorization.as_deref(), form).map(Self)?)
    }
}

/// A failed token request, answered in the shape of RFC 6749 §5.2; what is our own fault is
/// answered like everywhere else.
#[derive(Debug)]
pub enum OauthFailure {
    /// The caller's fault.
    Refused(OauthError),
    /// Ours.
    Failed(ApiError),
}

impl From<OauthError> for OauthFailure {
    fn from(error: OauthError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for OauthFailure {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for OauthFailure {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Refused(error) => error,
            Self::Failed(error) => return error.into_response(),
        };
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let unknown_client = error.error == OauthCode::InvalidClient;
        let mut response = NoStore((status, axum::Json(error))).into_response();
        if unknown_client {
            let challenge = HeaderValue::from_static("Basic realm=\"trennwand\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// An answer that no cache may keep: tokens and secrets.
#[derive(Debug, Clone, Copy)]
pub struct NoStore<T>(pub T);

impl<T: IntoResponse> IntoResponse for NoStore<T> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
