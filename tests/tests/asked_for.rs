//! What an order asks for, from publishing to the desks: the crew brings it, or says why not, and the office reads that.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_field::core::Exhibit;
use curbstop_server::{
    service::{board, missing_evidence, voice::Voice},
    state::AppState,
};
use curbstop_shared::{
    at_the_door,
    facts::{Evidence, Fact, FactBody, Header, NotTaken, Work},
    ids::{FactId, LineId},
    language::Language,
    route_document::PublishedOrder,
    sync::wire::{Bytes, DocRequest, SyncRequest},
    time::Span,
    vocabulary::{Action, Asked, EvidenceKind, Method, NotTakenWhy, OrderKind, Product},
};
use curbstop_tests::{
    by_hand::{self, Day},
    desk::Desk,
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

const HOUR: i64 = 60;

/// A photo of so many bytes as a draft keeps it.
fn photo(bytes: &[u8]) -> Exhibit {
    Exhibit {
        what: EvidenceKind::Photo,
        sha256: Bytes(Sha256::digest(bytes).to_vec()),
        size: i64::try_from(bytes.len()).unwrap(),
        media_type: "image/png".into(),
    }
}

/// What a photo shows, and when: servers on PostgreSQL share a folder of photos here, and none has this one yet.
fn shot(what: &str) -> Vec<u8> {
    format!("{what}, {}", wall_clock().0).into_bytes()
}

/// The round that misses what does not come, so many hours from now; how many visits are new to it.
async fn looks_after(state: &AppState, hours: i64) -> u64 {
    missing_evidence::look(state, wall_clock() + Span::minutes(hours * HOUR)).await.unwrap()
}

/// The desk's list of one kind of entries.
async fn listed(desk: &Desk, kind: &str) -> Vec<Value> {
    let list = desk.get(&format!("/exceptions?kind={kind}")).await.good();
    list["exceptions"].as_array().unwrap().clone()
}

/// The truck sends a photo; the status of the answer.
async fn sends(truck: &mut Truck, base: &str, bytes: &[u8]) -> u16 {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let put = reqwest::Client::new().put(format!("{base}/api/v1/blobs/{hash}"));
    put.bearer_auth(truck.token().await).body(bytes.to_vec()).send().await.unwrap().status().as_u16()
}

/// Lines of an account's timeline: icon and what was said.
async fn told(utility: &Utility, letter: char) -> Vec<(String, String)> {
    let told = utility.office.get(&format!("/accounts/{}", account(letter))).await.good();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    told["timeline"].as_array().unwrap().iter().map(|entry| (text(&entry["tone"]), text(&entry["said"]))).collect()
}

on_both_engines! {
    /// The camera of truck 12 is broken, and it has no fix: the cuts count, and what is missing is read at the account
    /// and goes to the billing system.
    async fn the_office_reads_what_a_crew_did_not_bring_and_why(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let order = truck.order_of(account('A'));
        assert_eq!(order.asks_for.as_deref(), Some("photo,position,reading"), "published with the order");
        let offered = at_the_door::offered(OrderKind::TurnOff, Product::Water);
        assert_eq!(order.lines[0].methods, Some(offered), "and how the crew may work");
        truck.turns_off(&order, "036500", "L-1");
        let order = truck.order_of(account('B'));
        truck.opens_the_act(&order);
        truck.notes_down(order.id, |draft| {
            draft.exhibits.push(photo(b"lock"));
            draft.exhibits.push(Exhibit { what: EvidenceKind::Signature, ..photo(b"sign") });
        });
        truck.closes_the_act(&order, "036500", "L-2");
        let answer = truck.sync().await;
        assert!(answer.docs[0].refused.is_empty() && truck.tablet.unsent() == 0, "no work is refused for its camera");

        let a = told(&utility, 'A').await;
        let missing = ("wait".to_owned(), "No photo, though the order asks for one: the camera does not work".to_owned());
        assert!(a.contains(&missing), "{a:#?}");
        let b = told(&utility, 'B').await;
        assert!(b.iter().any(|(_, said)| said == "Signed by the customer"), "{b:#?}");
        assert!(!b.iter().any(|(_, said)| said.contains("No photo")), "{b:#?}");

        let day = &utility.date;
        let csv = utility.office.get(&format!("/exports/results?from={day}&to={day}")).await.good();
        let csv = csv.as_str().unwrap().trim_start_matches('\u{feff}').to_owned();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let heads = reader.headers().unwrap().clone();
        let column = |row: &csv::StringRecord, name: &str| {
            row.get(heads.iter().position(|head| head == name).unwrap()).unwrap().to_owned()
        };
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let of = |letter: char| {
            let row = rows.iter().find(|row| column(row, "account") == account(letter)).unwrap();
            ["signed", "customer_signed", "not_taken"].map(|name| column(row, name))
        };
        assert_eq!(of('A'), ["", "", "photo:camera_broken,position:no_fix"]);
        assert_eq!(of('B'), ["", "yes", "position:no_fix"], "`signed` speaks of the crew's PIN, not of the customer");
    }

    /// Two photos stay on the tablet. The next morning the clerk sees whose they are and since when; one comes after all,
    /// and of the other somebody says that it never will.
    async fn a_photo_that_does_not_come_is_on_the_clerks_list_until_it_does_or_somebody_says_why(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let (base, state) = (utility.server.url(), by_hand::state_on(&db).await);
        let (at_a, at_b) = (shot("lock at A"), shot("lock at B"));
        for (letter, bytes) in [('A', &at_a), ('B', &at_b)] {
            let order = truck.order_of(account(letter));
            truck.opens_the_act(&order);
            truck.notes_down(order.id, |draft| draft.exhibits.push(photo(bytes)));
            truck.closes_the_act(&order, "036500", "L-1");
        }
        truck.sync().await;
        assert_eq!(looks_after(&state, 11).await, 0, "the truck is still on its way to the yard");
        assert_eq!(listed(&utility.office, "evidence_missing").await, [Value::Null; 0]);

        assert_eq!(looks_after(&state, 13).await, 2);
        assert_eq!(looks_after(&state, 14).await, 0, "it is said once");
        let missing = listed(&utility.office, "evidence_missing").await;
        let who: BTreeSet<_> = missing.iter().map(|entry| entry["account"].as_str().unwrap()).collect();
        assert_eq!(who, BTreeSet::from(['A', 'B'].map(account)));
        let first = &missing[0];
        assert_eq!((&first["crew"], &first["owner"], &first["title"]), (&json!("Truck 12"), &json!("office"), &json!("Evidence missing")));
        assert!(first["order"].as_str().unwrap().starts_with("T-"), "{first:#}");
        assert_eq!((&first["missing"][0]["what"], &first["missing"][0]["on_tablet"]), (&json!("photo"), &json!(true)));
        assert!(first["missing"][0]["since_us"].as_i64().unwrap() > 0);
        let said = first["sentence"].as_str().unwrap();
        assert!(said.contains("Taken, and still not sent by the tablet: photo."), "{said}");
        let all = utility.office.get("/exceptions").await.good();
        assert_eq!(all["exceptions"].as_array().unwrap().len(), 2, "they are on the one worklist too");

        assert_eq!(sends(&mut truck, &base, &at_a).await, 201);
        let missing = listed(&utility.office, "evidence_missing").await;
        assert_eq!(missing.len(), 1, "what came is off the list: {missing:#?}");
        let act = format!("/exceptions/{}/actions", missing[0]["id"].as_str().unwrap());
        let no_word = utility.office.post(&act, json!({ "action": "resolve", "why": " " })).await;
        assert_eq!(no_word.code(), "why_missing");
        let why = json!({ "action": "resolve", "why": "tablet lost in the river" });
        let _ = utility.office.post(&act, why).await.good();
        assert_eq!(looks_after(&state, 15).await, 0, "what somebody has closed stays closed");
        assert_eq!(listed(&utility.office, "evidence_missing").await, [Value::Null; 0]);
        assert_eq!(sends(&mut truck, &base, &at_b).await, 201, "it is taken in all the same");
    }

    /// Nobody has asked the crew for a day: it is the supervisor's, and one line on the board says so.
    async fn evidence_that_nobody_asked_for_in_a_day_is_the_supervisors(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let state = by_hand::state_on(&db).await;
        let order = truck.order_of(account('A'));
        truck.opens_the_act(&order);
        truck.notes_down(order.id, |draft| draft.exhibits.push(photo(&shot("lock at A"))));
        truck.closes_the_act(&order, "036500", "L-1");
        truck.sync().await;
        let board = async || {
            let voice = Voice { language: Language::En, zone: curbstop_tests::utility::zone(), now: wall_clock() };
            let lines = board::board(&state, &voice, voice.today()).await.unwrap().attention;
            lines.into_iter().filter(|line| line.title.starts_with("For a supervisor")).map(|line| line.said).collect::<Vec<_>>()
        };
        assert_eq!(looks_after(&state, 13).await, 1);
        looks_after(&state, 13 + 23).await;
        assert_eq!(listed(&utility.office, "evidence_missing").await[0]["owner"], "office");
        assert_eq!(board().await, [""; 0]);
        looks_after(&state, 13 + 25).await;
        assert_eq!(listed(&utility.office, "evidence_missing").await[0]["owner"], "supervisor");
        assert_eq!(board().await, ["The evidence of one visit was not in after a day, and nobody has said what became of it."]);
    }

    /// An app of another year saves a cut with neither photo nor reason, and in a way that the order does not offer. The cut
    /// counts; what lacks is on the list at once, and goes from it piece by piece as it comes.
    async fn what_a_tablet_neither_brings_nor_explains_is_missed_at_once_and_the_work_counts(db: TestDatabase) {
        let server = by_hand::server(&db);
        let asked = PublishedOrder { asks_for: Some("photo,signature,position".into()), ..by_hand::turn_off(3) };
        let older = by_hand::turn_off(1);
        let day = Day::of_crew(&by_hand::state_on(&db).await, "Truck 12", "maria", vec![older.clone(), asked.clone()]).await;
        server.command(&["user", "add", "clerk", "--role", "office"], &format!("{PASSWORD}\n"));
        let clerk = Desk::sign_in(&server.url(), "clerk", PASSWORD).await;
        let mut truck = day.truck(&server.url()).await;
        let visit = FactId::from_uuid(Uuid::from_u128(7));
        let header = Header { order: asked.id, at: truck.now(), by: Some(truck.rider("maria")), device: Some(truck.device()) };
        let made = serde_json::from_value(json!({ "kind": "visit", "outcome": "done" })).unwrap();
        let worked = FactBody::Work(Work {
            visit: visit.clone(),
            line: LineId("1".into()),
            action: Action::TurnedOff,
            method: Some(Method::MeterPulled),
            lock: None,
            seal: None,
            seal_found: None,
        });
        let of_it = |n: u128, body| Fact::of_visit(FactId::from_uuid(Uuid::from_u128(n)), body);
        saves(&mut truck, &[Fact::new(visit.clone(), header, made), of_it(8, worked)]).await;

        let order = clerk.get(&format!("/orders/{}", asked.id)).await.good();
        assert_eq!(order["state"], "done", "no work is refused for what lacks: {order:#}");
        let lacks = async || {
            let entries = listed(&clerk, "evidence_missing").await;
            let pieces = entries.iter().flat_map(|entry| entry["missing"].as_array().unwrap().clone());
            pieces.map(|one| (one["what"].as_str().unwrap().to_owned(), one["on_tablet"] == true)).collect::<Vec<_>>()
        };
        let all = [("photo", false), ("signature", false), ("position", false)];
        assert_eq!(lacks().await, all.map(|(what, on_tablet)| (what.to_owned(), on_tablet)));
        let other_way = listed(&clerk, "method_not_offered").await;
        assert_eq!((other_way.len(), &other_way[0]["owner"]), (1, &json!("supervisor")));
        let said = other_way[0]["sentence"].as_str().unwrap();
        assert!(said.contains("does not offer") && said.contains("The work counts."), "{said}");

        let pulled = shot("the pulled meter");
        let named = photo(&pulled);
        let evidence = FactBody::Evidence(Evidence {
            visit: visit.clone(),
            of: None,
            what: named.what,
            sha256: named.sha256,
            size: named.size,
            media_type: named.media_type,
        });
        let excused = |what, why| FactBody::NotTaken(NotTaken { visit: visit.clone(), what, why });
        saves(&mut truck, &[of_it(9, evidence), of_it(10, excused(Asked::Signature, NotTakenWhy::Nobody))]).await;
        assert_eq!(lacks().await, [("position".to_owned(), false), ("photo".to_owned(), true)]);
        saves(&mut truck, &[of_it(11, excused(Asked::Position, NotTakenWhy::NoFix))]).await;
        assert_eq!(lacks().await, [("photo".to_owned(), true)]);
        assert_eq!(sends(&mut truck, &server.url(), &pulled).await, 201);
        assert!(lacks().await.is_empty());

        // An order from before orders said what they ask for and offer asks for nothing more, and offers all.
        truck.turns_off(&older, "036500", "L-1");
        truck.sync().await;
        assert!(lacks().await.is_empty());
        assert_eq!(listed(&clerk, "method_not_offered").await.len(), 1);
    }
}

/// An app that is not ours writes facts with the tablet's actor and sends them; then the tablet hears of them.
async fn saves(truck: &mut Truck, facts: &[Fact]) {
    let (route, held) = truck.tablet.state().routes.iter().next().unwrap();
    let (route, actor, mut document) = (*route, held.actor.clone().unwrap(), held.doc.clone());
    let heads = document.heads().iter().map(|head| Bytes(head.0.to_vec())).collect();
    let change = document.add_facts_now(&actor, facts).unwrap();
    let doc = DocRequest { id: route, heads, changes: vec![Bytes(change.raw_bytes().to_vec())] };
    let request = SyncRequest { v: 1, sent_at: truck.now(), uptime_ms: 0, docs: vec![doc], people: None };
    let answer = truck.sends(&request).await.unwrap();
    assert_eq!(answer.docs[0].refused, [], "it is let in");
    truck.sync().await;
}
