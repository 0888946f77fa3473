//! Routes are searched for: whatever the day's data are like there is a plan or a reason; the search goes on in the
//! background, is heard of, and can be ended.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is the test's failure")]

use curbstop_server::clock::SettableClock;
use curbstop_shared::{time::Micros, vocabulary::Role};
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    server::{Reply, TestServer, text},
    utility::{ACCOUNTS, account, listing_csv},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// The day of the sample files, at seven in the morning.
const DAY: &str = "2026-10-14";
const SEVEN: Micros = Micros(1791961200000000);

/// Rounds for each order with which a search goes on until it is ended.
const FOR_HOURS: u64 = 10_000_000;

/// A utility with one crew and nothing else.
struct Town {
    server: TestServer,
    dispatcher: String,
    admin: String,
    crew: String,
}

impl Town {
    async fn opens(db: TestDatabase) -> Self {
        let server = TestServer::on(Arc::new(db), SettableClock::at(SEVEN)).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let dispatcher = server.signed_in_as(Role::Dispatcher).await;
        let crew = server.add_crew(&admin, "Truck 11", "own").await;
        Self { server, dispatcher, admin, crew }
    }

    async fn brings(&self, path: &str, name: &str, file: Vec<u8>) -> Reply {
        let path = format!("{path}?source=city&as_of={DAY}");
        let request = self.server.request(Method::POST, &path).bearer_auth(&self.dispatcher);
        self.server.send(request.header("idempotency-key", name).body(file)).await
    }

    async fn finalises(&self, name: &str, listing: Vec<u8>) {
        let listing = self.brings("/listings", name, listing).await.expect(201);
        let path = format!("/listings/{}/finalise", text(&listing["listing"], "id"));
        self.server.post(&self.dispatcher, &path, &json!({})).await.expect(200);
    }

    /// Six accounts at places, as latitude and longitude are written in a file; all of them are to be cut.
    async fn with_premises_at(db: TestDatabase, places: [(&str, &str); 6]) -> Self {
        let town = Self::opens(db).await;
        town.brings("/premises/import", "premises", premises_csv(places)).await.expect(201);
        town.finalises("listing", listing_csv(DAY, "")).await;
        town
    }

    async fn plans(&self, body: Value) -> Value {
        self.server.post(&self.dispatcher, "/plans", &body).await.expect(201)
    }

    async fn plans_the_day(&self) -> Value {
        self.plans(json!({ "date": DAY, "crew_ids": [self.crew] })).await
    }

    /// The sample town with 343 accounts to cut: a day for which the search takes a while.
    async fn of_samples(db: TestDatabase) -> Self {
        let town = Self::opens(db).await;
        town.brings("/premises/import", "premises", sample("premises_meters.csv")).await.expect(201);
        town.finalises("listing", sample("water_cutoff_listing.csv")).await;
        town
    }
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)).expect("a sample file")
}

fn premises_csv(places: [(&str, &str); 6]) -> Vec<u8> {
    let mut csv = String::from(
        "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,City,ST,Zip,Latitude,Longitude,Service,Meter No,Size,Dials,UOM\n",
    );
    for (n, ((letter, account, _), (lat, lon))) in (1..).zip(ACCOUNTS.iter().zip(places)) {
        let _ = writeln!(
            csv,
            "P90000{n},{account},W,\"{letter}NDERSON, PAT\",RES,{n}00 ALDER ST,ALDER FORK,NE,69999,{lat},{lon},WATER,7000000{n},\"5/8\"\"\",6,CGAL"
        );
    }
    csv.into_bytes()
}

fn stops(plan: &Value) -> Vec<&Value> {
    plan["routes"].as_array().unwrap().iter().flat_map(|route| route["stops"].as_array().unwrap()).collect()
}

/// Each account that is left out, with what stands in the crews' way.
fn reasons(plan: &Value) -> Vec<(String, String)> {
    let why = |row: &Value| {
        row["why"]["crews"].as_array().unwrap().iter().map(|it| text(it, "why")).collect::<Vec<_>>().join(" ")
    };
    plan["left_out"].as_array().unwrap().iter().map(|row| (text(row, "account"), why(row))).collect()
}

