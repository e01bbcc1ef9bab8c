use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::{
        DefaultBodyLimit, MatchedPath, RawPathParams, Request, State,
        rejection::RawPathParamsRejection,
    },
    http::{
        HeaderValue, Method,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use trennwand_domain::{DeviceId, Duration, Error, IdGen, RequestId, TenantId};
use trennwand_store::{Meter, Usage};

use crate::{ApiError, Language, MAX_JSON_BYTES, guard::guard, refusal_page};

/// How long a request may take, reading its body included.
pub const REQUEST_LIFE: Duration = Duration::from_secs(29);

/// What [`finish`] needs.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Makes the requests' ids.
    pub ids: IdGen,
    /// Which function this is, for the log.
    pub function: &'static str,
}

/// Where phones talk, not programs: refusals have an empty body there.
pub(crate) const DEVICE_SIDE: [&str; 2] = ["/mdm/", "/scep/"];

/// Where people come with the link of an invitation: refusals are a page there.
pub(crate) const PAGE_SIDE: &str = "/e/";

/// Puts around all routes, once: fallbacks, a guard against odd addresses, a limit for bodies and
/// time, a catcher of panics, the request's id (`x-request-id`, and in the request's extensions) and
/// the one log line.
pub fn finish(routes: Router, shell: Shell) -> Router {
    finish_within(REQUEST_LIFE, routes, shell)
}

pub(crate) fn finish_within(life: Duration, routes: Router, shell: Shell) -> Router {
    routes
        .fallback(async || ApiError::from(Error::not_found("path")))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(middleware::from_fn(guard))
        .layer(middleware::from_fn_with_state((shell, life), around))
}

/// What the log line shall say about an answer that is no problem document, such as one to a phone;
/// put it into the response's extensions.
#[derive(Debug, Clone)]
pub struct LogNote {
    /// What became of the request, in a word.
    pub code: &'static str,
    /// Why; never anything that the caller sent.
    pub cause: Option<String>,
}

impl From<&ApiError> for LogNote {
    fn from(error: &ApiError) -> Self {
        Self { code: error.code(), cause: error.log_context().map(ToOwned::to_owned) }
    }
}

/// What the log says about a request; nothing of its path but the route's template and two ids.
struct Subject {
    method: Method,
    route: Option<MatchedPath>,
    tenant: Option<TenantId>,
    device: Option<DeviceId>,
}

async fn around(
    State((shell, life)): State<(Shell, Duration)>,
    route: Option<MatchedPath>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    mut req: Request,
    next: Next,
) -> Response {
    #[expect(clippy::disallowed_methods, reason = "the duration in the log is measured here")]
    let started = Instant::now();
    let request: RequestId = shell.ids.mint();
    req.extensions_mut().insert(request);
    let Language(locale) = Language::of(req.headers());
    let to_phone = DEVICE_SIDE.iter().any(|start| req.uri().path().starts_with(start));
    let to_person = req.uri().path().starts_with(PAGE_SIDE);
    let subject = Subject {
        method: req.method().clone(),
        route,
        tenant: param(params.as_ref().ok(), "tenant"),
        device: param(params.as_ref().ok(), "device"),
    };

    let (mut response, usage) = Meter::measure(answer(life, req, next)).await;

    let error = response.extensions_mut().remove::<ApiError>();
    let note = response.extensions_mut().remove::<LogNote>();
    let note = note.or_else(|| error.as_ref().map(LogNote::from));
    if error.is_some() && to_phone {
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_LENGTH);
    } else if error.is_some() && to_person {
        refusal_page::show_refusal(&mut response, locale, subject.method == Method::HEAD);
    } else if let Some(error) = error.as_ref().filter(|_| subject.method != Method::HEAD) {
        *response.body_mut() = error.body(locale, Some(request));
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    if let Ok(id) = HeaderValue::try_from(request.to_string()) {
        response.headers_mut().insert("x-request-id", id);
    }
    log(&shell, request, &subject, response.status().as_u16(), note.as_ref(), usage, started);
    response
}

/// The handlers' answer; a panic or a request that takes too long is an answer too.
async fn answer(life: Duration, req: Request, next: Next) -> Response {
    let work = tokio::time::timeout(life, next.run(req));
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::from(Error::unavailable("took too long")).into_response(),
        Err(_) => ApiError::from(Error::internal("panicked")).into_response(),
    }
}

fn param<T: std::str::FromStr>(params: Option<&RawPathParams>, name: &str) -> Option<T> {
    params?.iter().find(|(n, _)| *n == name)?.1.parse().ok()
}

fn log(
    shell: &Shell,
    request: RequestId,
    subject: &Subject,
    status: u16,
    note: Option<&LogNote>,
    usage: Usage,
    started: Instant,
) {
    let operation = subject.route.as_ref().map_or("-", MatchedPath::as_str);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "request",
                request_id = %request,
                function = shell.function,
                method = %subject.method,
                operation,
                tenant = subject.tenant.map(tracing::field::display),
                device = subject.device.map(tracing::field::display),
                status,
                code = note.map(|note| note.code),
                cause = note.and_then(|note| note.cause.as_deref()),
                duration_ms = started.elapsed().as_millis() as u64,
                ddb_requests = usage.requests,
                rcu = usage.rcu,
                wcu = usage.wcu,
            )
        };
    }
    match status {
        500.. => line!(error),
        _ => line!(info),
    }
}
