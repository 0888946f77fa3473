//! From files to routes: import, finalise, plan, publish; through a real port, on both engines.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is the test's failure")]

use curbstop_server::{clock::SettableClock, service::housekeeping, store::documents};
use curbstop_shared::{
    route_document::RouteDocument,
    time::{Micros, Span},
    vocabulary::{OrderKind, Role},
};
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    samples::{file, premises_of_the_morning},
    server::{Reply, TestServer, text},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The day of the sample files, at seven in the morning.
const DAY: &str = "2026-10-14";
const SEVEN: Micros = Micros(1791961200000000);

fn expected(name: &str) -> Value {
    serde_json::from_slice(&file(name)).expect("JSON")
}

/// A utility with the sample premises, holds and water listing, and three crews.
struct Town {
    server: TestServer,
    dispatcher: String,
    listing: String,
    crews: Vec<String>,
}

impl Town {
    async fn opens(db: TestDatabase) -> Self {
        let server = TestServer::on(Arc::new(db), SettableClock::at(SEVEN)).await;
        let admin = server.signed_in_as(Role::Admin).await;
        let dispatcher = server.signed_in_as(Role::Dispatcher).await;
        let mut crews = Vec::new();
        for name in ["Truck 11", "Truck 12", "Truck 14"] {
            crews.push(server.add_crew(&admin, name, "own").await);
        }
        let mut town = Self { server, dispatcher, listing: String::new(), crews };
        town.brings_what("/premises/import", "premises", premises_of_the_morning()).await.expect(201);
        town.brings("/holds/import", "holds.csv").await.expect(201);
        let listing = town.brings("/listings", "water_cutoff_listing.csv").await.expect(201);
        town.listing = text(&listing["listing"], "id");
        let path = format!("/listings/{}/finalise", town.listing);
        town.server.post(&town.dispatcher, &path, &json!({})).await.expect(200);
        town
    }

    async fn brings(&self, path: &str, name: &str) -> Reply {
        self.brings_what(path, name, file(name)).await
    }

    async fn brings_what(&self, path: &str, key: &str, bytes: Vec<u8>) -> Reply {
        let path = format!("{path}?source=tessel&as_of={DAY}");
        let request = self.server.request(Method::POST, &path).bearer_auth(&self.dispatcher);
        self.server.send(request.header("idempotency-key", key).body(bytes)).await
    }

    async fn plans(&self, key: &str) -> Reply {
        let body = json!({ "date": DAY, "crew_ids": self.crews, "listing_ids": [self.listing] });
        self.server.post_once(&self.dispatcher, "/plans", key, &body).await
    }

    async fn publishes(&self, plan: &Value, key: &str) -> Reply {
        let path = format!("/plans/{}/publish", text(plan, "id"));
        self.server.post_once(&self.dispatcher, &path, key, &json!({})).await
    }

    async fn sees(&self, path: &str) -> Value {
        self.server.get(&self.dispatcher, path).await.expect(200)
    }
}

fn stops(plan: &Value) -> Vec<&Value> {
    plan["routes"].as_array().unwrap().iter().flat_map(|route| route["stops"].as_array().unwrap()).collect()
}

fn accounts<'v>(rows: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    rows.into_iter().map(|row| text(row, "account")).collect()
}

/// Accounts that are left out, by the code of the reason.
fn left_out(plan: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_code: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in plan["left_out"].as_array().unwrap() {
        by_code.entry(text(&row["why"], "code")).or_default().insert(text(row, "account"));
    }
    by_code
}

