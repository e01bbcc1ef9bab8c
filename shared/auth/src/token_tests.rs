use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};
use trennwand_domain::{ManualClock, TenantId};

use super::*;
use crate::{BoxFuture, CachedPrincipals, Principal, Principals, Scope};

const NAME: &str = "https://mdm.example";

/// Every call fills with the next number.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

struct Setup {
    clock: Arc<ManualClock>,
    issuer: Issuer,
    verifier: Verifier,
}

fn setup() -> Setup {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_s(1_795_000_000)));
    let key = SigningKey::generate().unwrap();
    let issuer = Issuer::new(key, NAME, clock.clone(), Arc::new(Counting::default()));
    let verifier = Verifier::of(&issuer);
    Setup { clock, issuer, verifier }
}

pub(crate) fn client() -> Client {
    Client {
        id: ClientId::from_bits(1),
        owner: Owner::Tenant(TenantId::from_bits(2)),
        name: "frontend".into(),
        secret_hash: crate::ClientSecret::presented("secret".into()).hash(),
        scopes: vec!["setup".into(), "devices:read".into()],
        created_at: Timestamp::from_unix_s(1_794_000_000),
        revoked: false,
    }
}

impl Setup {
    fn token(&self) -> String {
        let token = self.issuer.issue(&client(), Scopes::of(trennwand_domain::Level::Tenant));
        token.unwrap().token.expose().clone()
    }

    fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.verifier.verify(token, self.clock.now())
    }

    /// A token of ours but for what `change` does to header and claims, signed with our key.
    fn forged(&self, change: impl FnOnce(&mut Header, &mut Value)) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".into());
        header.kid = Some(self.issuer.key().verifying().kid().into());
        let mut claims = json!({
            "iss": NAME, "aud": NAME, "sub": client().id, "client_id": client().id,
            "iat": 1_795_000_000, "exp": 1_795_000_900, "jti": "x", "scope": "setup",
            "owner": client().owner,
        });
        change(&mut header, &mut claims);
        jsonwebtoken::encode(&header, &claims, &self.issuer.key().encoding).unwrap()
    }
}

#[test]
fn a_token_says_who_the_client_is_and_what_it_may() {
    let setup = setup();
    let claims = setup.verify(&setup.token()).unwrap();
    assert_eq!(claims.client, client().id);
    assert_eq!(claims.owner, client().owner);
    assert_eq!(claims.scopes.to_string(), "setup devices:read", "the client's, not the level's");
    assert_eq!(claims.expires_at, Timestamp::from_unix_s(1_795_000_900));
    assert_eq!(setup.verify(&setup.forged(|_, _| {})).unwrap().client, client().id);
}

#[test]
fn a_token_has_the_header_and_claims_of_rfc_9068() {
    let token = setup().token();
    let part = |i: usize| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(i).unwrap()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(part(0)["typ"], "at+jwt");
    assert_eq!(part(0)["alg"], "ES256");
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        assert!(!part(1)[claim].is_null(), "{claim} is required by RFC 9068 §2.2");
    }
    assert_eq!(part(1)["scope"], "setup devices:read");
}

#[test]
fn a_token_lives_for_fifteen_minutes_of_our_clock() {
    let setup = setup();
    let token = setup.token();
    setup.clock.advance(TOKEN_LIFE - Duration::from_secs(1));
    assert!(setup.verify(&token).is_ok());
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(setup.verify(&token), Err(TokenError::Expired));
}

#[test]
fn a_token_from_the_future_is_refused_beyond_the_leeway() {
    let setup = setup();
    let at = |claim: &str, s: i64| setup.forged(|_, claims| claims[claim] = s.into());
    for claim in ["iat", "nbf"] {
        assert!(setup.verify(&at(claim, 1_795_000_060)).is_ok());
        assert_eq!(setup.verify(&at(claim, 1_795_000_061)), Err(TokenError::NotYet), "{claim}");
    }
}

#[test]
fn a_token_with_anything_wrong_is_refused() {
    let setup = setup();
    let claim = |name: &'static str, value: Value| setup.forged(|_, c| c[name] = value);
    for (token, why) in [
        (setup.forged(|h, _| h.typ = Some("JWT".into())), TokenError::Type),
        (setup.forged(|h, _| h.typ = None), TokenError::Type),
        (setup.forged(|h, _| h.kid = None), TokenError::Key),
        (setup.forged(|h, _| h.kid = Some("other".into())), TokenError::Key),
        (claim("iss", json!("https://other.example")), TokenError::Issuer),
        (claim("aud", json!("https://other.example")), TokenError::Audience),
        (claim("aud", json!([NAME])), TokenError::Malformed),
        (claim("sub", json!(ClientId::from_bits(9))), TokenError::Subject),
        (claim("exp", json!("1795000900")), TokenError::Malformed),
        (claim("exp", Value::Null), TokenError::Malformed),
        (claim("exp", json!(i64::MIN)), TokenError::Expired),
        (claim("iat", json!(i64::MAX)), TokenError::NotYet),
        (claim("owner", Value::Null), TokenError::Malformed),
        (
            claim("owner", json!({"tenant": "res_00000000000000000000000001"})),
            TokenError::Malformed,
        ),
        (claim("scope", json!(["setup"])), TokenError::Malformed),
    ] {
        assert_eq!(setup.verify(&token), Err(why), "{why}");
    }
}

