//! The two desks as people use them: through pages and a cookie, on a real port, with a real tablet out on the road.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is the test's failure")]

mod administering;
mod after_publishing;
mod asked_less;
mod before_publishing;
mod claims;
mod claims_elsewhere;
mod claims_later;
mod claims_when_off;
mod crew_out;
mod fees;
mod finding;
mod first_line;
mod found_off;
mod go_codes;
mod hazards;
mod incidents;
mod keyed_in;
mod map_and_lanes;
mod may_still_go;
mod missing_evidence;
mod money;
mod next_day;
mod on_paper;
mod on_paper_only;
mod over_the_counter;
mod promises;
mod releases;
mod replay;
mod reports;
mod ruled;
mod sheets;
mod slow_clock;
mod suspensions;
mod tablets;
mod the_day;
mod two_plans;
mod two_services;
mod undoing;
mod unread;
mod visitor;
mod withdrawing;

use curbstop_server::store::feed;
use curbstop_shared::{time::Span, vocabulary::UnableCode};
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account},
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use visitor::{Visitor, now_at_the_utility};

on_both_engines! {
    /// A clear refusal, the desk of the role, and no way to another site.
    async fn signing_in_leads_to_ones_desk(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let base = utility.server.url();
        let mut visitor = Visitor::at(&base);
        let sent_away = visitor.opens("/office/accounts/1042").await;
        assert_eq!(sent_away.location.as_deref(), Some("/?next=/office/accounts/1042"));
        let refused = visitor.posts("/sign-in", &[("login", "office"), ("password", "not the password")]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        refused.shows("Login or password is wrong").shows("value=\"office\"").does_not_show("not the password");
        for (login, next, desk) in [
            ("dispatcher", "", "/dispatch"),
            ("office", "", "/office"),
            ("admin", "//evil.example/", "/dispatch"),
            ("office", "/office/accounts/01-0010-01", "/office/accounts/01-0010-01"),
        ] {
            let mut visitor = Visitor::at(&base);
            let page = visitor.posts("/sign-in", &[("login", login), ("password", PASSWORD), ("next", next)]).await;
            assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some(desk)), "{login} {next}");
        }
        let mut office = Visitor::signs_in(&base, "office").await;
        let page = office.opens("/office").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.policy.contains("script-src 'self'") && !page.policy.contains("unsafe"), "{}", page.policy);
        for inline in [" style=", "<style", "onclick=", "<script>"] {
            page.does_not_show(inline);
        }
        office.posts("/sign-out", &[]).await;
        assert_eq!(office.opens("/office").await.location.as_deref(), Some("/?next=/office"));
    }

    /// Who may open which desk, and who may change something there.
    async fn desks_are_for_their_roles(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        for role in ["supervisor", "auditor", "cis"] {
            utility.server.command(&["user", "add", role, "--role", role], &format!("{PASSWORD}\n"));
        }
        utility.publishes().await;
        let (yes, no) = (StatusCode::OK, StatusCode::FORBIDDEN);
        let a = account('A');
        for (login, dispatch, office, takes_money) in [
            ("admin", yes, yes, true),
            ("dispatcher", yes, yes, false),
            ("office", yes, yes, true),
            ("supervisor", yes, yes, true),
            ("auditor", yes, yes, false),
            ("cis", no, no, true),
        ] {
            let mut visitor = Visitor::signs_in(&utility.server.url(), login).await;
            assert_eq!(visitor.opens("/dispatch").await.status, dispatch, "{login} at dispatch");
            assert_eq!(visitor.opens("/office").await.status, office, "{login} at the office");
            let page = visitor.opens(&format!("/office/accounts/{a}")).await;
            assert_eq!(page.status, office, "{login} at an account");
            assert_eq!(page.html.contains("Record payment"), takes_money && office == yes, "{login} takes money");
        }
        let mut auditor = Visitor::signs_in(&utility.server.url(), "auditor").await;
        let fields = [("amount", "1.00"), ("tender", "cash"), ("confirmation", "X"), ("paid_at", "2026-01-01T10:00"), ("key", "k")];
        assert_eq!(auditor.posts(&format!("/office/accounts/{a}/payment"), &fields).await.status, no);
        assert_eq!(auditor.posts("/dispatch/plan", &[("date", &utility.date)]).await.status, no);
        assert_eq!(auditor.uploads(&[("kind", "listing"), ("source", "city")], b"x").await.status, no);
    }

    /// What can't be right on the form of a plan is refused in words, not left out unsaid.
    async fn a_plan_with_a_crew_or_a_time_that_cannot_be_is_refused(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let good = [("date", utility.date.as_str()), ("crew", utility.crew.as_str()), ("from", "08:00"), ("to", "16:30")];
        for (n, (field, value, said)) in [
            ("crew", "no crew", "one of the crews is not known any more"),
            ("listing", "no listing", "one of them is not known any more"),
            ("from", "25:00", "write the times as 08:00"),
            ("to", "half past four", "write the times as 08:00"),
            ("to", "07:30", "has to be later than sets out"),
        ]
        .into_iter()
        .enumerate()
        {
            let key = format!("bad-{n}");
            let mut fields: Vec<_> = good.into_iter().filter(|(name, _)| *name != field || field == "crew").collect();
            fields.extend([(field, value), ("key", key.as_str())]);
            let refused = dispatch.posts("/dispatch/plan", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
            refused.shows(said);
        }
        dispatch.opens("/dispatch").await.shows("Not built yet");
    }

    /// Import with a dry run, make final, build, publish: three steps on one page.
    async fn a_day_is_imported_built_and_published_from_the_page(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("No route is out for").shows("Build the day");
        let holds = b"Hold No,Acct No,Hold Code,Start,Good Thru\nH1,no such,MED,01/01/2026,\n";
        let fields = [("kind", "holds"), ("source", "city"), ("as_of", utility.date.as_str())];
        let checked = dispatch.uploads(&fields, holds).await;
        assert!(checked.html.contains("nothing is stored yet") || checked.html.contains("say stop"), "{}", checked.html);
        let nothing = dispatch.uploads(&fields, b"").await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = dispatch.opens("/dispatch?step=2").await;
        let key = page.hidden("action=\"/dispatch/plan\"", "key");
        let fields = [("key", key.as_str()), ("date", &utility.date), ("crew", &utility.crew)];
        let built = dispatch.posts("/dispatch/plan", &fields).await;
        assert_eq!(built.location, Some(format!("/dispatch?date={}&step=3", utility.date)), "{}", built.html);
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("6 stops for 1").shows("Publish to the tablets");
        let key = page.hidden("action=\"/dispatch/plans/", "key");
        let plan = page.html.split("/dispatch/plans/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        // On a weekend the page asks whether that was read.
        let fields = [("key", key.as_str()), ("date", &utility.date), ("sure", "yes")];
        let out = dispatch.posts(&format!("/dispatch/plans/{plan}/publish"), &fields).await;
        assert_eq!(out.location, Some(format!("/dispatch?date={}", utility.date)), "{}", out.html);
        let board = dispatch.opens("/dispatch").await;
        board.shows("Truck 12").shows("<b>0</b> of 6 done").shows("no tablet is enrolled for this crew");
        // A tablet confirms what it has with its next request.
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.sync().await;
        dispatch.opens("/dispatch").await.shows("tablet 12: has everything");
    }

    /// The clerk sees what a payment stops before the last key; the dispatcher sees that the truck has not seen it.
    async fn a_payment_says_what_it_stops_and_the_board_what_nobody_has_seen(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.sync().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}", account('A'));
        let page = office.opens(&path).await;
        page.shows("On. Turn off T-").shows("pay $86.40 to stop it").shows("Truck 12");
        let key = page.hidden("data-preview", "key");
        let paid_at = now_at_the_utility();
        let filled = |amount: &'static str, key: &str| {
            vec![("amount", amount.to_owned()), ("tender", "cash".to_owned()), ("confirmation", "8812".to_owned()),
                 ("paid_at", paid_at.clone()), ("key", key.to_owned())]
        };
        let post = |fields: Vec<(&'static str, String)>| fields;
        let preview = format!("{path}/payment/preview");
        let refs = |fields: &[(&'static str, String)]| fields.iter().map(|(n, v)| (*n, v.clone())).collect::<Vec<_>>();
        let part = post(filled("40", &key));
        let part: Vec<(&str, &str)> = part.iter().map(|(n, v)| (*n, v.as_str())).collect();
        office.posts(&preview, &part).await.shows("$46.40").shows("It stops and restores nothing");
        let enough = refs(&filled("$86.40", &key));
        let enough: Vec<(&str, &str)> = enough.iter().map(|(n, v)| (*n, v.as_str())).collect();
        office.posts(&preview, &enough).await.shows("Will stop: turn off T-").shows("555-0112");
        office.opens(&path).await.shows("pay $86.40 to stop it");
        let wrong = [("amount", "8O.00"), ("tender", "cash"), ("confirmation", "1"), ("paid_at", &paid_at), ("key", &key)];
        let refused = office.posts(&preview, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows("Write the amount as 86.40.");
        let recorded = office.posts(&format!("{path}/payment"), &enough).await;
        assert_eq!(recorded.location.as_deref(), Some(path.as_str()), "{}", recorded.html);
        let again = office.posts(&format!("{path}/payment"), &enough).await;
        assert_eq!(again.location.as_deref(), Some(path.as_str()), "the same key changes nothing");
        let page = office.opens(&path).await;
        page.shows("not seen it yet").shows("<strong>$86.40</strong>").does_not_show("to stop it");
        assert_eq!(page.html.matches("<strong>$86.40</strong>").count(), 1, "one payment in the timeline");

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("tablet 12 has not seen it").shows("tel:555-0112");
        truck.sync().await;
        truck.sync().await;
        dispatch.opens("/dispatch").await.shows("tablet 12 has it, nobody has tapped on it").does_not_show("tablet 12 has not seen it");
    }

    /// Off and paid for: the first line answers, in English and in Spanish.
    async fn the_first_line_answers(db: TestDatabase) {
        let (mut utility, mut truck) = Utility::with_cuts_at(&db, "BC").await;
        let stopped = truck.order_of(account('D'));
        truck.is_stopped_by(&stopped, UnableCode::ProofShown);
        truck.sync().await;
        utility.follows_server();
        utility.pays('C', wall_clock() + Span::seconds(1)).await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let off = office.opens(&format!("/office/accounts/{}", account('B'))).await;
        off.shows("Water off since").shows("(not paid)").shows("pay $120.50 to restore").shows("lock L-1");
        let released = office.opens(&format!("/office/accounts/{}", account('C'))).await;
        released.shows("though released: restore it").shows("Reconnect R-").shows("Truck 12 turned it off, and its tablet tells it to turn it on again");
        office.opens("/office").await.shows("Proof").shows("01-0040-01");
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        let spanish = office.opens(&format!("/office/accounts/{}", account('B'))).await;
        spanish.shows("<html lang=\"es\">").shows("Agua sin servicio desde").shows("pagar $120.50 para reconectar");

        let orders = utility.office.get(&format!("/orders?account={}", account('C'))).await.good();
        let kinds: Vec<&str> = orders["orders"].as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"turn_off") && kinds.contains(&"reconnect"), "{kinds:?}");
        let number = text(&orders["orders"][0]["number"]);
        assert_eq!(utility.office.get(&format!("/orders/{number}")).await.good()["account"], account('C'));
        assert_eq!(utility.office.get("/orders/T-99999").await.code(), "order_unknown");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("No crew has it: put it on a route");
    }

    /// An exception is settled with a reason, once, and by those who may.
    async fn an_exception_is_settled_with_a_reason(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let order = truck.order_of(account('D'));
        truck.is_stopped_by(&order, UnableCode::MeterMismatch);
        truck.sync().await;
        let open = utility.office.get("/exceptions").await.good();
        let entry = &open["exceptions"][0];
        assert!(text(&entry["sentence"]).contains("meter"), "{entry}");
        let path = format!("/exceptions/{}/actions", text(&entry["id"]));
        let empty = utility.office.post(&path, json!({ "action": "resolve", "why": " " })).await;
        assert_eq!(empty.code(), "why_missing");
        let _ = utility.office.post(&path, json!({ "action": "resolve", "why": "meter was exchanged on Monday" })).await.good();
        let twice = utility.office.post(&path, json!({ "action": "resolve", "why": "again" })).await;
        assert_eq!(twice.code(), "exception_closed");
        assert_eq!(utility.office.get("/exceptions").await.good()["exceptions"], json!([]));
    }

    /// A desk hears of a payment without asking.
    async fn desks_hear_what_happened(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let published = utility.publishes().await;
        let route = text(&published["routes"][0]["route_id"]);
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens("/office").await;
        let before = feed::head(&mut db.open().await.reader().await.unwrap()).await.unwrap();
        let request = office.client.get(format!("{}/api/v1/events", office.base));
        let mut stream = request.header(header::COOKIE, office.cookies.join("; ")).send().await.unwrap();
        assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
        utility.pays('A', wall_clock()).await;
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut heard = String::new();
        // The crew's route has a new word in it. What was told of it before the payment does not count.
        let of_the_payment = |line: &str| {
            let event: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
            (event["seq"].as_i64()? > before && event["topic"] == "route" && event["subject"] == *route).then_some(())
        };
        while !heard.contains("\n\n") || !heard.lines().any(|line| of_the_payment(line).is_some()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let chunk = tokio::time::timeout(left, stream.chunk()).await.expect("heard in time").unwrap();
            heard.push_str(&String::from_utf8_lossy(&chunk.expect("the stream stays open")));
        }
        assert!(heard.contains("event: changed"), "{heard}");
    }
}