/// Reads `/events` until a line is heard.
async fn hears(stream: &mut reqwest::Response, heard: &mut String, is_it: impl Fn(&str) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !heard.lines().any(&is_it) {
        let left = deadline.saturating_duration_since(Instant::now());
        let chunk = tokio::time::timeout(left, stream.chunk()).await.expect("heard in time").unwrap();
        heard.push_str(&String::from_utf8_lossy(&chunk.expect("the stream stays open")));
    }
}

/// The event's data, where it is about this plan.
fn about(line: &str, field: &str, id: &str) -> Option<Value> {
    let event: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
    (event[field] == *id).then_some(event)
}

on_both_engines! {
    /// A billing system that knows no coordinates, or writes zeros for them: everybody is visited, by address.
    async fn addresses_that_nobody_has_a_position_for_are_planned_by_address(db: TestDatabase) {
        let town = Town::with_premises_at(db, [("", ""), ("0", "0"), ("0.000000", "0.000000"), ("", ""), ("", ""), ("", "")]).await;
        let plan = town.plans_the_day().await;
        assert_eq!(reasons(&plan), []);
        let addresses: Vec<String> = stops(&plan).iter().map(|stop| text(stop, "address")).collect();
        assert_eq!(addresses.len(), 6);
        assert!(addresses.is_sorted(), "{addresses:?}");
        assert!(stops(&plan).iter().all(|stop| stop["no_position"] == true));
        assert_eq!((text(&plan, "state").as_str(), text(&plan["search"], "state").as_str()), ("draft", "finished"));
    }

    /// Latitude and longitude were swapped for one account: it lies on another continent, and no shift is long enough.
    async fn an_address_on_another_continent_is_left_out_with_the_reason(db: TestDatabase) {
        let here = |n: i32| (format!("41.90{n}000"), format!("-88.63{n}000"));
        let at: Vec<(String, String)> = (1..=6).map(here).collect();
        let mut places = [0, 1, 2, 3, 4, 5].map(|n: usize| (at[n].0.as_str(), at[n].1.as_str()));
        places[3] = (places[3].1, places[3].0);
        let town = Town::with_premises_at(db, places).await;
        let plan = town.plans_the_day().await;
        assert_eq!(stops(&plan).len(), 5, "{plan}");
        assert_eq!(reasons(&plan), [(account('D').to_owned(), "shift_full".to_owned())]);
    }

    /// A block of flats: nobody drives from door to door.
    async fn accounts_at_one_place_are_one_visit_after_the_other(db: TestDatabase) {
        let town = Town::with_premises_at(db, [("41.901000", "-101.631000"); 6]).await;
        let plan = town.plans_the_day().await;
        let stops = stops(&plan);
        assert_eq!((stops.len(), reasons(&plan)), (6, vec![]));
        assert!(stops.windows(2).all(|pair| pair[0]["leaves_at"] == pair[1]["arrives_at"]), "{plan}");
    }

    /// Two trucks could each do all of it: every stop says what its way costs, and what it would with the other.
    async fn every_stop_of_a_plan_says_why_it_is_with_its_crew(db: TestDatabase) {
        let places = ["41.901000", "41.902000", "41.903000", "41.801000", "41.802000", "41.803000"];
        let town = Town::with_premises_at(db, places.map(|lat| (lat, "-101.631000"))).await;
        let second = town.server.add_crew(&town.admin, "Truck 12", "own").await;
        let plan = town.plans(json!({ "date": DAY, "crew_ids": [town.crew, second] })).await;
        for route in plan["routes"].as_array().unwrap() {
            let other = if route["crew_name"] == "Truck 11" { "Truck 12" } else { "Truck 11" };
            for stop in route["stops"].as_array().unwrap() {
                let why = &stop["why_here"];
                assert_eq!((text(why, "why").as_str(), text(why, "crew_name").as_str()), ("beside", other), "{stop}");
                assert!(text(why, "text").contains(&format!("; with {other} it would be ")), "{stop}");
            }
        }
        assert_eq!(stops(&plan).len(), 6);
    }

    /// Nobody qualified works that day; or nobody has enough time; or there is nothing to do.
    async fn a_day_that_nobody_can_do_says_why(db: TestDatabase) {
        let places = [("41.901000", "-101.631000"); 6];
        let town = Town::with_premises_at(db, places).await;
        let electric = json!({ "name": "Line truck", "kind": "own", "qualifications": ["electric"] });
        let line = text(&town.server.post(&town.admin, "/crews", &electric).await.expect(201), "id");
        let plan = town.plans(json!({ "date": DAY, "crew_ids": [line] })).await;
        assert!(stops(&plan).is_empty() && reasons(&plan).len() == 6);
        assert!(reasons(&plan).iter().all(|(_, why)| why == "skill"), "{plan}");

        let short = json!({ "date": DAY, "crew_ids": [town.crew, line], "shift": { "from": "08:00", "to": "08:05" } });
        let plan = town.plans(short).await;
        assert!(stops(&plan).is_empty() && reasons(&plan).len() == 6);
        assert!(reasons(&plan).iter().all(|(_, why)| why == "shift_too_short skill"), "{plan}");

        let empty = town.plans(json!({ "date": "2026-10-15", "crew_ids": [town.crew] })).await;
        assert!(stops(&empty).is_empty() && reasons(&empty).is_empty(), "{empty}");
        assert_eq!(empty["routes"].as_array().unwrap().len(), 1);
        let forever = json!({ "date": DAY, "crew_ids": [town.crew], "search_s": 31 });
        town.server.post(&town.dispatcher, "/plans", &forever).await.expect_problem(422, "search_out_of_range");
    }

    /// A dispatcher has the day built in the background, hears how far it is, and is told when the plan is there.
    async fn a_plan_is_built_in_the_background_and_heard_of(db: TestDatabase) {
        let town = Town::of_samples(db).await;
        let mut stream = town.server.request(Method::GET, "/events").bearer_auth(&town.dispatcher).send().await.unwrap();
        let ask = json!({ "date": DAY, "crew_ids": [town.crew], "background": true });
        let begun = town.server.post_once(&town.dispatcher, "/plans", "once", &ask).await.expect(202);
        let id = text(&begun, "id");
        assert_eq!((text(&begun, "state").as_str(), text(&begun["search"], "state").as_str()), ("building", "searching"));
        let again = town.server.post_once(&town.dispatcher, "/plans", "once", &ask).await.expect(202);
        assert_eq!(again, begun, "a lost answer is given again");
        let mut heard = String::new();
        hears(&mut stream, &mut heard, |line| about(line, "plan", &id).is_some_and(|it| it["percent"].as_u64() > Some(0))).await;
        hears(&mut stream, &mut heard, |line| about(line, "subject", &id).is_some_and(|it| it["topic"] == "plan")).await;
        let plan = town.server.get(&town.dispatcher, &format!("/plans/{id}")).await.expect(200);
        assert_eq!((text(&plan, "state").as_str(), &plan["search"]["percent"]), ("draft", &json!(100)));
        assert!(stops(&plan).len() > 20);

        // The same day asked for at once is the same plan.
        let at_once = town.plans_the_day().await;
        assert_eq!(at_once["routes"], plan["routes"]);
    }

    /// She has enough of waiting: the best routes so far are the plan, and it can be published. Before that it can't.
    async fn whoever_has_enough_of_waiting_gets_the_best_plan_so_far(db: TestDatabase) {
        let town = Town::of_samples(db).await;
        town.server.state.plan_searches.set_rounds_per_order(FOR_HOURS);
        let mut stream = town.server.request(Method::GET, "/events").bearer_auth(&town.dispatcher).send().await.unwrap();
        let begun = json!({ "date": DAY, "crew_ids": [town.crew], "background": true });
        let id = text(&town.server.post(&town.dispatcher, "/plans", &begun).await.expect(202), "id");
        let publish = format!("/plans/{id}/publish");
        town.server.post(&town.dispatcher, &publish, &json!({})).await.expect_problem(409, "plan_building");
        town.server.post(&town.dispatcher, &format!("/plans/{id}/stop"), &json!({})).await.expect(200);
        hears(&mut stream, &mut String::new(), |line| about(line, "subject", &id).is_some()).await;
        let plan = town.server.get(&town.dispatcher, &format!("/plans/{id}")).await.expect(200);
        assert_eq!((text(&plan, "state").as_str(), text(&plan["search"], "state").as_str()), ("draft", "stopped"));
        assert!(stops(&plan).len() > 20);
        let stopped_again = town.server.post(&town.dispatcher, &format!("/plans/{id}/stop"), &json!({})).await.expect(200);
        assert_eq!(stopped_again, plan, "there is nothing to stop any more");
        let published = town.server.post(&town.dispatcher, &publish, &json!({})).await.expect(201);
        assert_eq!(stops(&published).len(), stops(&plan).len());
        let unknown = "/plans/01996f00-0000-7000-8000-000000000000/stop";
        town.server.post(&town.dispatcher, unknown, &json!({})).await.expect_problem(404, "plan_unknown");
    }

    /// Somebody's script asks for plan after plan: each waits in memory for its turn, so there is an end to it.
    async fn plans_in_the_background_are_so_many_and_no_more(db: TestDatabase) {
        let town = Town::of_samples(db).await;
        town.server.state.plan_searches.set_rounds_per_order(FOR_HOURS);
        let ask = json!({ "date": DAY, "crew_ids": [town.crew], "background": true });
        let asks = async |token: &str, key: &str| town.server.post_once(token, "/plans", key, &ask).await;
        let stops = async |token: &str, id: &str| {
            town.server.post(token, &format!("/plans/{id}/stop"), &json!({})).await.expect(200);
        };
        let mut begun = Vec::new();
        for n in 0..4 {
            begun.push(text(&asks(&town.dispatcher, &n.to_string()).await.expect(202), "id"));
        }
        let refused = asks(&town.dispatcher, "4").await;
        assert!(refused.headers.contains_key("retry-after"));
        refused.expect_problem(429, "too_many_plans");
        assert_eq!(text(&asks(&town.dispatcher, "0").await.expect(202), "id"), begun[0], "a lost answer is given again");
        let others = town.server.signed_in_as(Role::Supervisor).await;
        begun.push(text(&asks(&others, "5").await.expect(202), "id"));
        let mut stream = town.server.request(Method::GET, "/events").bearer_auth(&town.dispatcher).send().await.unwrap();
        for id in &begun {
            stops(&town.dispatcher, id).await;
        }
        let mut heard = String::new();
        for id in &begun {
            hears(&mut stream, &mut heard, |line| about(line, "subject", id).is_some()).await;
        }
        // The last one's place is free a moment after it was heard of; the others' are by then.
        let again = text(&asks(&town.dispatcher, "6").await.expect(202), "id");
        stops(&town.dispatcher, &again).await;
    }

    /// The server is stopped while a plan is being built: what was found by then is kept.
    async fn a_server_that_stops_keeps_the_plan_that_was_being_built(db: TestDatabase) {
        let Town { server, dispatcher, crew, .. } = Town::of_samples(db).await;
        server.state.plan_searches.set_rounds_per_order(FOR_HOURS);
        let begun = json!({ "date": DAY, "crew_ids": [crew], "background": true });
        let id = text(&server.post(&dispatcher, "/plans", &begun).await.expect(202), "id");
        let database = server.database.clone();
        server.stop().await;
        let server = TestServer::on(database, SettableClock::at(SEVEN)).await;
        let dispatcher = server.sign_in("dispatcher").await;
        let plan = server.get(&dispatcher, &format!("/plans/{id}")).await.expect(200);
        assert_eq!(text(&plan, "state"), "draft");
        assert!(stops(&plan).len() > 20);
    }
}
