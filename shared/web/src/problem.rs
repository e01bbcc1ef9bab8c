use std::{collections::BTreeMap, fmt};

use axum::{
    body::Body,
    extract::rejection::BytesRejection,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use trennwand_domain::{Error, ErrorKind, Locale, Reason, ReasonCode, RequestId};
use utoipa::ToSchema;

/// What handlers return.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// An error body (RFC 9457, `application/problem+json`); `type` is absent and so `about:blank`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable; what programs switch on.
    #[schema(example = "not_found")]
    code: &'static str,
    /// The phrase of the HTTP status.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong, in the language of `Accept-Language`.
    #[schema(example = "there is no such device")]
    detail: String,
    /// Names this request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "req_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    request_id: Option<String>,
    /// The finer reason behind the code, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ProblemReason>,
    /// What leaks and what would close it, if the code is `policy_refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<ProblemRefusal>,
    /// The fields that are not acceptable.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: Vec<FieldError>,
}

/// Why a policy is put on no phone of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemRefusal {
    /// Stable.
    #[schema(example = "messengers_on_fully_managed")]
    pub code: &'static str,
    /// The kind of phone.
    #[schema(example = "android-fully-managed")]
    pub target: String,
    /// The way that leaks, as `/v1/catalogue/channels` has it.
    #[schema(example = "one_side")]
    pub channel: &'static str,
    /// The path of the field at fault, if one is.
    #[schema(example = "document.messengers")]
    pub field: Option<String>,
    /// The settings of the phone that would close it.
    #[schema(example = json!(["applications"]))]
    pub closed_by: Vec<&'static str>,
    /// The oldest system on which it would leak.
    #[schema(example = "8.0")]
    pub since: Option<String>,
    /// All of this for people, in the language of `Accept-Language`.
    pub text: String,
}

/// The finer reason behind an error's code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemReason {
    /// Stable, from the catalogue of reasons.
    #[schema(example = "not_granted_by_enrollment")]
    code: &'static str,
    /// What the text's placeholders stand for.
    params: BTreeMap<&'static str, String>,
    /// The text in the language of `Accept-Language`.
    text: String,
}

impl ProblemReason {
    fn new(code: ReasonCode, locale: Locale) -> Self {
        let Reason { code, params, text } = code.reason(locale, BTreeMap::new());
        Self { code, params, text }
    }
}

/// One field that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its path in the body, or the name of the query parameter.
    #[schema(example = "mail.host")]
    pub field: String,
    /// What is wrong and what would be right.
    #[schema(example = "is missing")]
    pub message: String,
}

/// An error on its way to the client. It becomes a body only in the outermost layer, which knows
/// the request's id and language.
#[derive(Clone)]
pub struct ApiError(Box<Parts>);

#[derive(Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    english: String,
    german: String,
    reason: Option<ReasonCode>,
    refusal: Option<ProblemRefusal>,
    errors: Vec<FieldError>,
    header: Option<(HeaderName, HeaderValue)>,
    log_context: Option<String>,
}

