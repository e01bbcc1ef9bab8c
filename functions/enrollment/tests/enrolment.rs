//! Pages, profiles and SCEP against an embedded database.

#[path = "../../checkin/tests/support/mod.rs"]
mod support;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use plist::Dictionary;
use support::{CHALLENGE, TOPIC, World, key};
use tower::ServiceExt as _;
use trennwand_domain::{DeviceState, Duration, Enrollment, OneTimeToken, Ownership};
use trennwand_fn_enrollment::{EnrollmentState, ProfileSigner, router};
use trennwand_pki::{
    Certificate, RsaKey, build_csr, certificates_in,
    scep::{
        ClientRequest, FailInfo, MessageType, ReplyError, build_request, parse_reply,
        self_signed_identity,
    },
    test_push_certificate,
};
use trennwand_store::Meter;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

struct Service {
    world: World,
    router: Router,
}

impl Service {
    async fn new() -> Self {
        let world = World::new().await;
        let certificate = test_push_certificate(&key(3), TOPIC, world.now()).unwrap();
        let signer = ProfileSigner { key: key(3), chain: vec![certificate] };
        let state = EnrollmentState::new(world.core.clone(), Some(signer));
        Self { router: router(state), world }
    }

    async fn ask(&self, method: Method, path: &str, language: &str, body: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT_LANGUAGE, language)
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "de", Vec::new()).await
    }

    /// The registration authority's certificate, as a phone gets it.
    async fn authority(&self, scep: &str) -> Certificate {
        let answer = self.get(&format!("{scep}?operation=GetCACert")).await;
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-x509-ca-ra-cert");
        let [ra, ca] = <[_; 2]>::try_from(certificates_in(&answer.body).unwrap()).unwrap();
        assert!(ra.is_issued_by(&ca));
        ra
    }

    fn scep(&self, token: &OneTimeToken) -> String {
        format!("/scep/{}/{}", self.world.scope.tenant(), token.expose())
    }

    async fn enrollment(&self, enrollment: &Enrollment) -> Enrollment {
        let enrollments = self.world.core.store.enrollments(&self.world.scope);
        enrollments.get(enrollment.id).await.unwrap().unwrap()
    }
}

/// A phone's end of SCEP.
struct Applicant {
    key: RsaKey,
    signer: Certificate,
    csr: Vec<u8>,
    transaction: &'static str,
}

impl Applicant {
    fn new(service: &Service, place: usize, challenge: &str, transaction: &'static str) -> Self {
        let key = key(place);
        let signer = self_signed_identity(&key, "phone", service.world.now()).unwrap();
        let csr = build_csr(&key, "anything", Some(challenge)).unwrap();
        Self { key, signer, csr, transaction }
    }

    fn request<'a>(&'a self, recipient: &'a Certificate) -> ClientRequest<'a> {
        ClientRequest {
            message_type: MessageType::PkcsReq,
            csr_der: &self.csr,
            recipient,
            key: &self.key,
            signer: &self.signer,
            transaction_id: self.transaction,
            nonce: [5; 16],
        }
    }

    async fn apply(&self, service: &Service, scep: &str) -> Result<Certificate, ReplyError> {
        let recipient = service.authority(scep).await;
        let request = self.request(&recipient);
        let message = build_request(&request, &*service.world.core.entropy).unwrap();
        // Some clients repeat the message in the query; here with another content.
        let path = format!("{scep}?operation=PKIOperation&message=%00%ff");
        let answer = service.ask(Method::POST, &path, "", message).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-pki-message");
        Ok(parse_reply(&answer.body, &request)?.remove(0))
    }
}

