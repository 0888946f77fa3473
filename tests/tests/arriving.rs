//! Work arrives: late, in parts, while others write. What one says reaches whoever has to know, and nobody is sent away
//! because two came at once.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::{
    service::{
        authorise::{Actor, Who},
        deciding::{self, Decision},
        exceptions,
        idempotency::Once,
        spreading,
        spreading::Word,
        utility,
        voice::Voice,
    },
    store::facts,
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, HoldLift, Reading, Release},
    ids::{FactId, LineId, OrderId, PersonId},
    language::Language,
    sync::wire::{Bytes, DocRequest, SyncRequest},
    time::Span,
    vocabulary::{ReleaseReason, Role, Source, UnableCode},
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    database::{Engine, TestDatabase},
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};
use serde_json::json;

/// The office says something about an order, from another instance on the same database.
async fn says(day: &Day, order: OrderId, body: FactBody) -> FactId {
    let at = now();
    let id = FactId::from_uuid(day.state.new_id());
    let fact = Fact::new(id.clone(), Header { order, at, by: None, device: None }, body);
    let mut work = day.state.store.begin().await.unwrap();
    let folding = utility::folding(&day.state, at);
    let words = [Word { order, facts: vec![fact], home: None }];
    let spread = spreading::spread(&day.state, &mut work, &words, &folding, at).await.unwrap();
    work.commit().await.unwrap();
    spread.announce(&day.state);
    id
}

async fn fact_of(day: &Day, order: OrderId, kind: &str) -> FactId {
    let mut conn = day.state.store.reader().await.unwrap();
    let rows = facts::of_order(&mut conn, order).await.unwrap();
    rows.into_iter().find(|row| row.kind == kind).unwrap().id.parse().unwrap()
}

async fn worklist(day: &Day, language: Language) -> Vec<String> {
    let voice = Voice { language, zone: curbstop_tests::utility::zone(), now: now() };
    let entries = exceptions::list(&day.state, &voice, (None, None), 50).await.unwrap();
    entries.into_iter().map(|entry| entry.sentence).collect()
}

fn since_midnight_in_denver() -> Span {
    let now = chrono::DateTime::from_timestamp_micros(now().0).unwrap().with_timezone(&curbstop_tests::utility::zone());
    Span::minutes(i64::from(chrono::Timelike::num_seconds_from_midnight(&now)) / 60)
}

