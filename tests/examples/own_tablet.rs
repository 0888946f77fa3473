//! A tablet of one's own: it enrols, reads its route, leaves a note at the first stop and waits for the receipt.
//! `own_tablet http://127.0.0.1:8080 CODE`
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program of its own: it prints, and makes its ids"
)]
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (base, code) = (arguments.next().ok_or("the server's address")?, arguments.next().ok_or("a code")?);
    let post = async |path: &str, token: &str, body: Value| -> Result<Value, Box<dyn std::error::Error>> {
        let request = reqwest::Client::new().post(format!("{base}/api/v1{path}")).bearer_auth(token).json(&body);
        let answer: Value = request.send().await?.json().await?;
        if answer["code"].is_string() { Err(answer["detail"].to_string().into()) } else { Ok(answer) }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let micros = || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0));

    // The key stays on the tablet: by it alone the tablet gets new tokens. Keep it with the documents.
    let key = Ed25519KeyPair::generate()?;
    let key = BASE64.encode(key.public_key());
    let me = post("/devices/enrol", "", json!({ "code": code, "name": "my tablet", "public_key": key })).await?;
    let (token, device, person) = (text(&me["access_token"]), text(&me["device_id"]), text(&me["people"][0]["id"]));

    // The first answer brings the whole document of each route, and the actor to write with in it.
    let sync = async |docs: Value| post("/sync", &token, json!({ "v": 1, "sent_at": micros(), "docs": docs })).await;
    let route = sync(json!([])).await?["docs"][0].take();
    let mut document = Automerge::load(&BASE64.decode(text(&route["snapshot"]))?)?;
    let (_, orders) = document.get(ROOT, "orders")?.ok_or("no orders")?;
    for order in document.keys(&orders) {
        let (_, fields) = document.get(&orders, &order)?.ok_or("no order")?;
        let (address, _) = document.get(&fields, "address")?.ok_or("no address")?;
        println!("{order} {address}");
    }

    // Work is added to /facts, never changed. On a real tablet: write it to the disk before telling anybody "saved".
    let order = document.keys(&orders).next().ok_or("an empty route")?;
    let (_, facts) = document.get(ROOT, "facts")?.ok_or("no facts")?;
    document.set_actor(ActorId::from(BASE64.decode(text(&route["actor"]))?));
    let mut change = document.transaction();
    let note = change.put_object(&facts, uuid::Uuid::now_v7().to_string(), ObjType::Map)?;
    for (field, said) in
        [("kind", "note"), ("order", &order), ("by", &person), ("device", &device), ("text", "gate is open")]
    {
        change.put(&note, field, said)?;
    }
    change.put(&note, "v", 1_i64)?;
    change.put(&note, "at", micros())?;
    change.commit();

    // Sent until its hash stands in `accepted`: that receipt means that it is on the server's disk.
    let change = document.get_last_local_change().ok_or("nothing made")?;
    let sent = json!([{ "id": route["id"], "heads": route["heads"], "changes": [BASE64.encode(change.raw_bytes())] }]);
    let answer = sync(sent).await?["docs"][0].take();
    println!("accepted {}, refused {}", answer["accepted"], answer["refused"]);
    Ok(())
}
