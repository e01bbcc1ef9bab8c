//! How requests are read and how answers look.

use super::*;

#[tokio::test]
async fn every_kind_of_error_is_a_problem() {
    let errors: Vec<Error> = vec![
        Error::not_found("device"),
        Error::already_exists("a user with this external_id"),
        Error::invalid("mail.host", "is needed for exchange"),
        Error::conflict(ReasonCode::ApnsCertificateRequired),
        ErrorKind::Stale.into(),
        ErrorKind::PreconditionRequired.into(),
        ErrorKind::Unauthenticated.into(),
        Error::forbidden(ReasonCode::CommandNotPermitted)
            .because(ReasonCode::NotGrantedByEnrollment),
        ErrorKind::TooMany { retry_after_s: 7 }.into(),
        Error::unavailable("POISON"),
        Error::internal("POISON"),
    ];
    let mut shown = Vec::new();
    for error in errors {
        let response = ApiError::from(error).into_response();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        shown.push(serde_json::from_slice::<Value>(&body).unwrap());
    }
    assert!(!format!("{shown:?}").contains("POISON"));
    assert_json_snapshot!(shown);
}

#[tokio::test]
async fn an_address_that_can_be_read_in_two_ways_is_refused_before_it_is_looked_at() {
    let api = api();
    for path in ["/v1/tenants/%00/readiness", "/things%2Fx", "/x/%2e%2e/things", "/things?a=%zz"] {
        let answer = api.get(path, None).await;
        assert_eq!(
            (&answer["status"], &answer["body"]["code"]),
            (&json!(400), &json!("malformed"))
        );
        assert!(answer["body"]["request_id"].is_string(), "{path}");
    }
    for path in ["/mdm/%2e%2e/%00", "/scep/a/b?operation=%00", "/mdm/absent"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (status, headers, body) = api.send(request).await;
        assert!(status.is_client_error() && body.is_empty(), "phones get no body: {path}");
        assert!(headers.get("content-type").is_none(), "{path}");
    }
}

#[tokio::test]
async fn a_person_with_an_odd_link_gets_a_page_in_their_language() {
    let api = api();
    for (method, path, status, language) in [
        ("GET", "/e/%00", 400, "de"),
        ("GET", "/e/a?lang=%00", 400, "en"),
        ("GET", "/e/%ff", 400, "de"),
        ("GET", "/e/absent", 404, "en"),
        ("DELETE", "/e/absent", 404, "de"),
        ("HEAD", "/e/%2e%2e/%00", 400, "en"),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("accept-language", language).body(Body::empty()).unwrap();
        let (got, headers, body) = api.send(request).await;
        assert_eq!(got, status, "{path}");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8", "{path}");
        assert_eq!(headers["content-language"], language, "{path}");
        assert_eq!(headers["cache-control"], "no-store");
        let policy = headers["content-security-policy"].to_str().unwrap();
        let style = crate::style_source(crate::STYLE);
        assert!(policy.contains(&format!("style-src {style};")), "{policy}");
        let title = if language == "de" { "führt nirgendwohin" } else { "leads nowhere" };
        assert_eq!(String::from_utf8_lossy(&body).contains(title), method != "HEAD", "{path}");
    }
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_the_field() {
    let api = api();
    let mut shown = serde_json::Map::new();
    for body in [
        "",
        "{",
        "null",
        "[]",
        r#"{"name":"x"} trailing"#,
        r#"{"name":1}"#,
        r#"{"name":"x","name":"y"}"#,
        r#"{"nam":"x"}"#,
        r#"{"mail":{"kind":"exchange","past_days":1}}"#,
        r#"{"name":"x","mail":{"kind":"POISON","past_days":1}}"#,
        r#"{"name":"x","mail":{"kind":"exchange","past_days":"POISON"}}"#,
        r#"{"name":"x","mail":{"kind":"exchange","past_days":-1}}"#,
        r#"{"name":"x","mail":{"kind":"exchange","past_days":1e999}}"#,
        r#"{"name":"x","mail":{"kind":"exchange"}}"#,
        r#"{"name":"x","mail":{"kind":"exchange","past_days":1,"more":1}}"#,
        "{\"name\":\"\u{0}\"}",
        r#"{"name":"\ud800"}"#,
    ] {
        let answer = api.post("/things", body).await;
        let mut summary = json!([answer["status"], answer["body"]["code"]]);
        if let Some(errors) = answer["body"].get("errors") {
            summary.as_array_mut().unwrap().push(errors.clone());
        }
        shown.insert(body.to_owned(), summary);
    }
    assert_json_snapshot!(shown);
}

#[tokio::test]
async fn deep_and_huge_bodies_are_refused_early() {
    let api = api();
    for deep in ["[".repeat(60_000), r#"{"name":"#.repeat(7000), r#"{"mail":"#.repeat(7000)] {
        let answer = api.post("/things", deep).await;
        assert!([400, 422].contains(&answer["status"].as_u64().unwrap()), "{answer}");
    }
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(MAX_JSON_BYTES));
    assert_json_snapshot!(api.post("/things", huge).await);
    let long = format!(r#"{{"{}":1}}"#, "é".repeat(20_000));
    let answer = api.post("/things", long).await;
    assert!(answer.to_string().len() < 2000, "a long name is not thrown back");
    let not_utf8 = vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}'];
    assert!(api.post("/things", not_utf8).await["status"].as_u64().unwrap() < 500);
}

