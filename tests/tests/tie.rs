//! The tie between a tablet and its office: who may cut it, what happens to work that was not sent by then.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_field::core::{Ended, Heard};
use curbstop_server::{
    service::{enrolment, exceptions, voice::Voice},
    store::{documents, facts, tokens},
};
use curbstop_shared::{
    ids::{DeviceId, OrderId},
    language::Language,
    sync::{
        proofs,
        wire::{Bytes, DocRequest, HandIn, SyncRequest},
    },
    time::Span,
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    database::TestDatabase,
    on_both_engines,
    truck::{TabletKey, Truck},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A depot's guest network that wants everybody to sign in first: it answers anything with its own page.
async fn captive_portal(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let page = "<html>Sign in to Depot Guest</html>";
                let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\nconnection: close\r\n");
                let _ =
                    stream.write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes()).await;
            });
        }
    });
    url
}

async fn stored(day: &Day, order: OrderId, kind: &str) -> usize {
    let mut conn = day.state.store.reader().await.unwrap();
    facts::of_order(&mut conn, order).await.unwrap().iter().filter(|fact| fact.kind == kind).count()
}

/// The open entries of the worklist, as a dispatcher reads them.
async fn worklist(day: &Day) -> Vec<(String, String)> {
    let voice = Voice { language: Language::En, zone: curbstop_tests::utility::zone(), now: now() };
    let entries = exceptions::list(&day.state, &voice, (None, None), 50).await.unwrap();
    entries.into_iter().map(|entry| (entry.order, entry.sentence)).collect()
}

async fn is_revoked(day: &Day, device: DeviceId) -> bool {
    enrolment::list(&day.state).await.unwrap().iter().any(|known| known.id == device && known.revoked_at.is_some())
}

async fn revoke(day: &Day, truck: &Truck) {
    let dispatcher = by_hand::dispatcher(&day.state).await;
    enrolment::revoke(&day.state, &dispatcher, truck.device()).await.unwrap();
}

