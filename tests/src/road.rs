//! A truck's day with its tablet in the hand: the app in a real browser, a route, and a signal that can be taken away.

use crate::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    proxy::Proxy,
    server_process::ServerProcess,
    tablet_page::TabletPage,
    waiting::until,
};
use curbstop_server::store::facts;
use serde_json::{Value, json};

/// The crew is on its way.
pub struct Road {
    /// The tablet.
    pub tablet: TabletPage,
    /// Its route, and the office behind the scenes.
    pub day: Day,
    /// The signal.
    pub proxy: Proxy,
    _server: ServerProcess,
    _database: TestDatabase,
}

impl Road {
    /// A route of three turn-offs, and a tablet that has it. `None` where something is not installed.
    ///
    /// # Panics
    /// When the tablet does not come so far, as everything here.
    pub async fn begins() -> Option<Self> {
        Self::with_stops(3).await
    }

    /// As [`Self::begins`], with a longer route.
    pub async fn with_stops(stops: u128) -> Option<Self> {
        let browser = Browser::start(Screen::Tablet).await?;
        let database = TestDatabase::fresh(Engine::Sqlite).await?;
        let server = by_hand::server(&database);
        let proxy = Proxy::to(server.address()).await;
        let day = Day::with_stops(&database, stops).await;
        let tablet = TabletPage(browser);
        tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
        Some(Self { tablet, day, proxy, _server: server, _database: database })
    }

    /// The page is loaded anew, and this runs before anything of ours does.
    pub async fn opens_again_after(&self, script: &str) {
        self.tablet.0.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
        self.tablet.0.goto("about:blank").await;
        self.opens().await;
    }

    /// The app is opened.
    pub async fn opens(&self) {
        self.tablet.0.goto(&format!("{}/field/", self.proxy.url())).await;
    }

    /// The battery dies, and the app is opened again.
    pub async fn battery_dies(&mut self) {
        assert!(self.tablet.0.kill() > 0);
        self.tablet.0.reopen().await;
        self.opens().await;
    }

    /// How many visits the office has of the n-th stop, from 1.
    pub async fn visits(&self, n: usize) -> usize {
        self.stored(n, "visit").await
    }

    /// How many facts of a kind the office has about the n-th stop.
    pub async fn stored(&self, n: usize, kind: &str) -> usize {
        by_hand::facts_of_kind(&self.day.state, self.day.orders[n - 1].id, kind).await
    }

    /// What the office reads in the notes on the n-th stop.
    pub async fn notes(&self, n: usize) -> Vec<String> {
        let mut conn = self.day.state.store.reader().await.expect("a reader");
        let rows = facts::of_order(&mut conn, self.day.orders[n - 1].id).await.expect("its facts");
        let notes = rows.iter().filter(|row| row.kind == "note").map(|row| {
            let body: Value = serde_json::from_str(&row.body).expect("JSON");
            body["text"].as_str().expect("a text").to_owned()
        });
        notes.collect()
    }

    /// Waits until this many requests of the exchange were carried.
    pub async fn exchanges(&self, count: usize) {
        until("the office is asked", || self.proxy.carried("POST /api/v1/sync") >= count).await;
    }
}
