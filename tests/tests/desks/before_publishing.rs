//! What a dispatcher is told before the last key: why a file can't be read, how old a listing is, what day it is.

use crate::visitor::Visitor;
use chrono::{Datelike as _, Days, NaiveDate};
use curbstop_tests::{
    desk::text,
    on_both_engines,
    utility::{Utility, listing_csv},
};
use reqwest::StatusCode;
use serde_json::json;

/// The plan that the page offers to publish.
async fn plan_of(dispatch: &mut Visitor, day: &str) -> (String, String) {
    let page = dispatch.opens(&format!("/dispatch?date={day}&step=3")).await;
    let path = page.html.split("action=\"").map(|rest| rest.split('"').next().unwrap());
    let path = path
        .filter(|path| path.ends_with("/publish"))
        .last()
        .unwrap_or_else(|| panic!("nothing to publish:\n{}", page.html));
    (path.to_owned(), page.html)
}

on_both_engines! {
    /// A workbook, a "Unicode text" and a list of fruit: each says what is wrong with it, in the reader's language.
    async fn a_file_that_can_not_be_read_says_why(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let plain = [("kind", ""), ("source", ""), ("as_of", utility.date.as_str())];
        let workbook = dispatch.uploads(&plain, b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml").await;
        assert_eq!(workbook.status, StatusCode::UNPROCESSABLE_ENTITY);
        workbook.shows("save it as CSV").does_not_show("say what the file is");
        let utf16: Vec<u8> = "\u{feff}Account,Receipt\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        dispatch.uploads(&plain, &utf16).await.shows("UTF-16").shows("save it again as CSV UTF-8").does_not_show("say what the file is");
        let fruit = dispatch.uploads(&plain, b"Fruit,Price\npear,1\n").await;
        fruit.shows("No line of the file has the column headings of").shows("Fruit").shows("say what the file is");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.uploads(&plain, &utf16).await.shows("guárdelo otra vez como CSV UTF-8");
    }

    /// The listing is nine days old: the report says so, the list of listings, and the page before the last key, which
    /// takes a tick.
    async fn an_old_listing_is_said_before_the_last_key(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let day: NaiveDate = utility.date.parse().unwrap();
        let run = day - Days::new(9);
        let old = listing_csv(&utility.date, &run.format("Run %m/%d/%Y 04:52 PM").to_string());
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let fields = [("kind", "listing"), ("source", "city"), ("as_of", utility.date.as_str())];
        dispatch.uploads(&fields, &old).await.shows(" 16:52, 9 days before the day of the cut.");
        let keyed = [fields[0], fields[1], fields[2], ("key", "stored-1")];
        let stored = dispatch.uploads(&keyed, &old).await;
        stored.shows("6 rows are kept as a draft: nothing comes of them until somebody makes it final.").does_not_show("in use");
        dispatch.opens("/dispatch?step=2").await.shows("data-next autofocus>Build the day</button>");
        let path = format!("/listings?source=city&as_of={}", utility.date);
        let listing = text(&utility.dispatcher.upload(&path, old).await.good()["listing"]["id"]);
        let finalised = utility.dispatcher.post(&format!("/listings/{listing}/finalise"), json!({})).await.good();
        assert_eq!(finalised["listing"]["run_on"], json!(run));
        dispatch.opens("/dispatch?step=1").await.shows(" 16:52, 9 days before the day of the cut.").shows("does not say when");

        let plan = [("key", "plan-1"), ("date", utility.date.as_str()), ("crew", utility.crew.as_str()), ("listing", listing.as_str())];
        dispatch.posts("/dispatch/plan", &plan).await;
        let (path, page) = plan_of(&mut dispatch, &utility.date).await;
        assert!(page.contains("9 days before the day of the cut. Who paid since is known only") && page.contains("name=\"sure\""), "{page}");
        let unread = [("key", "out-1"), ("date", utility.date.as_str())];
        let refused = dispatch.posts(&path, &unread).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows("Nothing was published.").shows("9 days before");
        dispatch.opens("/dispatch").await.shows("No route is out for");
        let read = [unread[0], unread[1], ("sure", "yes")];
        assert_eq!(dispatch.posts(&path, &read).await.status, StatusCode::SEE_OTHER);
        dispatch.opens("/dispatch").await.does_not_show("No route is out for");
    }

    /// Yesterday is over, and no tick helps; next Sunday does not go out without a word.
    async fn a_day_that_is_over_is_not_planned_and_a_sunday_takes_a_tick(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let today: NaiveDate = utility.date.parse().unwrap();
        let yesterday = (today - Days::new(1)).to_string();
        let until_sunday = 7 - u64::from(today.weekday().num_days_from_sunday());
        let sunday = (today + Days::new(until_sunday)).to_string();
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let over = [("key", yesterday.as_str()), ("date", &yesterday), ("crew", utility.crew.as_str())];
        let refused = dispatch.posts("/dispatch/plan", &over).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        refused.shows("That day is over. Nothing was changed.");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.posts("/dispatch/plan", &over).await.shows("Ese día ya pasó. No se cambió nada.");
        dispatch.posts("/language", &[("language", "en"), ("back", "/dispatch")]).await;

        let said = "a weekend. Whoever is cut may find nobody to pay";
        let on_sunday = [("key", sunday.as_str()), ("date", &sunday), ("crew", utility.crew.as_str())];
        dispatch.posts("/dispatch/plan", &on_sunday).await;
        let (path, page) = plan_of(&mut dispatch, &sunday).await;
        assert!(page.contains(said) && page.contains("name=\"sure\""), "{page}");
        let refused = dispatch.posts(&path, &[("key", "out"), ("date", &sunday)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows(said);
    }

    /// Two dispatchers: what one builds and publishes, the other's three steps say without being loaded again. Crews
    /// stand in the order in which people count them.
    async fn the_three_steps_follow_what_somebody_else_does(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut other = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let live = format!("/dispatch/steps?date={}&step=0", utility.date);
        other.opens("/dispatch?step=0").await.shows(&live.replace('&', "&amp;"));
        other.opens(&live).await.shows("Not built yet").shows("Nothing to publish yet");
        let plan = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        other.opens(&live).await.shows("6 stops, 0 left out").shows("Built, nobody has it yet");
        other.opens("/dispatch?step=3").await.shows("Why there").shows("No other crew of the day may do it.");
        let _ = utility.dispatcher.post(&format!("/plans/{}/publish", text(&plan["id"])), json!({})).await.good();
        other.opens(&live).await.shows("The crews&#39; tablets can fetch it");

        for (name, rider) in [("Truck 10", "ann"), ("Truck 2", "bob"), ("Truck 1", "cyd")] {
            utility.hires(name, "555-0100", rider).await;
        }
        let page = other.opens("/dispatch?step=2").await;
        let places: Vec<usize> = ["> Truck 1</", "> Truck 2</", "> Truck 10</", "> Truck 12</"].iter().map(|name| page.html.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
    }

    /// A mistyped address is a page for people and a problem for programs, and what the problem points to is there.
    async fn a_wrong_address_leads_on(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut nobody = Visitor::at(&utility.server.url());
        let page = nobody.opens("/dispach").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        page.shows("<html").shows("There is nothing at this address.").shows("href=\"/\"");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens("/office/no/such/page").await.shows("<html").shows("href=\"/office\"");
        for path in ["/api/v1/nothing", "/api/v2/accounts", "/api"] {
            let problem = nobody.opens(path).await;
            assert_eq!(problem.status, StatusCode::NOT_FOUND);
            problem.shows("\"code\":\"not_found\"").shows("See /api/docs.").does_not_show("<html");
        }
        nobody.opens("/api/docs").await.shows("<h1").shows("Idempotency-Key").shows("id=\"problems\"").shows("/api/docs/file-formats");
        nobody.opens("/api/docs/file-formats").await.shows("Windows-1252");
        assert_eq!(nobody.opens("/api/docs/problems").await.location.as_deref(), Some("/api/docs#problems"));
    }
}
