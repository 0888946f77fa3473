//! A crew with the real tablet core and the real network: `truck.turns_off("01-0420-07", "236500", "L-1").await`.

mod at_the_door;
mod out_of_service;
mod who_holds_it;

use crate::contract::{self, Exchange};
use curbstop_field::core::{
    Call, Chance, Ended, EnrolAnswer, Heard, Record, Store, Tablet, TabletError, TokenAnswer, exchange,
};
use curbstop_shared::{
    ids::DeviceId,
    route_document::PublishedOrder,
    sync::{
        proofs,
        wire::{SyncRequest, SyncResponse},
    },
    time::Micros,
};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// A crew with its tablet. Its disk is a map, so that it can be killed.
pub struct Truck {
    /// The tablet.
    pub tablet: Tablet,
    /// What is on its disk.
    pub disk: BTreeMap<String, Vec<u8>>,
    /// How far its clock is off, in microseconds.
    pub clock_off_us: i64,
    base: String,
    client: Client,
    dice: Dice,
    key: TabletKey,
}

struct Dice(u64);

impl Chance for Dice {
    fn ten(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        for byte in &mut bytes {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = self.0.to_le_bytes()[0];
        }
        bytes
    }
}

/// A tablet's own key pair, Ed25519.
pub struct TabletKey(EncodingKey);

impl TabletKey {
    /// Made of any bytes.
    #[must_use]
    pub fn of(seed: &[u8]) -> Self {
        let head: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        Self(EncodingKey::from_ed_der(&[head.as_slice(), Sha256::digest(seed).as_slice()].concat()))
    }

    /// The public key as it is sent.
    ///
    /// # Panics
    /// Never: any 32 bytes are a key.
    #[must_use]
    pub fn public(&self) -> String {
        let key = Jwk::from_encoding_key(&self.0, Algorithm::EdDSA).expect("a key");
        serde_json::to_value(key).expect("JSON")["x"].as_str().expect("its public half").to_owned()
    }

    /// Its signature.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        jsonwebtoken::crypto::sign(text.as_bytes(), &self.0, Algorithm::EdDSA).expect("a signature")
    }
}

async fn enrolled(client: &Client, base: &str, code: &str, name: &str, key: &TabletKey) -> EnrolAnswer {
    let proof = key.sign(&proofs::enrolment(code));
    let body = json!({ "code": code, "name": name, "public_key": key.public(), "proof": proof });
    let answer = client.post(format!("{base}/api/v1/devices/enrol")).json(&body).send().await.expect("it answers");
    let (status, url) = (answer.status(), answer.url().clone());
    let json: Value = answer.json().await.expect("JSON");
    assert!(status.is_success(), "enrolment: {json}");
    contract::hold(&Exchange::of(&Method::POST, &url, Some(body), status, Some("application/json"), &json));
    serde_json::from_value(json).expect("an enrolment")
}

static SEEDS: AtomicU64 = AtomicU64::new(1);

/// The machine's clock, in microseconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a tablet in a test has a clock of its own")]
pub fn wall_clock() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Micros(i64::try_from(since.as_micros()).expect("before 2262"))
}

