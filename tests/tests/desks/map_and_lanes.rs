//! The day on the town's streets, and by time: where each stop is, how it stands, when somebody was there.

use crate::visitor::{Page, Visitor};
use curbstop_tests::{
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};

/// The stop of an account as it is drawn: all between its opening and its closing.
fn drawn(page: &Page, letter: char) -> String {
    let of_account = format!("/office/accounts/{}#", account(letter));
    let found = page.html.split("<a class=\"pin ").skip(1).find(|pin| pin.contains(&of_account));
    let found = found.unwrap_or_else(|| panic!("{letter} is not drawn: {}", page.html));
    found.split("</a>").next().unwrap_or_default().to_owned()
}

on_both_engines! {
    /// A is cut, B has paid meanwhile and nobody goes there, C is the next stop. Alder Street is drawn from the six houses
    /// along it.
    async fn the_map_shows_each_stop_on_its_street_and_how_it_stands(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let _ = utility.pays('B', wall_clock()).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let day = format!("/dispatch?date={}", utility.date);
        let path = format!("{day}&view=map");
        dispatch.opens(&day).await.shows(&format!("href=\"{}\"", path.replace('&', "&amp;")));

        let map = dispatch.opens(&path).await;
        map.shows("<polyline class=\"road\"").shows(">ALDER ST</text>").shows("aria-label=\"Truck 12\"").shows("Needs attention");
        assert!(drawn(&map, 'A').starts_with("done\""), "{}", drawn(&map, 'A'));
        assert!(drawn(&map, 'B').starts_with("restore\""), "{}", drawn(&map, 'B'));
        assert!(drawn(&map, 'C').starts_with("todo next\"") && drawn(&map, 'C').contains("300 ALDER ST"), "{}", drawn(&map, 'C'));
        assert_eq!(map.html.matches("<a class=\"pin ").count(), 6, "all of them");
        let way = map.html.split("class=\"way\" points=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(way.split(' ').count(), 6, "one line through all stops: {way}");
        // The houses stand farther north with each hundred: north is up.
        let south: Vec<f64> = way.split(' ').map(|at| at.split_once(',').unwrap().1.parse().unwrap()).collect();
        assert!(south.is_sorted_by(|from, to| from > to), "{south:?}");
        map.does_not_show(" style=").does_not_show("NDERSON");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens(&path).await.shows("retirada: no cortar").shows("Por hora");
        // A pays: the stop that was done is somebody who waits for the water.
        let _ = utility.pays('A', wall_clock()).await;
        let map = dispatch.opens(&path).await;
        assert!(drawn(&map, 'A').starts_with("owed\""), "{}", drawn(&map, 'A'));
    }

    /// What is on the map comes by itself: the desk asks for the same view again.
    async fn a_view_stays_live(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "").await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        for view in ["map", "lanes"] {
            let live = format!("/dispatch/board?date={}&view={view}", utility.date);
            dispatch
                .opens(&format!("/dispatch?date={}&view={view}", utility.date))
                .await
                .shows(&format!("data-live=\"{}\"", live.replace('&', "&amp;")));
            dispatch.opens(&live).await.shows("<svg viewBox=").does_not_show("<html");
        }
    }

    /// Each stop stands where it was planned, and A also where somebody was. A day without routes says so.
    async fn by_time_each_stop_stands_where_it_was_planned(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let lanes = dispatch.opens(&format!("/dispatch?date={}&view=lanes", utility.date)).await;
        lanes.shows("1 of 6 done");
        let left = |letter| -> i64 {
            let drawn = drawn(&lanes, letter);
            drawn.split("class=\"shape\" x=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        let places: Vec<i64> = "ABCDEF".chars().map(left).collect();
        assert!(places.is_sorted_by(|from, to| from < to), "in the order of the route: {places:?}");
        for letter in "ABCDEF".chars() {
            let drawn = drawn(&lanes, letter);
            assert!(drawn.contains("planned "), "{letter}: {drawn}");
            assert_eq!(drawn.contains("class=\"visited\""), letter == 'A', "{letter}: {drawn}");
        }
        for view in ["map", "lanes"] {
            dispatch.opens(&format!("/dispatch?date=2031-01-02&view={view}")).await.shows("There is nothing to draw for this day.");
        }
    }
}
