use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// A program that speaks to the API with client credentials.
pub(crate) struct Api {
    http: Client,
    base_url: String,
    id: String,
    secret: String,
    token: Mutex<Option<String>>,
}

impl Api {
    pub(crate) fn new(base_url: &str, id: &str, secret: &str) -> Self {
        Self {
            http: Client::builder().no_proxy().build().expect("a client"),
            base_url: base_url.into(),
            id: id.into(),
            secret: secret.into(),
            token: Mutex::default(),
        }
    }

    /// The body of a successful answer; signs in when there is no token or it has expired.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        loop {
            let (token, fresh) = self.token().await;
            let request = self.http.request(method.clone(), format!("{}{path}", self.base_url));
            let mut request = request.bearer_auth(&token);
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.expect("an answer");
            if answer.status() == StatusCode::UNAUTHORIZED && !fresh {
                self.token.lock().await.take_if(|kept| *kept == token);
                continue;
            }
            let status = answer.status();
            let body = answer.bytes().await.expect("a body");
            assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
            return serde_json::from_slice(&body).unwrap_or(Value::Null);
        }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    /// A token and whether it was just made.
    async fn token(&self) -> (String, bool) {
        let mut kept = self.token.lock().await;
        if let Some(token) = &*kept {
            return (token.clone(), false);
        }
        let request = self.http.post(format!("{}/oauth/token", self.base_url));
        let form = [("grant_type", "client_credentials")];
        let request = request.basic_auth(&self.id, Some(&self.secret)).form(&form);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        let token = text(&answer, "access_token");
        *kept = Some(token.clone());
        (token, true)
    }
}

/// A text of an object.
pub(crate) fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {object}")).to_owned()
}

/// A new tenant whose mail lives in Exchange Online, ready to be used; its id and its client.
pub(crate) async fn new_tenant(reseller: &Api) -> (String, Api) {
    let made = reseller.post("/v1/tenants", json!({ "name": "Musterbau GmbH" })).await;
    let id = text(&made, "id");
    while reseller.get(&format!("/v1/tenants/{id}")).await["status"] != "active" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let path = format!("/v1/tenants/{id}/clients");
    let client = reseller.post(&path, json!({ "name": "bench" })).await;
    let (client_id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let tenant = Api::new(&reseller.base_url, &client_id, &secret);
    let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
    tenant.send(Method::PUT, &format!("/v1/tenants/{id}/mail"), Some(&mail)).await;
    (id, tenant)
}
