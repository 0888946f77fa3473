//! A tablet that is out of service hands in its work: what desks read about it, and what nobody can make them keep.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

mod taken_in;

use curbstop_server::{
    service::{enrolment, exceptions, voice::Voice},
    store::{self, quarantine, quarantine::Kept},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Reading},
    ids::{DeviceId, FactId, LineId, RouteId},
    language::Language,
    route_document::{PublishedLine, PublishedOrder},
    sync::wire::{Bytes, DocRequest, SyncRequest, SyncResponse},
    time::Span,
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    on_both_engines,
    truck::Truck,
};

/// The open entries of the worklist as a dispatcher reads them: order's number, sentence, id.
async fn worklist(day: &Day) -> Vec<(String, String, uuid::Uuid)> {
    let voice = Voice { language: Language::En, zone: curbstop_tests::utility::zone(), now: now() };
    let entries = exceptions::list(&day.state, &voice, (None, None), 50).await.unwrap();
    entries.into_iter().map(|entry| (entry.order, entry.sentence, entry.id)).collect()
}

/// The dispatcher has dealt with an entry.
async fn closes(day: &Day, entry: uuid::Uuid) {
    let mut work = day.state.store.begin().await.unwrap();
    store::exceptions::resolve(&mut work, entry, now(), None, "asked the crew").await.unwrap();
    work.commit().await.unwrap();
}

async fn revoke(day: &Day, truck: &Truck) {
    let dispatcher = by_hand::dispatcher(&day.state).await;
    enrolment::revoke(&day.state, &dispatcher, truck.device()).await.unwrap();
}

/// What the tablet would send now.
fn unsent(truck: &Truck) -> SyncRequest {
    truck.tablet.request(now(), 0)
}

fn of_doc(request: &SyncRequest, id: RouteId, changes: Vec<Bytes>) -> SyncRequest {
    SyncRequest { docs: vec![DocRequest { id, heads: Vec::new(), changes }], ..request.clone() }
}

fn receipts(answer: &SyncResponse) -> usize {
    answer.docs.iter().map(|doc| doc.accepted.len() + doc.quarantined.len()).sum()
}

async fn kept(day: &Day, truck: &Truck) -> i64 {
    let mut conn = day.state.store.reader().await.unwrap();
    quarantine::bytes_of(&mut conn, truck.device()).await.unwrap()
}

