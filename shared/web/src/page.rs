use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use trennwand_domain::Error;
use trennwand_store::{Listed, Page};
use utoipa::{IntoParams, ToSchema};

use crate::{ApiError, Query};

/// The query parameters of every list, for the API document.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingParams {
    /// How many items at most, 1 to 100; 50 if absent.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[param(max_length = 256)]
    pub cursor: Option<String>,
}

/// Which part of a list is wanted: `?limit&cursor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging(pub Page);

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(PagingParams { limit, cursor }) = Query::from_request_parts(parts, state).await?;
        let limit = limit.unwrap_or(50);
        if !(1..=100).contains(&limit) {
            return Err(Error::invalid("limit", "must be 1 to 100").into());
        }
        if cursor.as_ref().is_some_and(|cursor| cursor.len() > 256) {
            return Err(Error::invalid("cursor", "is not a cursor of this list").into());
        }
        Ok(Self(Page { limit, cursor }))
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Listing<T> {
    /// The items.
    pub items: Vec<T>,
    /// `cursor` of the next page; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl<T> From<Listed<T>> for Listing<T> {
    fn from(listed: Listed<T>) -> Self {
        Self { items: listed.items, next_cursor: listed.next }
    }
}
