//! The town's files come in over HTTP and stay, on both engines: dry run, import, the same file again, finalising.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on has failed")]

use curbstop_server::{
    clock::SettableClock,
    execute, statements,
    store::{audit, holds, imports, listings, payments, premises},
};
use curbstop_shared::{ids::ListingId, vocabulary::Role};
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    samples::{file, premises_of_the_morning},
    server::{MORNING, Reply, TestServer, text},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use uuid::Uuid;

statements! {
    RAISE_A_DEBT = "UPDATE listing_rows SET past_due_minor = past_due_minor + 1 WHERE listing = $1";
    DROP_ROWS = "DELETE FROM listing_rows WHERE listing = $1";
}

const DAY: &str = "source=tessel+creek&as_of=2026-10-14";

async fn served(db: TestDatabase) -> TestServer {
    TestServer::on(Arc::new(db), SettableClock::at(MORNING)).await
}

/// Sends a file under a new key.
async fn send(server: &TestServer, token: &str, path: &str, bytes: Vec<u8>) -> Reply {
    send_once(server, token, path, &new_key(), bytes).await
}

async fn send_once(server: &TestServer, token: &str, path: &str, key: &str, bytes: Vec<u8>) -> Reply {
    let request = server.request(Method::POST, path).bearer_auth(token).header("idempotency-key", key);
    server.send(request.header("content-type", "text/csv").body(bytes)).await
}

async fn put(server: &TestServer, token: &str, path: &str, body: &Value) -> Reply {
    server.send(server.request(Method::PUT, path).bearer_auth(token).json(body)).await
}