#[tokio::test]
async fn the_page_speaks_the_readers_language_and_uses_nothing_up() {
    let service = Service::new().await;
    let (enrollment, token) = service.world.invite(Ownership::Personal).await;
    let path = format!("/e/{}", token.expose());
    let (german, usage) = Meter::measure(service.get(&path)).await;
    assert_eq!(german.status, StatusCode::OK);
    assert_eq!((usage.requests, usage.rcu, usage.wcu), (2, 1.5, 0.0));
    assert_eq!(german.header(header::CONTENT_LANGUAGE), "de");
    assert!(german.text().contains("Nordwand IT") && german.text().contains("Müller &amp; Söhne"));
    assert!(german.text().contains(&format!("href=\"{path}/profile?lang=de\"")));
    let english = service.ask(Method::GET, &path, "en-GB,en;q=0.9", vec![]).await;
    assert!(english.text().contains("Download the profile"));
    assert_eq!(service.enrollment(&enrollment).await, enrollment);

    let policy = english.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert_eq!(english.header(header::REFERRER_POLICY), "no-referrer");
    assert_eq!(english.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn the_profile_is_the_same_each_time_signed_unless_asked_otherwise() {
    let service = Service::new().await;
    for (ownership, rights) in [(Ownership::Personal, 5635), (Ownership::Company, 8191)] {
        let (enrollment, token) = service.world.invite(ownership).await;
        let path = format!("/e/{}/profile", token.expose());
        let signed = service.get(&path).await;
        assert_eq!(signed.header(header::CONTENT_TYPE), "application/x-apple-aspen-config");
        assert_eq!(signed.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(signed.body[0], 0x30, "CMS");
        assert_eq!(service.ask(Method::GET, &path, "en", vec![]).await.body, signed.body);
        let unsigned = service.get(&format!("{path}?signed=false")).await;
        let (again, usage) = Meter::measure(service.get(&format!("{path}?signed=false"))).await;
        assert_eq!(again.body, unsigned.body);
        assert_eq!((usage.requests, usage.rcu, usage.wcu), (2, 1.5, 0.0));
        let window = signed.body.windows(unsigned.body.len());
        assert!(window.into_iter().any(|w| w == unsigned.body), "the signed content is the same");

        let profile: Dictionary = plist::from_bytes(&unsigned.body).unwrap();
        let payloads = profile["PayloadContent"].as_array().unwrap();
        let payload = |kind: &str| {
            let mut all = payloads.iter().filter_map(|p| p.as_dictionary());
            all.find(|p| p["PayloadType"].as_string() == Some(kind)).unwrap()
        };
        let (tenant, device) = (service.world.scope.tenant(), enrollment.device);
        let mdm = payload("com.apple.mdm");
        assert_eq!(mdm["AccessRights"].as_signed_integer(), Some(rights));
        assert_eq!(mdm["Topic"].as_string(), Some(TOPIC));
        let server = format!("https://mdm.example/mdm/{tenant}/{device}");
        assert_eq!(mdm["ServerURL"].as_string(), Some(server.as_str()));
        let scep = payload("com.apple.security.scep")["PayloadContent"].as_dictionary().unwrap();
        assert_eq!(scep["Challenge"].as_string(), Some(CHALLENGE));
        let url = format!("https://mdm.example{}", service.scep(&token));
        assert_eq!(scep["URL"].as_string(), Some(url.as_str()));
        assert_eq!(service.enrollment(&enrollment).await, enrollment);
    }
}

#[tokio::test]
async fn links_that_lead_nowhere_say_so() {
    let service = Service::new().await;
    let (_, token) = service.world.invite(Ownership::Personal).await;
    let unknown = OneTimeToken::from_random([9; 20]);
    for text in [unknown.expose().as_str(), "x", "%00%ff", "..%2f..%2fetc"] {
        for path in [format!("/e/{text}"), format!("/e/{text}/profile")] {
            let page = service.get(&path).await;
            // Bytes that are not UTF-8 are refused before any handler.
            assert!(page.status == StatusCode::NOT_FOUND || page.status == StatusCode::BAD_REQUEST);
        }
    }
    let path = format!("/e/{}", token.expose());
    service.world.clock.advance(Duration::from_secs(86_401));
    for path in [path.clone(), format!("{path}/profile")] {
        let page = service.get(&path).await;
        assert_eq!(page.status, StatusCode::GONE);
        assert!(page.text().contains("abgelaufen") && !page.text().contains("Müller"));
    }
    let late = Applicant::new(&service, 1, CHALLENGE, "t");
    let refused = late.apply(&service, &service.scep(&token)).await.unwrap_err();
    assert_eq!(refused, ReplyError::Refused(FailInfo::BadRequest));
}

#[tokio::test]
async fn scep_issues_one_certificate_and_gives_it_again_to_the_same_transaction() {
    let service = Service::new().await;
    let (enrollment, token) = service.world.invite(Ownership::Personal).await;
    let scep = service.scep(&token);
    let capabilities = service.get(&format!("{scep}?operation=GetCACaps")).await;
    for capability in ["POSTPKIOperation", "SHA-256", "AES", "SCEPStandard"] {
        assert!(capabilities.text().lines().any(|line| line == capability), "{capability}");
    }

    let phone = Applicant::new(&service, 1, CHALLENGE, "first");
    let issued = phone.apply(&service, &scep).await.unwrap();
    assert_eq!(issued.subject_cn(), Some(enrollment.device.to_string()));
    assert_eq!(issued.subject_organization(), Some(service.world.scope.tenant().to_string()));
    assert_eq!(issued.spki_der(), phone.key.spki_der());
    let year = issued.not_after().since(service.world.now());
    assert_eq!(year, Duration::from_secs(365 * 86_400));
    let device = service.world.device(enrollment.device).await;
    assert_eq!(device.pending_certificate, Some(issued.hash()));
    assert_eq!(device.state, DeviceState::Enrolling);

    service.world.clock.advance(Duration::from_secs(3600));
    assert_eq!(phone.apply(&service, &scep).await.unwrap(), issued);
    let used = service.get(&format!("/e/{}", token.expose())).await;
    assert_eq!(used.status, StatusCode::GONE);
    assert!(used.text().contains("bereits verwendet"));

    let refused = ReplyError::Refused(FailInfo::BadRequest);
    for (place, challenge, transaction) in
        [(1, CHALLENGE, "second"), (2, CHALLENGE, "first"), (1, "wrong", "first")]
    {
        let other = Applicant::new(&service, place, challenge, transaction);
        assert_eq!(other.apply(&service, &scep).await.unwrap_err(), refused);
    }
}

#[tokio::test]
async fn a_wrong_challenge_is_refused_and_uses_nothing_up() {
    let service = Service::new().await;
    let (enrollment, token) = service.world.invite(Ownership::Personal).await;
    let scep = service.scep(&token);
    for challenge in ["", "wrong", "correct hors", "correct horse "] {
        let applicant = Applicant::new(&service, 1, challenge, "t");
        let refused = applicant.apply(&service, &scep).await.unwrap_err();
        assert_eq!(refused, ReplyError::Refused(FailInfo::BadRequest), "{challenge}");
    }
    assert_eq!(service.enrollment(&enrollment).await, enrollment);
    Applicant::new(&service, 1, CHALLENGE, "t").apply(&service, &scep).await.unwrap();
}

#[tokio::test]
async fn two_phones_at_once_get_one_certificate_between_them() {
    let service = Service::new().await;
    let (_, token) = service.world.invite(Ownership::Personal).await;
    let scep = service.scep(&token);
    let one = Applicant::new(&service, 1, CHALLENGE, "one");
    let other = Applicant::new(&service, 2, CHALLENGE, "other");
    let (a, b) = tokio::join!(one.apply(&service, &scep), other.apply(&service, &scep));
    assert!(a.is_ok() != b.is_ok());
    let (a, b) = tokio::join!(one.apply(&service, &scep), one.apply(&service, &scep));
    assert_eq!(a, b);
}

#[tokio::test]
async fn a_message_may_come_by_get() {
    let service = Service::new().await;
    let (_, token) = service.world.invite(Ownership::Personal).await;
    let scep = service.scep(&token);
    let applicant = Applicant::new(&service, 1, CHALLENGE, "t");
    let recipient = service.authority(&scep).await;
    let request = applicant.request(&recipient);
    let message = build_request(&request, &*service.world.core.entropy).unwrap();
    let text = STANDARD.encode(message).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let answer = service.get(&format!("{scep}?operation=PKIOperation&message={text}")).await;
    assert_eq!(parse_reply(&answer.body, &request).unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_scep_is_refused_without_a_word() {
    let service = Service::new().await;
    let (_, token) = service.world.invite(Ownership::Personal).await;
    let scep = service.scep(&token);
    let foreign = scep.replace("/scep/ten_", "/scep/ten_7").replacen("ten_70", "ten_7", 1);
    let caps = "operation=GetCACaps";
    for (method, path, body, status) in [
        (Method::GET, format!("{foreign}?{caps}"), vec![], 404),
        (Method::GET, format!("/scep/x/y?{caps}"), vec![], 404),
        (Method::GET, scep.clone(), vec![], 400),
        (Method::GET, format!("{scep}?operation=other"), vec![], 400),
        (Method::POST, format!("{scep}?operation=PKIOperation"), vec![], 400),
        (Method::POST, format!("{scep}?operation=PKIOperation"), vec![0x30; 100], 400),
        (Method::POST, format!("{scep}?operation=PKIOperation"), vec![0; 65 * 1024], 413),
        (Method::GET, format!("{scep}?operation=PKIOperation&message=%ff"), vec![], 400),
    ] {
        let answer = service.ask(method, &path, "", body).await;
        assert_eq!((answer.status.as_u16(), answer.body), (status, vec![]), "{path}");
    }
}
