//! The clerk's list of what a crew's orders asked for and that is not here.

use crate::visitor::Visitor;
use curbstop_field::core::Exhibit;
use curbstop_server::service::missing_evidence;
use curbstop_shared::{sync::wire::Bytes, time::Span, vocabulary::EvidenceKind};
use curbstop_tests::{
    by_hand, on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};

on_both_engines! {
    /// The photo of a lock has not come the next morning: the office's first page leads to it, in either language, with the
    /// crew's telephone; and whoever closes it says why.
    async fn the_first_page_leads_to_what_is_missing_and_it_is_closed_with_a_word(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let mut clerk = Visitor::signs_in(&utility.server.url(), "office").await;
        clerk.opens("/office").await.does_not_show("/office/evidence");
        clerk.opens("/office/evidence").await.shows("Nothing is missing: every visit");
        let order = truck.order_of(account('A'));
        truck.opens_the_act(&order);
        truck.notes_down(order.id, |draft| {
            let (what, sha256) = (EvidenceKind::Photo, Bytes(vec![7; 32]));
            draft.exhibits.push(Exhibit { what, sha256, size: 9, media_type: "image/png".into() });
        });
        truck.closes_the_act(&order, "036500", "L-1");
        truck.sync().await;
        let next_morning = wall_clock() + Span::minutes(13 * 60);
        missing_evidence::look(&by_hand::state_on(&db).await, next_morning).await.unwrap();

        clerk.opens("/office").await.shows("1 visit has not brought all that its order asks for.").shows("href=\"/office/evidence\"");
        let page = clerk.opens("/office/evidence").await;
        page.shows("Evidence that is not here").shows("Taken, and still not sent by the tablet: photo.").shows("tel:555-0112");
        let closes = page.html.split("action=\"").map(|rest| rest.split('"').next().unwrap());
        let closes = closes.into_iter().find(|action| action.starts_with("/office/exceptions/")).unwrap().to_owned();
        let key = page.hidden(&closes, "key");
        clerk.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        clerk.opens("/office/evidence").await.shows("Evidencia que no ha llegado").shows("la tableta aún no lo envía: foto.");
        clerk.posts("/language", &[("language", "en"), ("back", "/office")]).await;
        clerk.posts(&closes, &[("why", "tablet lost in the river"), ("key", &key)]).await;
        clerk.opens("/office/evidence").await.does_not_show("still not sent").shows("Nothing is missing");
    }
}