#[tokio::test]
async fn a_body_that_may_be_left_out_is_read_like_others_if_it_is_there() {
    let api = api();
    for (body, status) in
        [("", 200), (r#"{"name":"x"}"#, 200), ("[]", 422), ("{", 400), ("null", 422)]
    {
        assert_eq!(api.post("/perhaps", body).await["status"], status, "{body}");
    }
    for path in ["/perhaps", "/raw"] {
        let answer = api.post(path, vec![b' '; MAX_JSON_BYTES + 1]).await;
        assert_eq!(
            (&answer["status"], &answer["body"]["code"]),
            (&json!(413), &json!("too_large"))
        );
    }
    let nothing = Request::post("/perhaps").body(Body::empty()).unwrap();
    assert_eq!(api.send(nothing).await.0, 200);
    let unsaid = Request::post("/perhaps").body(Body::from("{}")).unwrap();
    assert_eq!(api.send(unsaid).await.0, 415);
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let api = api();
    for (content_type, status) in [
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=utf-8"), 200),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("application/jsonp"), 415),
        (None, 415),
    ] {
        let mut request = Request::post("/things");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let answer = api.shown(request.body(Body::from(r#"{"name":"x"}"#)).unwrap()).await;
        assert_eq!(answer["status"], status, "{content_type:?}");
    }
}

#[tokio::test]
async fn lists_are_paged_within_limits() {
    let api = api();
    for (query, expected) in [
        ("", "50 None None"),
        ("?limit=1&cursor=abc&kind=google", "1 Some(\"abc\") Some(Google)"),
        ("?limit=100", "100 None None"),
    ] {
        assert_eq!(api.get(&format!("/things{query}"), None).await["body"], expected);
    }
    let long_cursor = format!("?cursor={}", "c".repeat(300));
    let mut shown = serde_json::Map::new();
    for query in ["?limit=0", "?limit=101", "?limit=x", "?limit=1&limit=2", "?kind=x", &long_cursor]
    {
        let answer = api.get(&format!("/things{query}"), None).await;
        let query = query.chars().take(20).collect();
        shown.insert(query, json!([answer["status"], answer["body"]["errors"]]));
    }
    assert_json_snapshot!(shown);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let api = api();
    assert_json_snapshot!(api.get("/nowhere", None).await);
    assert_json_snapshot!(api.get("/token", None).await);
    assert_json_snapshot!(api.get("/users/nonsense", None).await);
}

#[tokio::test]
async fn a_write_needs_the_present_tag() {
    let api = api();
    let put = async |tag: Option<&str>| {
        let mut request = Request::put("/things/1");
        if let Some(tag) = tag {
            request = request.header(header::IF_MATCH, tag);
        }
        api.shown(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(put(None).await["status"], 428);
    assert_eq!(put(Some("\"6\"")).await["status"], 412);
    let written = put(Some("\"7\"")).await;
    assert_eq!((&written["status"], &written["etag"]), (&json!(200), &json!("\"8\"")));
}

#[tokio::test]
async fn a_panic_is_an_internal_error_without_its_words() {
    assert_json_snapshot!(api().get("/panic", None).await);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered() {
    let api = api_within(Duration::from_millis(50));
    assert_eq!(api.get("/slow", None).await["status"], 503);
}

#[tokio::test]
async fn token_requests_are_refused_in_the_shape_of_oauth() {
    let api = api();
    let id = ClientId::from_bits(1);
    let post = async |content_type: &str, body: String| {
        let request = Request::post("/token").header(header::CONTENT_TYPE, content_type);
        api.shown(request.body(Body::from(body)).unwrap()).await
    };
    let form = "application/x-www-form-urlencoded";
    let good = format!("grant_type=client_credentials&client_id={id}&client_secret=POISON");
    let read = post(form, format!("{good}&scope=setup+users")).await;
    assert_eq!(read["body"], format!("Some({id}) Some(\"setup users\")"));
    assert_eq!(read["cache-control"], "no-store");

    assert_json_snapshot!(post(form, "grant_type=client_credentials".into()).await);
    assert_json_snapshot!(post("application/json", "{}".into()).await);
    let twice = format!("{good}&client_secret=POISON");
    assert_eq!(post(form, twice).await["body"]["error"], "invalid_request");
    let huge = format!("{good}&scope={}", "x".repeat(MAX_JSON_BYTES));
    assert_eq!(post(form, huge).await["body"]["error"], "invalid_request");
}

#[tokio::test]
async fn a_token_answer_is_not_to_be_kept() {
    let api = api();
    let client = api.token(Owner::Operator, &[]);
    assert!(!client.is_empty());
    let known = api.table.clients.lock().unwrap()[0].clone();
    let token = api.issuer.issue(&known, Scopes::of(known.owner.level())).unwrap();
    let response = NoStore(Json(TokenResponse::from(token))).into_response();
    assert_eq!(response.headers()["cache-control"], "no-store");
}

/// Registration with utoipa, as functions do it.
mod registered {
    use utoipa_axum::{router::OpenApiRouter, routes};

    use super::*;

    /// Shows a user.
    #[utoipa::path(
        get,
        path = "/v1/tenants/{tenant}/users/{user}",
        tag = "users",
        params(("tenant" = String, Path), ("user" = String, Path), PagingParams),
        security(("oauth2" = ["users"])),
        responses((status = 200, description = "The user", body = Listing<String>), Problems)
    )]
    async fn user_get(_: ForTenant<need::Users>, Id(user): Id<UserId>) -> Json<Listing<String>> {
        Json(Listing { items: vec![user.to_string()], next_cursor: None })
    }

    #[test]
    fn the_document_has_the_operation_its_security_and_the_problem() {
        let (_, part) = OpenApiRouter::<Gate>::new().routes(routes!(user_get)).split_for_parts();
        assert_json_snapshot!(document([part]));
    }
}
