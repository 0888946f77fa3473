//! A tablet from its code to the end of its service, as the dispatcher sees it.

use crate::visitor::Visitor;
use curbstop_tests::{
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility},
};
use reqwest::StatusCode;

on_both_engines! {
    /// A route is out and nobody carries it: the board says so, the page gives the code, and the tablet has the route.
    async fn a_crew_gets_its_tablet_and_a_lost_one_goes_out_of_service(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let base = utility.server.url();
        let mut dispatch = Visitor::signs_in(&base, "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("Truck 12 · no tablet").shows("Make a code and enrol one").shows("href=\"/dispatch/tablets\"");
        let page = dispatch.opens("/dispatch/tablets").await;
        page.shows("No tablet is enrolled").shows("No tablet yet:").shows("Truck 12");
        let code = dispatch.posts("/dispatch/tablets/codes", &[("crew", &utility.crew)]).await;
        code.shows("Good for one tablet, until").shows("<svg").does_not_show("<?xml").does_not_show(" style=");
        let letters: String = code.html.split("class=\"letters").nth(1).unwrap().split("</p>").next().unwrap()
            .split("<span>").skip(1).map(|group| group.split('<').next().unwrap()).collect();
        let mut truck = Truck::enrol(&base, &letters, "tablet 12").await;
        dispatch.opens("/dispatch").await.shows("Truck 12 · route not fetched").does_not_show("Truck 12 · no tablet");
        truck.sync().await;
        truck.sync().await;
        dispatch.opens("/dispatch").await.does_not_show("route not fetched");
        let page = dispatch.opens("/dispatch/tablets").await;
        page.shows("tablet 12").shows("has everything, as of").does_not_show("No tablet yet:");
        let path = page.html.split("href=\"").map(|rest| rest.split('"').next().unwrap()).find(|href| href.ends_with("/revoke")).unwrap().to_owned();
        dispatch.opens(&path).await.shows("Work that it has not sent is not taken over by itself.").shows("comes to the exceptions").shows("Last contact:");
        assert_eq!(dispatch.posts(&path, &[]).await.location.as_deref(), Some("/dispatch/tablets"));
        dispatch.opens("/dispatch/tablets").await.shows("out of service").shows("No tablet yet:");
        assert!(truck.try_sync().await.unwrap_err().contains("device_revoked"));
        // It still holds the route, so nobody may think that no cut can happen.
        utility.pays('A', wall_clock()).await;
        let board = dispatch.opens("/dispatch").await;
        board.shows("tablet 12 (out of service)").shows("it still holds 5 cuts");
        // Published again, the day is on no tablet; the lost one still has the morning's route.
        utility.publishes().await;
        utility.pays('B', wall_clock()).await;
        let board = dispatch.opens("/dispatch").await;
        board.shows("tablet 12 (out of service): still has an older route of the day").shows("it still holds 4 cuts");
        board.shows("tablet 12 (out of service) has not seen it, last contact");
        board.does_not_show("no tablet with its route was heard of").does_not_show("no tablet is enrolled for this crew");
    }

    /// A tablet fetches its route once and is stolen before its next call: it may be making cuts, so it stays on the
    /// board with them.
    async fn a_tablet_that_is_lost_right_after_its_route_was_sent_stays_on_the_board(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let code = utility.enrolment_code().await;
        let mut truck = Truck::enrol(&utility.server.url(), &code, "tablet 12").await;
        truck.request_without_answer().await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch").await;
        board.shows("was sent the route").does_not_show("has not fetched the route");
        dispatch.posts(&format!("/dispatch/tablets/{}/revoke", truck.device()), &[]).await;
        let board = dispatch.opens("/dispatch").await;
        board.shows("tablet 12 (out of service)").shows("it still holds 6 cuts");
    }

    /// The office sees no tablets; an auditor sees them and changes nothing.
    async fn codes_are_made_by_those_who_may(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.server.command(&["user", "add", "auditor", "--role", "auditor"], &format!("{PASSWORD}\n"));
        let base = utility.server.url();
        let mut office = Visitor::signs_in(&base, "office").await;
        office.opens("/dispatch").await.does_not_show("href=\"/dispatch/tablets\"");
        assert_eq!(office.opens("/dispatch/tablets").await.status, StatusCode::FORBIDDEN);
        let mut auditor = Visitor::signs_in(&base, "auditor").await;
        auditor.opens("/dispatch/tablets").await.shows("No tablet is enrolled").does_not_show("Make a code");
        assert_eq!(auditor.posts("/dispatch/tablets/codes", &[("crew", &utility.crew)]).await.status, StatusCode::FORBIDDEN);
    }
}
