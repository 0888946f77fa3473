//! What an order asks for, from publishing to the desks: the crew brings it, or says why not, and the office reads that.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_field::core::Exhibit;
use curbstop_shared::{sync::wire::Bytes, vocabulary::EvidenceKind};
use curbstop_tests::{
    on_both_engines,
    utility::{Utility, account},
};
use sha2::{Digest as _, Sha256};

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
        truck.turns_off(&order, "036500", "L-1");
        let order = truck.order_of(account('B'));
        truck.opens_the_act(&order);
        truck.notes_down(order.id, |draft| {
            let exhibit = |what, bytes: &[u8]| Exhibit {
                what,
                sha256: Bytes(Sha256::digest(bytes).to_vec()),
                size: 4,
                media_type: "image/png".into(),
            };
            draft.exhibits.push(exhibit(EvidenceKind::Photo, b"lock"));
            draft.exhibits.push(exhibit(EvidenceKind::Signature, b"sign"));
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
}
