//! The demo utility: whoever tries Curbstop finds a day that has happened on every desk, and a day that is out.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use chrono::NaiveDate;
use curbstop_server::{
    service::{
        board, demonstrating, exceptions,
        orders::{self, Wanted},
        routes,
        voice::Voice,
    },
    store::exceptions as stored,
};
use curbstop_shared::{
    language::Language,
    time::{Micros, Span},
    vocabulary::ExceptionKind,
};
use curbstop_tests::{
    database::{Engine, TestDatabase},
    on_both_engines,
    server::{MORNING, TestServer},
};
use std::{collections::BTreeSet, sync::Arc};

/// More than a demo's day raises.
const ALL: i64 = 200;

async fn kinds_on_the_desk(server: &TestServer) -> BTreeSet<String> {
    let mut conn = server.state.store.reader().await.unwrap();
    stored::open(&mut conn, ALL).await.unwrap().into_iter().map(|row| row.kind).collect()
}

/// The kinds of work that a crew has on a day.
async fn kinds_of(server: &TestServer, crew: &str, day: NaiveDate) -> BTreeSet<String> {
    let routes = routes::of_day(&server.state, day).await.unwrap();
    let route = routes.iter().find(|route| route.crew_name == crew).unwrap_or_else(|| panic!("{crew} is not out"));
    let stops = routes::get(&server.state, route.id).await.unwrap().stops;
    stops.iter().map(|stop| stop.kind.code().to_owned()).collect()
}

on_both_engines! {
    /// Yesterday's work shows every kind of exception once, each with its sentence in both languages; today's routes are
    /// out, with every kind of work that a crew may have: water off and on, meters locked and unlocked, boxes picked up;
    /// and setting up again changes nothing.
    async fn yesterday_shows_every_kind_of_exception_and_today_is_out(db: TestDatabase) {
        let server = TestServer::on(Arc::new(db), curbstop_server::clock::SettableClock::at(MORNING)).await;
        assert!(demonstrating::set_up(&server.state).await.unwrap());

        let every_kind: BTreeSet<String> = ExceptionKind::ALL.iter().map(|kind| kind.code().to_owned()).collect();
        assert_eq!(kinds_on_the_desk(&server).await, every_kind);
        let mut sentences = BTreeSet::new();
        for language in [Language::En, Language::Es] {
            let voice = Voice { language, zone: server.state.config.time_zone, now: MORNING };
            let entries = exceptions::list(&server.state, &voice, (None, None), ALL).await.unwrap();
            sentences.extend(entries.into_iter().map(|entry| entry.sentence));
        }
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')), "{sentences:#?}");
        assert!(sentences.len() >= 2 * every_kind.len(), "{sentences:#?}");

        // The dispatcher reads the same sentence as the office, not only that there is something.
        let voice = Voice { language: Language::En, zone: server.state.config.time_zone, now: MORNING };
        let today = curbstop_server::service::utility::day(chrono_tz::UTC, MORNING);
        let board = board::board(&server.state, &voice, today).await.unwrap();
        let said = |title: &str| {
            let line = board.attention.iter().find(|line| line.title.starts_with(title));
            line.unwrap_or_else(|| panic!("no line of {title}")).said.clone()
        };
        assert!(said("Cut crossed a payment").contains("before it knew of the payment"));
        assert!(!sentences.iter().any(|sentence| sentence.contains(" at Fri") || sentence.contains("a las vie")));
        assert!(said("Cut although released").contains("although its tablet already showed the payment"));
        assert!(said("Done after it was taken back").contains("before it saw that the order had been taken back"));
        // Who was there stands after it.
        let known = |said: &str| sentences.iter().any(|sentence| said.starts_with(sentence));
        let unlike = board.attention.iter().filter(|line| line.key.starts_with("exception") && !known(&line.said));
        assert_eq!(unlike.map(|line| &line.said).collect::<Vec<_>>(), [""; 0]);

        for (days_ago, wants, out) in [(0, "open", 6), (3, "done", 5)] {
            let day = curbstop_server::service::utility::day(chrono_tz::UTC, MORNING - Span::minutes(days_ago * 24 * 60));
            let routes = routes::of_day(&server.state, day).await.unwrap();
            assert_eq!(routes.len(), out, "{day}: so many crews were out");
            let wanted = Wanted { route: Some(routes[0].id.0), state: Some(wants.to_owned()), ..Wanted::default() };
            assert!(!orders::list(&server.state, &wanted).await.unwrap().orders.is_empty(), "{day}: {wants}");
        }
        for (crew, kinds) in [
            ("Truck 23", &["equipment_pickup"][..]),
            ("Truck 31", &["meter_lock"][..]),
            ("Lockwright & Co", &["meter_lock", "unlock"][..]),
        ] {
            assert_eq!(kinds_of(&server, crew, today).await, kinds.iter().map(|kind| (*kind).to_owned()).collect(), "{crew} today");
        }
        let mut water = BTreeSet::new();
        for crew in ["Truck 12", "Truck 14", "Truck 21"] {
            water.extend(kinds_of(&server, crew, today).await);
        }
        assert!(water.is_superset(&["reconnect", "turn_off"].map(str::to_owned).into()), "the water trucks today: {water:?}");
        assert!(!demonstrating::set_up(&server.state).await.unwrap(), "it is set up once");
    }
}

/// Whoever starts it: at any hour, on a weekend, and on the days when the clocks change.
#[tokio::test]
async fn the_demo_is_set_up_at_any_hour_of_any_day() {
    for hours in [0_i64, 17, 26 * 24 + 3, 150 * 24 + 9, 152 * 24 + 23, 153 * 24] {
        let database = TestDatabase::fresh(Engine::Sqlite).await.unwrap();
        let at = Micros(MORNING.0) + Span::minutes(hours * 60);
        let server = TestServer::on(Arc::new(database), curbstop_server::clock::SettableClock::at(at)).await;
        assert!(demonstrating::set_up(&server.state).await.unwrap(), "{hours} h on");
        assert_eq!(kinds_on_the_desk(&server).await.len(), ExceptionKind::ALL.len(), "{hours} h on");
    }
}