/// A key that no other request of this process has.
fn new_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("file-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A server with premises and holds, and a dispatcher.
async fn with_premises(db: TestDatabase, premises: Vec<u8>) -> (TestServer, String) {
    let server = served(db).await;
    let dispatcher = server.signed_in_as(Role::Dispatcher).await;
    for (path, bytes) in [("/premises/import", premises), ("/holds/import", file("holds.csv"))] {
        send(&server, &dispatcher, &format!("{path}?{DAY}"), bytes).await.expect(201);
    }
    (server, dispatcher)
}

async fn town(db: TestDatabase) -> (TestServer, String) {
    with_premises(db, premises_of_the_morning()).await
}

async fn water(server: &TestServer, token: &str) -> Value {
    send(server, token, &format!("/listings?{DAY}"), file("water_cutoff_listing.csv")).await.expect(201)
}

fn listing_id(outcome: &Value) -> ListingId {
    outcome["listing"]["id"].as_str().expect("a listing").parse().expect("an id")
}

on_both_engines! {
    async fn what_a_source_calls_its_columns_is_said_once_and_kept(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        // Another billing system prints the same listing under headings of its own.
        let own = String::from_utf8(file("water_cutoff_listing.csv")).unwrap().replace("\r\nAcct,Customer", "\r\nKunde,Customer");
        let listings = "/listings?source=north+office&as_of=2026-10-14";
        send(&server, &dispatcher, listings, own.clone().into_bytes()).await.expect_problem(422, "headings_unknown");

        let built_in = include_str!("../../server/src/import/mapping/built_in/water_cutoff_report.json");
        let mut mapping: Value = serde_json::from_str(built_in).unwrap();
        mapping["name"] = json!("north office's cut-off report");
        mapping["columns"]["account"] = json!(["Kunde No"]);
        let kept = "/sources/north%20office/mappings";
        put(&server, &dispatcher, kept, &json!({ "mappings": [mapping] })).await.expect(204);

        let outcome = send(&server, &dispatcher, listings, own.clone().into_bytes()).await.expect(201);
        assert_eq!(outcome["mapping"], "north office's cut-off report");
        assert_eq!(outcome["counts"]["accepted"], 370);
        assert_eq!(server.get(&dispatcher, kept).await.expect(200)["mappings"][0]["name"], outcome["mapping"]);
        // It holds for that source and no other.
        let elsewhere = "/listings?source=tessel+creek&as_of=2026-10-14";
        send(&server, &dispatcher, elsewhere, own.into_bytes()).await.expect_problem(422, "headings_unknown");
    }

    async fn a_mapping_that_could_not_be_used_is_refused_with_what_lacks(db: TestDatabase) {
        let server = served(db).await;
        let dispatcher = server.signed_in_as(Role::Dispatcher).await;
        let kept = "/sources/north%20office/mappings";
        let mapping = |columns: Value| json!({ "mappings": [{ "name": "plain", "kind": "payments", "columns": columns }] });
        let receipt_only = mapping(json!({ "receipt": ["Receipt"] }));
        let refused = put(&server, &dispatcher, kept, &receipt_only).await.expect_problem(422, "mapping_incomplete");
        assert!(text(&refused, "detail").contains("account, payment_date, amount"), "{refused}");
        let misspelt = put(&server, &dispatcher, kept, &mapping(json!({ "acount": ["Account"] }))).await;
        assert!(text(&misspelt.expect_problem(422, "body_invalid"), "detail").contains("acount"));
        assert_eq!(server.get(&dispatcher, kept).await.expect(200)["mappings"], json!([]));
        // The billing system brings files; what they mean is for a person to say.
        let machine = server.signed_in_as(Role::Cis).await;
        put(&server, &machine, kept, &mapping(json!({}))).await.expect_problem(403, "role_forbids");
    }

    async fn a_listing_comes_in_and_a_person_makes_it_final(db: TestDatabase) {
        let (server, dispatcher) = with_premises(db, file("premises_meters.csv")).await;
        let outcome = water(&server, &dispatcher).await;
        assert_eq!(outcome["counts"], json!({"data_rows": 420, "accepted": 370, "excluded": 25, "refused": 16, "duplicates": 9}));
        assert_eq!(outcome["listing"]["state"], "draft");
        let refused = &outcome["refused"][0];
        assert_eq!((&refused["line"], &refused["column"], &refused["code"]), (&json!(35), &json!("Meter No"), &json!("meter_missing")));

        let id = listing_id(&outcome);
        let path = format!("/listings/{id}/finalise");
        let final_one = server.post(&dispatcher, &path, &json!({})).await.expect(200);
        assert_eq!((&final_one["listing"]["state"], &final_one["listing"]["number"]), (&json!("final"), &json!(1)));
        assert_eq!(final_one["held_since"], json!([]));
        server.post(&dispatcher, &path, &json!({})).await.expect_problem(409, "listing_already_final");

        let mut reader = server.state.store.reader().await.unwrap();
        let rows = listings::rows(&mut reader, id).await.unwrap();
        assert_eq!(rows.len(), 370);
        assert_eq!(rows.iter().map(|row| row.past_due_minor).sum::<i64>(), 11_263_281);
        let kept = listings::by_id(&mut reader, id).await.unwrap().unwrap();
        assert_eq!(kept.rows_sha256, Some(listings::hash_of(&rows)));
        let trail = audit::page(&mut reader, 0, 100).await.unwrap();
        let of_listing = trail.iter().rfind(|line| line.subject == id.to_string());
        assert_eq!(of_listing.map(|line| line.action.as_str()), Some("listing_finalised"));
        let shown = server.get(&dispatcher, &format!("/listings/{id}")).await.expect(200);
        assert_eq!((&shown["listing"]["number"], &shown["counts"]["accepted"]), (&json!(1), &json!(370)));
    }

    /// Not even somebody with a database shell's ways changes a final listing by accident.
    async fn the_rows_of_a_final_listing_never_change(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        let id = listing_id(&water(&server, &dispatcher).await);
        let mut work = server.state.store.begin().await.unwrap();
        assert_eq!(execute!(&mut work, RAISE_A_DEBT, id.0).unwrap(), 370, "a draft can be made anew");
        drop(work);
        server.post(&dispatcher, &format!("/listings/{id}/finalise"), &json!({})).await.expect(200);
        for statement in [RAISE_A_DEBT, DROP_ROWS] {
            let mut work = server.state.store.begin().await.unwrap();
            let error = execute!(&mut work, statement, id.0).unwrap_err().to_string();
            assert!(error.contains("never change"), "{error}");
        }
    }

    async fn the_same_file_again_is_recognised(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        let first = water(&server, &dispatcher).await;
        assert_eq!(first["seen_before"], Value::Null);
        let again = water(&server, &dispatcher).await;
        assert_eq!(again["seen_before"]["import"], first["import"]);
        assert_eq!(again["listing"]["id"], first["listing"]["id"], "the draft is made anew, not doubled");
        let id = listing_id(&first);
        let rows = listings::rows(&mut server.state.store.reader().await.unwrap(), id).await.unwrap();
        assert_eq!(rows.len(), 370);

        server.post(&dispatcher, &format!("/listings/{id}/finalise"), &json!({})).await.expect(200);
        let third = water(&server, &dispatcher).await;
        assert_eq!((&third["listing"]["id"], &third["import"]), (&first["listing"]["id"], &Value::Null));
        let listings = server.get(&dispatcher, "/listings").await.expect(200);
        assert_eq!(listings["listings"].as_array().map(Vec::len), Some(1));
    }

    async fn a_dry_run_says_the_same_and_stores_nothing(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        let path = format!("/listings?{DAY}&dry_run=true");
        let request = server.request(Method::POST, &path).bearer_auth(&dispatcher);
        let dry = server.send(request.body(file("water_cutoff_listing.csv"))).await.expect(200);
        assert_eq!((&dry["dry_run"], &dry["import"], &dry["listing"]), (&json!(true), &Value::Null, &Value::Null));
        assert!(listings::newest(&mut server.state.store.reader().await.unwrap(), 9).await.unwrap().is_empty());
        let real = water(&server, &dispatcher).await;
        for same in ["counts", "refused", "excluded", "duplicates", "accepted", "summary", "warnings"] {
            assert_eq!(dry[same], real[same], "{same}");
        }
    }

    async fn the_journal_s_payments_are_kept_once(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        water(&server, &dispatcher).await;
        let path = format!("/payments/import?{DAY}");
        // The counter has typed one of the journal's receipts already.
        let typed = payments::PaymentRow {
            id: server.state.new_id(), account: "17-0410-07".to_owned(), amount_minor: 11_758, tender: "ACH".to_owned(),
            confirmation: "410152".to_owned(), paid_at_us: MORNING.0, recorded_at_us: MORNING.0, recorded_by: None,
            source: "office".to_owned(),
        };
        let mut work = server.state.store.begin().await.unwrap();
        payments::insert(&mut work, &typed).await.unwrap();
        work.commit().await.unwrap();

        let first = send(&server, &dispatcher, &path, file("payments_morning.csv")).await.expect(201);
        assert_eq!(first["counts"], json!({"data_rows": 212, "accepted": 197, "excluded": 0, "refused": 10, "duplicates": 5}));
        assert_eq!(first["against_listings"]["past_due_covered"].as_object().map(|covered| covered.contains_key("03-0060-07")), Some(true));
        let again = send(&server, &dispatcher, &path, file("payments_morning.csv")).await.expect(201);
        assert_eq!(again["counts"]["accepted"], 0);
        let mut reader = server.state.store.reader().await.unwrap();
        let paid = payments::of_account(&mut reader, "17-0410-07").await.unwrap();
        assert_eq!(paid, [typed]);
        // Paid 160.40 and taken back the same morning.
        assert_eq!(payments::of_account(&mut reader, "05-0140-01").await.unwrap().len(), 2);
        let kept = payments::of_account(&mut reader, "05-0140-01").await.unwrap();
        assert_eq!(kept.iter().map(|row| row.amount_minor).sum::<i64>(), 0);
    }

    async fn what_the_town_looks_like_is_known_afterwards(db: TestDatabase) {
        let (server, dispatcher) = with_premises(db, file("premises_meters.csv")).await;
        let mut reader = server.state.store.reader().await.unwrap();
        let day = "2026-10-14".parse().unwrap();
        assert!(premises::account_exists(&mut reader, "00042816318").await.unwrap());
        assert!(!premises::account_exists(&mut reader, "42816318").await.unwrap());
        let points = premises::points_of_account(&mut reader, "801275751513").await.unwrap();
        assert_eq!(points.iter().map(|point| point.product.as_str()).collect::<Vec<_>>(), ["internet", "video"]);
        let meter = &premises::points_of_account(&mut reader, "01-0020-01").await.unwrap()[0];
        assert_eq!((meter.serial.as_deref(), meter.last_read.as_deref(), meter.dials), (Some("47828929"), Some("074544"), Some(6)));
        let premise = premises::premise(&mut reader, "P010326").await.unwrap().unwrap();
        assert_eq!(premise.lat_e7, Some(419_076_050), "one of its rows had no coordinates");
        assert_eq!(holds::accounts_in_force(&mut reader, day).await.unwrap().len(), 89);
        assert!(holds::accounts_in_force(&mut reader, day).await.unwrap().contains("02-1200-01"));

        // The hold is lifted: the next file says so, and the account is on the listing.
        let lifted = "Hold No,Account,Code,Start,Good Thru,Lifted,Pledge Amt,Agency / Ref,Entered By,Remarks\n\
                      H-02607,02-1200-01,ARR,9/1/2026,,10/14/2026,,,dbrann,\n";
        send(&server, &dispatcher, &format!("/holds/import?{DAY}"), lifted.into()).await.expect(201);
        assert!(!holds::accounts_in_force(&mut reader, day).await.unwrap().contains("02-1200-01"));
        assert_eq!(holds::of_account(&mut reader, "02-1200-01").await.unwrap().len(), 1);
        assert_eq!(water(&server, &dispatcher).await["counts"]["accepted"], 371);
    }

    /// A hold that came after the listing was read is said when it is made final.
    async fn a_hold_that_came_later_is_said_when_the_listing_is_made_final(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        let id = listing_id(&water(&server, &dispatcher).await);
        let medical = "Hold,Account,Reason,Start\nM-1,01-0420-07,medical,10/14/2026\n";
        send(&server, &dispatcher, &format!("/holds/import?{DAY}"), medical.into()).await.expect(201);
        let final_one = server.post(&dispatcher, &format!("/listings/{id}/finalise"), &json!({})).await.expect(200);
        assert_eq!(final_one["held_since"], json!(["01-0420-07"]));
    }

    async fn a_file_that_can_t_be_read_leaves_nothing(db: TestDatabase) {
        let server = served(db).await;
        let dispatcher = server.signed_in_as(Role::Dispatcher).await;
        let path = format!("/listings?{DAY}");
        send(&server, &dispatcher, &path, b"PK\x03\x04".to_vec()).await.expect_problem(422, "file_not_text");
        send(&server, &dispatcher, &path, Vec::new()).await.expect_problem(422, "file_empty");
        let wrong = send(&server, &dispatcher, &path, file("holds.csv")).await.expect_problem(422, "headings_unknown");
        assert!(wrong["detail"].as_str().is_some_and(|detail| detail.contains("holds file")), "{wrong}");
        let mut reader = server.state.store.reader().await.unwrap();
        assert_eq!(imports::next_seq(&mut reader).await.unwrap(), 1);
    }

    async fn an_upload_says_what_is_wrong_with_it(db: TestDatabase) {
        let server = served(db).await;
        let dispatcher = server.signed_in_as(Role::Dispatcher).await;
        let holds = file("holds.csv");
        let post = |path: &str| server.request(Method::POST, path).bearer_auth(&dispatcher);
        let without_key = post("/holds/import?source=x").body(holds.clone());
        server.send(without_key).await.expect_problem(400, "idempotency_key_missing");
        send(&server, &dispatcher, "/holds/import", holds.clone()).await.expect_problem(400, "query_invalid");
        send(&server, &dispatcher, "/holds/import?source=x&sauce=y", holds.clone()).await.expect_problem(400, "query_invalid");
        send(&server, &dispatcher, "/holds/import?source=x&as_of=tomorrow", holds.clone()).await.expect_problem(400, "query_invalid");
        send(&server, &dispatcher, "/holds/import?source=x&encoding=ebcdic", holds.clone()).await.expect_problem(422, "encoding_unknown");
        send(&server, &dispatcher, "/holds/import?source=%20", holds.clone()).await.expect_problem(422, "source_invalid");
        let crew = server.signed_in_as(Role::Crew).await;
        send(&server, &crew, "/holds/import?source=x", holds).await.expect_problem(403, "role_forbids");
        let finalise = format!("/listings/{}/finalise", Uuid::nil());
        server.post(&dispatcher, &finalise, &json!({})).await.expect_problem(404, "listing_not_found");
    }

    /// The same key: the same answer for the same file, a conflict for another. A form counts by its file.
    async fn a_lost_answer_costs_nothing(db: TestDatabase) {
        let (server, dispatcher) = town(db).await;
        let path = format!("/listings?{DAY}");
        let form = |boundary: &str| {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"w.csv\"\r\n\r\n");
            let body = [head.as_bytes(), &file("water_cutoff_listing.csv"), format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
            let kind = format!("multipart/form-data; boundary={boundary}");
            server.request(Method::POST, &path).bearer_auth(&dispatcher).header("idempotency-key", "morning")
                .header("content-type", kind).body(body)
        };
        let first = server.send(form("one")).await;
        let again = server.send(form("two")).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(first.expect(201), again.expect(201));
        send_once(&server, &dispatcher, &path, "morning", file("electric_disconnect.txt")).await
            .expect_problem(409, "idempotency_key_reused");
    }

    async fn an_upload_of_50_mb_is_refused_before_it_fills_the_memory(db: TestDatabase) {
        let server = served(db).await;
        let dispatcher = server.signed_in_as(Role::Dispatcher).await;
        let chunks = (0..50).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20]));
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let request = server.request(Method::POST, &format!("/listings?{DAY}")).bearer_auth(&dispatcher);
        // The server answers and hangs up while the client still sends: either side of that race is a refusal.
        match request.header("idempotency-key", "large").body(body).send().await {
            Ok(response) => assert_eq!(response.status(), 413),
            Err(e) => assert!(e.is_request() || e.is_body(), "{e:?}"),
        }
        let just_over = vec![b'x'; curbstop_server::import::MAX_FILE_BYTES + 1];
        send(&server, &dispatcher, &format!("/listings?{DAY}"), just_over).await.expect_problem(413, "file_too_large");
    }
}
