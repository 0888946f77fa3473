//! The dispatcher's morning: files that say what they are, refused payments, who is left out and why, results out.

use crate::visitor::{Visitor, percent};
use curbstop_tests::{
    on_both_engines,
    utility::{PASSWORD, Utility, account},
};
use serde_json::json;

/// E's premise becomes a clinic, as a later file of the town says.
fn a_clinic() -> Vec<u8> {
    format!(
        "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
         Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n\
         P900005,{},W,\"ENDERSON, PAT\",RES,500 ALDER ST,,ALDER FORK,NE,69999,41.905000,-101.635000,01,001,0050,WATER,\
         70000005,\"5/8\"\"\",6,1,CGAL,036400,09/14/2026,3,400,CURB,,SENSITIVE,EN,\n",
        account('E')
    )
    .into_bytes()
}

on_both_engines! {
    /// A clinic waits for a supervisor, who approves it on the page; the account says why nobody goes there.
    async fn what_is_left_out_is_grouped_and_a_supervisor_approves(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.server.command(&["user", "add", "sam", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        let day = utility.date.as_str();
        let _ = utility.dispatcher.upload(&format!("/premises/import?source=city&as_of={day}"), a_clinic()).await.good();
        let hold = json!({ "account": account('A'), "kind": "dispute", "comment": "meter test asked for" });
        let _ = utility.office.post("/holds", hold).await.good();
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let fields = [("key", "plan-1"), ("date", day), ("crew", utility.crew.as_str()), ("from", "08:00"), ("to", "23:00")];
        dispatch.posts("/dispatch/plan", &fields).await;
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("4 stops for 1").shows("Left out").shows("1 account waits for a supervisor.").shows("<h3>Sensitive premise</h3>");
        page.shows("only if one of these approves it on this page:").shows("sam").shows("<h3>On hold: dispute</h3>").does_not_show("name=\"approve\"");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let clinic = format!("/office/accounts/{}", account('E'));
        office.opens(&clinic).await.shows("route because:").shows("Sensitive premise: a supervisor has to approve it.");
        office.opens(&format!("/office/accounts/{}", account('A'))).await.shows("On hold (dispute) until it is lifted.");

        let mut sam = Visitor::signs_in(&utility.server.url(), "sam").await;
        let page = sam.opens("/dispatch?step=3").await;
        page.shows("Tick those whose cut you approve").shows("Approve those ticked");
        let key = page.hidden("data-into=\"approved\"", "key");
        let mine = [("key", key.as_str()), ("date", day), ("crew", utility.crew.as_str()), ("from", "08:00"), ("to", "23:00"), ("approve", account('E'))];
        let refused = dispatch.posts("/dispatch/plan", &mine).await;
        assert_eq!(refused.status.as_u16(), 403);
        sam.posts("/dispatch/plan", &mine).await;
        dispatch.opens("/dispatch?step=3").await.shows("5 stops for 1").does_not_show("waits for a supervisor");
        dispatch.opens("/dispatch?step=2").await.shows("A supervisor approved 1 account in the plan of before.").shows("Building again leaves out what is not approved again");
        office.opens(&clinic).await.does_not_show("route because:");
    }

    /// A contractor rides only where somebody ticks it.
    async fn contractors_ride_only_where_somebody_says_so(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut admin = curbstop_tests::desk::Desk::sign_in(&utility.server.url(), "admin", PASSWORD).await;
        admin = admin.at(&utility.server.url());
        let crew = json!({ "name": "Lockwright", "kind": "contractor", "qualifications": ["water"] });
        let lockwright = admin.post("/crews", crew).await.good()["id"].as_str().unwrap().to_owned();
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens("/dispatch?step=2").await;
        page.shows(&format!("value=\"{}\" checked>", utility.crew)).shows(&format!("value=\"{lockwright}\">"));
        page.shows("(contractor)");
    }

    /// A file says by its headings what it is, and comes from whom the last one like it came; refused payments are in
    /// the way of a final listing.
    async fn a_file_says_what_it_is_and_refused_payments_stand_before_the_listing(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let day = utility.date.as_str();
        let short = format!("{}/{}/{}", &day[5..7], &day[8..10], &day[..4]);
        let journal = format!("Account,Receipt,Date,Amount\n{},R1,{short},86.40\n{},R2,{short},12O.50\n", account('A'), account('B'));
        let like = dispatch.sends_like(journal.as_bytes()).await;
        like.shows("\"kind\":\"payments\"").shows("\"source\":\"city\"");
        dispatch.sends_like(b"Fruit,Price\npear,1\n").await.shows("null");
        let plain = [("kind", ""), ("source", ""), ("as_of", day)];
        let checked = dispatch.uploads(&plain, journal.as_bytes()).await;
        checked.shows("Read as plain payments, from city").shows("Each refused row may be somebody who paid.");
        let unknown = dispatch.uploads(&plain, b"Fruit,Price\npear,1\n").await;
        assert_eq!(unknown.status.as_u16(), 422);
        unknown.shows("say what the file is");
        let key = checked.hidden("row", "key").is_empty();
        assert!(!key || checked.html.contains("form=\"import\""), "the page offers to store it");
        let store = [("kind", ""), ("source", ""), ("as_of", day), ("key", "journal-1")];
        dispatch.uploads(&store, journal.as_bytes()).await.shows("Stored.");
        let page = dispatch.opens("/dispatch?step=1").await;
        page.shows("1 payment of the file from city").shows("could not be read.").shows("12O.50").shows("before you make it final");
        let mended = format!("Account,Receipt,Date,Amount\n{},R2,{short},120.50\n", account('B'));
        let store = [("kind", ""), ("source", ""), ("as_of", day), ("key", "journal-2")];
        dispatch.uploads(&store, mended.as_bytes()).await.shows("Stored.");
        dispatch.opens("/dispatch?step=1").await.does_not_show("could not be read.");
    }

    /// With one billing system its name is filled in; with two, a file that no other was like is never put under one of
    /// them by a guess: somebody says which it is.
    async fn where_files_come_from_two_systems_nobody_guesses_which(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let holds = b"Account,Type,Reason\n";
        let plain = [("kind", "holds"), ("source", ""), ("as_of", utility.date.as_str())];
        dispatch.opens("/dispatch?step=1").await.shows("name=\"source\" maxlength=\"60\" value=\"city\"");
        let named = [("kind", ""), ("source", "bank"), ("as_of", utility.date.as_str()), ("key", "from-the-bank")];
        let journal = format!("Account,Receipt,Date,Amount\n{},R1,10/14/2026,86.40\n", account('A'));
        dispatch.uploads(&named, journal.as_bytes()).await.shows("Stored.");
        dispatch.opens("/dispatch?step=1").await.shows("name=\"source\" maxlength=\"60\" value=\"\"");
        let asked = dispatch.uploads(&plain, holds).await;
        assert_eq!(asked.status.as_u16(), 422);
        asked.shows("Say which system the file is from");
    }

    /// Results are one click away, for today; who may not take them out is not asked.
    async fn results_go_out_from_both_desks(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let path = format!("/api/v1/exports/results?from={}&to={}", percent(&utility.date), utility.date);
        for (login, desk) in [("dispatcher", "/dispatch"), ("office", "/office")] {
            let mut visitor = Visitor::signs_in(&utility.server.url(), login).await;
            let page = visitor.opens(desk).await;
            page.shows("action=\"/results\"").shows(&format!("name=\"from\" type=\"date\" value=\"{}\"", utility.date));
            let file = visitor.opens(&path).await;
            assert!(file.status.is_success() && file.html.contains("visit,order"), "{}", file.html);
            let of_page = visitor.opens(&path.replace("/api/v1/exports", "")).await;
            assert_eq!((of_page.status, &of_page.html), (file.status, &file.html));
            for (from, to, said) in [
                ("", utility.date.as_str(), "Write both days as 2026-11-24"),
                ("2026-12-31", "2026-12-01", "The last day lies before the first"),
                ("2020-01-01", "2026-12-31", "At most a year at once"),
            ] {
                let refused = visitor.opens(&format!("/results?from={from}&to={to}")).await;
                assert_eq!(refused.status, reqwest::StatusCode::UNPROCESSABLE_ENTITY);
                let kept = format!("name=\"to\" type=\"date\" value=\"{to}\"");
                refused.shows(said).shows("Download CSV").shows(&kept).shows("← Back");
            }
        }
    }
}
