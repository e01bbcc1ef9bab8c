use std::{marker::PhantomData, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{
        HeaderMap, HeaderValue,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
        request::Parts,
    },
};
use trennwand_auth::{Need, Principal, Principals, Scope, Verifier};
use trennwand_domain::{
    Authenticator, Clock, Error, ErrorKind, Owner, ReasonCode, ResellerId, TenantId, TenantScope,
};
use trennwand_store::Trail;

use crate::{ApiError, Id};

/// What the extractors of this module need; a router's state gives it by [`FromRef`].
#[derive(Debug, Clone)]
pub struct Gate {
    /// Verifies access tokens.
    pub verifier: Arc<Verifier>,
    /// Says what a client may do at present; usually a [`trennwand_auth::CachedPrincipals`].
    pub principals: Arc<dyn Principals>,
    /// The present.
    pub clock: Arc<dyn Clock>,
}

impl Gate {
    /// Who calls.
    async fn caller(&self, headers: &HeaderMap) -> Result<Principal, ApiError> {
        let token = bearer(headers)?;
        let claims = self
            .verifier
            .verify(token, self.clock.now())
            .map_err(|why| invalid_token(Some(&why)))?;
        let client = self.principals.current(claims.owner, claims.client).await?;
        client
            .and_then(|client| Principal::of(&claims, &client))
            .ok_or_else(|| invalid_token(Some(&"client revoked or gone")))
    }
}

/// What the extractors for one level leave in the request's extensions: who may do what the request
/// asks, and whose audit trail tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Authorised {
    /// Who calls.
    pub caller: Principal,
    /// Whose things are written.
    pub trail: Trail,
}

impl Authorised {
    fn note(parts: &mut Parts, caller: Principal, trail: Trail) {
        parts.extensions.insert(Self { caller, trail });
    }
}

/// Any caller with a valid token.
#[derive(Debug, Clone, Copy)]
pub struct Anyone(Principal);

/// The operator, with scope `S`.
#[derive(Debug, Clone, Copy)]
pub struct ForOperator<S = trennwand_auth::need::Resellers>(Principal, PhantomData<S>);

/// A reseller, with scope `S`.
#[derive(Debug, Clone, Copy)]
pub struct ForReseller<S> {
    caller: Principal,
    reseller: ResellerId,
    need: PhantomData<S>,
}

/// The tenant of the path's `{tenant}`: called by the tenant itself with scope `S`, or, for `setup`
/// only, by its reseller. Everyone else gets the same 404 as for a tenant that does not exist.
#[derive(Debug, Clone, Copy)]
pub struct ForTenant<S> {
    caller: Principal,
    scope: TenantScope,
    need: PhantomData<S>,
}

/// The tenant of the path's `{tenant}`, called by its reseller with scope `S`: what a reseller does
/// with a tenant as a whole (suspend it, make its clients), never what is inside.
#[derive(Debug, Clone, Copy)]
pub struct ForTenantOfReseller<S> {
    caller: Principal,
    reseller: ResellerId,
    scope: TenantScope,
    need: PhantomData<S>,
}

impl Anyone {
    /// Who calls.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        &self.0
    }
}

impl<S> ForOperator<S> {
    /// Who calls.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        &self.0
    }
}

impl<S> ForReseller<S> {
    /// Who calls.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        &self.caller
    }

    /// The reseller.
    #[must_use]
    pub const fn reseller(&self) -> ResellerId {
        self.reseller
    }
}

impl<S> ForTenant<S> {
    /// Who calls; may be the tenant's reseller.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        &self.caller
    }

    /// The right to touch the tenant's data.
    #[must_use]
    pub const fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// Whether the caller has another scope too, such as `personal_data`.
    #[must_use]
    pub const fn allows(&self, scope: Scope) -> bool {
        self.caller.scopes.contains(scope)
    }
}

impl<S> ForTenantOfReseller<S> {
    /// Who calls.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        &self.caller
    }

    /// The reseller.
    #[must_use]
    pub const fn reseller(&self) -> ResellerId {
        self.reseller
    }

    /// The right to touch the tenant's data.
    #[must_use]
    pub const fn scope(&self) -> &TenantScope {
        &self.scope
    }
}

impl<R: Send + Sync> FromRequestParts<R> for Anyone
where
    Gate: FromRef<R>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &R) -> Result<Self, ApiError> {
        Gate::from_ref(state).caller(&parts.headers).await.map(Self)
    }
}