on_both_engines! {
    /// The truck stands in the depot's guest network: whatever its portal answers, the tablet stays what it is and
    /// goes on as soon as the office is reached.
    async fn a_captive_portal_is_as_good_as_no_signal(db: TestDatabase) {
        let day = Day::with_stops(&db, 2).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        for status in ["401 Unauthorized", "403 Forbidden", "200 OK", "511 Network Authentication Required"] {
            truck.goes_to(&captive_portal(status).await);
            let before = truck.disk.clone();
            assert_eq!(truck.reaches_out().await, Err(Heard::NoSignal), "{status}");
            // The access token is over, so the tablet would like a new one first.
            truck.clock_off_us += Span::minutes(20).0;
            assert_eq!(truck.reaches_out().await, Err(Heard::NoSignal), "{status}");
            truck.clock_off_us -= Span::minutes(20).0;
            assert_eq!(truck.disk, before, "{status}");
        }
        truck.goes_to(&server.url());
        truck.reaches_out().await.unwrap();
        assert_eq!((truck.tablet.unsent(), stored(&day, day.orders[0].id, "visit").await), (0, 1));
    }

    /// The tablet's session ended while it was out. Dispatch gives a code; it is the same tablet again, and what it
    /// had not sent arrives as the crew's work.
    async fn a_tablet_that_enrols_again_delivers_what_it_held(db: TestDatabase) {
        let day = Day::with_stops(&db, 2).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let device = truck.device();
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let mut work = day.state.store.begin().await.unwrap();
        tokens::revoke_of_device(&mut work, device, now(), "for this story").await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(truck.reaches_out().await, Err(Heard::Over(Ended::NeedsCode)));
        truck.turns_off(&day.orders[1], "036500", "L-2");
        truck.is_killed();

        truck.enrols_again(&by_hand::enrolment_code(&day.state, day.crew).await).await;
        assert_eq!(truck.device(), device);
        truck.reaches_out().await.unwrap();
        assert_eq!((truck.tablet.unsent(), truck.tablet.state().attention.len()), (0, 0));
        for order in &day.orders {
            assert_eq!(stored(&day, order.id, "visit").await, 1);
        }
        assert!(worklist(&day).await.is_empty());
    }

    /// A tablet was reported lost, and still comes back with a cut that nobody knew of: kept for a decision, told to
    /// the dispatcher, not applied, and nothing of customers stays on the tablet.
    async fn a_revoked_tablet_hands_in_its_work_and_gets_nothing(db: TestDatabase) {
        let day = Day::with_stops(&db, 2).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let order = &day.orders[0];
        truck.turns_off(order, "036500", "L-1");
        revoke(&day, &truck).await;
        assert_eq!(truck.reaches_out().await, Err(Heard::Over(Ended::Revoked)));
        // The first answer is lost on the way: it hands in once more.
        let lost = truck.disk.clone();
        let (status, _) = truck.hands_in().await.unwrap();
        assert_eq!(status, 200);
        truck.disk = lost;
        truck.is_killed();
        assert_eq!(truck.tablet.unsent(), 1);
        truck.hands_in().await.unwrap();

        assert_eq!((truck.tablet.unsent(), truck.tablet.state().routes.len()), (0, 0));
        assert_eq!(stored(&day, order.id, "visit").await, 0, "nothing of it counts");
        let list = worklist(&day).await;
        assert_eq!(list.len(), 1, "{list:?}");
        assert_eq!(list[0].0, order_number(&day, order.id).await);
        let said = &list[0].1;
        assert!(said.starts_with("tablet was taken out of service at "), "{said}");
        assert!(said.contains("It handed in for this order: turned off, read 036500 "), "{said}");
        assert!(said.contains("(maria)"), "{said}");

        // Dispatch gives it back to the crew: another tablet to the office, and the day's route comes anew.
        let former = truck.device();
        truck.enrols_again(&by_hand::enrolment_code(&day.state, day.crew).await).await;
        assert_ne!(truck.device(), former);
        truck.reaches_out().await.unwrap();
        truck.turns_off(&truck.order_of("01-0002-01"), "036500", "L-2");
        truck.reaches_out().await.unwrap();
        assert_eq!(stored(&day, day.orders[1].id, "visit").await, 1);
        assert_eq!(worklist(&day).await.len(), 1, "only a person closes it");
    }

    /// The crew's tablet goes to another crew with work of the old one on it.
    async fn a_tablet_that_changes_crews_hands_in_what_it_owes_the_old_one(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let former = truck.device();
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let other = by_hand::another_crew(&day.state).await;
        truck.enrols_again(&by_hand::enrolment_code(&day.state, other).await).await;
        assert!(truck.device() != former && is_revoked(&day, former).await, "one tablet is not two");
        truck.reaches_out().await.unwrap();
        assert_eq!((truck.tablet.unsent(), truck.tablet.state().routes.len()), (0, 0));
        assert_eq!(worklist(&day).await.len(), 1);
    }

    /// Somebody who knows a tablet's id and public key can't hand anything in for it, nor take its place.
    async fn nobody_is_a_tablet_without_its_key(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let thief = TabletKey::of(b"thief");
        let mut request = Vec::new();
        ciborium::into_writer(&truck.tablet.request(now(), 0), &mut request).unwrap();
        let request = Bytes(request);
        let proof = thief.sign(&proofs::hand_in(&request));
        let hand_in = HandIn { v: 1, device: truck.device(), request, proof };
        let client = reqwest::Client::new();
        let url = format!("{}/api/v1/sync/hand-in", server.url());
        let answer = client.post(url).json(&hand_in).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401);
        assert!(answer.text().await.unwrap().contains("proof_invalid"));
        assert!(worklist(&day).await.is_empty());

        let code = by_hand::enrolment_code(&day.state, day.crew).await;
        let url = format!("{}/api/v1/devices/enrol", server.url());
        let mut body = serde_json::json!({ "code": code, "name": "12", "public_key": truck.public_key() });
        let as_the_truck = client.post(&url).json(&body).send().await.unwrap();
        let device = as_the_truck.json::<serde_json::Value>().await.unwrap()["device_id"].clone();
        assert_ne!(device, truck.device().to_string(), "without the proof it is another tablet");
        body["code"] = by_hand::enrolment_code(&day.state, day.crew).await.into();
        body["proof"] = thief.sign(&proofs::enrolment(body["code"].as_str().unwrap())).into();
        assert_eq!(client.post(&url).json(&body).send().await.unwrap().status().as_u16(), 401);
        truck.reaches_out().await.unwrap();
        assert_eq!(stored(&day, day.orders[0].id, "visit").await, 1);
    }

    /// One route of a tablet can't be read at the office: the other goes through, the broken one is said to have
    /// failed and nothing of it is lost.
    async fn one_broken_route_does_not_stop_the_other(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let broken = day.and_yesterdays_route().await;
        let mut server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        assert_eq!(truck.orders().len(), 2);
        truck.turns_off(&day.orders[0], "036500", "L-1");
        truck.writes_down(&truck.order_of("01-0900-01"), "gate is locked");
        let mut work = day.state.store.begin().await.unwrap();
        let good = documents::snapshot(&mut work, broken).await.unwrap().unwrap();
        documents::put_snapshot(&mut work, broken, good.0, b"not a document", now()).await.unwrap();
        work.commit().await.unwrap();
        // As after a restart: nothing of it is in memory.
        server.restart();
        truck.goes_to(&server.url());

        let answer = truck.reaches_out().await.unwrap();
        let failed: Vec<&str> = answer.docs.iter().filter(|doc| doc.failed.is_some()).map(|doc| doc.id.as_str()).collect();
        assert_eq!(failed, [broken.to_string()]);
        assert_eq!(stored(&day, day.orders[0].id, "visit").await, 1);
        assert_eq!(truck.tablet.unsent(), 1, "the note on the broken route is still the tablet's");

        let mut work = day.state.store.begin().await.unwrap();
        documents::put_snapshot(&mut work, broken, good.0, &good.1, now()).await.unwrap();
        work.commit().await.unwrap();
        truck.reaches_out().await.unwrap();
        assert_eq!(truck.tablet.unsent(), 0);
    }
}

