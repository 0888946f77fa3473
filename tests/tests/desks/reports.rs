//! The reports as pages: who sees which, what they say first, the file beside the table.

use super::*;

on_both_engines! {
    /// A supervisor reads the day in a sentence, goes from who is off to the order's whole way, and takes the file along.
    async fn a_supervisor_reads_the_day_and_takes_the_file_along(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "AB").await;
        let dog = truck.order_of(account('C'));
        truck.is_stopped_by(&dog, UnableCode::Dog);
        truck.sync().await;
        utility.pays('A', wall_clock()).await;
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        let mut desk = Visitor::signs_in(&utility.server.url(), "supervisor").await;

        let page = desk.opens("/reports").await;
        page.shows("Crews came to 3 of 6 stops. 2 visits did the work, 1 could not").shows("Truck 12").shows("dog");
        page.shows("Nothing on record says that somebody was cut who should not be.");
        for inline in [" style=", "<style", "onclick=", "<script>"] {
            page.does_not_show(inline);
        }
        let off = desk.opens("/reports/off").await;
        off.shows("2 services are off; 1 of them released: give these back").shows(account('A'));
        let number = text(&utility.office.get(&format!("/orders/{}", truck.order_of(account('A')).id)).await.good()["number"]);
        off.shows(&format!("/reports/orders/{number}"));
        let way = desk.opens(&format!("/reports/orders/{number}")).await;
        // This town's notices are of the very day: an auditor has to see that.
        way.shows("Released only after the cut").shows("0 days before the cut").shows("did not hold");
        way.shows("payment recorded").shows("The listing");
        desk.opens("/reports/exceptions").await.shows("What needed a person");
        desk.opens("/reports/readings").await.shows("Every reading of these days looked right.");
        desk.opens("/reports/productivity").await.shows("3 visits in 1 day of a crew.");
        desk.opens("/reports/audit?person=dispatcher").await.shows("The chain is whole:").shows("listing made final");
        desk.opens("/reports/sample?every=2").await.shows("1 of 3 orders: one in every 2");

        let file = desk.opens("/reports/off.csv").await;
        assert!(file.html.starts_with('\u{feff}') && file.html.contains(account('B')), "{}", file.html);
        let refused = desk.opens("/reports?from=2026-02-02&to=2026-02-01").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows("The last day lies before the first.");
        desk.posts("/language", &[("language", "es"), ("back", "/reports")]).await;
        desk.opens("/reports").await.shows("Las cuadrillas llegaron a 3 de 6 paradas.");
    }

    /// The trail and what leads to it are not for every desk.
    async fn the_trail_is_not_for_every_desk(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        for (role, reports, trail) in [("office", true, false), ("dispatcher", true, false), ("auditor", true, true), ("cis", false, false)] {
            if matches!(role, "auditor" | "cis") {
                utility.server.command(&["user", "add", role, "--role", role], &format!("{PASSWORD}\n"));
            }
            let status = |may: bool| if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            let mut desk = Visitor::signs_in(&utility.server.url(), role).await;
            for page in ["", "/off", "/exceptions", "/readings", "/productivity", "/collection.csv", "/off.csv", "/exceptions.csv", "/readings.csv", "/productivity.csv"] {
                assert_eq!(desk.opens(&format!("/reports{page}")).await.status, status(reports), "{role} at {page}");
            }
            for page in ["/audit", "/audit.csv", "/sample", "/orders/T-1"] {
                assert_eq!(desk.opens(&format!("/reports{page}")).await.status, status(trail), "{role} at {page}");
            }
            if reports {
                assert_eq!(desk.opens("/reports/off").await.html.contains("/reports/orders/"), trail, "{role}");
            }
        }
        let stranger = Visitor::at(&utility.server.url()).opens("/reports/audit").await;
        assert_eq!(stranger.location.as_deref(), Some("/?next=/reports/audit"));
    }
}
