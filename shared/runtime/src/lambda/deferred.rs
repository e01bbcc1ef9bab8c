use std::sync::Arc;

use axum::{Router, extract::Request, response::Response, routing::any};
use tokio::sync::OnceCell;
use tower::ServiceExt as _;
use trennwand_domain::{Error, Result};
use trennwand_web::{ApiError, Shell, finish};

use crate::Core;

/// Routes that need something of the database before they can be made: it is read at the first
/// request, not at the start, and again at the next one if that fails.
pub fn deferred<M, F>(core: Core, shell: Shell, make: M) -> Router
where
    M: Fn(Core, Shell) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Router>> + Send + 'static,
{
    let made: Arc<OnceCell<Router>> = Arc::default();
    Router::new().fallback(async move |request: Request| -> Response {
        let routes = match made.get_or_try_init(|| make(core.clone(), shell.clone())).await {
            Ok(routes) => routes.clone(),
            Err(error) => refusing(error, shell.clone()),
        };
        let Ok(response) = routes.oneshot(request).await;
        response
    })
}

/// Answers everything with this error, in the usual form and with the usual line in the log.
fn refusing(error: Error, shell: Shell) -> Router {
    let error = ApiError::from(error);
    let refuse = any(async move || error.clone());
    finish(Router::new().route("/", refuse.clone()).route("/{*path}", refuse), shell)
}