on_both_engines! {
    /// The truck stood in a valley since yesterday. Its visit counts, and dispatch reads that it came
    /// late; one of today says nothing.
    async fn work_of_an_earlier_day_is_told_as_late(db: TestDatabase) {
        // In the evening of the day before, whatever hour it is now, and more than the four hours of a long evening ago.
        let ago = (since_midnight_in_denver() + Span::minutes(61)).max(Span::minutes(5 * 60));
        let day = Day::out_for(&db, 2, ago).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.clock_off_us = -ago.0;
        truck.is_stopped_by(&day.orders[0], UnableCode::Dog);
        truck.clock_off_us = 0;
        truck.is_stopped_by(&day.orders[1], UnableCode::Dog);
        truck.sync().await;
        let [said] = &worklist(&day, Language::En).await[..] else { panic!("one late visit") };
        assert!(said.starts_with("Truck 12 was there on an earlier day ("), "{said}");
        assert!(said.contains("check whether anything was decided without it"), "{said}");
        let [said] = &worklist(&day, Language::Es).await[..] else { panic!("one late visit") };
        assert!(said.starts_with("Truck 12 estuvo allí un día anterior ("), "{said}");
    }

    /// A crew adds a reading to a visit that it has sent already. The contractor with the same stop learns of it too.
    async fn what_is_added_to_a_visit_later_reaches_the_other_crew(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let contractor = day.and_a_contractor().await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let mut lou = by_hand::truck_of(&day.state, contractor, &server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        truck.sync().await;
        let visit = fact_of(&day, day.orders[0].id, "visit").await;
        let route = &truck.tablet.state().routes[&day.route];
        let mut document = route.doc.clone();
        let reading = Reading {
            visit, line: LineId("1".into()), serial_seen: "70000001".into(), digits: Some("036501".into()), code: None,
            checks: None, confirmed: Some(true),
        };
        let added = FactId::from_uuid(day.state.new_id());
        let reading = Fact::of_visit(added.clone(), FactBody::Reading(reading));
        let change = document.add_facts_now(route.actor.as_ref().unwrap(), &[reading]).unwrap();
        let heads = route.confirmed.iter().map(|head| Bytes(head.0.to_vec())).collect();
        let doc = DocRequest { id: day.route, heads, changes: vec![Bytes(change.raw_bytes().to_vec())] };
        let answer = truck.sends(&SyncRequest { v: 1, sent_at: now(), uptime_ms: 0, docs: vec![doc], people: None }).await.unwrap();
        assert_eq!((answer.docs[0].accepted.len(), answer.docs[0].refused.len()), (1, 0), "{answer:?}");

        lou.sync().await;
        let seen = &lou.tablet.state().routes.values().next().unwrap().doc;
        assert!(seen.has_fact(&added), "the contractor's document has the reading");
    }

    /// The office lifted or took back what a crew was told: whoever still has the question on the screen is told so.
    async fn a_claim_that_is_over_is_not_decided(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.is_stopped_by(&day.orders[0], UnableCode::MedicalClaimed);
        truck.sync().await;
        let claim = fact_of(&day, day.orders[0].id, "hold").await;
        says(&day, day.orders[0].id, FactBody::HoldLift(HoldLift { hold: claim.clone(), why: None })).await;
        let supervisor = Actor { who: Who::Person(PersonId(day.state.new_id())), role: Role::Supervisor, crew: None };
        let decision = Decision {
            accepted: false,
            why: "no certificate".into(),
            good_through: None,
            restore: None,
            stays_off_why: None,
        };
        let once = Once::new("late", "POST", "/", b"").unwrap();
        let refused = deciding::decide(&day.state, &supervisor, &claim, &decision, &once).await.unwrap_err();
        assert_eq!(refused.code(), Some("claim_ended"), "{refused}");
    }
}

/// Another process holds the database for long, a backup say. The route that has to be written waits; the release on
/// the other still arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_database_costs_only_the_route_that_has_to_be_written() {
    let Some(db) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let day = Day::with_stops(&db, 1).await;
    let yesterday = day.and_yesterdays_route().await;
    let server = by_hand::server(&db);
    let mut truck = day.truck(&server.url()).await;
    truck.writes_down(&truck.order_of("01-0900-01"), "gate is locked");
    let others = Day::of_crew(&day.state, "Truck 14", "joe", vec![by_hand::turn_off(50)]).await;
    let mut other = others.truck(&server.url()).await;
    other.writes_down(&others.orders[0], "gate is open");
    let release = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Office,
        verified: true,
        paid_at: Some(now()),
        recorded_at: Some(now()),
        confirmation: None,
    };
    let release = says(&day, day.orders[0].id, FactBody::Release(release)).await;

    let held = day.state.store.begin().await.unwrap();
    let answer = truck.try_sync().await.unwrap();
    let failed: Vec<_> =
        answer.docs.iter().filter_map(|doc| Some((doc.id.clone(), doc.failed.clone()?.code))).collect();
    assert_eq!(failed, [(yesterday.to_string(), "busy".to_owned())]);
    assert!(truck.tablet.state().routes[&day.route].doc.has_fact(&release), "the release is there");
    assert_eq!(truck.tablet.unsent(), 1);
    let nothing_done = other.try_sync().await.unwrap_err();
    assert!(nothing_done.starts_with("503"), "with nothing else to say it is told when to come back: {nothing_done}");

    drop(held);
    for truck in [&mut truck, &mut other] {
        truck.sync().await;
        assert_eq!(truck.tablet.unsent(), 0);
    }
}

/// Rounds of the races below: the faults that they look for showed within a few.
const ROUNDS: usize = 25;