#[test]
fn the_type_may_be_written_in_full_and_in_any_case() {
    let setup = setup();
    for typ in ["application/at+jwt", "AT+JWT", "Application/AT+JWT"] {
        assert!(setup.verify(&setup.forged(|h, _| h.typ = Some(typ.into()))).is_ok(), "{typ}");
    }
}

#[test]
fn a_token_of_another_key_or_algorithm_is_refused() {
    let setup = setup();
    let token = setup.token();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();

    let other = super::tests::setup();
    let header_of_ours = |alg: &str| {
        let kid = setup.issuer.key().verifying().kid();
        URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": "at+jwt", "kid": kid}).to_string())
    };
    let by_other = jsonwebtoken::crypto::sign(
        signed.as_bytes(),
        &other.issuer.key().encoding,
        Algorithm::ES256,
    );
    assert_eq!(
        setup.verify(&format!("{signed}.{}", by_other.unwrap())),
        Err(TokenError::Signature)
    );
    // The public key as the secret of an HMAC, the classic confusion.
    let hmac_input = format!("{}.{claims}", header_of_ours("HS256"));
    let secret = jsonwebtoken::EncodingKey::from_secret(header.as_bytes());
    let hmac = jsonwebtoken::crypto::sign(hmac_input.as_bytes(), &secret, Algorithm::HS256);
    assert_eq!(
        setup.verify(&format!("{hmac_input}.{}", hmac.unwrap())),
        Err(TokenError::Algorithm)
    );
    for alg in ["none", "None", "ES999"] {
        let token = format!("{}.{claims}.", header_of_ours(alg));
        assert_eq!(setup.verify(&token), Err(TokenError::Malformed), "{alg}");
    }
    assert_eq!(setup.verify(&format!("{signed}.")), Err(TokenError::Signature));
    let other_claims = setup.forged(|_, c| c["scope"] = json!("setup users"));
    let spliced = format!(
        "{}.{}",
        other_claims.rsplit_once('.').unwrap().0,
        token.rsplit_once('.').unwrap().1
    );
    assert_eq!(setup.verify(&spliced), Err(TokenError::Signature));
}

#[test]
fn nonsense_is_no_token() {
    let setup = setup();
    let deep = URL_SAFE_NO_PAD.encode("[".repeat(2000));
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "\0",
        "é.é.é",
        &"a".repeat(5000),
        &format!("{deep}.{deep}."),
    ] {
        assert_eq!(setup.verify(text), Err(TokenError::Malformed), "{text:.20}");
    }
}

/// Clients that a test can revoke, and how often they were asked for.
#[derive(Debug)]
struct Table {
    client: std::sync::Mutex<Option<Client>>,
    asked: AtomicU8,
}

impl Principals for Table {
    fn current(&self, owner: Owner, id: ClientId) -> BoxFuture<'_, Result<Option<Client>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self.client.lock().unwrap().clone();
        Box::pin(async move { Ok(found.filter(|c| c.id == id && c.owner == owner)) })
    }

    fn owns(&self, _: trennwand_domain::ResellerId, _: TenantId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}

/// The futures of these tests never wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("waits"),
    }
}

#[test]
fn a_revoked_client_is_known_as_such_after_the_life_of_the_cache() {
    let setup = setup();
    let table = Arc::new(Table { client: Some(client()).into(), asked: AtomicU8::new(0) });
    let cached = CachedPrincipals::new(table.clone(), setup.clock.clone());
    let claims = setup.verify(&setup.token()).unwrap();
    let principal = || {
        let current = now(cached.current(claims.owner, claims.client)).unwrap();
        current.and_then(|c| Principal::of(&claims, &c))
    };
    assert!(principal().is_some());
    table.client.lock().unwrap().as_mut().unwrap().revoked = true;
    setup.clock.advance(crate::CACHE_LIFE - Duration::from_millis(1));
    assert!(principal().is_some(), "still believed");
    assert_eq!(table.asked.load(Ordering::SeqCst), 1);
    setup.clock.advance(Duration::from_millis(1));
    assert_eq!(principal(), None);
    assert_eq!(table.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_client_that_is_gone_is_not_remembered() {
    let setup = setup();
    let table = Arc::new(Table { client: None.into(), asked: AtomicU8::new(0) });
    let cached = CachedPrincipals::new(table.clone(), setup.clock.clone());
    let current = || now(cached.current(client().owner, client().id)).unwrap();
    assert_eq!(current(), None);
    *table.client.lock().unwrap() = Some(client());
    assert_eq!(current(), Some(client()));
}

#[test]
fn a_principal_has_only_what_token_and_client_both_allow() {
    let setup = setup();
    let claims = setup.verify(&setup.token()).unwrap();
    let narrowed = Client { scopes: vec!["setup".into(), "users".into()], ..client() };
    let principal = Principal::of(&claims, &narrowed).unwrap();
    assert!(principal.scopes.contains(Scope::Setup));
    assert!(!principal.scopes.contains(Scope::Users), "not in the token");
    assert!(!principal.scopes.contains(Scope::DevicesRead), "no longer the client's");
    let moved = Client { owner: Owner::Operator, ..client() };
    assert_eq!(Principal::of(&claims, &moved), None);
}