impl ApiError {
    fn new(
        status: StatusCode,
        code: &'static str,
        english: impl Into<String>,
        german: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            english: english.into(),
            german: german.into(),
            reason: None,
            refusal: None,
            errors: Vec::new(),
            header: None,
            log_context: None,
        }))
    }

    /// Several fields are not acceptable.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let english = "some fields are not acceptable";
        let mut error = Self::new(status, "invalid", english, "Einige Felder sind unzulässig.");
        error.0.errors = errors;
        error
    }

    /// A policy would let business data out; `refusal.text` is its text in English.
    #[must_use]
    pub fn policy_refused(refusal: ProblemRefusal, german: String) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut error = Self::new(status, "policy_refused", refusal.text.clone(), german);
        error.0.errors = vec![FieldError {
            field: refusal.field.clone().unwrap_or_else(|| "document".to_owned()),
            message: refusal.text.clone(),
        }];
        error.0.refusal = Some(refusal);
        error
    }

    pub(crate) fn malformed(english: &'static str) -> Self {
        let german = "Die Anfrage ist nicht lesbar.";
        Self::new(StatusCode::BAD_REQUEST, "malformed", english, german)
    }

    /// The `Idempotency-Key` was used for another request.
    #[must_use]
    pub fn idempotency_key_reused() -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let english = "this Idempotency-Key was used for another request";
        let german = "Dieser Idempotency-Key wurde schon für eine andere Anfrage benutzt.";
        Self::new(status, "idempotency_key_reused", english, german)
    }

    pub(crate) fn too_large() -> Self {
        let (english, german) = ("the body is too large", "Die Anfrage ist zu groß.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", english, german)
    }

    pub(crate) fn unsupported_media_type() -> Self {
        let english = "the body must be application/json";
        let german = "Die Anfrage muss application/json sein.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", english, german)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let english = "this path does not have that method";
        let german = "Dieser Pfad kennt diese Methode nicht.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", english, german)
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// The body could not be read to its end.
    #[must_use]
    pub fn unreadable(rejection: BytesRejection) -> Self {
        crate::body::unreadable(rejection)
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.0.code
    }

    /// The line for the log.
    #[must_use]
    pub fn log_context(&self) -> Option<&str> {
        self.0.log_context.as_deref()
    }

    /// The body for a reader of this language.
    pub(crate) fn body(&self, locale: Locale, request: Option<RequestId>) -> Body {
        let detail = match locale {
            Locale::En => self.0.english.clone(),
            Locale::De => self.0.german.clone(),
        };
        let in_language =
            |refusal: ProblemRefusal| ProblemRefusal { text: detail.clone(), ..refusal };
        let problem = Problem {
            refusal: self.0.refusal.clone().map(in_language),
            code: self.0.code,
            title: self.0.status.canonical_reason().unwrap_or("Error"),
            status: self.0.status.as_u16(),
            detail,
            request_id: request.map(|id| id.to_string()),
            reason: self.0.reason.map(|code| ProblemReason::new(code, locale)),
            errors: self.0.errors.clone(),
        };
        // Strings, a number and a list of strings always serialise.
        Body::from(serde_json::to_vec(&problem).unwrap_or_default())
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let kind = error.kind();
        let mut out = Self::new(status_of(kind), error.code(), kind.to_string(), german_of(kind));
        match kind {
            ErrorKind::Invalid { field, message } => out.0.errors.push(FieldError {
                field: field.clone().into_owned(),
                message: message.clone().into_owned(),
            }),
            ErrorKind::TooMany { retry_after_s } => {
                out.0.header = Some((RETRY_AFTER, HeaderValue::from(*retry_after_s)));
            }
            ErrorKind::Unavailable => out.0.header = Some((RETRY_AFTER, HeaderValue::from(1u16))),
            ErrorKind::NotFound { .. }
            | ErrorKind::AlreadyExists { .. }
            | ErrorKind::Conflict { .. }
            | ErrorKind::Stale
            | ErrorKind::PreconditionRequired
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden { .. }
            | ErrorKind::Internal => {}
        }
        out.0.reason = error.reason();
        out.0.log_context = error.log_context().map(ToOwned::to_owned);
        out
    }
}

const fn status_of(kind: &ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound { .. } => StatusCode::NOT_FOUND,
        ErrorKind::AlreadyExists { .. } | ErrorKind::Conflict { .. } => StatusCode::CONFLICT,
        ErrorKind::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Stale => StatusCode::PRECONDITION_FAILED,
        ErrorKind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden { .. } => StatusCode::FORBIDDEN,
        ErrorKind::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn german_of(kind: &ErrorKind) -> String {
    let text = match kind {
        ErrorKind::NotFound { .. } => "Das gibt es nicht.",
        ErrorKind::AlreadyExists { .. } => "Das gibt es bereits.",
        ErrorKind::Invalid { field, message } => return format!("{field}: {message}"),
        ErrorKind::Conflict { code } | ErrorKind::Forbidden { code } => code.german(),
        ErrorKind::Stale => "Das Objekt wurde inzwischen geändert.",
        ErrorKind::PreconditionRequired => "Diese Operation braucht If-Match.",
        ErrorKind::Unauthenticated => "Ein gültiges Zugriffstoken ist nötig.",
        ErrorKind::TooMany { .. } => "Zu viele Anfragen.",
        ErrorKind::Unavailable => "Der Dienst ist gerade nicht erreichbar.",
        ErrorKind::Internal => "Interner Fehler.",
    };
    text.to_owned()
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body(Locale::En, None));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.0.header.clone() {
            headers.insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)?;
        self.0.log_context.as_ref().map_or(Ok(()), |context| write!(f, " ({context})"))
    }
}
