//! One request is a whole session: what was acknowledged is there, what was not can be sent again.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::service::{spreading, spreading::Word, utility};
use curbstop_server::store::{documents, documents::NewChange, exceptions, facts, orders};
use curbstop_shared::{
    disposition::Disposition,
    facts::{Fact, FactBody, Header, Release},
    ids::{FactId, OrderId},
    sync::wire::{DocRequest, RefusalCode, SyncRequest, SyncResponse},
    time::{Micros, Span},
    vocabulary::{ReleaseReason, Source, UnableCode},
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    database::TestDatabase,
    on_both_engines,
    truck::Truck,
};

/// How many facts of a kind are stored about an order.
async fn stored(day: &Day, order: OrderId, kind: &str) -> usize {
    let mut conn = day.state.store.reader().await.unwrap();
    facts::of_order(&mut conn, order).await.unwrap().iter().filter(|fact| fact.kind == kind).count()
}

async fn state_of(day: &Day, order: OrderId) -> String {
    let mut conn = day.state.store.reader().await.unwrap();
    orders::by_id(&mut conn, order).await.unwrap().unwrap().state
}

/// The office's word, from another instance on the same database: paid in full at that moment.
async fn released(day: &Day, order: OrderId, paid_at: Micros) {
    let at = now();
    let release = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Office,
        verified: true,
        paid_at: Some(paid_at),
        recorded_at: Some(at),
        confirmation: None,
    };
    let id = FactId::from_uuid(day.state.new_id());
    let fact = Fact::new(id, Header { order, at, by: None, device: None }, FactBody::Release(release));
    let folding = utility::folding(&day.state, at);
    let mut work = day.state.store.begin().await.unwrap();
    let words = [Word { order, facts: vec![fact], home: None }];
    let spread = spreading::spread(&day.state, &mut work, &words, &folding, at).await.unwrap();
    work.commit().await.unwrap();
    spread.announce(&day.state);
}

async fn exceptions_of(day: &Day, order: OrderId) -> Vec<String> {
    let mut conn = day.state.store.reader().await.unwrap();
    exceptions::of_order(&mut conn, order).await.unwrap().into_iter().map(|row| row.kind).collect()
}

