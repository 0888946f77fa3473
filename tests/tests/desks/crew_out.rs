//! "Truck 12 stays in today", said on the board and taken back there.

use crate::visitor::Visitor;
use curbstop_tests::{
    on_both_engines,
    utility::{PASSWORD, Utility},
};
use reqwest::StatusCode;

on_both_engines! {
    /// Each stop that is still to be done says that nobody goes there; who only looks has no button.
    async fn a_dispatcher_says_that_a_truck_is_out_and_takes_it_back(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let path = format!("/dispatch/crews/{}/out", utility.crew);
        let said = |out| [("date", utility.date.as_str()), ("out", out)];
        utility.server.command(&["user", "add", "audit", "--role", "auditor"], &format!("{PASSWORD}\n"));
        let mut auditor = Visitor::signs_in(&utility.server.url(), "audit").await;
        auditor.opens("/dispatch").await.shows("Truck 12").does_not_show(&path);
        assert_eq!(auditor.posts(&path, &said("true")).await.status, StatusCode::FORBIDDEN);

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("Truck 12 stays in today</button>").does_not_show("nobody goes there");
        let told = dispatch.posts_in_place(&path, &said("true")).await;
        told.shows("Truck 12 stays in today. Nobody goes to its stops: T-");
        let board = dispatch.opens("/dispatch").await;
        board.shows("stays in today</span>").shows("goes out after all</button>").shows("5 stops are nobody&#39;s");
        assert_eq!(board.html.matches("Truck 12 stays in today: nobody goes there.").count(), 5, "all but what was done");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens("/dispatch?view=lanes").await.shows("hoy no sale").shows("no sale hoy: no va nadie.");
        let after_all = dispatch.posts(&path, &said("false")).await;
        assert_eq!(after_all.status, StatusCode::SEE_OTHER);
        dispatch.opens("/dispatch").await.does_not_show("no va nadie").shows("Truck 12 no sale hoy</button>");
    }
}
