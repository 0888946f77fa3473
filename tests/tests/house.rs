//! Who gets in, who doesn't, and what a lost answer costs: through a real port, on both engines.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is the test's failure")]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curbstop_server::{
    service::housekeeping::{self, Swept},
    store::{audit, feed, keys, sessions},
};
use curbstop_shared::{
    time::{Micros, Span},
    vocabulary::Role,
};
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    server::{MORNING, PASSWORD, TestServer, text},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

async fn served(db: TestDatabase) -> TestServer {
    TestServer::on(Arc::new(db), curbstop_server::clock::SettableClock::at(MORNING)).await
}

/// A tablet's Ed25519 key pair: the private key, and the public one as it is sent.
fn tablet_key(seed: u8) -> (EncodingKey, String) {
    let head: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let private = EncodingKey::from_ed_der(&[head.as_slice(), &[seed; 32]].concat());
    let public = serde_json::to_value(Jwk::from_encoding_key(&private, Algorithm::EdDSA).unwrap()).unwrap();
    (private, text(&public, "x"))
}

async fn refreshed(server: &TestServer, refresh_token: &str) -> curbstop_tests::server::Reply {
    server.post_as_stranger("/tokens/refresh", &json!({ "refresh_token": refresh_token })).await
}

/// A tablet of crew 12, and the admin who enrolled it.
async fn tablet(server: &TestServer) -> (String, Value) {
    let admin = server.signed_in_as(Role::Admin).await;
    let crew = server.add_crew(&admin, "Crew 12", "own").await;
    let enrolled = server.enrol(&admin, &crew, "Tablet 12", &tablet_key(7).1).await;
    (admin, enrolled)
}

