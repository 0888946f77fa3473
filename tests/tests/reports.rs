//! What supervisors and auditors read at the end of the day, and who may read it: on both engines, with a real tablet.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::{
    http::openapi,
    service::authorise::{Action, allows},
    store::{OnEngine, audit_search, off_register, order_audit, reports},
};
use curbstop_shared::{
    time::Span,
    vocabulary::{Role, UnableCode},
};
use curbstop_tests::{
    database::{Engine, TestDatabase},
    desk::{Desk, text},
    on_both_engines,
    server::TestServer,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account, rfc3339},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Somebody of a role, signed in.
async fn desk_of(utility: &Utility, role: &str) -> Desk {
    utility.server.command(&["user", "add", role, "--role", role], &format!("{PASSWORD}\n"));
    Desk::sign_in(&utility.server.url(), role, PASSWORD).await
}

/// The report of the day.
async fn today(desk: &Desk, utility: &Utility, report: &str) -> Value {
    let date = &utility.date;
    desk.get(&format!("/reports/{report}?from={date}&to={date}")).await.good()
}

/// The day of [`Utility`] as these stories begin: A and B are cut, at C a dog, D paid before the crew came, E and F wait.
async fn a_day(db: &TestDatabase) -> (Utility, Truck) {
    let (utility, mut truck) = Utility::with_cuts_at(db, "AB").await;
    let dog = truck.order_of(account('C'));
    truck.is_stopped_by(&dog, UnableCode::Dog);
    truck.sync().await;
    utility.pays('D', wall_clock()).await;
    (utility, truck)
}