on_both_engines! {
    /// The own crew leaves a note about the customer and turns the service off; the contractor with the same stop
    /// learns that it is off, and nothing that anybody wrote. Its document never held the words.
    async fn a_contractor_learns_what_was_done_and_no_words(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let contractor = day.and_a_contractor().await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let mut lou = by_hand::truck_of(&day.state, contractor, &server.url()).await;
        truck.writes_down(&day.orders[0], "Mrs Abernathy works nights");
        truck.turns_off(&day.orders[0], "036500", "L-1");
        truck.reaches_out().await.unwrap();
        lou.reaches_out().await.unwrap();

        let document = lou.tablet.state().routes.values().next().unwrap().doc.clone();
        let kinds = |kind: &str| {
            document.facts().values().filter(|fact| fact.raw.read().unwrap().body.kind().code() == kind).count()
        };
        assert_eq!((kinds("visit"), kinds("work"), kinds("reading"), kinds("note")), (1, 1, 1, 0));
        let words = format!("{:?}", document.facts());
        assert!(!words.contains("Abernathy"), "{words}");
        assert_eq!(stored(&day, day.orders[0].id, "note").await, 1, "the office reads it");
        let own = truck.tablet.state().routes[&day.route].doc.facts();
        assert!(format!("{own:?}").contains("Abernathy"));
    }
}

async fn order_number(day: &Day, order: OrderId) -> String {
    let mut conn = day.state.store.reader().await.unwrap();
    curbstop_server::store::orders::by_id(&mut conn, order).await.unwrap().unwrap().number
}

/// Heads are stored for each tablet: nobody makes the server store thousands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_have_a_limit() {
    let Some(db) = TestDatabase::fresh(curbstop_tests::database::Engine::Sqlite).await else { return };
    let day = Day::with_stops(&db, 1).await;
    let server = by_hand::server(&db);
    let mut truck = day.truck(&server.url()).await;
    let heads = (0..257_u32).map(|n| Bytes([n.to_le_bytes(); 8].concat())).collect();
    let request = SyncRequest {
        v: 1,
        sent_at: now(),
        uptime_ms: 0,
        docs: vec![DocRequest { id: day.route, heads, changes: Vec::new() }],
        people: None,
    };
    let refused = truck.sends(&request).await.unwrap_err();
    assert!(refused.contains("too_many_heads"), "{refused}");
}
