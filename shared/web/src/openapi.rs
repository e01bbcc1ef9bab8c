use std::collections::BTreeMap;

use trennwand_auth::Scope;
use utoipa::{
    IntoResponses, PartialSchema as _, ToSchema as _,
    openapi::{
        ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
        Ref, RefOr, Response, ResponseBuilder,
        security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme},
    },
};

use crate::{FieldError, Problem, ProblemReason, ProblemRefusal};

/// The name of the security scheme: `security(("oauth2" = ["devices:read"]))`.
const SCHEME: &str = "oauth2";

/// Every operation's errors: `responses((status = 200, …), Problems)`.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let schema = Ref::from_schema_name(Problem::name());
        let problem = ResponseBuilder::new()
            .description("What went wrong")
            .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
            .build();
        BTreeMap::from([("default".to_owned(), problem.into())])
    }
}

/// The API document: what the functions' routers registered, under one head.
pub fn document(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let scopes = Scopes::from_iter(Scope::ALL.iter().map(|s| (s.as_str(), s.description())));
    let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", scopes));
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Trennwand")
        .version("1")
        .description(Some("Isolation of business contacts on phones that are also used privately."))
        .license(Some(license))
        .build();
    let components = ComponentsBuilder::new()
        .schema(Problem::name(), Problem::schema())
        .schema(FieldError::name(), FieldError::schema())
        .schema(ProblemReason::name(), ProblemReason::schema())
        .schema(ProblemRefusal::name(), ProblemRefusal::schema())
        .security_scheme(SCHEME, SecurityScheme::OAuth2(OAuth2::new([flow])))
        .build();
    let head = OpenApiBuilder::new().info(info).components(Some(components)).build();
    parts.into_iter().fold(head, OpenApi::merge_from)
}
