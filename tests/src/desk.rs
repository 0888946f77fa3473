//! People at desks, through the API: `office.pays("01-0420-07", "86.40", paid_at).await`.

use crate::contract::{self, Exchange};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Desk {
    base: String,
    token: String,
    client: Client,
}

/// An answer: its status and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON, or a text as JSON string.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that went well.
    ///
    /// # Panics
    /// With the answer, where it did not.
    #[must_use]
    pub fn good(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.body);
        self.body
    }

    /// The code of a refusal.
    ///
    /// # Panics
    /// Where it went well.
    #[must_use]
    pub fn code(&self) -> &str {
        assert!(!self.status.is_success(), "it went well: {}", self.body);
        self.body["code"].as_str().unwrap_or("(no code)")
    }
}

static KEYS: AtomicU64 = AtomicU64::new(1);

impl Desk {
    /// Signs in at a server.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn sign_in(base: &str, login: &str, password: &str) -> Self {
        let nobody = Self { base: base.to_owned(), token: String::new(), client: Client::new() };
        let body = nobody.post("/session", json!({ "login": login, "password": password })).await.good();
        Self { token: text(&body["access_token"]), ..nobody }
    }

    /// The same person after the server moved to another address; the token stays good.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The access token, for requests that no desk would make.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// GET under `/api/v1`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    /// POST under `/api/v1` with a fresh idempotency key.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let key = format!("test-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::SeqCst));
        self.post_once(path, body, &key).await
    }

    /// POST under a key of the caller's.
    pub async fn post_once(&self, path: &str, body: Value, key: &str) -> Answer {
        self.send(Method::POST, path, Some(("application/json", body.to_string().into_bytes())), Some(key)).await
    }

    /// PUT under `/api/v1`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(("application/json", body.to_string().into_bytes())), None).await
    }

    /// DELETE under `/api/v1`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, None).await
    }

    /// Hands a file in: `path` with its query.
    pub async fn upload(&self, path: &str, file: Vec<u8>) -> Answer {
        let key = format!("test-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::SeqCst));
        self.send(Method::POST, path, Some(("application/octet-stream", file)), Some(&key)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>, key: Option<&str>) -> Answer {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        let request = request.build().expect("a request");
        let (method, url) = (request.method().clone(), request.url().clone());
        let sent = request.body().and_then(|body| serde_json::from_slice(body.as_bytes()?).ok());
        let response = self.client.execute(request).await.expect("the server answers");
        let status = response.status();
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).map(ToOwned::to_owned);
        let bytes = response.bytes().await.expect("the answer arrives");
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        let answer = Answer { status, body };
        contract::hold(&Exchange::of(&method, &url, sent, status, kind.as_deref(), &answer.body));
        answer
    }
}

/// A text of an answer.
///
/// # Panics
/// Where it is none.
#[must_use]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