impl<S: Need, R: Send + Sync> FromRequestParts<R> for ForOperator<S>
where
    Gate: FromRef<R>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &R) -> Result<Self, ApiError> {
        let caller = Gate::from_ref(state).caller(&parts.headers).await?;
        match caller.owner {
            Owner::Operator => allowed::<S>(&caller)?,
            Owner::Reseller(_) | Owner::Tenant(_) => return Err(wrong_level()),
        }
        Authorised::note(parts, caller, Trail::Operator);
        Ok(Self(caller, PhantomData))
    }
}

impl<S: Need, R: Send + Sync> FromRequestParts<R> for ForReseller<S>
where
    Gate: FromRef<R>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &R) -> Result<Self, ApiError> {
        let caller = Gate::from_ref(state).caller(&parts.headers).await?;
        let Owner::Reseller(reseller) = caller.owner else {
            return Err(wrong_level());
        };
        allowed::<S>(&caller)?;
        Authorised::note(parts, caller, Trail::Reseller(reseller));
        Ok(Self { caller, reseller, need: PhantomData })
    }
}

impl<S: Need, R: Send + Sync> FromRequestParts<R> for ForTenant<S>
where
    Gate: FromRef<R>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &R) -> Result<Self, ApiError> {
        let gate = Gate::from_ref(state);
        let caller = gate.caller(&parts.headers).await?;
        let Id(tenant) = Id::<TenantId>::from_request_parts(parts, state).await?;
        match caller.owner {
            Owner::Tenant(own) if own == tenant => {}
            Owner::Reseller(reseller) if gate.principals.owns(reseller, tenant).await? => {
                // What a reseller may see of a tenant is its set-up, whatever scopes it has.
                if S::SCOPE != Scope::Setup {
                    return Err(wrong_level());
                }
            }
            Owner::Operator | Owner::Reseller(_) | Owner::Tenant(_) => return Err(no_tenant()),
        }
        allowed::<S>(&caller)?;
        let scope = vouch(tenant);
        Authorised::note(parts, caller, Trail::Tenant(scope));
        Ok(Self { caller, scope, need: PhantomData })
    }
}

impl<S: Need, R: Send + Sync> FromRequestParts<R> for ForTenantOfReseller<S>
where
    Gate: FromRef<R>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &R) -> Result<Self, ApiError> {
        let gate = Gate::from_ref(state);
        let caller = gate.caller(&parts.headers).await?;
        let Owner::Reseller(reseller) = caller.owner else {
            return Err(wrong_level());
        };
        let Id(tenant) = Id::<TenantId>::from_request_parts(parts, state).await?;
        if !gate.principals.owns(reseller, tenant).await? {
            return Err(no_tenant());
        }
        allowed::<S>(&caller)?;
        let scope = vouch(tenant);
        Authorised::note(parts, caller, Trail::Tenant(scope));
        Ok(Self { caller, reseller, scope, need: PhantomData })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the authenticator of API tokens")]
const fn vouch(tenant: TenantId) -> TenantScope {
    TenantScope::vouched(Authenticator::ApiToken, tenant)
}

/// The token of RFC 6750 §2.1, the only way that is accepted.
fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, more) = (values.next(), values.next());
    let Some(value) = value else {
        let challenge = HeaderValue::from_static("Bearer realm=\"trennwand\"");
        let error = ApiError::from(Error::from(ErrorKind::Unauthenticated));
        return Err(error.with_header(WWW_AUTHENTICATE, challenge));
    };
    let token = value.to_str().ok().and_then(|text| text.split_once(' '));
    token
        .filter(|(scheme, _)| more.is_none() && scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| invalid_token(None))
}

fn invalid_token(why: Option<&dyn std::fmt::Display>) -> ApiError {
    let mut error = Error::from(ErrorKind::Unauthenticated);
    if let Some(why) = why {
        error = error.context(why);
    }
    let challenge = "Bearer realm=\"trennwand\", error=\"invalid_token\"";
    ApiError::from(error).with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn allowed<S: Need>(caller: &Principal) -> Result<(), ApiError> {
    if caller.scopes.contains(S::SCOPE) {
        return Ok(());
    }
    let error = ApiError::from(Error::forbidden(ReasonCode::InsufficientScope));
    let challenge = format!(
        "Bearer realm=\"trennwand\", error=\"insufficient_scope\", scope=\"{}\"",
        S::SCOPE.as_str()
    );
    Err(match HeaderValue::try_from(challenge) {
        Ok(challenge) => error.with_header(WWW_AUTHENTICATE, challenge),
        Err(_) => error,
    })
}

fn wrong_level() -> ApiError {
    Error::forbidden(ReasonCode::WrongLevel).into()
}

fn no_tenant() -> ApiError {
    Error::not_found("tenant").into()
}