on_both_engines! {
    /// The listing was run on the 13th at 16:52. What somebody paid that evening is not in it and stops the cut; what
    /// was paid that morning is in it.
    async fn a_payment_of_the_evening_before_stops_the_cut(db: TestDatabase) {
        let town = Town::opens(db).await;
        let plan = town.plans("first").await.expect(201);
        let (evening, morning) = (text(stops(&plan)[0], "account"), text(stops(&plan)[1], "account"));
        let office = town.server.signed_in_as(Role::Office).await;
        // The server's zone is UTC here.
        let at = |hour: u32| format!("2026-10-13T{hour}:00:00Z");
        let pays = async |account: &str, hour: u32| {
            let payment = json!({
                "account": account, "amount": "9999.00", "tender": "card", "confirmation": account, "paid_at": at(hour),
            });
            text(&town.server.post(&office, "/payments", &payment).await.expect(201), "outcome")
        };
        assert_eq!(pays(&evening, 20).await, "released");
        assert_eq!(pays(&morning, 10).await, "part_paid");
        let again = town.plans("second").await.expect(201);
        let stopped_for_money = |plan: &Value, account: &str| {
            let left = left_out(plan);
            let says = |code: &str| left.get(code).is_some_and(|accounts| accounts.contains(account));
            ["paid", "perhaps_paid", "stopped"].into_iter().any(says)
        };
        assert!(stopped_for_money(&again, &evening) && !stopped_for_money(&again, &morning));
        // Asking what a payment would do writes nothing, so nobody who writes waits for it.
        let asked = format!("/payments/preview?account={morning}&amount=9999.00&paid_at={DAY}T06:30:00Z");
        let told = town.server.get(&office, &asked).await.expect(200);
        assert_eq!((text(&told, "outcome").as_str(), told["stopped"].as_array().unwrap().len()), ("released", 1));
        let third = town.plans("third").await.expect(201);
        assert!(!stopped_for_money(&third, &morning), "nothing was stored");
    }

    /// Every account of the listing is on one route, or left out with a reason; asking again makes nothing twice.
    async fn a_final_listing_becomes_routes(db: TestDatabase) {
        let town = Town::opens(db).await;
        let plan = town.plans("first").await.expect(201);
        let placed = accounts(stops(&plan));
        let left = left_out(&plan);
        let all: BTreeSet<String> = left.values().flatten().chain(&placed).cloned().collect();
        assert_eq!(stops(&plan).len(), placed.len(), "no account has two stops");
        assert!(left.values().flatten().all(|account| !placed.contains(account)));
        assert_eq!(all.len(), 343, "{left:?}");
        let orders_made = usize::try_from(plan["orders_made"].as_u64().unwrap()).unwrap();
        let no_place = left.get("no_place").map_or(0, BTreeSet::len);
        assert_eq!(orders_made, placed.len() + no_place);
        assert!(placed.len() > 60, "{} stops for three crews", placed.len());
        assert_eq!(left["sensitive_premise"], BTreeSet::from(["23-0120-07".to_owned()]));
        for row in plan["left_out"].as_array().unwrap() {
            assert!(text(row, "text").len() > 10, "{row}");
            if row["why"]["code"] == "no_place" {
                assert_eq!(row["why"]["crews"].as_array().unwrap().len(), 3, "a reason for each crew");
            }
        }
        assert_eq!(town.plans("first").await.expect(201), plan, "a lost answer is given again");
        let again = town.plans("second").await.expect(201);
        assert_eq!(again["orders_made"], 0);
        assert_eq!(accounts(stops(&again)), placed);
        assert_eq!(town.sees(&format!("/plans/{}", text(&plan, "id"))).await, plan);
    }

    /// Times go forwards, within the shift; what a crew's document holds is what the plan said.
    async fn a_plan_is_published_as_one_document_for_each_crew(db: TestDatabase) {
        let town = Town::opens(db).await;
        let plan = town.plans("plan").await.expect(201);
        for route in plan["routes"].as_array().unwrap() {
            let times: Vec<String> = route["stops"].as_array().unwrap().iter().map(|it| text(it, "arrives_at")).collect();
            assert!(times.is_sorted());
            assert!(text(route, "ends_at") <= format!("{DAY}T16:30:00.000Z"));
        }
        let published = town.publishes(&plan, "out").await.expect(201);
        assert_eq!(published["state"], "published");
        assert_eq!(accounts(stops(&published)), accounts(stops(&plan)));
        assert_eq!(town.publishes(&plan, "out").await.expect(201), published);
        assert_eq!(town.publishes(&plan, "once-more").await.expect(200), published);
        let listed = town.sees(&format!("/routes?date={DAY}")).await;
        assert_eq!(listed["routes"].as_array().unwrap().len(), 3);
        for route in published["routes"].as_array().unwrap() {
            let id = text(route, "route_id");
            let shown = town.sees(&format!("/routes/{id}")).await;
            assert_eq!(shown["generation"], 1);
            assert_eq!(accounts(shown["stops"].as_array().unwrap()), accounts(route["stops"].as_array().unwrap()));
            assert!(shown["stops"].as_array().unwrap().iter().all(|stop| stop["state"] == "open"));
            let mut conn = town.server.state.store.reader().await.unwrap();
            let (version, bytes) = documents::snapshot(&mut conn, id.parse().unwrap()).await.unwrap().unwrap();
            let document = RouteDocument::load(&bytes).unwrap();
            assert_eq!(version, 1);
            assert_eq!(document.heads().len(), 1);
            let orders = document.orders().unwrap();
            let numbers: Vec<&str> = orders.iter().map(|order| order.number.as_str()).collect();
            let planned: Vec<String> = route["stops"].as_array().unwrap().iter().map(|it| text(it, "number")).collect();
            assert_eq!(numbers, planned);
            assert!(orders.iter().all(|order| order.past_due_minor.is_none()), "amounts are hidden by default");
            assert!(orders.iter().all(|order| order.lines.iter().all(|line| line.serial.is_some() && line.dials.is_some())));
        }
    }

    /// The cable company's workbook becomes one stop for each account, and its crew reads which boxes to fetch there.
    async fn boxes_to_pick_up_are_named_in_the_route(db: TestDatabase) {
        let mut town = Town::opens(db).await;
        town.brings("/premises/import", "premises_meters.csv").await.expect(201);
        let listing = town.brings("/listings", "cable_equipment_pickup.xlsx").await.expect(201);
        assert_eq!((&listing["sheet"], &listing["counts"]["accepted"]), (&json!("Equip Pickup"), &json!(138)));
        town.listing = text(&listing["listing"], "id");
        town.server.post(&town.dispatcher, &format!("/listings/{}/finalise", town.listing), &json!({})).await.expect(200);
        let plan = town.plans("boxes").await.expect(201);
        assert_eq!(plan["orders_made"], 58);
        let published = town.publishes(&plan, "out").await.expect(201);
        let mut boxes: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for route in published["routes"].as_array().unwrap() {
            let mut conn = town.server.state.store.reader().await.unwrap();
            let id = text(route, "route_id").parse().unwrap();
            let (_, bytes) = documents::snapshot(&mut conn, id).await.unwrap().unwrap();
            for order in RouteDocument::load(&bytes).unwrap().orders().unwrap() {
                assert_eq!(order.kind, OrderKind::EquipmentPickup);
                let lines = order.lines.into_iter().map(|line| (line.serial.unwrap(), line.size.unwrap())).collect();
                boxes.insert(order.account.unwrap(), lines);
            }
        }
        assert!(boxes.len() > 40, "{} stops", boxes.len());
        let of_account: Vec<_> = boxes["801286167236"].iter().map(|(serial, what)| (serial.as_str(), what.as_str())).collect();
        assert_eq!(
            of_account,
            [
                ("85859426388924", "ONT F660, MAC 05E0DDBF2B7E"),
                ("PAZ2971051X", "Gateway TG-2472, MAC F9:0B:38:52:15:B2"),
            ]
        );
    }

    /// Whoever paid before the plan is left out of it; whoever pays before publishing is left out then.
    async fn payments_take_cuts_out_of_building_and_of_publishing(db: TestDatabase) {
        let town = Town::opens(db).await;
        let before = town.plans("before").await.expect(201);
        town.brings("/payments/import", "payments_morning.csv").await.expect(201);
        let journal = expected("payments_morning.EXPECTED.json");
        let covered = journal["against_listings"]["past_due_covered_accounts"].as_array().unwrap();
        let reversed = journal["against_listings"]["paid_then_reversed_today"].as_array().unwrap();
        let paid: BTreeSet<String> =
            covered.iter().chain(reversed).map(|account| account.as_str().unwrap().to_owned()).collect();
        let due: BTreeSet<String> = accounts(stops(&before)).intersection(&paid).cloned().collect();
        assert!(due.len() > 3, "the journal pays for some of the stops: {due:?}");

        let published = town.publishes(&before, "out").await.expect(201);
        let out = accounts(stops(&published));
        assert!(out.is_disjoint(&paid));
        assert_eq!(out.len() + due.len(), accounts(stops(&before)).len(), "and nobody else is taken off");
        let left = left_out(&published);
        let reasons: BTreeSet<String> =
            left.iter().filter(|(code, _)| ["paid", "paid_and_taken_back", "stopped"].contains(&code.as_str())).flat_map(|(_, it)| it.clone()).collect();
        assert_eq!(reasons, due);
    }

    /// A hold that comes in after the listing stops the cut; a crew's day that is planned anew gets the next generation.
    async fn a_later_hold_takes_a_cut_out_and_the_day_is_published_anew(db: TestDatabase) {
        let town = Town::opens(db).await;
        let plan = town.plans("plan").await.expect(201);
        let first = town.publishes(&plan, "out").await.expect(201);
        let held = text(stops(&first)[0], "account");
        let hold = format!("Hold No,Account,Code,Start,Good Thru,Lifted,Pledge Amt,Agency / Ref,Entered By,Remarks\nH-99001,{held},MED,{DAY},,,,,nurse,\n");
        let path = format!("/holds/import?source=tessel&as_of={DAY}");
        let request = town.server.request(Method::POST, &path).bearer_auth(&town.dispatcher);
        town.server.send(request.header("idempotency-key", "late-hold").body(hold)).await.expect(201);

        let anew = town.plans("anew").await.expect(201);
        let left = left_out(&anew);
        assert!(left.get("held").is_some_and(|it| it.contains(&held)) || left.get("stopped").is_some_and(|it| it.contains(&held)), "{left:?}");
        let everybody: BTreeSet<String> = left.into_values().flatten().chain(accounts(stops(&anew))).collect();
        assert_eq!(everybody.len(), 343);
        assert!(!accounts(stops(&anew)).contains(&held));
        let second = town.publishes(&anew, "out-again").await.expect(201);
        assert!(second["routes"].as_array().unwrap().iter().all(|route| route["generation"] == 2));
        let listed = town.sees(&format!("/routes?date={DAY}")).await;
        let routes = listed["routes"].as_array().unwrap();
        assert_eq!(routes.len(), 6);
        assert!(routes.iter().all(|it| it["generation"] == 2 || it["stops_count"] == 0));
    }

    /// Two weeks after its day a route is over: nothing more is said on it, and nothing is given to it.
    async fn a_route_is_closed_two_weeks_after_its_day(db: TestDatabase) {
        let town = Town::opens(db).await;
        let plan = town.plans("plan").await.expect(201);
        let published = town.publishes(&plan, "out").await.expect(201);
        let id = text(&published["routes"][0], "route_id");
        let day = Span::minutes(24 * 60);
        let state = &town.server.state;
        let closed = async || housekeeping::round(state, state.now()).await.unwrap().routes_closed;
        for _ in 0..14 {
            town.server.later(day);
        }
        assert_eq!(closed().await, 0);
        town.server.later(day);
        assert_eq!((closed().await, closed().await), (3, 0));
        let shown = town.server.get(&town.server.sign_in("dispatcher").await, &format!("/routes/{id}")).await.expect(200);
        assert!(text(&shown, "closed_at").starts_with("2026-10-29T07:"), "{shown}");
    }

    /// Nobody drives yesterday: no plan is built for a day that is over, and one that was built in time does not go out
    /// when its day is over. A slip in the year is no day either.
    async fn a_day_that_is_over_is_neither_planned_nor_published(db: TestDatabase) {
        let town = Town::opens(db).await;
        let post = async |token: &str, date: &str| {
            town.server.post(token, "/plans", &json!({ "date": date, "crew_ids": [town.crews[0]] })).await
        };
        post(&town.dispatcher, "2026-10-13").await.expect_problem(409, "day_over");
        for slip in ["+262142-12-30", "2027-11-19"] {
            post(&town.dispatcher, slip).await.expect_problem(422, "day_too_far");
        }
        post(&town.dispatcher, "2027-11-18").await.expect(201);
        let plan = town.plans("in-time").await.expect(201);
        town.server.later(Span::minutes(24 * 60));
        let dispatcher = town.server.sign_in("dispatcher").await;
        let path = format!("/plans/{}/publish", text(&plan, "id"));
        town.server.post(&dispatcher, &path, &json!({})).await.expect_problem(409, "day_over");
        post(&dispatcher, DAY).await.expect_problem(409, "day_over");
        assert_eq!(town.server.get(&dispatcher, &format!("/routes?date={DAY}")).await.expect(200)["routes"], json!([]));
    }

    /// What only a supervisor may do, and what nobody can.
    async fn plans_refuse_what_can_not_be(db: TestDatabase) {
        let town = Town::opens(db).await;
        let post = async |token: &str, body: Value| town.server.post(token, "/plans", &body).await;
        let crew = &town.crews[0];
        let unknown = "01996f00-0000-7000-8000-000000000000";
        post(&town.dispatcher, json!({ "date": DAY, "crew_ids": [unknown] })).await.expect_problem(422, "crew_unknown");
        let twice = json!({ "date": DAY, "crew_ids": [crew, crew] });
        post(&town.dispatcher, twice).await.expect_problem(422, "day_not_plannable");
        let listing = json!({ "date": DAY, "crew_ids": [crew], "listing_ids": [unknown] });
        post(&town.dispatcher, listing).await.expect_problem(422, "listing_unknown");
        let backwards = json!({ "date": DAY, "crew_ids": [crew], "shift": { "from": "16:00", "to": "08:00" } });
        post(&town.dispatcher, backwards).await.expect_problem(422, "body_invalid");
        let approving = json!({ "date": DAY, "crew_ids": [crew], "approved_accounts": ["23-0120-07"] });
        post(&town.dispatcher, approving.clone()).await.expect_problem(403, "role_forbids");
        let supervisor = town.server.signed_in_as(Role::Supervisor).await;
        let approved = post(&supervisor, approving).await.expect(201);
        assert!(!left_out(&approved).contains_key("sensitive_premise"));
        let office = town.server.signed_in_as(Role::Office).await;
        post(&office, json!({ "date": DAY, "crew_ids": [crew] })).await.expect_problem(403, "role_forbids");
        town.server.get(&office, &format!("/plans/{unknown}")).await.expect_problem(404, "plan_unknown");
        town.server.get(&office, &format!("/routes/{unknown}")).await.expect_problem(404, "route_unknown");
        town.server.get(&office, "/routes?date=tomorrow").await.expect_problem(400, "query_invalid");
        let nobody = post(&town.dispatcher, json!({ "date": DAY, "crew_ids": [] })).await.expect(201);
        assert!(left_out(&nobody)["no_crew"].len() > 100);
    }
}
