//! A supervisor decides on work that a tablet out of service handed in: taken in it counts as if that tablet had synced.

use crate::{of_doc, unsent};
use automerge::ActorId;
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Note, Release},
    ids::{FactId, OrderId, PersonId},
    sync::wire::Bytes,
    time::Span,
    vocabulary::{ReleaseReason, Source},
};
use curbstop_tests::{
    desk::{Answer, Desk, text},
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Somebody who decides.
async fn supervisor(utility: &Utility, login: &str) -> Desk {
    utility.server.command(&["user", "add", login, "--role", "supervisor"], &format!("{PASSWORD}\n"));
    Desk::sign_in(&utility.server.url(), login, PASSWORD).await
}

/// The day is on the road; the truck has turned these off, and dispatch takes its tablet out of service before it is
/// heard of.
async fn lost_after_cuts(db: &curbstop_tests::database::TestDatabase, letters: &str) -> (Utility, Truck) {
    let utility = Utility::opens(db).await;
    utility.publishes().await;
    let mut truck = utility.truck(&utility.server.url()).await;
    for (n, letter) in (1..).zip(letters.chars()) {
        let order = truck.order_of(account(letter));
        truck.turns_off(&order, "036500", &format!("L-{n}"));
    }
    let _ = utility.dispatcher.post(&format!("/devices/{}/revoke", truck.device()), json!({})).await.good();
    (utility, truck)
}

/// The tablet hears that it is out of service, and hands in what it holds.
async fn hands_in(truck: &mut Truck) {
    assert!(truck.reaches_out().await.is_err(), "it is out of service");
    assert_eq!(truck.hands_in().await.unwrap().0, 200);
}

async fn entries(desk: &Desk, letter: char) -> Vec<Value> {
    let answer = desk.get(&format!("/exceptions?account={}", account(letter))).await.good();
    answer["exceptions"].as_array().unwrap().clone()
}

fn kinds(entries: &[Value]) -> Vec<String> {
    let mut kinds: Vec<String> = entries.iter().map(|entry| text(&entry["kind"])).collect();
    kinds.sort();
    kinds
}

async fn acts(desk: &Desk, entry: &str, action: &str) -> Answer {
    desk.post(&format!("/exceptions/{entry}/actions"), json!({ "action": action, "why": "Maria says so" })).await
}

async fn orders(utility: &Utility, letter: char, kind: &str) -> Vec<Value> {
    let path = format!("/orders?account={}&kind={kind}", account(letter));
    utility.office.get(&path).await.good()["orders"].as_array().unwrap().clone()
}

on_both_engines! {
    /// A was cut at the door; the office knew nothing of it and took A's payment. Taken in, the cut is what it would
    /// have been: it crossed the payment, and one reconnect follows. B and C, of the same tablet, are in with it.
    async fn taken_in_a_cut_that_crossed_a_payment_brings_one_reconnect(db: TestDatabase) {
        let (utility, mut truck) = lost_after_cuts(&db, "ABC").await;
        let chief = supervisor(&utility, "chief").await;
        let _ = utility.pays('A', wall_clock() - Span::minutes(30)).await;
        hands_in(&mut truck).await;
        let [entry] = &entries(&chief, 'A').await[..] else { panic!("one question at A") };
        assert_eq!((text(&entry["kind"]), &entry["handed_in"], text(&entry["owner"])), ("quarantined_fact".into(), &json!(true), "supervisor".into()));
        let id = text(&entry["id"]);
        let first_line = format!("/accounts/{}", account('A'));
        let said = text(&chief.get(&first_line).await.good()["answer"]["said"]);
        assert!(said.starts_with("Not sure: a tablet out of service"), "nobody is told on the phone that A is on: {said}");

        assert_eq!(acts(&utility.dispatcher, &id, "take_in").await.code(), "role_forbids");
        assert_eq!(acts(&utility.dispatcher, &id, "resolve").await.code(), "decision_needed");
        let other = supervisor(&utility, "other").await;
        let (one, two) = tokio::join!(acts(&chief, &id, "take_in"), acts(&other, &id, "take_in"));
        let (done, late) = if one.status.is_success() { (one, two) } else { (two, one) };
        assert_eq!(late.code(), "exception_closed", "it is taken in once");
        let done = done.good();
        assert_eq!((text(&done["state"]), &done["work"]["saves"]), ("resolved".into(), &json!(3)), "{done}");
        assert_eq!(done["work"]["reconnects"].as_array().unwrap().len(), 1, "{done}");

        assert_eq!(kinds(&entries(&chief, 'A').await), ["cut_crossed_release"]);
        let [reconnect] = &orders(&utility, 'A', "reconnect").await[..] else { panic!("one reconnect") };
        assert_eq!(text(&reconnect["reason"]), "wrongful_cut");
        let said = text(&chief.get(&first_line).await.good()["answer"]["said"]);
        assert!(!said.contains("Not sure"), "{said}");
        for letter in ['B', 'C'] {
            assert!(entries(&chief, letter).await.is_empty(), "{letter} is in with A");
            assert_eq!(text(&orders(&utility, letter, "turn_off").await[0]["state"]), "done");
        }
        // Handed in once more: it has its receipts, and asks nobody anything.
        truck.hands_in().await;
        assert_eq!(kinds(&entries(&chief, 'A').await), ["cut_crossed_release"]);
        assert_eq!(acts(&chief, &id, "take_in").await.code(), "exception_closed");
    }

    /// A and B were cut, and nobody has decided on that work. Then B pays: by that work somebody who paid is off, so the
    /// question rises before A's, on the worklist and on dispatch's list, and says so.
    async fn undecided_work_rises_when_its_customer_pays(db: TestDatabase) {
        let (utility, mut truck) = lost_after_cuts(&db, "AB").await;
        hands_in(&mut truck).await;
        let listed = async |urgent: bool| {
            let all = utility.dispatcher.get("/exceptions").await.good();
            let all = all["exceptions"].as_array().unwrap().clone();
            assert_eq!(all.iter().filter(|entry| entry["urgent"] == true).count(), usize::from(urgent), "{all:?}");
            all.into_iter().map(|entry| (text(&entry["account"]), text(&entry["sentence"]))).collect::<Vec<_>>()
        };
        assert!(listed(false).await.iter().all(|(_, said)| !said.contains("has paid")));
        let _ = utility.pays('B', wall_clock()).await;
        let all = listed(true).await;
        assert_eq!(all[0].0, account('B'), "{all:?}");
        assert!(all[0].1.starts_with("The customer has paid, and by this work is off: decide on it now"), "{all:?}");
        let id = text(&entries(&utility.dispatcher, 'B').await[0]["id"]);
        assert_eq!(acts(&utility.dispatcher, &id, "resolve").await.code(), "decision_needed");
    }

    /// The crew recorded the cut again on another tablet, as it was told to: then there are two, and a person looks.
    async fn taken_in_what_was_recorded_again_is_a_duplicate(db: TestDatabase) {
        let (utility, mut truck) = lost_after_cuts(&db, "A").await;
        let chief = supervisor(&utility, "chief").await;
        hands_in(&mut truck).await;
        let mut again = utility.truck(&utility.server.url()).await;
        again.turns_off(&again.order_of(account('A')), "036500", "L-1");
        again.sync().await;
        let id = text(&entries(&chief, 'A').await[0]["id"]);
        let _ = acts(&chief, &id, "take_in").await.good();
        assert_eq!(kinds(&entries(&chief, 'A').await), ["duplicate_visit"]);
    }

    /// Among a crew's honest work is a change of another hand, one in the name of a stranger, and an honest one that
    /// builds on that. What is honest goes in; of the others somebody reads why not, and they stay kept.
    async fn what_is_forged_stays_out_and_the_honest_rest_goes_in(db: TestDatabase) {
        let (utility, truck) = lost_after_cuts(&db, "AB").await;
        let chief = supervisor(&utility, "chief").await;
        let request = unsent(&truck);
        let id = request.docs[0].id;
        let route = &truck.tablet.state().routes[&id];
        let [c, d, e] = ['C', 'D', 'E'].map(|letter| truck.order_of(account(letter)).id);
        let maria = route.doc.facts().values().find_map(|fact| fact.raw.read().unwrap().header.and_then(|header| header.by));
        let note = |n: u128, order: OrderId, by: Option<PersonId>| {
            let header = Header { order, at: wall_clock(), by, device: Some(truck.device()) };
            let body = FactBody::Note(Note { text: "gate open".into(), visit: None });
            Fact::new(FactId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + n)), header, body)
        };
        let mut document = route.doc.clone();
        let foreign = document.clone().add_facts_now(&ActorId::random(), &[note(1, c, maria)]).unwrap();
        let actor = route.actor.as_ref().unwrap();
        let nobodys = document.add_facts_now(actor, &[note(2, d, None)]).unwrap();
        let on_top = document.add_facts_now(actor, &[note(3, e, maria)]).unwrap();
        let forged = [foreign, nobodys, on_top].map(|change| Bytes(change.raw_bytes().to_vec()));
        let changes = request.docs[0].changes.iter().cloned().chain(forged).collect();
        let receipts = truck.hands_in_this(&of_doc(&request, id, changes)).await.unwrap();
        assert_eq!(receipts.docs[0].quarantined.len(), 5);

        let entry = text(&entries(&chief, 'B').await[0]["id"]);
        let done = acts(&chief, &entry, "take_in").await.good();
        assert_eq!((text(&done["state"]), &done["work"]["saves"]), ("resolved".into(), &json!(3)), "{done}");
        let mut refused: Vec<String> =
            done["work"]["refused"].as_array().unwrap().iter().map(|one| text(&one["code"])).collect();
        refused.sort();
        assert_eq!(refused, ["foreign_author", "wrong_actor"], "{done}");
        for letter in ['A', 'B'] {
            assert_eq!(text(&orders(&utility, letter, "turn_off").await[0]["state"]), "done");
        }
        let [open] = &entries(&chief, 'D').await[..] else { panic!("D's entry stays open") };
        assert!(text(&open["sentence"]).contains("not taken in: it does not say who did it"), "{open}");
        assert_eq!(acts(&chief, &text(&open["id"]), "take_in").await.good()["work"]["saves"], json!(0), "as before");
        let aside = acts(&chief, &text(&open["id"]), "set_aside").await.good();
        assert_eq!(text(&aside["state"]), "resolved");
        assert!(entries(&chief, 'D').await.is_empty());
        assert!(entries(&chief, 'E').await.is_empty(), "what builds on it went in without it");
    }

    /// A was not cut after all and is set aside, B, C and D were: they were saved after A, and each counts once, however
    /// often somebody decides. The cut of C crossed a payment that the tablet never knew of, and still did not know.
    async fn what_was_saved_after_a_save_that_is_set_aside_goes_in(db: TestDatabase) {
        let (utility, mut truck) = lost_after_cuts(&db, "ABCD").await;
        let chief = supervisor(&utility, "chief").await;
        let _ = utility.pays('C', wall_clock() - Span::minutes(30)).await;
        hands_in(&mut truck).await;
        let entry = async |letter| text(&entries(&chief, letter).await[0]["id"]);
        let (a, b) = (entry('A').await, entry('B').await);
        let _ = acts(&chief, &a, "set_aside").await.good();
        let done = acts(&chief, &b, "take_in").await.good();
        assert_eq!((&done["work"]["saves"], &done["work"]["refused"]), (&json!(3), &json!([])), "{done}");
        for letter in ['B', 'C', 'D'] {
            assert_eq!(text(&orders(&utility, letter, "turn_off").await[0]["state"]), "done", "{letter}");
        }
        assert_eq!(text(&orders(&utility, 'A', "turn_off").await[0]["state"]), "open", "A does not count");
        assert_eq!(kinds(&entries(&chief, 'C').await), ["cut_crossed_release"], "it is nobody's fault");
        assert!(entries(&chief, 'B').await.is_empty() && entries(&chief, 'D').await.is_empty());

        // Handed in once more, and A looked at again: it goes in where it stood, and nothing counts twice.
        truck.hands_in().await;
        let _ = acts(&chief, &a, "open_again").await.good();
        let done = acts(&chief, &a, "take_in").await.good();
        assert_eq!((&done["work"]["saves"], &done["work"]["refused"]), (&json!(1), &json!([])), "{done}");
        assert_eq!(text(&orders(&utility, 'A', "turn_off").await[0]["state"]), "done");
        for letter in ['A', 'B', 'D'] {
            assert!(entries(&chief, letter).await.is_empty(), "{letter}");
        }
    }

    /// The tablet handed its work in and then synced it all the same: it counts, so nobody can set it aside.
    async fn what_the_tablet_has_sent_by_itself_counts_and_is_not_set_aside(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let chief = supervisor(&utility, "chief").await;
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.turns_off(&truck.order_of(account('A')), "036500", "L-1");
        truck.hands_in_this(&unsent(&truck)).await.unwrap();
        truck.sync().await;
        assert_eq!(text(&orders(&utility, 'A', "turn_off").await[0]["state"]), "done");
        let id = text(&entries(&chief, 'A').await[0]["id"]);
        let refused = acts(&chief, &id, "set_aside").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "counts_already"), "{}", refused.body);
        assert!(text(&refused.body["detail"]).starts_with("This counts already"), "{}", refused.body);
        let done = acts(&chief, &id, "take_in").await.good();
        assert_eq!((text(&done["state"]), &done["work"]["refused"]), ("resolved".into(), &json!([])), "{done}");
        assert!(entries(&chief, 'A').await.is_empty(), "no second visit came of it");
    }

    /// Whoever has the tablet tries to let B off: who decides reads that, and it never goes in.
    async fn a_release_in_the_offices_name_is_called_what_it_is(db: TestDatabase) {
        let (utility, truck) = lost_after_cuts(&db, "A").await;
        let chief = supervisor(&utility, "chief").await;
        let id = *truck.tablet.state().routes.keys().next().unwrap();
        let route = &truck.tablet.state().routes[&id];
        let release = Release {
            reason: ReleaseReason::PaymentReceived, lines: "*".into(), source: Source::Office, verified: true,
            paid_at: None, recorded_at: None, confirmation: None,
        };
        let maria = route.doc.facts().values().find_map(|fact| fact.raw.read().unwrap().header.and_then(|header| header.by));
        let header = Header { order: truck.order_of(account('B')).id, at: wall_clock(), by: maria, device: Some(truck.device()) };
        let fact = FactId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0009));
        let fact = Fact::new(fact, header, FactBody::Release(release));
        let change = route.doc.clone().add_facts_now(route.actor.as_ref().unwrap(), &[fact]).unwrap();
        let change = Bytes(change.raw_bytes().to_vec());
        truck.hands_in_this(&of_doc(&unsent(&truck), id, vec![change])).await.unwrap();
        let [entry] = &entries(&chief, 'B').await[..] else { panic!("one question") };
        assert!(text(&entry["sentence"]).contains("it tries to release the account, as only the office may"), "{entry}");
        let done = acts(&chief, &text(&entry["id"]), "take_in").await.good();
        assert_eq!((&done["work"]["saves"], text(&done["work"]["refused"][0]["code"])), (&json!(0), "role_forbids".into()), "{done}");
    }

    /// The request says an hour a hundred and sixty years off: nobody can say from it when A was cut, only that the clock
    /// is wrong. It was not before the route came out, so not on an earlier day.
    async fn a_wrong_hour_of_handing_in_makes_no_work_late(db: TestDatabase) {
        let (utility, truck) = lost_after_cuts(&db, "A").await;
        let chief = supervisor(&utility, "chief").await;
        let mut request = unsent(&truck);
        request.sent_at = request.sent_at + Span::minutes(86_743_545);
        truck.hands_in_this(&request).await.unwrap();
        let _ = acts(&chief, &text(&entries(&chief, 'A').await[0]["id"]), "take_in").await.good();
        let [clock] = &entries(&chief, 'A').await[..] else { panic!("the clock alone") };
        assert_eq!(text(&clock["kind"]), "clock_suspect");
        assert!(text(&clock["sentence"]).contains("is more than a day off"), "{clock}");
    }

    /// Set aside nothing counts and everything is kept; opened again it can be taken in.
    async fn set_aside_and_opened_again(db: TestDatabase) {
        let (utility, mut truck) = lost_after_cuts(&db, "AB").await;
        let chief = supervisor(&utility, "chief").await;
        hands_in(&mut truck).await;
        let id = text(&entries(&chief, 'A').await[0]["id"]);
        assert_eq!(acts(&chief, &id, "open_again").await.code(), "exception_closed");
        let unsaid = json!({ "action": "set_aside", "why": " " });
        assert_eq!(chief.post(&format!("/exceptions/{id}/actions"), unsaid).await.code(), "why_missing");
        let aside = acts(&chief, &id, "set_aside").await.good();
        assert_eq!((text(&aside["state"]), &aside["work"]["saves"]), ("resolved".into(), &json!(1)));
        assert!(entries(&chief, 'A').await.is_empty());
        assert_eq!(text(&orders(&utility, 'A', "turn_off").await[0]["state"]), "open", "nothing of it counts");
        assert_eq!(acts(&chief, &id, "take_in").await.code(), "exception_closed");

        let again = acts(&chief, &id, "open_again").await.good();
        assert_eq!((text(&again["state"]), text(&again["id"])), ("open".into(), id.clone()));
        let [open] = &entries(&chief, 'A').await[..] else { panic!("it is a question again") };
        assert!(text(&open["sentence"]).contains("turned off, read 036500"), "{open}");
        assert_eq!(acts(&chief, &id, "open_again").await.code(), "exception_closed");
        let done = acts(&chief, &id, "take_in").await.good();
        assert_eq!(done["work"]["saves"], json!(2), "B goes in with it: {done}");
        assert_eq!(text(&orders(&utility, 'A', "turn_off").await[0]["state"]), "done");
        assert!(entries(&chief, 'B').await.is_empty());
    }
}