/// On PostgreSQL units of work really run beside each other. Clerks set holds and lift them while the crew sends its
/// work: nobody is sent away, and everything that was said is on the tablet in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_and_a_crew_s_work_cross_without_anybody_being_sent_away() {
    let Some(db) = TestDatabase::fresh(Engine::Postgres).await else { return };
    let utility = Utility::opens(&db).await;
    utility.publishes().await;
    let mut truck = utility.truck(&utility.server.url()).await;
    let office = utility.office.clone();
    let clerks = tokio::spawn(async move {
        for n in 0..ROUNDS {
            let letter = ['A', 'B', 'C'][n % 3];
            let hold = json!({ "account": account(letter), "kind": "dispute", "comment": format!("letter {n}") });
            let set = office.post("/holds", hold).await;
            assert!(set.status.is_success(), "round {n}: {}", set.body);
            let number = text(&set.body["hold"]);
            let lifted = office.post(&format!("/holds/{number}/lift"), json!({ "why": "settled" })).await;
            assert!(lifted.status.is_success(), "round {n}: {}", lifted.body);
        }
    });
    let mut notes = 0;
    while !clerks.is_finished() {
        let order = truck.order_of(account(['A', 'B', 'C', 'D'][notes % 4]));
        truck.writes_down(&order, &format!("note {notes}"));
        notes += 1;
        let answer = truck.try_sync().await.unwrap();
        let failed: Vec<_> = answer.docs.iter().filter_map(|doc| doc.failed.as_ref()).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
    clerks.await.unwrap();
    truck.sync().await;
    assert_eq!(truck.tablet.unsent(), 0);
    let document = &truck.tablet.state().routes.values().next().unwrap().doc;
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for fact in document.facts().values() {
        *kinds.entry(fact.raw.read().unwrap().body.kind().code()).or_default() += 1;
    }
    assert_eq!((kinds["hold"], kinds["hold_lift"], kinds["note"]), (ROUNDS, ROUNDS, notes));
}

/// A payment and a publication at the same moment, again and again: both go through, and whoever paid is on no route as
/// somebody to cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_and_a_publication_at_the_same_moment_both_hold() {
    let Some(db) = TestDatabase::fresh(Engine::Postgres).await else { return };
    let utility = Utility::opens(&db).await;
    utility.publishes().await;
    let mut truck = utility.truck(&utility.server.url()).await;
    for letter in ['A', 'B', 'C', 'D', 'E', 'F'] {
        let plan = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let plan = text(&utility.dispatcher.post("/plans", plan).await.good()["id"]);
        truck.writes_down(&truck.order_of(account(letter)), "nobody answers");
        let publish = format!("/plans/{plan}/publish");
        let (paid, published, synced) = tokio::join!(
            utility.pays(letter, wall_clock()),
            utility.dispatcher.post(&publish, json!({})),
            truck.try_sync(),
        );
        assert_eq!(paid["outcome"], "released", "{letter}: {paid}");
        assert!(published.status.is_success(), "{letter}: {}", published.body);
        assert!(synced.is_ok_and(|answer| answer.docs.iter().all(|doc| doc.failed.is_none())), "{letter}");
        truck.sync().await;
        truck.sync().await;
        let orders = utility.office.get(&format!("/orders?account={}", account(letter))).await.good();
        let state = text(&orders["orders"][0]["state"]);
        assert!(["recalled", "released"].contains(&state.as_str()), "{letter} is {state}: {orders}");
        // Wherever the truck has the stop, it has the word with it.
        for route in truck.tablet.state().routes.values() {
            let stops = route.doc.orders().unwrap();
            for stop in stops.iter().filter(|stop| stop.account.as_deref() == Some(account(letter))) {
                let told = route.doc.facts().values().any(|fact| {
                    let fact = fact.raw.read().unwrap();
                    fact.body.kind().code() == "release" && fact.order() == Some(stop.id)
                });
                assert!(told, "{letter} is on a route that knows of no release");
            }
        }
    }
}
