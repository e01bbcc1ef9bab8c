use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{header::ACCEPT_LANGUAGE, request::Parts},
};
use trennwand_domain::{
    AssignmentId, ClientId, CommandUuid, DeviceId, EnrollmentId, Error, GroupId, Locale, PolicyId,
    ResellerId, RolloutId, TemplateId, TenantId, UserId,
};

use crate::ApiError;

/// An identifier that stands in a path under its own name.
pub trait PathId: Sized {
    /// The name of the path's parameter, which is also the word for the thing.
    const NAME: &'static str;

    /// Reads the text.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! path_ids {
    ($($id:ty = $name:literal;)*) => {$(
        impl PathId for $id {
            const NAME: &'static str = $name;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

path_ids! {
    ResellerId = "reseller";
    TenantId = "tenant";
    ClientId = "client";
    UserId = "user";
    EnrollmentId = "enrollment";
    DeviceId = "device";
    GroupId = "group";
    AssignmentId = "assignment";
    PolicyId = "policy";
    RolloutId = "rollout";
    TemplateId = "template";
}

impl PathId for CommandUuid {
    const NAME: &'static str = "command";

    fn parse(text: &str) -> Option<Self> {
        Self::from_id(text).ok()
    }
}

/// The path's parameter of this kind, such as `{user}` for a `UserId`. A text that cannot be one
/// gets the same 404 as a thing that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T: PathId, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let absent = || ApiError::from(Error::not_found(T::NAME));
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| absent())?;
        let text = params.iter().find(|(name, _)| *name == T::NAME).map(|(_, text)| text);
        text.and_then(T::parse).map(Self).ok_or_else(absent)
    }
}

/// The language to answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(pub Locale);

impl Language {
    pub(crate) fn of(headers: &axum::http::HeaderMap) -> Self {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        Self(Locale::from_accept_language(header.unwrap_or_default()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