/// The rows of a file, by its heading.
fn column(csv: &str, name: &str) -> Vec<String> {
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    let at = lines.next().unwrap().split(',').position(|heading| heading == name).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

on_both_engines! {
    /// Six stops: two done, one could not, one was paid for before anybody came, two nobody reached.
    async fn the_field_collection_report_adds_up(db: TestDatabase) {
        let (utility, _truck) = a_day(&db).await;
        let supervisor = desk_of(&utility, "supervisor").await;
        let report = today(&supervisor, &utility, "collection").await;
        let expected = json!({
            "stops": 6, "attempted": 3, "called_off": 1, "visits": 3, "done": 2, "unable": 1, "stopped": 0,
        });
        assert_eq!(report["total"], expected);
        assert_eq!(report["crews"][0]["crew"], "Truck 12");
        assert_eq!(report["crews"][0]["done"], 2);
        assert_eq!(report["days"][0]["date"], utility.date);
        assert_eq!(report["codes"], json!([{ "outcome": "unable", "code": "dog", "visits": 1 }]));
        assert_eq!(report["kinds"], json!([{ "kind": "turn_off", "visits": 3, "done": 2 }]));
        assert_eq!(report["wrongful"], json!([]));
        let (from, to) = ("2020-01-01", "2020-01-02");
        let before = supervisor.get(&format!("/reports/collection?from={from}&to={to}")).await.good();
        assert_eq!(before["total"]["stops"], 0);
        let reversed = supervisor.get(&format!("/reports/collection?from={to}&to={from}")).await;
        assert_eq!(reversed.code(), "days_reversed");

        let csv = utility.server.command(&["export", "collection", "--from", &utility.date], "");
        assert_eq!(column(&csv, "outcome"), ["done", "unable"]);
        assert_eq!(column(&csv, "visits"), ["2", "1"]);
    }

    /// A plan that is published again: its stops are counted once.
    async fn a_day_that_was_published_again_counts_its_stops_once(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        utility.publishes().await;
        let report = today(&utility.office, &utility, "collection").await;
        assert_eq!((&report["total"]["stops"], &report["total"]["attempted"]), (&json!(6), &json!(0)));
    }

    /// Off since, why, by which order; paid and who gives it back by when; gone once it is back on.
    async fn the_register_tells_who_is_off_and_who_paid(db: TestDatabase) {
        let (utility, mut truck) = a_day(&db).await;
        let auditor = desk_of(&utility, "auditor").await;
        let register = auditor.get("/reports/off").await.good();
        assert_eq!((&register["total"], &register["released"]), (&json!(2), &json!(0)));
        let of = |register: &Value, letter: char| {
            let rows = register["off"].as_array().unwrap().clone();
            rows.into_iter().find(|row| row["account"] == account(letter))
        };
        let row = of(&register, 'A').unwrap();
        assert_eq!((&row["reason"], &row["crew"], &row["product"]), (&json!("non_pay"), &json!("Truck 12"), &json!("water")));
        assert_eq!((&row["released"], &row["days_off"], &row["past_due"]), (&json!(false), &json!(0), &json!("86.40")));
        assert!(text(&row["order"]).starts_with("T-") && row["off_since_at"].is_string(), "{row}");

        let part = json!({
            "account": account('B'), "amount": "20.00", "tender": "cash", "confirmation": "R-20",
            "paid_at": rfc3339(wall_clock()),
        });
        assert_eq!(utility.office.post("/payments", part).await.good()["outcome"], "part_paid");
        utility.pays('A', wall_clock()).await;
        let register = auditor.get("/reports/off").await.good();
        assert_eq!(of(&register, 'B').unwrap()["part_paid"], "20.00", "{register}");
        assert_eq!((&register["total"], &register["released"], &register["late"]), (&json!(2), &json!(1), &json!(0)));
        let row = of(&register, 'A').unwrap();
        assert_eq!((&row["released"], &row["released_because"]), (&json!(true), &json!("payment_received")));
        assert!(text(&row["reconnect"]).starts_with("R-") && row["due_at"].is_string(), "{row}");
        let csv = utility.server.command(&["export", "off"], "");
        assert_eq!(column(&csv, "released"), ["yes", ""]);

        let route = utility.office.get(&format!("/routes?date={}", utility.date)).await.good();
        let reconnect = utility.office.get(&format!("/orders/{}", text(&row["reconnect"]))).await.good();
        let given = json!({ "order_id": reconnect["id"] });
        let route = text(&route["routes"][0]["id"]);
        let _ = utility.dispatcher.post(&format!("/routes/{route}/orders"), given).await.good();
        truck.sync().await;
        let back = truck.orders().into_iter().find(|order| order.id.to_string() == text(&reconnect["id"])).unwrap();
        truck.turns_on(&back);
        truck.sync().await;
        let register = auditor.get("/reports/off").await.good();
        assert_eq!((of(&register, 'A'), &register["total"]), (None, &json!(1)));
    }

    /// A cut that crossed a payment is what a supervisor sees first.
    async fn cuts_that_should_not_have_been_stand_first_among_what_needs_a_person(db: TestDatabase) {
        let (utility, mut truck) = a_day(&db).await;
        let order = truck.order_of(account('E'));
        truck.opens_the_act(&order);
        utility.pays('E', wall_clock() - Span::minutes(30)).await;
        truck.closes_the_act(&order, "036500", "L-9");
        truck.sync().await;
        let report = today(&utility.office, &utility, "exceptions").await;
        assert_eq!((&report["kinds"][0]["kind"], &report["kinds"][0]["wrongful"]), (&json!("cut_crossed_release"), &json!(true)));
        let entry = report["entries"].as_array().unwrap().iter().find(|one| one["kind"] == "cut_crossed_release").unwrap();
        assert_eq!((&entry["account"], &entry["state"]), (&json!(account('E')), &json!("open")));
        let collection = today(&utility.office, &utility, "collection").await;
        assert_eq!(collection["wrongful"], json!([{ "kind": "cut_crossed_release", "count": 1 }]));
        let csv = utility.server.command(&["export", "exceptions", "--from", &utility.date], "");
        assert!(column(&csv, "kind").contains(&"cut_crossed_release".to_owned()), "{csv}");
    }

    /// A counter that went back is on the list with the last reading on file; one that looks right is not.
    async fn readings_to_look_at_again_say_why(db: TestDatabase) {
        let (utility, mut truck) = a_day(&db).await;
        let order = truck.order_of(account('E'));
        truck.opens_the_act(&order);
        truck.notes_down(order.id, |draft| draft.lines[0].checks = vec!["went_back".to_owned()]);
        truck.closes_the_act(&order, "000017", "L-9");
        truck.sync().await;
        let report = today(&utility.office, &utility, "readings").await;
        let rows = report["readings"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "{report}");
        assert_eq!((&rows[0]["account"], &rows[0]["reading"]), (&json!(account('E')), &json!("000017")));
        assert_eq!((&rows[0]["last_read"], &rows[0]["crew"]), (&json!("036400"), &json!("Truck 12")));
        assert_eq!((&rows[0]["checks"], &rows[0]["looked_at"]), (&json!(["went_back"]), &json!("open")));
        let csv = utility.server.command(&["export", "readings", "--from", &utility.date], "");
        let days = format!("from={0}&to={0}", utility.date);
        let exported = utility.office.get(&format!("/exports/readings?{days}")).await.good();
        assert_eq!(exported, Value::from(csv.clone()), "by the API as by the command");
        let exported = text(&utility.office.get(&format!("/exports/exceptions?{days}")).await.good());
        let by_command = utility.server.command(&["export", "exceptions", "--from", &utility.date], "");
        assert_eq!(exported, by_command);
        let too_long = utility.office.get("/exports/exceptions?from=2020-01-01&to=2026-12-31").await;
        assert_eq!((too_long.status.as_u16(), too_long.code()), (422, "days_too_many"));
        assert_eq!(utility.office.get(&format!("/exports/audit?{days}")).await.code(), "role_forbids", "not for the office");
        assert_eq!(column(&csv, "reading"), ["000017"]);
    }

    /// Stored by an earlier release, which let it through: on PostgreSQL no report over its day would come any more.
    async fn a_fact_with_a_nul_from_before_ends_no_report(db: TestDatabase) {
        let (utility, mut truck) = a_day(&db).await;
        let order = truck.order_of(account('E'));
        truck.opens_the_act(&order);
        truck.notes_down(order.id, |draft| draft.lines[0].checks = vec!["went_back".to_owned()]);
        truck.closes_the_act(&order, "000017", "L-9");
        truck.sync().await;
        utility.pays('A', wall_clock()).await;
        let store = db.open().await;
        let mut work = store.begin().await.unwrap();
        for (kind, before, after) in [
            ("reading", r#""serial_seen":""#, r#""serial_seen":"\u0000"#),
            ("visit", r#""kind":"visit""#, r#""kind":"visit","go_code":"\\u0000 and \u0000""#),
            ("release", r#""kind":"release""#, r#""kind":"release","confirmation":"\u0000""#),
        ] {
            let spoils = sqlx::AssertSqlSafe(format!("UPDATE facts SET body = replace(body, '{before}', '{after}') WHERE kind = '{kind}'"));
            let rows = match work.on_engine().unwrap() {
                OnEngine::Sqlite(conn) => sqlx::query(spoils).execute(conn).await.unwrap().rows_affected(),
                OnEngine::Postgres(conn) => sqlx::query(spoils).execute(conn).await.unwrap().rows_affected(),
            };
            assert!(rows > 0, "{kind}");
        }
        work.commit().await.unwrap();
        for report in ["collection", "productivity", "readings", "exceptions"] {
            today(&utility.office, &utility, report).await;
        }
        let _ = utility.office.get("/reports/off").await.good();
        let csv = utility.server.command(&["export", "readings", "--from", &utility.date], "");
        assert_eq!(column(&csv, "reading"), ["000017"]);
        assert!(!csv.contains('\0'), "no spreadsheet opens a NUL");
    }

    async fn a_crews_day_has_its_hours(db: TestDatabase) {
        let (utility, _truck) = a_day(&db).await;
        let report = today(&utility.office, &utility, "productivity").await;
        let day = &report["days"][0];
        assert_eq!((&day["crew"], &day["stops"], &day["attempted"], &day["visits"]), (&json!("Truck 12"), &json!(6), &json!(3), &json!(3)));
        assert!(day["first_at"].as_str() <= day["last_at"].as_str() && day["first_at"].is_string(), "{day}");
        let counted: i64 = day["hours"].as_array().unwrap().iter().map(|of| of["visits"].as_i64().unwrap()).sum();
        assert_eq!(counted, 3, "each visit stands under one hour");
    }

    /// Listing, routes, checks, evidence, release, restore and the trail of one order; and orders drawn by lot.
    async fn an_auditor_follows_an_order_from_the_listing_to_the_restore(db: TestDatabase) {
        let (utility, truck) = a_day(&db).await;
        let auditor = desk_of(&utility, "auditor").await;
        let number = utility.office.get(&format!("/orders/{}", truck.order_of(account('A')).id)).await.good();
        let number = text(&number["number"]);
        utility.pays('A', wall_clock()).await;
        let audit = auditor.get(&format!("/reports/orders/{number}")).await.good();
        assert_eq!((&audit["listing"]["number"], &audit["listing"]["finalised_by"]), (&json!(1), &json!("dispatcher")));
        assert_eq!(text(&audit["listing"]["file_sha256"]).len(), 64);
        assert_eq!(audit["routes"][0]["crew"], "Truck 12");
        assert_eq!(audit["restores"][0]["reason"], "payment_received");
        let check = |name: &str| audit["checks"].as_array().unwrap().iter().find(|one| one["check"] == name).cloned().unwrap();
        for name in ["listed", "release", "hold", "permit", "meter"] {
            assert_eq!(check(name)["held"], true, "{name}: {}", check(name));
        }
        assert_eq!(check("photo")["held"], Value::Null, "none was taken");
        let deeds: Vec<&str> = audit["trail"].as_array().unwrap().iter().filter_map(|line| line["action"].as_str()).collect();
        assert!(deeds.contains(&"listing_finalised") && deeds.contains(&"payment_recorded"), "{deeds:?}");
        assert_eq!(auditor.get("/reports/orders/T-999").await.code(), "order_unknown");

        let (from, to) = (&utility.date, &utility.date);
        let every = auditor.get(&format!("/reports/sample?from={from}&to={to}&every=2")).await.good();
        assert_eq!((&every["population"], every["orders"].as_array().unwrap().len()), (&json!(3), 1));
        let drawn = format!("/reports/sample?from={from}&to={to}&count=2&seed=winter");
        let one = auditor.get(&drawn).await.good();
        assert_eq!(one["orders"].as_array().unwrap().len(), 2);
        assert_eq!(auditor.get(&drawn).await.good(), one, "the same word draws the same");
        assert_eq!(auditor.get(&format!("/reports/sample?from={from}&to={to}")).await.code(), "sample_invalid");
    }

    /// The trail is found by account, order, person and day, a page at a time, and says whether it is whole.
    async fn the_trail_is_read_by_account_person_and_day(db: TestDatabase) {
        let (utility, truck) = a_day(&db).await;
        let auditor = desk_of(&utility, "auditor").await;
        let find = async |query: &str| auditor.get(&format!("/audit?{query}")).await.good()["lines"].as_array().unwrap().clone();
        let of_account = find(&format!("account={}", account('D'))).await;
        assert_eq!(of_account.len(), 1, "{of_account:?}");
        assert_eq!((&of_account[0]["action"], &of_account[0]["name"]), (&json!("payment_recorded"), &json!("office")));
        let by_dispatcher = find(&format!("person=dispatcher&from={}", utility.date)).await;
        assert!(by_dispatcher.iter().all(|line| line["name"] == "dispatcher") && by_dispatcher.len() > 3);
        assert_eq!(find(&format!("person=dispatcher&account={}", account('D'))).await.len(), 0);
        assert_eq!(find("to=2020-01-01").await.len(), 0);
        assert_eq!(find("from=2999-01-01").await.len(), 0);
        let order = truck.order_of(account('E')).id;
        assert_eq!(find(&format!("order={order}")).await.len(), 0);
        utility.pays('A', wall_clock()).await;
        let reconnect = text(&auditor.get("/reports/off").await.good()["off"][0]["reconnect"]);
        let routes = utility.office.get(&format!("/routes?date={}", utility.date)).await.good();
        let order = utility.office.get(&format!("/orders/{reconnect}")).await.good();
        let given = json!({ "order_id": order["id"] });
        let _ = utility.dispatcher.post(&format!("/routes/{}/orders", text(&routes["routes"][0]["id"])), given).await.good();
        let of_order = find(&format!("order={reconnect}")).await;
        assert!(of_order.iter().any(|line| line["action"] == "order_given" && line["name"] == "dispatcher"), "{of_order:?}");
        assert_eq!(auditor.get("/audit?person=nobody").await.code(), "person_unknown");

        let (mut seen, mut before) = (Vec::new(), String::new());
        loop {
            let page = auditor.get(&format!("/audit?limit=3{before}")).await.good();
            seen.extend(page["lines"].as_array().unwrap().iter().map(|line| line["seq"].as_i64().unwrap()));
            let Some(next) = page["next"].as_i64() else { break };
            before = format!("&before={next}");
        }
        let last = seen[0];
        assert_eq!(seen, (1..=last).rev().collect::<Vec<_>>(), "no line is left out or comes twice");
        let chain = auditor.get("/audit/chain").await.good();
        assert_eq!((&chain["whole"], &chain["lines"]), (&json!(true), &json!(last)));
        let csv = utility.server.command(&["export", "audit", "--from", &utility.date], "");
        assert_eq!(column(&csv, "seq"), (1..=last).map(|seq| seq.to_string()).collect::<Vec<_>>());
        assert!(csv.contains(&text(&chain["head_sha256"])), "its last line is the head");
        let exported = auditor.get(&format!("/exports/audit?from={0}&to={0}", utility.date)).await.good();
        assert_eq!(column(&text(&exported), "seq"), column(&csv, "seq"));
    }

    /// Every report, file and the trail, asked for by everybody: open to whom the table says, closed to the rest.
    async fn reports_are_for_whom_the_table_says(db: TestDatabase) {
        let server = TestServer::on(Arc::new(db), curbstop_server::clock::SettableClock::at(curbstop_tests::server::MORNING)).await;
        let calls: Vec<_> = openapi::registered()
            .into_iter()
            .filter(|call| ["/reports/", "/audit", "/exports/"].iter().any(|begin| call.path.starts_with(begin)))
            .collect();
        assert_eq!(calls.len(), 14);
        for role in Role::ALL {
            let token = server.signed_in_as(*role).await;
            for call in &calls {
                let action = call.action.unwrap();
                let for_reports = Action::SeeReports == action || action == Action::SeeExceptions;
                assert!(for_reports || matches!(action, Action::SeeAudit | Action::Export), "{}", call.path);
                let days = match call.path.as_str() {
                    "/reports/off" | "/reports/orders/{id}" | "/reports/orders/{id}/replay" | "/audit" | "/audit/chain" => "",
                    "/reports/sample" => "?from=2026-10-19&to=2026-10-19&every=2",
                    _ => "?from=2026-10-19&to=2026-10-19",
                };
                let path = call.path.replace("{id}", "T-1");
                let status = server.get(&token, &format!("{path}{days}")).await.status.as_u16();
                let open = if path.contains("orders") { 404 } else { 200 };
                let expected = if allows(*role, action) { open } else { 403 };
                assert_eq!(status, expected, "{role} at {path}");
                let stranger = server.send(server.request(reqwest::Method::GET, &format!("{path}{days}"))).await;
                assert_eq!(stranger.status.as_u16(), 401, "{path}");
            }
        }
        server.stop().await;
    }
}

/// SQLite keeps no figures about its tables: a statement that it begins in the wrong place would read every visit ever made.
#[tokio::test]
async fn no_report_reads_more_than_its_days_and_what_is_off() {
    let db = TestDatabase::fresh(Engine::Sqlite).await.unwrap();
    let store = db.open().await;
    let mut conn = store.reader().await.unwrap();
    for sql in
        [reports::STATEMENTS, off_register::STATEMENTS, order_audit::STATEMENTS, audit_search::STATEMENTS].concat()
    {
        let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.sqlite));
        let OnEngine::Sqlite(conn) = conn.on_engine().unwrap() else { panic!("SQLite was asked for") };
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained).fetch_all(conn).await.unwrap();
        for (.., step) in steps {
            let is_list = step.contains("USING INDEX orders_off") || step.contains("json_each");
            let reads_all = step.starts_with("SCAN ") && !is_list || step.ends_with("facts_by_kind (kind=?)");
            assert!(!reads_all, "{}: {step}", sql.name);
        }
    }
}