on_both_engines! {
    /// A day's first request brings the route; the next ones bring what was done; nothing to do is a few bytes.
    async fn the_route_comes_down_and_the_work_goes_up(db: TestDatabase) {
        let day = Day::with_stops(&db, 5).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        assert_eq!(truck.orders().len(), 5);

        truck.turns_off(&day.orders[0], "036500", "L-1");
        truck.is_stopped_by(&day.orders[2], UnableCode::Dog);
        let answer = truck.sync().await;
        assert_eq!(answer.docs[0].accepted.len(), 2);
        assert_eq!(truck.tablet.unsent(), 0);
        assert_eq!(state_of(&day, day.orders[0].id).await, "done");
        assert_eq!(state_of(&day, day.orders[2].id).await, "unable");
        assert_eq!(stored(&day, day.orders[0].id, "reading").await, 1);

        let answer = truck.sync().await;
        assert!(answer.docs[0].changes.is_empty() && answer.docs[0].accepted.is_empty(), "nothing to do");
    }

    /// Off at ten to, saved on the hour, paid in between: the customer was off before the money came, and no label and no
    /// sentence of the office's says that the crew crossed it.
    async fn a_payment_between_the_deed_and_the_save_is_an_ordinary_reconnect(db: TestDatabase) {
        let day = Day::with_stops(&db, 2).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let minute = 60 * 1_000_000;
        for order in &day.orders {
            truck.clock_off_us = -20 * minute;
            truck.opens_the_act(order);
            truck.taps_off(order);
            truck.clock_off_us = 0;
            truck.notes_down(order.id, |draft| draft.lines[0].digits = Some("036500".into()));
            truck.saves(order.id);
        }
        released(&day, day.orders[0].id, now() + Span::minutes(-10)).await;
        released(&day, day.orders[1].id, now() + Span::minutes(-30)).await;
        truck.sync().await;
        let crossed = |kinds: &[String]| kinds.iter().any(|kind| kind == "cut_crossed_release");
        assert!(!crossed(&exceptions_of(&day, day.orders[0].id).await), "off before it was paid");
        assert!(crossed(&exceptions_of(&day, day.orders[1].id).await), "paid before it was off");
        let mut conn = day.state.store.reader().await.unwrap();
        let rows = facts::of_order(&mut conn, day.orders[0].id).await.unwrap();
        let work = rows.iter().find(|row| row.kind == "work").unwrap();
        assert!(now() - Micros(work.at_us) > Span::minutes(19), "when it was done, for the account's page too");
    }

    /// "Turn it back on now", after it was saved as off: the crew does, and says so on the same order; nobody is sent.
    async fn a_crew_that_turns_on_again_what_it_turned_off_leaves_no_reconnect_to_do(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let order = &day.orders[0];
        truck.turns_off(order, "036500", "L-1");
        released(&day, order.id, now() + Span::minutes(-30)).await;
        truck.sync().await;
        let called_for = async || {
            let mut conn = day.state.store.reader().await.unwrap();
            let row = orders::by_id(&mut conn, order.id).await.unwrap().unwrap();
            let found: Disposition = serde_json::from_str(&row.disposition).unwrap();
            found.follow_ups.iter().map(|follow_up| follow_up.wanted.len()).sum::<usize>()
        };
        assert_eq!(called_for().await, 1);
        truck.turns_on_again(order, "036500");
        truck.sync().await;
        assert_eq!(truck.tablet.unsent(), 0);
        assert_eq!(called_for().await, 0, "it is on");
        assert!(!exceptions_of(&day, order.id).await.contains(&"usage_on_off_account".to_owned()));
    }

    /// The office's payment reaches the truck with its next request, and what the truck cut without knowing is
    /// found out: crossed where it was paid before, ordinary where it was paid surely after.
    async fn a_payment_and_a_cut_that_cross_are_told_apart(db: TestDatabase) {
        let day = Day::with_stops(&db, 3).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let [crossed, after, ahead] = &day.orders[..] else { unreachable!() };
        truck.turns_off(crossed, "036500", "L-1");
        truck.turns_off(after, "036500", "L-2");
        released(&day, crossed.id, now() - Span::minutes(30)).await;
        released(&day, after.id, now() + Span::minutes(1)).await;
        released(&day, ahead.id, now()).await;
        truck.sync().await;

        assert_eq!(exceptions_of(&day, crossed.id).await, ["cut_crossed_release"]);
        assert_eq!(exceptions_of(&day, after.id).await, Vec::<String>::new());
        let mut conn = day.state.store.reader().await.unwrap();
        let reconnect = orders::by_id(&mut conn, OrderId::reconnect_of(crossed.id)).await.unwrap().unwrap();
        assert_eq!((reconnect.kind.as_str(), reconnect.priority, reconnect.fees_suppressed), ("reconnect", 1, true));
        let ordinary = orders::by_id(&mut conn, OrderId::reconnect_of(after.id)).await.unwrap().unwrap();
        assert_eq!((ordinary.priority, ordinary.fees_suppressed), (3, false));
        assert!(orders::by_id(&mut conn, OrderId::reconnect_of(ahead.id)).await.unwrap().is_none());
        assert_eq!(state_of(&day, ahead.id).await, "released");
    }

    /// The server dies after it stored the work and before the tablet has its receipt; the tablet sends again.
    async fn work_that_was_stored_is_not_stored_twice(db: TestDatabase) {
        let day = Day::with_stops(&db, 2).await;
        let mut server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        // The request goes out, and its answer is never read.
        let lost = truck.request_without_answer().await;
        assert_eq!(lost.docs[0].accepted.len(), 1);
        server.restart();
        truck.goes_to(&server.url());
        truck.is_killed();
        assert_eq!(truck.tablet.unsent(), 1, "no receipt, so the tablet still has it to send");
        let answer = truck.sync().await;
        assert_eq!(answer.docs[0].accepted.len(), 1);
        assert_eq!(truck.tablet.unsent(), 0);
        assert_eq!(stored(&day, day.orders[0].id, "visit").await, 1);
        assert_eq!(stored(&day, day.orders[0].id, "work").await, 1);
    }

    /// Two tablets of one crew work at once, and each sees what the other did.
    async fn two_tablets_of_a_crew_see_the_same(db: TestDatabase) {
        let day = Day::with_stops(&db, 4).await;
        let server = by_hand::server(&db);
        let mut one = day.truck(&server.url()).await;
        let mut two = day.truck(&server.url()).await;
        one.turns_off(&day.orders[0], "036500", "L-1");
        two.turns_off(&day.orders[1], "036500", "L-2");
        one.sync().await;
        two.sync().await;
        one.sync().await;
        let facts = |truck: &Truck| truck.tablet.state().routes[&day.route].doc.facts();
        assert_eq!(facts(&one), facts(&two));
        assert_eq!(facts(&one).len(), 6);
    }

    /// Another crew's tablet gets nothing of this route and can write nothing into it.
    async fn a_route_of_another_crew_is_not_there(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let other = by_hand::another_crew(&day.state).await;
        let mut stranger = by_hand::truck_of(&day.state, other, &server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let mut request = truck.tablet.request(now(), 0);
        request.docs[0].heads.clear();
        let answer = stranger.sends(&request).await.unwrap();
        assert!(answer.docs.is_empty());
        assert_eq!(answer.gone, [day.route]);
        assert_eq!(stored(&day, day.orders[0].id, "visit").await, 0);
    }

    /// A server that starts in the afternoon reads the morning's work change by change once; the next one need not.
    async fn a_route_that_took_long_to_read_is_kept_so_that_the_next_reading_is_short(db: TestDatabase) {
        let day = Day::with_stops(&db, 20).await;
        let mut server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        for order in &day.orders[..18] {
            truck.is_stopped_by(order, UnableCode::Dog);
        }
        truck.sync().await;
        let snapshot = async || documents::snapshot(&mut day.state.store.reader().await.unwrap(), day.route).await;
        assert_eq!(snapshot().await.unwrap().unwrap().0, 1, "the published route; the work grew in memory");

        server.restart();
        truck.goes_to(&server.url());
        truck.is_stopped_by(&day.orders[18], UnableCode::Dog);
        truck.sync().await;
        assert_eq!(snapshot().await.unwrap().unwrap().0, 20, "the route and nineteen visits");

        server.restart();
        truck.goes_to(&server.url());
        truck.is_stopped_by(&day.orders[19], UnableCode::Dog);
        assert_eq!(truck.sync().await.docs[0].accepted.len(), 1, "what was kept is the whole route");
        assert_eq!(snapshot().await.unwrap().unwrap().0, 20, "one visit is no burden");
    }

    /// Two servers that read the same version and both write: the second writes nothing and has to look again.
    async fn a_change_is_stored_only_onto_the_version_that_it_was_made_for(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let change = |n: u8| NewChange { hash: &[[1; 32], [2; 32]][usize::from(n)], actor: b"actor", seq: i64::from(n), bytes: b"-", from: None };
        let append = async |n: u8, version: i64| {
            let mut work = day.state.store.begin().await.unwrap();
            let stored = documents::append_change(&mut work, day.route, &change(n), version, now(), 1).await.unwrap();
            work.commit().await.unwrap();
            stored
        };
        assert!(append(0, 2).await);
        assert!(!append(1, 2).await, "it was made for version 1");
        assert!(!append(1, 4).await, "there is no version 3");
        assert!(append(1, 3).await);
        let mut reader = day.state.store.reader().await.unwrap();
        assert_eq!(documents::version(&mut reader, day.route).await.unwrap(), Some(3));
        assert_eq!(documents::changes_after(&mut reader, day.route, 1).await.unwrap().len(), 2);
    }

    /// After a restore from a backup the server does not know a route. The tablet's copy may be the last one: nothing
    /// is said about it, so it stays.
    async fn a_route_that_the_server_forgot_stays_on_the_tablet(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let mut request = truck.tablet.request(now(), 0);
        request.docs[0].id = curbstop_shared::ids::RouteId(day.state.new_id());
        let answer = truck.sends(&request).await.unwrap();
        assert!(answer.gone.is_empty(), "{answer:?}");
        assert!(answer.docs.iter().all(|doc| doc.id == day.route.to_string()));
    }

    /// Somebody was let go while the truck had no signal: what they recorded before is honest work.
    async fn work_of_a_person_who_was_let_go_meanwhile_is_taken(db: TestDatabase) {
        use curbstop_server::service::{authorise::Actor, people};
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        people::let_go(&day.state, &Actor::SYSTEM, "maria").await.unwrap();
        let answer = truck.sync().await;
        assert_eq!((answer.docs[0].accepted.len(), answer.docs[0].refused.len()), (1, 0));
    }

    /// What can't be let in is refused with the reason, nothing else of the batch is stored, and the tablet gets a
    /// fresh actor to encode the honest rest again.
    async fn a_damaged_change_is_refused_and_the_rest_goes_through_anew(db: TestDatabase) {
        let day = Day::with_stops(&db, 2).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let mut request = truck.tablet.request(now(), 0);
        let last = request.docs[0].changes[0].0.len() - 1;
        request.docs[0].changes[0].0[last] ^= 0x40;
        let answer = truck.sends(&request).await.unwrap();
        assert_eq!(answer.docs[0].refused.len(), 1);
        assert_eq!(answer.docs[0].refused[0].code, RefusalCode::BadChunk);
        assert!(answer.docs[0].next_actor.is_some());
        assert_eq!(stored(&day, day.orders[0].id, "visit").await, 0);

        // The tablet itself was not told of that; it sends what it has under the actor it knows, and is refused for
        // the actor, encodes anew and gets through.
        for _ in 0..3 {
            truck.sync().await;
        }
        assert_eq!(truck.tablet.unsent(), 0);
        assert_eq!(stored(&day, day.orders[0].id, "visit").await, 1);
    }
}

/// A request that is no request gets a problem, whatever it is, and the server goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_answered_with_what_to_do() {
    let Some(db) = TestDatabase::fresh(curbstop_tests::database::Engine::Sqlite).await else { return };
    let day = Day::with_stops(&db, 1).await;
    let server = by_hand::server(&db);
    let mut truck = day.truck(&server.url()).await;
    let twice = DocRequest { id: day.route, heads: Vec::new(), changes: Vec::new() };
    let request = SyncRequest { v: 1, sent_at: now(), uptime_ms: 0, docs: vec![twice.clone(), twice], people: None };
    assert!(truck.sends(&request).await.unwrap_err().contains("route_named_twice"));
    let fine: SyncResponse = truck.sync().await;
    assert_eq!(fine.docs.len(), 1);

    // The last is one byte over the limit and may be cut off at its end, so nothing follows it on its connection.
    let nonsense: [(&str, Vec<u8>, u16, &str); 6] = [
        ("application/cbor", b"\xff\xff\xff".to_vec(), 400, "sync_unreadable"),
        ("application/cbor", vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 400, "sync_unreadable"),
        ("application/json", b"{\"v\":1}".to_vec(), 400, "sync_unreadable"),
        ("application/json", b"{\"v\":9,\"sent_at\":1,\"docs\":[]}".to_vec(), 422, "upgrade_required"),
        ("text/plain", b"hello".to_vec(), 415, "unsupported_media_type"),
        ("application/cbor", vec![0; (4 << 20) + 1], 413, "too_large"),
    ];
    for (kind, body, status, code) in nonsense {
        let answer = truck.posts(kind, body).await;
        assert_eq!((answer.0, answer.1["code"].as_str().unwrap_or_default()), (status, code), "{}", answer.1);
        assert!(answer.1["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", answer.1);
    }
}