impl Truck {
    /// Enrols a tablet with a code; the first person of the crew signs in.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn enrol(base: &str, code: &str, name: &str) -> Self {
        let mut truck = Self::enrols(base, code, name).await;
        let people = &truck.tablet.state().enrolment.as_ref().expect("enrolled").people;
        let person = people.first().expect("somebody rides with the crew").id;
        truck.run(|tablet, _, _| tablet.sign_in(Some(person)));
        truck
    }

    /// Enrols a tablet with a code; nobody has said yet who holds it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn enrols(base: &str, code: &str, name: &str) -> Self {
        let client = Client::new();
        let seed = SEEDS.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        // Several test processes may share a server: the clock tells their tablets apart.
        let key = TabletKey::of(&[seed.to_le_bytes(), wall_clock().0.to_le_bytes()].concat());
        let answer = enrolled(&client, base, code, name, &key).await;
        let mut truck = Self {
            tablet: Tablet::default(),
            disk: BTreeMap::new(),
            clock_off_us: 0,
            base: base.to_owned(),
            client,
            dice: Dice(seed),
            key,
        };
        truck.run(|tablet, now, _| tablet.enrolled(answer, now));
        truck
    }

    /// Enrols the same tablet again, with whatever it still holds.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn enrols_again(&mut self, code: &str) {
        let answer = enrolled(&self.client, &self.base, code, "tablet again", &self.key).await;
        let person = answer.people.first().expect("somebody rides with the crew").id;
        self.run(|tablet, now, _| tablet.enrolled(answer, now));
        self.run(|tablet, _, _| tablet.sign_in(Some(person)));
    }

    /// The device, as the server knows it.
    ///
    /// # Panics
    /// When it is not enrolled.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.tablet.state().enrolment.as_ref().expect("enrolled").device
    }

    /// The public half of its key.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.key.public()
    }

    /// The tablet's clock.
    #[must_use]
    pub fn now(&self) -> Micros {
        Micros(wall_clock().0 + self.clock_off_us)
    }

    /// The server is found elsewhere from now on.
    pub fn goes_to(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    fn run(&mut self, command: impl FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError>) {
        let now = self.now();
        let store = command(&mut self.tablet, now, &mut self.dice).expect("the tablet takes it");
        for record in &store.put {
            self.disk.insert(record.key.clone(), record.bytes.clone());
        }
        for key in &store.remove {
            self.disk.remove(key);
        }
        self.tablet.stored(store.id);
    }

    /// The app is killed and opened again: only what is on the disk is left.
    pub fn is_killed(&mut self) {
        let records = self.disk.iter().map(|(key, bytes)| Record { key: key.clone(), bytes: bytes.clone() }).collect();
        self.tablet = Tablet::load(records);
    }

    /// The access token, fresh.
    pub async fn token(&mut self) -> String {
        self.try_token().await.expect("a token")
    }

    /// As the app asks for a token, and what it heard where it has none.
    ///
    /// # Errors
    /// Who answered what instead. Only our own server's word that the tie is over changes the tablet.
    pub async fn try_token(&mut self) -> Result<String, Heard> {
        loop {
            match self.tablet.next_call(self.now()) {
                Call::Sync(token) => return Ok(token),
                Call::Refresh(token) => {
                    let proof = self.key.sign(&proofs::refresh(&token));
                    let body = json!({ "refresh_token": token, "proof": proof }).to_string().into_bytes();
                    let (status, body) = self.asks("/tokens/refresh", "application/json", body, None).await;
                    match Heard::from(status, &body) {
                        Heard::Answer => {
                            let answer: TokenAnswer = serde_json::from_slice(&body).map_err(|_| Heard::NoSignal)?;
                            self.run(|tablet, now, _| tablet.refreshed(answer, now));
                        }
                        Heard::Over(ended) => {
                            self.run(|tablet, _, _| tablet.tie_ended(ended));
                            return Err(Heard::Over(ended));
                        }
                        other => return Err(other),
                    }
                }
                Call::Nothing => return Err(Heard::Over(Ended::NeedsCode)),
            }
        }
    }

    /// The app's whole round: what has to be handed in, tokens, one request. As on a real tablet nothing that it
    /// hears makes it lose anything.
    ///
    /// # Errors
    /// What it heard instead of an answer.
    pub async fn reaches_out(&mut self) -> Result<SyncResponse, Heard> {
        self.hands_in().await;
        for _ in 0..3 {
            let token = self.try_token().await?;
            let sent_at = self.now();
            let request = exchange::encode(&self.tablet.request(sent_at, 0));
            let (status, body) = self.asks("/sync", "application/cbor", request, Some(&token)).await;
            match Heard::from(status, &body) {
                Heard::Answer => {
                    let answer = exchange::decode(&body).map_err(|_| Heard::NoSignal)?;
                    self.run(|tablet, now, _| tablet.answer(&answer, sent_at, now));
                    return Ok(answer);
                }
                Heard::Over(_) => self.tablet.access_refused(),
                Heard::NotTaken if status == 401 => self.tablet.access_refused(),
                other => return Err(other),
            }
        }
        Err(Heard::NotTaken)
    }

    /// Posts as the app does; status 0 where nobody was reached.
    async fn asks(&self, path: &str, kind: &str, body: Vec<u8>, token: Option<&str>) -> (u16, Vec<u8>) {
        let sent = (kind == "application/json").then(|| serde_json::from_slice(&body).unwrap_or_default());
        let request = self.client.post(format!("{}/api/v1{path}", self.base)).header("content-type", kind).body(body);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let Ok(answer) = request.send().await else { return (0, Vec::new()) };
        let (status, url) = (answer.status(), answer.url().clone());
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let Ok(body) = answer.bytes().await else { return (0, Vec::new()) };
        let json = serde_json::from_slice(&body).unwrap_or_default();
        // What a captive portal says in the office's place is not the office's word.
        let is_ours = kind.as_deref().is_some_and(|kind| kind.contains("json") || kind.contains("cbor"));
        if !is_ours {
            return (status.as_u16(), body.to_vec());
        }
        contract::hold(&Exchange::of(&Method::POST, &url, sent, status, kind.as_deref(), &json));
        (status.as_u16(), body.to_vec())
    }

    /// Sends one request and takes its answer.
    ///
    /// # Errors
    /// When there is no signal, or the server does not answer 200; the tablet is as it was.
    pub async fn try_sync(&mut self) -> Result<SyncResponse, String> {
        let sent_at = self.now();
        let request = self.tablet.request(sent_at, 0);
        let answer = self.sends(&request).await?;
        self.run(|tablet, now, _| tablet.answer(&answer, sent_at, now));
        Ok(answer)
    }

    /// As [`Self::sync`], and gives back the bodies of request and answer as they went over the wire.
    ///
    /// # Panics
    /// When it does not go well.
    pub async fn syncs_on_the_wire(&mut self) -> (Vec<u8>, Vec<u8>) {
        let sent_at = self.now();
        let up = exchange::encode(&self.tablet.request(sent_at, self.uptime_ms()));
        let response = self.post("application/cbor", up.clone()).await.expect("the server answers");
        let status = response.status();
        let down = response.bytes().await.expect("a whole answer").to_vec();
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&down));
        let answer = exchange::decode(&down).expect("an answer");
        self.run(|tablet, now, _| tablet.answer(&answer, sent_at, now));
        (up, down)
    }

    /// As if the app had run since the morning.
    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.now().0 / 1_000 % 36_000_000).unwrap_or(0)
    }

    /// Sends what the tablet has; the server answers, and the answer is lost on the way.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn request_without_answer(&mut self) -> SyncResponse {
        let request = self.tablet.request(self.now(), 0);
        self.sends(&request).await.expect("the server answers")
    }

    /// Sends any request with this tablet's token; the tablet learns nothing of the answer.
    ///
    /// # Errors
    /// With the server's words where it does not answer 200.
    pub async fn sends(&mut self, request: &SyncRequest) -> Result<SyncResponse, String> {
        let response =
            self.post("application/cbor", exchange::encode(request)).await.map_err(|lost| lost.to_string())?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(|lost| lost.to_string())?;
        if status != StatusCode::OK {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&bytes)));
        }
        exchange::decode(&bytes).map_err(|bad| bad.to_string())
    }

    /// Posts anything to the sync with this tablet's token; returns the status and the problem.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn posts(&mut self, kind: &str, body: Vec<u8>) -> (u16, serde_json::Value) {
        let response = self.post(kind, body).await.expect("the server answers");
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap_or_default();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn post(&mut self, kind: &str, body: Vec<u8>) -> Result<reqwest::Response, reqwest::Error> {
        let token = self.token().await;
        let request = self.client.post(format!("{}/api/v1/sync", self.base)).bearer_auth(token);
        request.header("content-type", kind).body(body).send().await
    }

    /// Sends one request and takes its answer.
    ///
    /// # Panics
    /// When it does not go well.
    pub async fn sync(&mut self) -> SyncResponse {
        self.try_sync().await.expect("the sync goes through")
    }

    /// The orders that the tablet holds, in route order.
    #[must_use]
    pub fn orders(&self) -> Vec<PublishedOrder> {
        self.tablet.state().routes.values().flat_map(|route| route.doc.orders().unwrap_or_default()).collect()
    }

    /// The order of an account.
    ///
    /// # Panics
    /// When the tablet has none.
    #[must_use]
    pub fn order_of(&self, account: &str) -> PublishedOrder {
        let order = self.orders().into_iter().find(|order| order.account.as_deref() == Some(account));
        order.unwrap_or_else(|| panic!("the tablet has no order of account {account}"))
    }
}
