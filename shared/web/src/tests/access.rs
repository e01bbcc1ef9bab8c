//! Who is let in, and how everyone else is refused.

use super::*;

#[tokio::test]
async fn without_a_valid_token_there_is_one_answer() {
    let api = api();
    assert_json_snapshot!(api.get("/v1/me", None).await);
    let refused = api.get("/v1/me", Some("nonsense")).await;
    assert_json_snapshot!(refused);

    let token = api.token(Owner::Operator, &[]);
    api.clock.advance(Duration::from_secs(900));
    assert_eq!(api.get("/v1/me", Some(&token)).await, refused, "expired");

    let token = api.token(Owner::Operator, &[]);
    api.table.clients.lock().unwrap().iter_mut().for_each(|c| c.revoked = true);
    assert_eq!(api.get("/v1/me", Some(&token)).await, refused, "revoked");
    api.table.clients.lock().unwrap().clear();
    assert_eq!(api.get("/v1/me", Some(&token)).await, refused, "gone");
}

#[tokio::test]
async fn only_one_bearer_token_in_the_header_counts() {
    let api = api();
    let token = api.token(Owner::Operator, &[]);
    for (headers, status) in [
        (vec![format!("Bearer {token}")], 200),
        (vec![format!("bEARER {token}")], 200),
        (vec![format!("Bearer {token}"), format!("Bearer {token}")], 401),
        (vec![format!("Basic {token}")], 401),
        (vec![format!("Bearer{token}")], 401),
        (vec![token.clone()], 401),
        (vec!["Bearer ".to_owned()], 401),
    ] {
        let mut request = Request::get("/v1/me");
        for header in &headers {
            request = request.header(header::AUTHORIZATION, header);
        }
        let (got, ..) = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(got.as_u16(), status, "{headers:?}");
    }
    let in_query = api.get(&format!("/v1/me?access_token={token}"), None).await;
    assert_eq!(in_query["status"], 401);
}

#[tokio::test]
async fn every_level_reaches_its_own() {
    let api = api();
    let operator = api.token(Owner::Operator, &[]);
    let reseller = api.token(Owner::Reseller(RESELLER), &[]);
    let tenant = api.token(Owner::Tenant(TENANT), &[]);
    let device = DeviceId::from_bits(5);
    for (path, [o, r, t]) in [
        ("/v1/me".to_owned(), [200, 200, 200]),
        ("/v1/resellers".to_owned(), [200, 403, 403]),
        ("/v1/brand".to_owned(), [403, 200, 403]),
        (format!("/v1/tenants/{TENANT}/readiness"), [404, 200, 200]),
        (format!("/v1/tenants/{TENANT}/devices/{device}"), [404, 403, 200]),
        (format!("/v1/tenants/{FOREIGN}/readiness"), [404, 404, 404]),
        (format!("/v1/tenants/{FOREIGN}/devices/{device}"), [404, 404, 404]),
        ("/v1/tenants/nonsense/readiness".to_owned(), [404, 404, 404]),
        (format!("/v1/tenants/{TENANT}/devices/nonsense"), [404, 403, 404]),
    ] {
        for (who, token, status) in
            [("operator", &operator, o), ("reseller", &reseller, r), ("tenant", &tenant, t)]
        {
            assert_eq!(api.get(&path, Some(token)).await["status"], status, "{who} {path}");
        }
    }
    for (path, [o, r, t]) in [
        (format!("/v1/tenants/{TENANT}/suspend"), [403, 200, 403]),
        (format!("/v1/tenants/{FOREIGN}/suspend"), [403, 404, 403]),
    ] {
        for (token, status) in [(&operator, o), (&reseller, r), (&tenant, t)] {
            let request = Request::post(&path)
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .body(Body::empty());
            assert_eq!(api.send(request.unwrap()).await.0.as_u16(), status, "{path}");
        }
    }
}

#[tokio::test]
async fn foreign_absent_and_unreadable_tenants_are_the_same_404() {
    let api = api();
    let token = api.token(Owner::Tenant(TENANT), &[]);
    let reseller = api.token(Owner::Reseller(RESELLER), &[]);
    let operator = api.token(Owner::Operator, &[]);
    let narrow = api.token(Owner::Tenant(TENANT), &["audit"]);
    let foreign = api.get(&format!("/v1/tenants/{FOREIGN}/readiness"), Some(&token)).await;
    assert_json_snapshot!(foreign);
    for (path, token) in [
        ("/v1/tenants/ten_7ZZZZZZZZZZZZZZZZZZZZZZZZZ/readiness".to_owned(), &token),
        ("/v1/tenants/%20%C3%A4/readiness".to_owned(), &token),
        (format!("/v1/tenants/{}/readiness", "x".repeat(3000)), &token),
        (format!("/v1/tenants/{FOREIGN}/readiness"), &reseller),
        (format!("/v1/tenants/{FOREIGN}/devices/x"), &reseller),
        (format!("/v1/tenants/{TENANT}/readiness"), &operator),
        (format!("/v1/tenants/{FOREIGN}/readiness"), &narrow),
    ] {
        assert_eq!(api.get(&path, Some(token)).await, foreign, "{path:.60}");
    }
}

#[tokio::test]
async fn a_missing_scope_and_a_wrong_level_say_what_they_are() {
    let api = api();
    let narrow = api.token(Owner::Tenant(TENANT), &["audit"]);
    let readiness = format!("/v1/tenants/{TENANT}/readiness");
    assert_json_snapshot!(api.get(&readiness, Some(&narrow)).await);
    let brand_only = api.token(Owner::Reseller(RESELLER), &["brand"]);
    assert_eq!(
        api.get(&readiness, Some(&brand_only)).await,
        api.get(&readiness, Some(&narrow)).await,
    );
    assert_json_snapshot!(api.get("/v1/resellers", Some(&narrow)).await);

    let german = Request::get("/v1/brand")
        .header(header::AUTHORIZATION, format!("Bearer {narrow}"))
        .header(header::ACCEPT_LANGUAGE, "de-AT,de;q=0.9,en;q=0.8");
    assert_json_snapshot!(api.shown(german.body(Body::empty()).unwrap()).await);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_no_refusal() {
    let api = api();
    let token = api.token(Owner::Operator, &[]);
    *api.table.down.lock().unwrap() = true;
    assert_json_snapshot!(api.get("/v1/me", Some(&token)).await);
}
