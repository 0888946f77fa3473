//! The first loop, in a real browser: a listing goes in, a route goes out to a tablet without a signal, somebody pays
//! meanwhile, and the merge tells the truth.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::{Store, exceptions, facts, orders};
use curbstop_shared::{ids::OrderId, time::Span};
use curbstop_tests::{
    browser::{Browser, Screen},
    on_both_engines,
    proxy::Proxy,
    tablet_page::TabletPage,
    truck::wall_clock,
    utility::{Utility, account},
    waiting::until,
};

async fn order_of(store: &Store, letter: char, kind: &str) -> Vec<orders::OrderRow> {
    let mut conn = store.reader().await.unwrap();
    let rows = orders::by_account(&mut conn, account(letter)).await.unwrap();
    rows.into_iter().filter(|row| row.kind == kind).collect()
}

async fn exceptions_of(store: &Store, order: &orders::OrderRow) -> Vec<String> {
    let mut conn = store.reader().await.unwrap();
    exceptions::of_order(&mut conn, OrderId(order.id)).await.unwrap().into_iter().map(|row| row.kind).collect()
}

async fn stored(store: &Store, order: &orders::OrderRow, kind: &str) -> usize {
    let mut conn = store.reader().await.unwrap();
    facts::of_order(&mut conn, OrderId(order.id)).await.unwrap().iter().filter(|fact| fact.kind == kind).count()
}