on_both_engines! {
    /// Nobody types a NUL. PostgreSQL keeps none, so the engines have to say the same before either is asked.
    async fn a_nul_is_refused_wherever_it_stands(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let nul = json!({ "login": "a\0", "password": "a" });
        server.post_as_stranger("/session", &nul).await.expect_problem(422, "text_invalid");
        for path in ["/accounts/a%00b", "/accounts?q=a%00", "/orders/%00"] {
            server.get(&admin, path).await.expect_problem(422, "text_invalid");
        }
        let crew = json!({ "name": "Truck\0", "kind": "own" });
        server.post(&admin, "/crews", &crew).await.expect_problem(422, "text_invalid");
        let spelt = json!({ "login": "a\\u0000", "password": "a" });
        server.post_as_stranger("/session", &spelt).await.expect_problem(401, "sign_in_failed");

        let browser = reqwest::Client::new();
        let form = browser.post(format!("{}/sign-in", server.url)).body("login=a%00b&password=a");
        let kind = "application/x-www-form-urlencoded";
        for asked in [
            form.header("content-type", kind),
            browser.get(format!("{}/office/accounts/a%00b", server.url)),
            browser.get(format!("{}/?next=a%00b", server.url)),
        ] {
            let page = asked.send().await.unwrap();
            assert_eq!(page.status(), 422);
            assert!(page.text().await.unwrap().contains("characters that nobody types"), "a sentence for people");
        }
    }

    /// A name that reads otherwise than it is stored, and a telephone that is none.
    async fn crews_and_people_have_names_that_show(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let crew = |name: &str, phone: &str| json!({ "name": name, "kind": "own", "phone": phone });
        for name in ["Truck \u{202e}21", "Truck\n12", &"é".repeat(41)] {
            server.post(&admin, "/crews", &crew(name, "")).await.expect_problem(422, "name_invalid");
            let person = json!({ "login": "nina", "name": name, "role": "office" });
            server.post(&admin, "/people", &person).await.expect_problem(422, "name_invalid");
        }
        for phone in ["call 5", "javascript:alert(1)", &"5".repeat(41)] {
            server.post(&admin, "/crews", &crew("Truck 12", phone)).await.expect_problem(422, "phone_invalid");
        }
        let added = server.post(&admin, "/crews", &crew("Camión 12", "+52 (55) 1234-5678")).await.expect(201);
        assert_eq!((text(&added, "name").as_str(), text(&added, "phone").as_str()), ("Camión 12", "+52 (55) 1234-5678"));
    }

    async fn a_person_signs_in_and_out(db: TestDatabase) {
        let server = served(db).await;
        server.employ("Olga", Role::Office).await;
        let body = json!({ "login": "OLGA", "password": PASSWORD });
        let signed_in = server.post_as_stranger("/session", &body).await.expect(200);
        assert_eq!(signed_in["person"]["role"], "office");
        assert_eq!(signed_in["expires_in_s"], 600);
        let token = text(&signed_in, "access_token");
        assert_eq!(server.get(&token, "/session").await.expect(200)["role"], "office");
        let out = server.send(server.request(Method::DELETE, "/session").bearer_auth(&token)).await;
        assert_eq!(out.status, 204);
        server.get(&token, "/session").await.expect_problem(401, "token_revoked");
        refreshed(&server, &text(&signed_in, "refresh_token")).await.expect_problem(401, "token_revoked");
    }

    /// The same status and text for a wrong password and for nobody; after five failures a wait that doubles.
    async fn guessing_passwords_gets_slow(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        let guess = async |login: &str, password: &str| {
            server.post_as_stranger("/session", &json!({ "login": login, "password": password })).await
        };
        let wrong = guess("olga", "not it at all").await.expect_problem(401, "sign_in_failed");
        assert_eq!(guess("nobody", "not it at all").await.expect_problem(401, "sign_in_failed"), wrong);
        for _ in 0..4 {
            guess("olga", "not it at all").await.expect_problem(401, "sign_in_failed");
        }
        let fenced = guess("olga", PASSWORD).await;
        assert_eq!(fenced.headers["retry-after"], "60");
        fenced.expect_problem(429, "sign_in_fenced");
        server.later(Span::seconds(61));
        guess("olga", "not it at all").await.expect_problem(401, "sign_in_failed");
        assert_eq!(guess("olga", PASSWORD).await.headers["retry-after"], "120");
        server.later(Span::seconds(121));
        guess("olga", PASSWORD).await.expect(200);
    }

    /// Every way to make a token that is not ours: one answer, 401 and a problem.
    async fn a_token_that_is_not_ours_is_refused(db: TestDatabase) {
        let server = served(db).await;
        let good = server.signed_in_as(Role::Dispatcher).await;
        server.get(&good, "/crews").await.expect(200);
        let key = keys::unexpired(&mut server.state.store.reader().await.unwrap(), MORNING).await.unwrap().remove(0);
        let ours = EncodingKey::from_ed_der(&key.private_pkcs8);
        let parts: Vec<&str> = good.split('.').collect();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        let with = |field: &str, value: Value| {
            let mut claims = claims.clone();
            claims[field] = value;
            claims
        };
        let without = |field: &str| {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove(field);
            claims
        };
        let signed = |kid: &str, algorithm: Algorithm, key: &EncodingKey, claims: &Value| {
            let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
            jsonwebtoken::encode(&header, claims, key).unwrap()
        };
        let by_us = |claims: &Value| signed(&key.kid, Algorithm::EdDSA, &ours, claims);
        server.get(&by_us(&claims), "/crews").await.expect(200);
        let now_s = MORNING.0 / 1_000_000;
        let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": "JWT", "kid": key.kid }).to_string());
        let public_as_secret = EncodingKey::from_secret(&key.public_key);
        let forged = [
            ("alg none", format!("{none}.{}.", parts[1])),
            ("alg none, our signature", format!("{none}.{}.{}", parts[1], parts[2])),
            ("HS256 with the public key", signed(&key.kid, Algorithm::HS256, &public_as_secret, &claims)),
            ("somebody else's key", signed(&key.kid, Algorithm::EdDSA, &tablet_key(1).0, &claims)),
            ("unknown kid", signed("another", Algorithm::EdDSA, &ours, &claims)),
            ("no kid", jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &ours).unwrap()),
            ("wrong issuer", by_us(&with("iss", json!("elsewhere")))),
            ("wrong audience", by_us(&with("aud", json!("elsewhere")))),
            ("no issuer", by_us(&without("iss"))),
            ("no audience", by_us(&without("aud"))),
            ("no expiry", by_us(&without("exp"))),
            ("no subject", by_us(&without("sub"))),
            ("expired", by_us(&with("exp", json!(now_s - 31)))),
            ("not yet", by_us(&with("nbf", json!(now_s + 31)))),
            ("cut signature", good[..good.len() - 4].to_owned()),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            ("changed claims", format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(with("jti", json!(null)).to_string()), parts[2])),
            ("no token", "nonsense".to_owned()),
        ];
        for (what, token) in forged {
            let reply = server.get(&token, "/crews").await;
            assert_eq!(reply.status, 401, "{what}");
            reply.expect_problem(401, "token_invalid");
        }
        server.get(&by_us(&with("jti", json!(uuid::Uuid::nil()))), "/crews").await.expect_problem(401, "token_revoked");
        server.send(server.request(Method::GET, "/crews")).await.expect_problem(401, "sign_in_needed");
        server.later(Span::seconds(631));
        server.get(&good, "/crews").await.expect_problem(401, "token_invalid");
    }

    /// A key that is removed takes its tokens with it; a retired one only signs no more.
    async fn keys_rotate_without_anybody_noticing(db: TestDatabase) {
        let server = served(db).await;
        let old = server.signed_in_as(Role::Dispatcher).await;
        let mut work = server.state.store.begin().await.unwrap();
        keys::retire_all(&mut work, MORNING).await.unwrap();
        work.commit().await.unwrap();
        server.later(Span::seconds(31));
        let new = server.sign_in("dispatcher").await;
        server.get(&old, "/crews").await.expect(200);
        server.get(&new, "/crews").await.expect(200);
        let kid = jsonwebtoken::decode_header(&old).unwrap().kid.unwrap();
        assert_ne!(jsonwebtoken::decode_header(&new).unwrap().kid.as_deref(), Some(kid.as_str()));
        let mut work = server.state.store.begin().await.unwrap();
        keys::remove(&mut work, &kid).await.unwrap();
        work.commit().await.unwrap();
        server.later(Span::seconds(31));
        server.get(&old, "/crews").await.expect_problem(401, "token_invalid");
        server.get(&new, "/crews").await.expect(200);
    }

    async fn a_tablet_enrols_with_a_code_that_works_once(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let crew = server.add_crew(&admin, "Crew 12", "own").await;
        let person = json!({ "login": "crew12", "name": "Ana", "role": "crew", "crew_id": crew });
        server.post(&admin, "/people", &person).await.expect(201);
        let code = server.post(&admin, "/devices/codes", &json!({ "crew_id": crew })).await.expect(201);
        assert!(text(&code, "qr_svg").contains("<svg"), "{code}");
        assert_eq!(code["expires_at"], "2026-10-19T08:10:00.000Z");
        let body = json!({ "code": code["code"], "name": "Tablet 12", "public_key": tablet_key(7).1 });
        let enrolled = server.post_as_stranger("/devices/enrol", &body).await.expect(201);
        assert_eq!(enrolled["crew"], json!({ "id": crew, "name": "Crew 12" }));
        assert_eq!(enrolled["people"][0]["name"], "Ana");
        assert_eq!(enrolled["expires_in_s"], 600);
        let token = text(&enrolled, "access_token");
        assert_eq!(server.get(&token, "/session").await.expect(200)["role"], "crew");
        server.get(&token, "/devices").await.expect_problem(403, "role_forbids");
        // Second use; then a late one; then one that was guessed at.
        server.post_as_stranger("/devices/enrol", &body).await.expect_problem(401, "enrolment_code_refused");
        let late = server.post(&admin, "/devices/codes", &json!({ "crew_id": crew })).await.expect(201);
        server.later(Span::minutes(10));
        let late = json!({ "code": late["code"], "name": "Tablet 13", "public_key": tablet_key(8).1 });
        server.post_as_stranger("/devices/enrol", &late).await.expect_problem(401, "enrolment_code_refused");
        let admin = server.sign_in("admin").await;
        let right = text(&server.post(&admin, "/devices/codes", &json!({ "crew_id": crew })).await.expect(201), "code");
        let wrong = format!("{}{}", &right[..right.len() - 1], if right.ends_with('0') { '1' } else { '0' });
        let attempt = |code: &str| json!({ "code": code, "name": "Tablet 14", "public_key": tablet_key(9).1 });
        for _ in 0..5 {
            let refused = server.post_as_stranger("/devices/enrol", &attempt(&wrong)).await;
            refused.expect_problem(401, "enrolment_code_refused");
        }
        let sixth = server.post_as_stranger("/devices/enrol", &attempt(&right)).await;
        sixth.expect_problem(401, "enrolment_code_refused");
        let devices = server.get(&admin, "/devices").await.expect(200);
        assert_eq!(devices["devices"].as_array().map(Vec::len), Some(1), "{devices}");
        let trail = audit::page(&mut server.state.store.reader().await.unwrap(), 0, 100).await.unwrap();
        assert_eq!(trail.iter().filter(|line| line.action == "enrolment_refused").count(), 8);
    }

    /// The answer to a refresh is lost on the way: the tablet asks again with what it has, and works on.
    async fn a_lost_refresh_answer_costs_nothing(db: TestDatabase) {
        let server = served(db).await;
        let (_, enrolled) = tablet(&server).await;
        let first = text(&enrolled, "refresh_token");
        let lost = refreshed(&server, &first).await.expect(200);
        let lost_too = refreshed(&server, &first).await.expect(200);
        let arrived = refreshed(&server, &first).await.expect(200);
        server.get(&text(&arrived, "access_token"), "/session").await.expect(200);
        // What never arrived is dead.
        server.get(&text(&lost, "access_token"), "/session").await.expect_problem(401, "token_revoked");
        server.get(&text(&lost_too, "access_token"), "/session").await.expect_problem(401, "token_revoked");
        let next = refreshed(&server, &text(&arrived, "refresh_token")).await.expect(200);
        server.get(&text(&next, "access_token"), "/session").await.expect(200);
    }

    /// Once the new tokens were used, the old one coming back means that two hold it: everything of it dies.
    async fn a_spent_refresh_token_that_comes_back_ends_the_family(db: TestDatabase) {
        let server = served(db).await;
        let (_, enrolled) = tablet(&server).await;
        let first = text(&enrolled, "refresh_token");
        let second = refreshed(&server, &first).await.expect(200);
        server.get(&text(&second, "access_token"), "/session").await.expect(200);
        refreshed(&server, &first).await.expect_problem(401, "refresh_token_reused");
        server.get(&text(&second, "access_token"), "/session").await.expect_problem(401, "token_revoked");
        refreshed(&server, &text(&second, "refresh_token")).await.expect_problem(401, "token_revoked");
    }

    async fn a_refresh_token_is_known_young_and_in_its_own_hands(db: TestDatabase) {
        let server = served(db).await;
        let (_, enrolled) = tablet(&server).await;
        let token = text(&enrolled, "refresh_token");
        refreshed(&server, "unheard of").await.expect_problem(401, "refresh_token_unknown");
        let proven_by = |seed, token: &str| {
            let message = format!("curbstop-refresh:{token}");
            let proof = jsonwebtoken::crypto::sign(message.as_bytes(), &tablet_key(seed).0, Algorithm::EdDSA).unwrap();
            json!({ "refresh_token": token, "proof": proof })
        };
        let refresh = async |body: &Value| server.post_as_stranger("/tokens/refresh", body).await;
        refresh(&proven_by(8, &token)).await.expect_problem(401, "proof_invalid");
        // A client that never proved its key may go on without; one that did so once may not, whoever sends its token.
        let without = text(&refreshed(&server, &token).await.expect(200), "refresh_token");
        let next = text(&refresh(&proven_by(7, &without)).await.expect(200), "refresh_token");
        refreshed(&server, &next).await.expect_problem(401, "proof_needed");
        let last = text(&refresh(&proven_by(7, &next)).await.expect(200), "refresh_token");
        server.later(Span::minutes(30 * 24 * 60));
        refresh(&proven_by(7, &last)).await.expect_problem(401, "refresh_token_expired");
    }

    /// A lost tablet is dead at once, on every instance.
    async fn a_revoked_tablet_is_out_everywhere(db: TestDatabase) {
        let server = served(db).await;
        let (admin, enrolled) = tablet(&server).await;
        let other = TestServer::on(server.database.clone(), server.clock.clone()).await;
        let token = text(&enrolled, "access_token");
        server.get(&token, "/session").await.expect(200);
        other.get(&token, "/session").await.expect(200);
        let path = format!("/devices/{}/revoke", text(&enrolled, "device_id"));
        assert_eq!(server.post(&admin, &path, &json!({})).await.status, 204);
        server.get(&token, "/session").await.expect_problem(401, "device_revoked");
        other.get(&token, "/session").await.expect_problem(401, "device_revoked");
        refreshed(&other, &text(&enrolled, "refresh_token")).await.expect_problem(401, "device_revoked");
    }

    /// The same request again: the same answer, one crew. Another request under the key: 409.
    async fn a_request_sent_twice_happens_once(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let body = json!({ "name": "Crew 12", "kind": "own" });
        let first = server.post_once(&admin, "/crews", "key-1", &body).await.expect(201);
        let again = server.post_once(&admin, "/crews", "key-1", &body).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.expect(201), first);
        let other = json!({ "name": "Crew 13", "kind": "own" });
        server.post_once(&admin, "/crews", "key-1", &other).await.expect_problem(409, "idempotency_key_reused");
        server.post_once(&admin, "/crews", "key-2", &body).await.expect_problem(409, "crew_name_taken");
        let request = server.request(Method::POST, "/crews").bearer_auth(&admin).json(&other);
        server.send(request).await.expect_problem(400, "idempotency_key_missing");
        let both = [(); 8].map(|()| server.post_once(&admin, "/crews", "key-3", &other));
        let replies = futures_util::future::join_all(both).await;
        let bodies: Vec<Value> = replies.into_iter().map(|reply| reply.expect(201)).collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        assert_eq!(server.get(&admin, "/crews").await.expect(200)["crews"].as_array().map(Vec::len), Some(2));
    }

    /// What can't be read is refused with the name of what is wrong.
    async fn what_is_unknown_is_an_error(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        server.get(&admin, "/crews?colour=red").await.expect_problem(400, "query_invalid");
        let unknown = json!({ "name": "Crew 12", "kind": "own", "colour": "red" });
        let problem = server.post(&admin, "/crews", &unknown).await.expect_problem(422, "body_invalid");
        assert!(text(&problem, "detail").contains("colour"), "{problem}");
        let missing = server.post(&admin, "/crews", &json!({ "name": "Crew 12" })).await;
        let problem = missing.expect_problem(422, "body_invalid");
        assert!(text(&problem, "detail").contains("kind"), "{problem}");
        server.get(&admin, "/nowhere").await.expect_problem(404, "not_found");
        let delete = server.request(Method::DELETE, "/crews").bearer_auth(&admin);
        server.send(delete).await.expect_problem(405, "method_not_allowed");
        // Just past the limit: a client that still sends when the answer comes might not get to read it.
        let large = json!({ "name": "x".repeat(curbstop_server::http::BODY_MAX_BYTES), "kind": "own" });
        server.post(&admin, "/crews", &large).await.expect_problem(413, "too_large");
        let text_body = server.request(Method::POST, "/session").body("login=x");
        server.send(text_body).await.expect_problem(415, "unsupported_media_type");
    }

    /// A page of another site can't act through a signed-in browser, nor show ours in a frame.
    async fn other_sites_get_nowhere(db: TestDatabase) {
        let server = served(db).await;
        let body = json!({ "login": "a", "password": "b" });
        let from = |header: &'static str, value: &str| {
            server.request(Method::POST, "/session").json(&body).header(header, value.to_owned())
        };
        for foreign in [from("sec-fetch-site", "cross-site"), from("sec-fetch-site", "same-site"), from("origin", "https://evil.example"), from("origin", "null")] {
            server.send(foreign).await.expect_problem(403, "other_site");
        }
        for own in [from("sec-fetch-site", "same-origin"), from("origin", &server.url)] {
            server.send(own).await.expect_problem(401, "sign_in_failed");
        }
        let reply = server.send(server.request(Method::GET, "/crews")).await;
        for (header, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store")] {
            assert_eq!(reply.headers[header], value);
        }
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(reply.headers.contains_key("x-request-id"));
    }

    /// Ready means: the database answers with the schema of this binary.
    async fn it_says_whether_it_lives_and_is_ready(db: TestDatabase) {
        let server = served(db).await;
        for path in ["/healthz", "/readyz"] {
            let reply = server.http.get(format!("{}{path}", server.url)).send().await.unwrap();
            assert_eq!(reply.status(), 200, "{path}");
        }
        server.stop().await;
    }

    /// What was signed in before a restart is signed in after it.
    async fn a_restart_signs_nobody_out(db: TestDatabase) {
        let server = served(db).await;
        let token = server.signed_in_as(Role::Dispatcher).await;
        let (database, clock) = (server.database.clone(), server.clock.clone());
        server.stop().await;
        let server = TestServer::on(database, clock).await;
        server.get(&token, "/crews").await.expect(200);
    }

    /// The trail is whole, and a changed line is found and named.
    async fn the_audit_trail_names_the_line_that_was_changed(db: TestDatabase) {
        let server = served(db).await;
        tablet(&server).await;
        let store = &server.state.store;
        let whole = audit::verify(&mut store.snapshot().await.unwrap()).await.unwrap();
        assert!(matches!(whole, audit::Verdict::Whole(lines) if lines >= 5), "{whole:?}");
        let mut work = store.begin().await.unwrap();
        curbstop_server::execute_one!(&mut work, FALSIFY, "person:nobody", 3_i64).unwrap();
        work.commit().await.unwrap();
        let broken = audit::verify(&mut store.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(broken, audit::Verdict::Broken(3, "was changed"));
    }

    /// Desks hear of things in the order of their commits, from whichever instance.
    async fn desks_hear_what_other_instances_did(db: TestDatabase) {
        let server = served(db).await;
        let other = TestServer::on(server.database.clone(), server.clock.clone()).await;
        let mut desk = other.state.feed.subscribe();
        let (_, enrolled) = tablet(&server).await;
        let heard = tokio::time::timeout(std::time::Duration::from_secs(10), desk.recv()).await;
        let event = heard.expect("heard in time").unwrap();
        assert_eq!((event.topic.as_str(), event.subject.as_str()), ("device", text(&enrolled, "device_id").as_str()));
        assert_eq!(event.at_us, Micros(MORNING.0).0);
    }

    /// What nobody needs any more goes when its time has come, and not before.
    async fn the_house_is_kept_by_the_clock(db: TestDatabase) {
        let server = served(db).await;
        let state = &server.state;
        let admin = server.signed_in_as(Role::Admin).await;
        let crew = json!({ "name": "Crew 12", "kind": "own", "qualifications": ["water"] });
        let _ = server.post_once(&admin, "/crews", "crew-12", &crew).await.expect(201);
        let wrong = json!({ "login": "olga", "password": "not it at all" });
        server.post_as_stranger("/session", &wrong).await.expect_problem(401, "sign_in_failed");
        let me = text(&server.get(&admin, "/session").await.expect(200), "person_id").parse().unwrap();
        let mut work = state.store.begin().await.unwrap();
        let until = state.now() + Span::minutes(12 * 60);
        sessions::insert(&mut work, &[7; 32], me, state.now(), until).await.unwrap();
        feed::append(&mut work, state.now(), "order", "told", &json!({})).await.unwrap();
        work.commit().await.unwrap();

        let round = async || housekeeping::round(state, state.now()).await.unwrap();
        let hours = |hours: i64| server.later(Span::minutes(hours * 60));
        assert_eq!(round().await, Swept::default(), "all of it is young");
        hours(25);
        let swept = round().await;
        assert_eq!((swept.sign_ins, swept.failures > 0, swept.events, swept.answers), (1, true, 0, 0));
        hours(24);
        let swept = round().await;
        assert_eq!((swept.events > 0, swept.answers), (true, 0));
        let admin = server.sign_in("admin").await;
        let _ = server.post_once(&admin, "/crews", "crew-12", &crew).await.expect(201);
        hours(24 * 6);
        let swept = round().await;
        assert_eq!((swept.answers > 0, round().await), (true, Swept::default()));
        let admin = server.sign_in("admin").await;
        server.post_once(&admin, "/crews", "crew-12", &crew).await.expect_problem(409, "crew_name_taken");

        // A desk that heard the first event long ago has missed what is not there any more: it draws everything anew.
        let mut work = state.store.begin().await.unwrap();
        feed::append(&mut work, state.now(), "order", "new", &json!({})).await.unwrap();
        work.commit().await.unwrap();
        let asked = server.request(Method::GET, "/events").bearer_auth(&admin).header("last-event-id", "0");
        let mut heard = asked.send().await.unwrap();
        let first = heard.chunk().await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&first).contains("event: lagged"), "{first:?}");
    }
}

curbstop_server::statements! {
    FALSIFY = "UPDATE audit SET actor = $1 WHERE seq = $2";
}
