//! Finding somebody: whatever a customer, a crew or a letter says first.

use crate::visitor::{Visitor, percent};
use curbstop_server::store::search;
use curbstop_tests::{
    on_both_engines,
    utility::{Utility, account},
};
use reqwest::StatusCode;
use serde_json::json;

on_both_engines! {
    /// What a customer says first finds the account, and names are text whatever they hold.
    async fn an_account_is_found_by_whatever_the_customer_says(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let csv = "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
                   Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n\
                   P9,09-0001-01,W,\"<script>alert(1)</script> Muñoz\",RES,\"9 \"\"><img src=x onerror=alert(1)> St\",,ALDER FORK,NE,69999,\
                   41.9,-101.63,01,001,0090,WATER,0048-2213,\"5/8\"\"\",6,1,CGAL,036400,09/14/2026,3,400,CURB,,,ES,\n";
        let path = format!("/premises/import?source=second&as_of={}", utility.date);
        let _ = utility.dispatcher.upload(&path, csv.into()).await.good();
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        for words in ["munoz", "MUÑOZ", "MUÑ", "Múñoz", "09-0001-01", "09000101", "9000101", "00482213", "0048-2213", "482213", "2213", "82213", "munoz 9"] {
            let found = office.opens(&format!("/office/search?q={}", percent(words))).await;
            found.shows("/office/accounts/09-0001-01").shows("&#60;script&#62;alert(1)");
            found.does_not_show("<script>alert").does_not_show("<img src=x");
        }
        for half_heard in ["munos", "munnoz", "mumoz", "munos 9"] {
            let found = office.opens(&format!("/office/search?q={half_heard}", )).await;
            found.shows("Did you mean").shows("<b>munoz").shows("/office/accounts/09-0001-01");
        }
        office.opens("/office/search?q=munos").await.shows("Did you mean").does_not_show("Nobody matches <");
        office.opens("/office/search?q=nobody").await.shows("Nobody matches");
        let page = office.opens("/office/accounts/09-0001-01").await;
        page.does_not_show("<script>alert").does_not_show("<img src=x").shows("On. No order to cut is open");
        assert_eq!(office.opens("/office/accounts/99").await.status, StatusCode::NOT_FOUND);
        let api = utility.office.get("/accounts?q=alder%20300").await.good();
        assert_eq!(api["accounts"][0]["account"], account('C'));
        assert_eq!(utility.office.get("/accounts?q=x&what=y").await.code(), "query_invalid");
    }

    /// A name over the telephone: who is written so comes first, who only sounds so after that, and says so.
    async fn a_name_is_found_as_it_sounds_after_as_it_is_written(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut csv = String::from(
            "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
             Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n",
        );
        for (n, name) in ["VACA", "BACALAO", "BACA", "QUINTERO", "HERNANDEZ", "LLANOS"].iter().enumerate() {
            csv.push_str(&format!(
                "P6{n},06-{n}-01,W,\"{name}, ANA\",RES,{n} ELM ST,,ALDER FORK,NE,69999,41.9,-101.63,01,001,0090,WATER,\
                 6{n:07},\"5/8\"\"\",6,1,CGAL,036400,09/14/2026,3,400,CURB,,,EN,\n"
            ));
        }
        let path = format!("/premises/import?source=second&as_of={}", utility.date);
        let _ = utility.dispatcher.upload(&path, csv.into_bytes()).await.good();
        let found = async |said: &str| {
            let found = utility.office.get(&format!("/accounts?q={said}")).await.good();
            let of = |one: &serde_json::Value| (one["name"].as_str().unwrap().to_owned(), one["matched"].clone());
            found["accounts"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        let (written, sounds) = (json!(["name"]), json!(["sounds_like", "name"]));
        let names = [("BACALAO, ANA".to_owned(), written.clone()), ("BACA, ANA".to_owned(), written), ("VACA, ANA".to_owned(), sounds.clone())];
        assert_eq!(found("baca").await, names);
        for (said, name) in [("kintero", "QUINTERO, ANA"), ("yanos", "LLANOS, ANA")] {
            let all = found(said).await;
            assert!(all.iter().any(|one| one.0 == name), "{said}: {all:?}");
        }
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens("/office/search?q=baca").await.shows("sounds like: the name").shows("matches the name");
    }

    /// In a town of thousands, half a street, a telephone or a long name for a short one finds the house.
    async fn words_of_a_street_in_any_order_and_telephones_find_the_account(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut csv = String::from(
            "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
             Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n",
        );
        let house = |n: usize, street: &str, phone: &str| {
            format!(
                "P7{n:05},07-{n:04}-01,W,\"HOUSE, {n}\",RES,{street},,ALDER FORK,NE,69999,41.9,-101.63,01,001,0090,WATER,\
                 8{n:07},\"5/8\"\"\",6,1,CGAL,036400,09/14/2026,3,400,CURB,,,EN,{phone}\n"
            )
        };
        for n in 1..=2_100 {
            csv.push_str(&house(n, &format!("{n} COUNTY RD"), ""));
        }
        csv.push_str(&house(2_200, "418 N IONE CREEK AVE 8TH FL", "(308) 555-0142"));
        let path = format!("/premises/import?source=second&as_of={}", utility.date);
        let _ = utility.dispatcher.upload(&path, csv.into_bytes()).await.good();
        let first = async |words: &str| {
            let found = utility.office.get(&format!("/accounts?q={}", percent(words))).await.good();
            (found["accounts"][0]["account"].clone(), found["accounts"][0]["matched"].clone())
        };
        for words in ["ione 8th", "8th ione", "north ione avenue", "ione ave", "creek 418"] {
            assert_eq!(first(words).await, (json!("07-2200-01"), json!(["address"])), "{words}");
        }
        for words in ["308-555-0142", "(308) 555 0142", "5550142"] {
            assert_eq!(first(words).await, (json!("07-2200-01"), json!(["phone"])), "{words}");
        }
        assert_eq!(first("ione 9th").await.0, json!(null));
        // As people read it aloud, with gaps for the hyphens: who has it comes before whose meter has its pieces.
        for words in ["07 2200 01", "07 22 00 01", "07-2200-01"] {
            assert_eq!(first(words).await.0, json!("07-2200-01"), "{words}");
        }
    }

    /// A crew calls about an order, a letter names a hold: their numbers find the account.
    async fn the_number_of_an_order_or_of_a_hold_finds_the_account(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let there = utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        let number = there["orders"][0]["number"].as_str().unwrap().to_owned();
        let hold = json!({ "account": account('C'), "kind": "dispute", "comment": "letter" });
        let _ = utility.office.post("/holds", hold).await.good();
        for typed in [number.clone(), number.to_lowercase(), number.replace('-', "")] {
            let found = utility.office.get(&format!("/accounts?q={typed}")).await.good();
            let first = &found["accounts"][0];
            assert_eq!((&first["account"], &first["matched"]), (&json!(account('B')), &json!(["order"])), "{typed}");
        }
        for typed in ["H-1", "h1"] {
            let found = utility.office.get(&format!("/accounts?q={typed}")).await.good();
            let first = &found["accounts"][0];
            assert_eq!((&first["account"], &first["matched"]), (&json!(account('C')), &json!(["hold"])), "{typed}");
        }
    }

    /// A database from before accounts had words gets them when its server starts, and a changed name is found anew.
    async fn accounts_that_were_there_before_are_found_after_an_update(db: TestDatabase) {
        let mut utility = Utility::opens(&db).await;
        let store = db.open().await;
        let mut work = store.begin().await.unwrap();
        search::put_words(&mut work, &[account('C')], &[]).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(utility.office.get("/accounts?q=alder%20300").await.good()["accounts"], json!([]));
        utility.server.kill();
        utility.server.restart();
        utility.follows_server();
        let found = utility.office.get("/accounts?q=alder%20300").await.good();
        assert_eq!(found["accounts"][0]["account"], account('C'));
    }

    /// A name that was heard in half finds whoever begins so or nearly so, and more than fit under the box are counted,
    /// with a way to see them.
    async fn half_a_name_finds_all_who_begin_so_and_says_how_many(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut csv = String::from(
            "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
             Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n",
        );
        for n in 1..=31 {
            csv.push_str(&format!(
                "P7{n:05},07-{n:04}-01,W,\"GONZALEZ, ANA\",RES,{n} COUNTY RD,,ALDER FORK,NE,69999,41.9,-101.63,01,001,0090,WATER,\
                 8{n:07},\"5/8\"\"\",6,1,CGAL,036400,09/14/2026,3,400,CURB,,,EN,\n"
            ));
        }
        let path = format!("/premises/import?source=second&as_of={}", utility.date);
        let _ = utility.dispatcher.upload(&path, csv.into_bytes()).await.good();
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        for half in ["gonz", "gons", "gonsa", "gonzales", "jonz"] {
            let found = office.opens(&format!("/office/search?q={half}")).await;
            found.shows("GONZALEZ, ANA").shows("12 of 31 found").shows(&format!("/office?q={half}&amp;all=yes"));
            assert_eq!(found.html.matches("GONZALEZ, ANA").count(), 12, "{half}");
        }
        let all = office.opens("/office?q=gonz&all=yes").await;
        assert_eq!(all.html.matches("GONZALEZ, ANA").count(), 31);
        all.does_not_show("show more");
        assert_eq!(utility.office.get("/accounts?q=gonz").await.good()["total"], 31);
    }
}
