//! The tablet's clock is a day off: the work counts, nothing is refused, and every desk says that its times are no proof.

use curbstop_shared::time::Span;
use curbstop_tests::{
    browser::{Browser, Screen},
    database::{Engine, TestDatabase},
    proxy::Proxy,
    tablet_page::TabletPage,
    truck::wall_clock,
    utility::{Utility, account},
};
use serde_json::json;
use std::collections::BTreeMap;

/// The device's clock is this many milliseconds ahead of the world's.
fn clock_is_off_by(ms: i64) -> String {
    format!(
        "const World = Date; window.Date = class extends World {{ \
             constructor(...when) {{ if (when.length) super(...when); else super(World.now() + {ms}); }} \
             static now() {{ return World.now() + {ms}; }} }};"
    )
}

const DAY_MS: i64 = 24 * 3_600 * 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_a_day_off_refuses_nothing_and_is_said_at_every_desk() {
    let Some(slow) = Browser::start(Screen::Tablet).await else { return };
    let Some(fast) = Browser::start(Screen::Tablet).await else { return };
    // Two utilities at once: most of the time is the browsers'.
    // A slow one can't have cut later than it says with what it is known to be off: that was before the payment.
    let slow = a_day_with(slow, -DAY_MS, "24 h slow", &["clock_suspect"], ["released_after", "stands"]);
    let crossed = ["clock_suspect", "cut_crossed_release"];
    tokio::join!(slow, a_day_with(fast, DAY_MS, "24 h fast", &crossed, ["crossed", "suppressed"]));
}

/// `paid_after` and `billed` are what is said of a cut that was paid for a minute after it.
async fn a_day_with(browser: Browser, off_ms: i64, said: &str, paid_after: &[&str], billed: [&str; 2]) {
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let utility = Utility::opens(&database).await;
    utility.publishes().await;
    let proxy = Proxy::to(utility.server.address()).await;
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": clock_is_off_by(off_ms) })).await;
    let tablet = TabletPage(browser);
    let page = &tablet.0;
    tablet.enrols(&proxy.url(), &utility.enrolment_code().await).await;
    page.wait_for_text("[data-test=clock-off]", said).await;
    page.screenshot(&format!("tablet-clock-{}", said.replace(' ', "-"))).await;

    // Without a signal two are cut and a dog keeps the crew from a third. One of the two had paid, one pays a minute later.
    proxy.no_signal().await;
    let before = wall_clock() - Span::minutes(20);
    tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
    tablet.turns_off("600 ALDER ST", "70000006", "036512", "L-2").await;
    tablet.turns_off("200 ALDER ST", "70000002", "036504", "L-3").await;
    tablet.is_kept_away_by_a_dog("300 ALDER ST").await;
    tablet.shows_unsent(4).await;
    utility.pays('A', before).await;
    utility.pays('F', wall_clock() + Span::minutes(1)).await;
    proxy.signal();
    tablet.asks_the_office_now().await;
    tablet.shows_unsent(0).await;
    // Nothing was put aside, and nothing needs the crew.
    assert_eq!(page.run("return document.querySelectorAll('[data-test=attention-item]').length").await, 0);

    for (letter, expected) in [
        ('A', ["clock_suspect", "cut_crossed_release"].as_slice()),
        ('F', paid_after),
        ('B', &["clock_suspect"]),
        ('C', &["clock_suspect"]),
    ] {
        let worklist = utility.dispatcher.get(&format!("/exceptions?account={}", account(letter))).await.good();
        let entries = worklist["exceptions"].as_array().unwrap();
        let kinds: BTreeMap<&str, &str> = entries
            .iter()
            .map(|entry| (entry["kind"].as_str().unwrap(), entry["sentence"].as_str().unwrap()))
            .collect();
        assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), expected, "{letter}: {worklist}");
        let sentence = kinds["clock_suspect"];
        assert!(sentence.contains("Its times are evidence only"), "{sentence}");
    }

    // Whoever had paid is not charged; where the clock leaves a doubt about who came first, neither.
    let csv = utility.office.get(&format!("/exports/results?from={0}&to={0}", utility.date)).await.good();
    let csv = csv.as_str().unwrap().trim_start_matches('\u{feff}').to_owned();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headings = reader.headers().unwrap().clone();
    let columns =
        ["account", "outcome", "cut_label", "fee"].map(|name| headings.iter().position(|one| one == name).unwrap());
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| columns.iter().map(|column| row[*column].to_owned()).collect())
        .collect();
    rows.sort();
    let mut expected = [
        [account('A'), "done", "crossed", "suppressed"],
        [account('F'), "done", billed[0], billed[1]],
        [account('B'), "done", "not_released", "stands"],
        [account('C'), "unable", "", ""],
    ];
    expected.sort_unstable();
    assert_eq!(rows, expected, "{csv}");
}
