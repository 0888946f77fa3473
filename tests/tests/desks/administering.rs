//! The administration's page: who may sign in, and the crews.

use super::visitor::Visitor;
use curbstop_server::service::authorise::{Action, allows};
use curbstop_shared::vocabulary::Role;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    utility::{PASSWORD, Utility, account, zone},
};
use reqwest::StatusCode;

const PASSWORD_OF_NINA: &str = "three clerks and a lamp";

on_both_engines! {
    /// A new clerk begins, loses her password, gets another, and leaves: each time what was open before is closed.
    async fn somebody_begins_forgets_a_password_and_leaves(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let base = utility.server.url();
        let mut admin = Visitor::signs_in(&base, "admin").await;
        let page = admin.opens("/admin").await;
        page.shows("Who may sign in").shows("Maria Reyes").shows("Truck 12").shows(zone().name());
        let key = page.hidden("action=\"/admin/people\"", "key");
        let nina = [("key", key.as_str()), ("login", "nina"), ("name", "Nina Ortega"), ("role", "office"), ("password", PASSWORD_OF_NINA), ("crew", "")];
        assert_eq!(admin.posts("/admin/people", &nina).await.status, StatusCode::SEE_OTHER);
        // The same form again is the same person.
        assert_eq!(admin.posts("/admin/people", &nina).await.status, StatusCode::SEE_OTHER);
        let page = admin.opens("/admin").await;
        assert_eq!(page.html.matches("<b>Nina Ortega</b>").count(), 1);
        let taken = [("key", "another"), ("login", "Nina"), ("name", "Nina Otero"), ("role", "office"), ("password", PASSWORD_OF_NINA), ("crew", "")];
        admin.posts("/admin/people", &taken).await.shows("Somebody signs in with this login already.");

        let mut clerk = Visitor::at(&base);
        let signed_in = clerk.posts("/sign-in", &[("login", "nina"), ("password", PASSWORD_OF_NINA)]).await;
        assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
        assert_eq!(clerk.opens("/office").await.status, StatusCode::OK);
        assert_eq!(clerk.opens("/admin").await.status, StatusCode::FORBIDDEN);
        let forbidden = clerk.posts("/admin/people/leave", &[("login", "office")]).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);

        let short = admin.posts("/admin/people/password", &[("login", "nina"), ("password", "short")]).await;
        short.shows("A password has at least 8 characters.");
        let another = [("login", "nina"), ("password", "four clerks and a lamp")];
        assert_eq!(admin.posts("/admin/people/password", &another).await.status, StatusCode::SEE_OTHER);
        assert_eq!(clerk.opens("/office").await.status, StatusCode::SEE_OTHER, "signed out everywhere");
        assert_eq!(clerk.posts("/sign-in", &another).await.status, StatusCode::SEE_OTHER);

        assert_eq!(admin.posts("/admin/people/leave", &[("login", "nina")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(clerk.posts("/sign-in", &another).await.status, StatusCode::UNAUTHORIZED);
        admin.opens("/admin").await.does_not_show("<b>Nina Ortega</b>").shows("No longer here: 1");
        admin.posts("/admin/people/leave", &[("login", "admin")]).await.shows("Nobody lets themselves go");
    }

    /// The billing system's login sends payments and holds in; a page about an account shows a customer, and is for
    /// whoever may see customers.
    async fn who_may_not_see_accounts_sees_none_on_any_page(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let (base, of) = (utility.server.url(), account('A'));
        let told = utility.office.get(&format!("/accounts/{of}")).await.good();
        let name = text(&told["name"]);
        let pages = ["", "/hold", "/release"].map(|page| format!("/office/accounts/{of}{page}"));
        let forms = ["/hold/preview", "/hold", "/release/preview", "/release", "/payment/preview", "/payment"];
        let forms = forms.map(|form| format!("/office/accounts/{of}{form}"));
        for role in Role::ALL {
            let login = format!("one-{role}");
            utility.server.command(&["user", "add", &login, "--role", role.code()], &format!("{PASSWORD}\n"));
            let mut visitor = Visitor::signs_in(&base, &login).await;
            let may = allows(*role, Action::SeeAccounts);
            for path in &pages {
                let page = visitor.opens(path).await;
                let acts = may && (path.ends_with(of) || allows(*role, Action::RecordHolds) && path.ends_with("hold"));
                assert!(!acts || page.status == StatusCode::OK, "{role} {path}: {}", page.status);
                assert!(may || page.status == StatusCode::FORBIDDEN, "{role} {path}: {}", page.status);
                assert!(may || !page.html.contains(&name), "{role} {path}");
            }
            if !may {
                for path in &forms {
                    let filled = [("key", "k"), ("kind", "medical"), ("reason", "ordered"), ("amount", "1.00"), ("confirmation", "R"), ("tender", "cash"), ("paid_at", "2026-11-24T08:00"), ("why", "so")];
                    let page = visitor.posts(path, &filled).await;
                    assert_eq!(page.status, StatusCode::FORBIDDEN, "{role} {path}: {}", page.html);
                }
            }
        }
    }

    /// A truck is bought: it is there for dispatch at once.
    async fn a_crew_is_added(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut admin = Visitor::signs_in(&utility.server.url(), "admin").await;
        let page = admin.opens("/admin").await;
        let key = page.hidden("action=\"/admin/crews\"", "key");
        let crew = [("key", key.as_str()), ("name", "Truck 33"), ("kind", "own"), ("phone", "555-0133"), ("water", "yes"), ("gas", "yes")];
        assert_eq!(admin.posts("/admin/crews", &crew).await.status, StatusCode::SEE_OTHER);
        admin.opens("/admin").await.shows("<b>Truck 33</b>").shows("555-0133").shows("Water, Gas");
        let again = [("key", "another"), ("name", "Truck 33"), ("kind", "own"), ("phone", ""), ("internet", "yes")];
        admin.posts("/admin/crews", &again).await.shows("There is a crew of this name already.");
        let odd = [("key", "odd"), ("name", "Truck 35"), ("kind", "own"), ("phone", "ask Bob"), ("water", "yes")];
        admin.posts("/admin/crews", &odd).await.shows("Write the telephone with digits");
        let idle = [("key", "third"), ("name", "Truck 34"), ("kind", "own"), ("phone", "")];
        admin.posts("/admin/crews", &idle).await.shows("Tick at least one service that this crew works on");
        let mut dispatcher = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatcher.opens("/dispatch/people").await.shows("Truck 33");

        // It gets another telephone, learns to collect boxes, and is sold.
        let page = admin.opens("/admin").await;
        let form = page.html.split("<b>Truck 33</b>").nth(1).unwrap().split("action=\"").nth(1).unwrap();
        let form = form.split('"').next().unwrap().to_owned();
        let said = [("name", "Truck 33"), ("phone", "555-0199"), ("water", "yes"), ("video", "yes"), ("active", "yes")];
        assert_eq!(admin.posts(&form, &said).await.status, StatusCode::SEE_OTHER);
        admin.opens("/admin").await.shows("tel:555-0199").shows("Water, Video").does_not_show("555-0133");
        let taken = [("name", "Truck 12"), ("phone", ""), ("water", "yes"), ("active", "yes")];
        admin.posts(&form, &taken).await.shows("There is a crew of this name already.");
        dispatcher.opens("/dispatch?step=2").await.shows("Truck 33");
        let sold = [("name", "Truck 33"), ("phone", ""), ("water", "yes")];
        assert_eq!(admin.posts(&form, &sold).await.status, StatusCode::SEE_OTHER);
        admin.opens("/admin").await.shows("rides no longer");
        dispatcher.opens("/dispatch?step=2").await.does_not_show("Truck 33");
        assert_eq!(dispatcher.posts(&form, &said).await.status, StatusCode::FORBIDDEN);
    }
}
