//! Tokens that are not ours, where tablets and desks work. (`house.rs` has every way to forge one.)

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curbstop_server::store::keys;
use curbstop_tests::{
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

on_both_engines! {
    async fn a_forged_token_opens_neither_the_sync_nor_a_desk(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.turns_off(&truck.order_of(account('A')), "036500", "L-1");
        let request = curbstop_field::core::exchange::encode(&truck.tablet.request(truck.now(), 0));
        let key = keys::unexpired(&mut db.open().await.reader().await.unwrap(), wall_clock()).await.unwrap().remove(0);
        let ours = EncodingKey::from_ed_der(&key.private_pkcs8);
        let (client, url) = (reqwest::Client::new(), utility.server.url());
        for good in [truck.token().await, utility.dispatcher.token().to_owned()] {
            let payload = good.split('.').nth(1).unwrap();
            let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
            let with = |algorithm, key_to_sign: &EncodingKey, field: &str, value: Value| {
                let mut claims = claims.clone();
                claims[field] = value;
                let header = Header { kid: Some(key.kid.clone()), ..Header::new(algorithm) };
                jsonwebtoken::encode(&header, &claims, key_to_sign).unwrap()
            };
            let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": "JWT", "kid": key.kid }).to_string());
            let public = EncodingKey::from_secret(&key.public_key);
            let forged = [
                ("alg none", format!("{none}.{payload}.")),
                ("HS256 with the public key", with(Algorithm::HS256, &public, "iss", claims["iss"].clone())),
                ("expired", with(Algorithm::EdDSA, &ours, "exp", json!(wall_clock().0 / 1_000_000 - 60))),
                ("foreign issuer", with(Algorithm::EdDSA, &ours, "iss", json!("elsewhere"))),
            ];
            for (what, token) in forged {
                let sync = client.post(format!("{url}/api/v1/sync")).header("content-type", "application/cbor");
                let desk = client.get(format!("{url}/api/v1/routes?date={}", utility.date));
                for asked in [sync.body(request.clone()), desk] {
                    let answer = asked.bearer_auth(&token).send().await.unwrap();
                    assert_eq!(answer.status(), 401, "{what}");
                    let problem: Value = answer.json().await.unwrap();
                    assert_eq!(problem["code"], "token_invalid", "{what}: {problem}");
                }
            }
        }
        truck.sync().await;
        assert_eq!(truck.tablet.unsent(), 0, "and the honest tablet's work goes through");
    }
}
