//! A tablet fails, and the crew drives with its route on paper: what is needed at the door, and nobody's name.

use crate::visitor::Visitor;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account},
};
use reqwest::StatusCode;
use serde_json::json;

on_both_engines! {
    /// A is done, B has paid: both stay on the sheet, struck out with the word. C has a dog.
    async fn a_route_is_printed_with_what_is_needed_at_each_door_and_no_name(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let _ = utility.pays('B', wall_clock()).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let path = format!("/dispatch/routes/{}/sheet", text(&routes["routes"][0]["id"]));
        dispatch.opens("/dispatch").await.shows(&format!("href=\"{path}\""));
        let sheet = dispatch.opens(&path).await;
        sheet.shows("Truck 12").shows("generation 1").shows("Call dispatch 555-0100 before each cut.");
        for (letter, street, meter) in [('A', "100 ALDER ST", "70000001"), ('C', "300 ALDER ST", "70000003"), ('F', "600 ALDER ST", "70000006")] {
            let place = sheet.html.find(street).unwrap();
            assert!(sheet.html[place..].contains(meter), "{letter}'s meter");
            sheet.does_not_show(account(letter));
        }
        assert_eq!(sheet.html.matches("data-stop=").count(), 6, "nobody is left out");
        let places: Vec<usize> = (1..=6).map(|n| sheet.html.find(&format!("{n}00 ALDER ST")).unwrap()).collect();
        assert!(places.is_sorted(), "in the order of the route");
        let row = |street: &str| sheet.html.split("<tr").find(|row| row.contains(street)).unwrap().to_owned();
        assert!(row("100 ALDER").contains("class=\"over\"") && row("100 ALDER").contains("DONE"), "{}", row("100 ALDER"));
        assert!(row("200 ALDER").contains("class=\"over\"") && row("200 ALDER").contains("do not"), "{}", row("200 ALDER"));
        assert!(!row("300 ALDER").contains("class=\"over\"") && row("300 ALDER").contains("dog"), "{}", row("300 ALDER"));
        assert!(row("300 ALDER").contains("CURB"), "where the meter is");
        for secret in ["NDERSON", "99.99", "$"] {
            sheet.does_not_show(secret);
        }
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens(&path).await.shows("Llame a despacho 555-0100 antes de cada corte.").shows("HECHA");

        let _ = utility.publishes().await;
        dispatch.opens(&path).await.shows("REEMPLAZADA por una generación posterior");
        let nowhere = format!("/dispatch/routes/{}/sheet", "01a2042b-954e-7d4b-bad2-6f7e2759f341");
        assert_eq!(dispatch.opens(&nowhere).await.status, StatusCode::NOT_FOUND);
        utility.server.command(&["user", "add", "cis", "--role", "cis"], &format!("{PASSWORD}\n"));
        let mut machine = Visitor::signs_in(&utility.server.url(), "cis").await;
        assert_eq!(machine.opens(&path).await.status, StatusCode::FORBIDDEN);
    }

    /// A reconnect that goes onto a route that is out is on the next print of its sheet.
    async fn a_reconnect_that_was_added_is_on_the_next_print(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let paid = utility.pays('A', wall_clock()).await;
        let (order, number) = (text(&paid["reconnects"][0]["order_id"]), text(&paid["reconnects"][0]["order"]));
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&routes["routes"][0]["id"]);
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let path = format!("/dispatch/routes/{route}/sheet");
        dispatch.opens(&path).await.does_not_show(&format!("data-stop=\"{number}\""));
        let _ = utility.dispatcher.post(&format!("/routes/{route}/orders"), json!({ "order_id": order })).await.good();
        let sheet = dispatch.opens(&path).await;
        sheet.shows(&format!("data-stop=\"{number}\"")).shows("7 stops");
        // Where the lock is and what it is called, what the dial said, and by when: the crew has no screen to ask.
        let row = sheet.html.split(&format!("data-stop=\"{number}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(row.contains("(curb stop locked, lock L-1, read 036500)") && row.contains("Water <b>"), "{row}");
        assert!(row.contains(">by "), "{row}");
    }
}
