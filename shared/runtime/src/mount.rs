use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequest as _, MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use trennwand_web::{ApiError, LogNote, Result};
use utoipa::openapi::{OpenApi, PathItem, path::Operation};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Core, Written,
    write::{Keyed, MalformedKey, Ticket, TicketParts},
};

/// A function's routes with their state. Handlers that write can take
/// [`crate::Write`]: requests with an `Idempotency-Key` that were answered before get the same answer
/// again.
///
/// The key costs a fresh request no request of its own: the answer is written in the transaction it
/// speaks of, on the condition that there is none yet, and it is looked up only if the request fails.
pub fn mount<S>(routes: OpenApiRouter<S>, state: S, core: &Core) -> Router
where
    S: Clone + Send + Sync + 'static,
{
    let (router, document) = routes.with_state(state).split_for_parts();
    let writes = Writes { core: core.clone(), operations: Arc::new(operations(&document)) };
    router.route_layer(middleware::from_fn_with_state(writes, around))
}

/// Marks, in its description, an operation whose method is that of a write and which writes nothing.
const READ_ONLY: &str = "x-read-only";

/// The names of the operations that write.
type Operations = HashMap<(Method, String), String>;

#[derive(Clone)]
struct Writes {
    core: Core,
    operations: Arc<Operations>,
}

fn operations(document: &OpenApi) -> Operations {
    let mut operations = Operations::new();
    for (path, item) in &document.paths.paths {
        let PathItem { post, put, patch, delete, .. } = item;
        let writing = [
            (Method::POST, post),
            (Method::PUT, put),
            (Method::PATCH, patch),
            (Method::DELETE, delete),
        ];
        for (method, operation) in writing {
            let reads = |o: &&Operation| {
                o.extensions.as_ref().is_some_and(|more| more.contains_key(READ_ONLY))
            };
            let operation = operation.as_ref().filter(|o| !reads(o));
            let name = operation.and_then(|o| o.operation_id.clone());
            if let Some(name) = name.filter(|_| path.starts_with("/v1/")) {
                operations.insert((method, path.clone()), name);
            }
        }
    }
    operations
}

async fn around(
    State(writes): State<Writes>,
    path: MatchedPath,
    req: Request,
    next: Next,
) -> Response {
    let operation = writes.operations.get(&(req.method().clone(), path.as_str().to_owned()));
    let Some(operation) = operation else {
        return next.run(req).await;
    };
    match write(&writes.core, operation, req, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn write(core: &Core, operation: &str, req: Request, next: Next) -> Result<Response> {
    let (mut req, keyed) = keyed(req).await?;
    let ticket = Ticket(Arc::new(TicketParts {
        operation: operation.to_owned(),
        keyed,
        authorised: OnceLock::new(),
        committed: AtomicBool::new(false),
    }));
    req.extensions_mut().insert(ticket.clone());
    let response = next.run(req).await;
    if response.status().is_success() {
        if !ticket.0.committed.load(Ordering::Acquire) {
            tracing::error!(operation, "answered without an audit event");
            debug_assert!(false, "{operation} does not end with Write::commit");
        }
        return Ok(response);
    }
    let (Ok(Some(keyed)), Some(by)) = (&ticket.0.keyed, ticket.0.authorised.get()) else {
        return Ok(response);
    };
    match keyed.answered(core, by).await {
        Ok(Some(answer)) => Ok(again(Written(answer))),
        Ok(None) => Ok(response),
        Err(error) if error.status().is_server_error() => Ok(response),
        Err(error) => Err(error),
    }
}

/// The request, and its key if it has one that counts.
async fn keyed(req: Request) -> Result<(Request, Result<Option<Keyed>, MalformedKey>)> {
    if req.method() != Method::POST {
        return Ok((req, Ok(None)));
    }
    let key = match Keyed::key_of(req.headers()) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok((req, Ok(None))),
        Err(malformed) => return Ok((req, Err(malformed))),
    };
    let (parts, body) = req.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(whole, &()).await.map_err(ApiError::unreadable)?;
    let keyed = Keyed::new(key, parts.method.as_str(), parts.uri.path(), &body);
    Ok((Request::from_parts(parts, Body::from(body)), Ok(Some(keyed))))
}

fn again(written: Written) -> Response {
    let mut response = written.into_response();
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response.extensions_mut().insert(LogNote { code: "answered_again", cause: None });
    response
}