on_both_engines! {
    /// A whole season of notes on one order: the desk reads twenty and how many more there are. What comes while the
    /// question is open joins it; what comes after somebody has dealt with it is one new question, and not one a time.
    async fn much_work_on_one_order_is_one_question(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let mut handed_in = Vec::new();
        for notes in [25, 5, 2, 1] {
            (0..notes).for_each(|n| truck.writes_down(&day.orders[0], &format!("dog {n}")));
            handed_in.push(unsent(&truck));
        }
        revoke(&day, &truck).await;
        let [first, second, third, fourth] = &handed_in[..] else { unreachable!() };
        assert_eq!(receipts(&truck.hands_in_this(first).await.unwrap()), 25);
        let [(_, said, entry)] = &worklist(&day).await[..] else { panic!("one question") };
        assert_eq!(said.matches("a note").count(), 20, "{said}");
        assert!(said.contains("; and 5 more. Nothing of it counts yet"), "{said}");
        assert_eq!(receipts(&truck.hands_in_this(second).await.unwrap()), 30, "receipts come again");
        let [(_, said, _)] = &worklist(&day).await[..] else { panic!("one question") };
        assert!(said.contains("; and 10 more."), "{said}");

        closes(&day, *entry).await;
        for request in [third, fourth, fourth] {
            truck.hands_in_this(request).await.unwrap();
        }
        let [(_, said, new)] = &worklist(&day).await[..] else { panic!("one new question") };
        assert_eq!((said.matches("a note").count(), said.contains("more.")), (3, false), "{said}");
        assert_ne!(new, entry);
    }

    /// Two lines were turned off and read in one visit, and a reading was added afterwards: the desk reads all of it.
    async fn a_visit_is_told_with_all_that_it_did(db: TestDatabase) {
        let house = by_hand::turn_off(1);
        let garden = PublishedLine { id: LineId("2".into()), serial: Some("80000001".into()), ..house.lines[0].clone() };
        let order = PublishedOrder { lines: vec![house.lines[0].clone(), garden], ..house };
        let day = Day::of_crew(&by_hand::state_on(&db).await, "Truck 12", "maria", vec![order]).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let first = unsent(&truck);
        let route = &truck.tablet.state().routes[&day.route];
        let mut document = route.doc.clone();
        let visit = document.facts().into_iter().find(|(_, fact)| fact.raw.read().unwrap().body.kind().code() == "visit").unwrap().0;
        let reading = Reading {
            visit, line: LineId("2".into()), serial_seen: "80000001".into(), digits: Some("000777".into()), code: None,
            checks: None, confirmed: Some(true),
        };
        let reading = Fact::of_visit(FactId::from_uuid(day.state.new_id()), FactBody::Reading(reading));
        let later = document.add_facts_now(route.actor.as_ref().unwrap(), &[reading]).unwrap();
        revoke(&day, &truck).await;
        truck.hands_in_this(&first).await.unwrap();
        let [(_, said, _)] = &worklist(&day).await[..] else { panic!("one question") };
        assert!(said.contains("turned off, turned off, read 036500, read 036500 "), "{said}");
        let later = of_doc(&first, day.route, vec![Bytes(later.raw_bytes().to_vec())]);
        assert_eq!(receipts(&truck.hands_in_this(&later).await.unwrap()), 1, "its visit is known from before");
        let [(_, said, _)] = &worklist(&day).await[..] else { panic!("one question") };
        assert!(said.contains("; read 000777 "), "{said}");
    }

    /// What nobody could be shown has no receipt: a route that is not known here, one that never was this tablet's,
    /// bytes that say nothing. The tablet keeps all of it, and dispatch reads once what to do.
    async fn what_cannot_be_placed_stays_on_the_tablet_and_dispatch_hears_of_it(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let contractor = day.and_a_contractor().await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let lou = by_hand::truck_of(&day.state, contractor, &server.url()).await;
        let unknown = RouteId(day.state.new_id());
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let request = unsent(&truck);
        let change = request.docs[0].changes[0].clone();
        revoke(&day, &truck).await;
        revoke(&day, &lou).await;

        let requests = [
            of_doc(&request, unknown, vec![change.clone()]),
            of_doc(&request, day.route, vec![Bytes(b"no change at all".to_vec())]),
        ];
        for request in requests.iter().chain(&requests) {
            assert_eq!(receipts(&truck.hands_in_this(request).await.unwrap()), 0);
        }
        assert_eq!((kept(&day, &truck).await, truck.tablet.unsent()), (0, 1));
        let [(order, said, entry)] = &worklist(&day).await[..] else { panic!("one entry") };
        assert_eq!(order, "", "nobody knows which order");
        assert!(said.starts_with("tablet was taken out of service at "), "{said}");
        assert!(said.contains("It still holds 2 piece(s) of work that cannot be read or placed here"), "{said}");
        assert!(said.contains("Have them exported there and ask the crew what was done"), "{said}");
        closes(&day, *entry).await;
        truck.hands_in_this(&requests[0]).await.unwrap();
        assert!(worklist(&day).await.is_empty(), "the same again is no news");

        // Not even a request, but signed: the desk hears of that too.
        let (status, problem) = truck.hands_in_bytes(b"half a message".to_vec()).await.unwrap_err();
        assert_eq!((status, problem["code"].as_str().unwrap()), (422, "hand_in_invalid"));
        let [(_, said, entry)] = &worklist(&day).await[..] else { panic!("another entry") };
        assert!(said.contains("It still holds 1 piece(s)"), "{said}");
        closes(&day, *entry).await;

        // The contractor's tablet has the same order on a route of its own. With another crew's route it says nothing.
        let foreign = of_doc(&request, day.route, vec![change]);
        assert_eq!(receipts(&lou.hands_in_this(&foreign).await.unwrap()), 0);
        assert_eq!(kept(&day, &lou).await, 0);
        assert_eq!(receipts(&truck.hands_in_this(&foreign).await.unwrap()), 1, "it is the truck's own route");
    }

    /// One tablet fills no disk: changes and what was read in them count together. Dispatch hears of the rest.
    async fn a_tablet_that_hands_in_too_much_is_told_to_dispatch(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let request = unsent(&truck);
        revoke(&day, &truck).await;
        let fills = async |bytes: &[u8], facts: &str, hash: u8| {
            let device: DeviceId = truck.device();
            let row = Kept { device, doc: day.route, hash: &[hash; 32], bytes, facts, clock_offset: Span(0) };
            let mut work = day.state.store.begin().await.unwrap();
            quarantine::keep(&mut work, &row, now()).await.unwrap();
            work.commit().await.unwrap();
        };
        fills(&[1, 2, 3], "año", 1).await;
        assert_eq!(kept(&day, &truck).await, 3 + 4);
        fills(&[], &"-".repeat(16 << 20), 2).await;
        let (status, problem) = truck.hands_in_this(&request).await.unwrap_err();
        assert_eq!((status, problem["code"].as_str().unwrap()), (413, "quarantine_full"));
        let [(order, said, _)] = &worklist(&day).await[..] else { panic!("one entry") };
        assert_eq!(order, "");
        assert!(said.contains("It hands in more than the office keeps of one tablet"), "{said}");
    }
}