on_both_engines! {
    async fn the_merge_tells_the_truth(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Tablet).await else { return };
        let mut utility = Utility::opens(&db).await;
        let engine = format!("{:?}", db.engine).to_lowercase();
        utility.publishes().await;
        let proxy = Proxy::to(utility.server.address()).await;
        let base = proxy.url();
        let mut tablet = TabletPage(browser);
        tablet.enrols(&base, &utility.enrolment_code().await).await;
        tablet.0.screenshot(&format!("first-loop-{engine}-day")).await;

        // No signal. The crew cuts A and F and can't reach C.
        proxy.no_signal().await;
        let before_a = wall_clock() - Span::minutes(20);
        tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-100").await;
        tablet.turns_off("600 ALDER ST", "70000006", "036512", "L-101").await;
        tablet.is_kept_away_by_a_dog("300 ALDER ST").await;
        tablet.shows_unsent(3).await;

        // Meanwhile at the office: A had paid before the cut, F pays after it, E pays too.
        let paid = utility.pays('A', before_a).await;
        assert_eq!(paid["outcome"], "released");
        assert_eq!(paid["stopped"][0]["tablet_has_seen"], false, "the truck does not know: {paid}");
        assert_eq!(paid["stopped"][0]["crew"], "Truck 12");
        assert_eq!(paid["stopped"][0]["phone"], "555-0112");
        assert!(paid["stopped"][0]["last_contact_s"].as_i64().is_some_and(|age| (0..600).contains(&age)), "{paid}");
        assert!(paid["stopped"][0]["stops_away"].as_i64().is_some_and(|stops| stops >= 0), "{paid}");
        utility.pays('F', wall_clock() + Span::minutes(1)).await;
        utility.pays('E', wall_clock()).await;

        // The battery dies. Opened again without a signal, everything is there.
        assert!(tablet.0.kill() > 0);
        tablet.0.reopen().await;
        tablet.0.goto(&format!("{base}/field/")).await;
        tablet.shows_unsent(3).await;
        tablet.0.wait_until("document.querySelectorAll('[data-standing=to_do]').length + (document.querySelector('[data-test=next-card]') ? 1 : 0) >= 3").await;
        tablet.0.screenshot(&format!("first-loop-{engine}-offline-again")).await;

        // Three seconds of signal: the server stores what it got, and dies before its answer arrives.
        proxy.lose_next_answer_and_signal("POST /api/v1/sync");
        proxy.signal();
        tablet.asks_the_office_now().await;
        until("the request reaches the server", || proxy.lost_answers() > 0).await;
        let store = db.open().await;
        let [a] = &order_of(&store, 'A', "turn_off").await[..] else { panic!("one turn-off for A") };
        assert_eq!(stored(&store, a, "visit").await, 1, "it is committed");
        tablet.shows_unsent(3).await;
        utility.server.restart();
        proxy.serve_from(utility.server.address());
        utility.follows_server();

        // A signal again: one request brings everything, and nobody has to ask for it.
        let before = proxy.carried("POST /api/v1/sync");
        proxy.signal();
        tablet.shows_unsent(0).await;
        assert_eq!(proxy.carried("POST /api/v1/sync") - before, 1);

        // A is off though paid: found out, said, and put right first.
        assert_eq!(exceptions_of(&store, a).await, ["cut_crossed_release"]);
        let worklist = utility.office.get(&format!("/exceptions?account={}", account('A'))).await.good();
        let sentence = worklist["exceptions"][0]["sentence"].as_str().unwrap_or_default().to_owned();
        for part in ["Truck 12", "payment", "Nobody's fault", "no fee"] {
            assert!(sentence.contains(part), "a clerk reads: {worklist}");
        }
        let [back_on] = &order_of(&store, 'A', "reconnect").await[..] else { panic!("one reconnect for A") };
        assert_eq!((back_on.priority, back_on.fees_suppressed), (1, true));
        assert_eq!((stored(&store, a, "visit").await, stored(&store, a, "work").await), (1, 1), "nothing doubled");
        // F was cut first and paid later: an ordinary reconnect, and its fee stands.
        let [f] = &order_of(&store, 'F', "turn_off").await[..] else { panic!("one turn-off for F") };
        assert_eq!(exceptions_of(&store, f).await, Vec::<String>::new());
        let [back_on] = &order_of(&store, 'F', "reconnect").await[..] else { panic!("one reconnect for F") };
        assert_eq!((back_on.priority, back_on.fees_suppressed), (3, false));
        // C waits for a revisit.
        let [c] = &order_of(&store, 'C', "turn_off").await[..] else { panic!("one turn-off for C") };
        assert_eq!(c.state, "unable");

        // The crew is told to turn A on again, whom to call, and with whose lock it hangs.
        tablet.0.run("location.hash = '#/'").await;
        tablet.0.wait_for_text("[data-test=restore-now] [data-test=call-dispatch]", "555-0100").await;
        tablet.0.click("[data-test=restore-now] [data-test=restore-details]").await;
        tablet.0.wait_for_text("[data-test=stop] [data-test=closed-with]", "lock L-100").await;
        tablet.0.screenshot(&format!("first-loop-{engine}-turn-it-back-on")).await;

        // E is on top of the tablet as recalled, and can't be begun.
        let [e] = &order_of(&store, 'E', "turn_off").await[..] else { panic!("one turn-off for E") };
        tablet.0.run("location.hash = '#/'").await;
        let card = format!("[data-test=recall-card][data-number={}]", e.number);
        tablet.0.wait_until(&format!("document.querySelector('{card}')")).await;
        tablet.0.screenshot(&format!("first-loop-{engine}-recalled")).await;
        tablet.0.run(&format!("location.hash = '#/stop/{}'", OrderId(e.id))).await;
        tablet.0.wait_until("document.querySelector('[data-test=standing]')?.dataset.standing === 'stopped'").await;
        assert_eq!(
            tablet.0.run("return document.querySelectorAll('[data-test=stop] [data-test=at-the-door]:not([disabled])').length").await,
            0
        );
        tablet.0.run("location.hash = '#/'").await;
        tablet.reads_and_gets(&card).await;
        // Gone once the tap is on the tablet's disk; from there on it counts as not sent until the office has it.
        tablet.0.wait_until(&format!("!document.querySelector('{card}')")).await;
        tablet.shows_unsent(0).await;
        assert_eq!(stored(&store, e, "ack").await, 1);

        // Every act is in the results for billing, once.
        let csv = utility.office.get(&format!("/exports/results?from={0}&to={0}", utility.date)).await.good();
        let csv = csv.as_str().unwrap().trim_start_matches('\u{feff}').to_owned();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let of = |name: &str| csv.lines().next().unwrap().split(',').position(|heading| heading == name).unwrap();
        let told = ["account", "outcome", "code", "action", "lock", "reading", "cut_label", "fee"].map(of);
        let mut rows: Vec<Vec<String>> = reader
            .records()
            .map(|row| row.unwrap())
            .map(|row| told.iter().map(|column| row[*column].to_owned()).collect())
            .collect();
        rows.sort();
        let mut expected = [
            [account('A'), "done", "", "turned_off", "L-100", "036500", "crossed", "suppressed"],
            [account('F'), "done", "", "turned_off", "L-101", "036512", "released_after", "stands"],
            [account('C'), "unable", "dog", "", "", "", "", ""],
        ];
        expected.sort();
        assert_eq!(rows, expected, "{csv}");
    }
}
