//! Who guesses, who left, and who asks twice: at the door, through a real port, on both engines.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is the test's failure")]

use curbstop_server::{
    clock::SettableClock,
    service::{authorise::Actor, people},
    store,
};
use curbstop_shared::{time::Span, vocabulary::Role};
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    server::{MORNING, PASSWORD, Reply, TestServer, text},
};
use futures_util::future;
use reqwest::{Method, Response, redirect::Policy};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// What is still heard after so long is heard for ever.
const HEARD_MAX: Duration = Duration::from_secs(30);
const WRONG: &str = "not it at all";

async fn served(db: TestDatabase) -> TestServer {
    TestServer::on(Arc::new(db), SettableClock::at(MORNING)).await
}

async fn tries(server: &TestServer, login: &str, password: &str) -> Reply {
    server.post_as_stranger("/session", &json!({ "login": login, "password": password })).await
}

/// Signs in at `/` as a browser does.
async fn at_the_page(server: &TestServer, login: &str, password: &str, language: &str) -> Response {
    let browser = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let form = format!("login={login}&password={}", password.replace(' ', "+"));
    let request = browser.post(format!("{}/sign-in", server.url)).header("accept-language", language);
    request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap()
}

fn cookie_of(signed_in: &Response) -> String {
    let set = signed_in.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// Listens, and is heard to be listening.
async fn listens(server: &TestServer, path: &str, header: (&str, &str)) -> Response {
    let answer = server.request(Method::GET, path).header(header.0, header.1).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

/// The stream ends, and nothing more comes through it.
async fn ends(stream: Response) {
    tokio::time::timeout(HEARD_MAX, stream.bytes()).await.expect("the stream ends").unwrap();
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

on_both_engines! {
    /// A hundred and twenty guesses at once: no more of them are looked at than of as many one after the other.
    async fn a_burst_of_guesses_gets_no_further_than_guesses_in_a_row(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        let burst = future::join_all((0..120).map(|_| tries(&server, "olga", WRONG))).await;
        let looked_at = burst.iter().filter(|reply| reply.status == 401).count();
        let fenced = burst.iter().filter(|reply| reply.status == 429).count();
        assert_eq!((looked_at, fenced), (5, 115));
        tries(&server, "olga", PASSWORD).await.expect_problem(429, "sign_in_fenced");
    }

    /// One address, a whole office behind it: who signs in with the right password costs the others nothing, and who
    /// guesses at many logins is stopped at fifty.
    async fn an_office_behind_one_address_is_not_locked_out(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        for n in 0..49 {
            tries(&server, &format!("nobody{n}"), WRONG).await.expect_problem(401, "sign_in_failed");
        }
        for _ in 0..10 {
            tries(&server, "olga", PASSWORD).await.expect(200);
        }
        tries(&server, "nobody", WRONG).await.expect_problem(401, "sign_in_failed");
        tries(&server, "olga", PASSWORD).await.expect_problem(429, "sign_in_fenced");
        server.later(Span::seconds(61));
        tries(&server, "olga", PASSWORD).await.expect(200);
    }

    /// A household has as many addresses as it likes, all of one network: guessing from each of them is guessing from one.
    async fn a_household_with_many_addresses_is_one_guesser(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        let guess = async |n: usize, login: &str, password: &str| {
            let body = json!({ "login": login, "password": password });
            let request = server.request(Method::POST, "/session").header("x-forwarded-for", format!("2001:db8:7:7::{n:x}"));
            server.send(request.json(&body)).await
        };
        for n in 1..=50 {
            guess(n, &format!("nobody{n}"), WRONG).await.expect_problem(401, "sign_in_failed");
        }
        guess(51, "olga", PASSWORD).await.expect_problem(429, "sign_in_fenced");
        tries(&server, "olga", PASSWORD).await.expect(200);
    }

    /// Somebody signs in with the old password at the very moment in which an administrator sets a new one: it was right
    /// when it was looked at, and lets nobody in any more.
    async fn a_password_that_was_just_replaced_lets_nobody_in(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        let hash = server.state.passwords.hash("quite another password").await.unwrap();
        let mut work = server.state.store.begin().await.unwrap();
        let olga = store::people::by_login(&mut work, "olga").await.unwrap().unwrap().person_id();
        work.lock(&format!("person:{olga}")).await.unwrap();
        store::people::set_password(&mut work, olga, &hash).await.unwrap();
        let (signed_in, ()) = tokio::join!(tries(&server, "olga", PASSWORD), async {
            // Long enough to look at the old one and to come to the door; however long it takes, nobody gets in.
            tokio::time::sleep(Duration::from_millis(300)).await;
            work.commit().await.unwrap();
        });
        signed_in.expect_problem(401, "sign_in_failed");
        tries(&server, "olga", "quite another password").await.expect(200);
    }

    /// The page says how long it really takes, in the reader's language; a new password makes the wait needless.
    async fn whoever_is_fenced_is_told_for_how_long(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        for n in 0..9 {
            assert_eq!(at_the_page(&server, "olga", WRONG, "en").await.status(), 401, "{n}");
            if n < 8 {
                server.later(Span::seconds(901));
            }
        }
        for (language, said) in [("en", "Try again in 15 minutes."), ("es", "Intente de nuevo en 15 minutos.")] {
            let fenced = at_the_page(&server, "olga", PASSWORD, language).await;
            assert_eq!((fenced.status().as_u16(), fenced.headers()["retry-after"].to_str().unwrap()), (429, "900"));
            let page = fenced.text().await.unwrap();
            assert!(page.contains(said), "{page}");
        }
        people::set_password(&server.state, &Actor::SYSTEM, "olga", "quite another password").await.unwrap();
        assert_eq!(at_the_page(&server, "olga", "quite another password", "en").await.status(), 303);
    }

    /// The server's clock was a day ahead while somebody guessed, and was put right.
    async fn nobody_is_fenced_for_longer_than_a_wait_by_a_clock_that_was_wrong(db: TestDatabase) {
        let db = Arc::new(db);
        let ahead = TestServer::on(db.clone(), SettableClock::at(MORNING + Span::minutes(24 * 60))).await;
        ahead.employ("olga", Role::Office).await;
        for _ in 0..5 {
            tries(&ahead, "olga", WRONG).await;
        }
        tries(&ahead, "olga", PASSWORD).await.expect_problem(429, "sign_in_fenced");
        let right = TestServer::on(db, SettableClock::at(MORNING)).await;
        tries(&right, "olga", PASSWORD).await.expect(200);
        for _ in 0..5 {
            tries(&right, "olga", WRONG).await;
        }
        tries(&right, "olga", PASSWORD).await.expect_problem(429, "sign_in_fenced");
    }

    async fn signing_out_by_the_api_ends_the_pages_session(db: TestDatabase) {
        let server = served(db).await;
        server.employ("olga", Role::Office).await;
        let cookie = cookie_of(&at_the_page(&server, "olga", PASSWORD, "en").await);
        let asks = async |method: Method| server.send(server.request(method, "/session").header("cookie", &cookie)).await;
        assert_eq!(asks(Method::GET).await.expect(200)["role"], "office");
        assert_eq!(asks(Method::DELETE).await.status, 204);
        asks(Method::GET).await.expect_problem(401, "sign_in_needed");
    }

    /// A desk that signed out, a page that was left for good, a token that ran out, a tablet that was lost: each hears
    /// nothing more.
    async fn whoever_may_hear_no_more_hears_no_more(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        server.employ("olga", Role::Office).await;

        let token = server.sign_in("olga").await;
        let desk = listens(&server, "/events", ("authorization", &bearer(&token))).await;
        assert_eq!(server.send(server.request(Method::DELETE, "/session").bearer_auth(&token)).await.status, 204);
        ends(desk).await;

        let cookie = cookie_of(&at_the_page(&server, "olga", PASSWORD, "en").await);
        let page = listens(&server, "/events", ("cookie", &cookie)).await;
        people::let_go(&server.state, &Actor::SYSTEM, "olga").await.unwrap();
        ends(page).await;

        let crew = server.add_crew(&admin, "Crew 12", "own").await;
        let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let enrolled = server.enrol(&admin, &crew, "Tablet 12", key).await;
        let tablet = listens(&server, "/sync/events", ("authorization", &bearer(&text(&enrolled, "access_token")))).await;
        let revoke = format!("/devices/{}/revoke", text(&enrolled, "device_id"));
        assert_eq!(server.post(&admin, &revoke, &json!({})).await.status, 204);
        ends(tablet).await;

        let desk = listens(&server, "/events", ("authorization", &bearer(&admin))).await;
        server.later(Span::minutes(11));
        // The server looks at its listeners now and then; and whenever anybody leaves.
        server.state.feed.somebody_left();
        ends(desk).await;
    }

    /// The answer with the code was lost. The dispatcher's program asks again under the same key: it is the same code
    /// until a tablet has used it.
    async fn a_code_whose_answer_was_lost_is_said_again(db: TestDatabase) {
        let server = served(db).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let crew = server.add_crew(&admin, "Crew 12", "own").await;
        let other = server.add_crew(&admin, "Crew 14", "own").await;
        let asks = async |crew: &str, key: &str| {
            server.post_once(&admin, "/devices/codes", key, &json!({ "crew_id": crew })).await
        };
        let code = asks(&crew, "lost").await.expect(201);
        assert_eq!(asks(&crew, "lost").await.expect(201), code);
        assert_ne!(asks(&crew, "another").await.expect(201)["code"], code["code"]);
        asks(&other, "lost").await.expect_problem(409, "idempotency_key_reused");

        let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let tablet = json!({ "code": code["code"], "name": "Tablet 12", "public_key": key });
        server.post_as_stranger("/devices/enrol", &tablet).await.expect(201);
        asks(&crew, "lost").await.expect_problem(409, "code_gone");

        asks(&crew, "late").await.expect(201);
        server.later(Span::minutes(9));
        asks(&crew, "late").await.expect(201);
        server.later(Span::minutes(1));
        let admin = server.sign_in("admin").await;
        let late = server.post_once(&admin, "/devices/codes", "late", &json!({ "crew_id": crew })).await;
        late.expect_problem(409, "code_gone");
    }
}
