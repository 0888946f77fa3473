//! Who answered the tablet, and what it may take from that.

use super::{
    crew::Crew,
    office::{Office, ROUTE, order_id},
};
use crate::core::{
    Call, Ended, Heard,
    entries::{Settings, language_of_device},
};
use curbstop_shared::{
    language::Language,
    sync::wire::{DocFailure, DocResponse},
    time::Span,
};
use serde_json::json;

/// A problem document as our own API writes it.
fn problem(status: u16, code: &str) -> Vec<u8> {
    let kind = format!("/api/docs/problems#{code}");
    json!({ "type": kind, "title": "Unauthorized", "status": status, "code": code, "detail": "So it is." })
        .to_string()
        .into_bytes()
}

#[test]
fn only_our_own_office_can_end_the_tie() {
    assert_eq!(Heard::from(401, &problem(401, "refresh_token_unknown")), Heard::Over(Ended::NeedsCode));
    assert_eq!(Heard::from(401, &problem(401, "device_revoked")), Heard::Over(Ended::Revoked));
    assert_eq!(Heard::from(401, &problem(401, "token_invalid")), Heard::NotTaken);
    assert_eq!(Heard::from(503, &problem(503, "busy")), Heard::Trouble);
    assert_eq!(Heard::from(502, b"<h1>Bad Gateway</h1>"), Heard::Trouble);
    for (status, body) in [
        (0, Vec::new()),
        (302, Vec::new()),
        (401, b"<html>Sign in to Depot Guest WiFi</html>".to_vec()),
        (403, b"{\"error\":\"blocked by policy\"}".to_vec()),
        (407, Vec::new()),
        (511, b"Network Authentication Required".to_vec()),
        // Somebody else's problem document, and one that was kept and sent with another status.
        (401, json!({ "type": "about:blank", "status": 401, "code": "device_revoked" }).to_string().into_bytes()),
        (403, problem(401, "device_revoked")),
    ] {
        assert_eq!(Heard::from(status, &body), Heard::NoSignal, "{status} {}", String::from_utf8_lossy(&body));
    }
}

/// The day's route can't be read at the office, yesterday's can: nothing of the day counts as received, and its data
/// is as old as it was.
#[test]
fn a_route_that_the_office_could_not_deal_with_is_asked_for_again() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let heard_at = crew.tablet.state().heard_at(ROUTE);
    crew.later(10);
    crew.turns_off(order_id(1));
    office.pays(order_id(2));
    let request = crew.request();
    let mut answer = office.clone().answer(&request);
    let failed = DocFailure { code: "internal".into(), detail: "Try again.".into() };
    answer.docs = vec![DocResponse { id: ROUTE.to_string(), failed: Some(failed), ..DocResponse::default() }];
    crew.takes(&answer);
    assert_eq!(crew.tablet.unsent(), 1);
    assert_eq!(crew.request(), request, "the same is asked again");
    assert_eq!(crew.tablet.state().heard_at(ROUTE), heard_at, "a permit is not renewed by it");
    assert_eq!(crate::core::view::age_s(crew.tablet.state(), crew.moment()), Some(600));

    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), crew.day().recalls.len()), (0, 1));
    assert_eq!(crew.tablet.state().heard_at(ROUTE), Some(crew.now));
}

#[test]
fn a_tablet_without_a_tie_goes_on_working_and_asks_nobody() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::NeedsCode));
    assert_eq!(crew.tablet.next_call(crew.now), Call::Nothing);
    crew.turns_off(order_id(1));
    crew.is_killed();
    assert!(crew.tablet.state().disowned && !crew.tablet.state().revoked);
    assert_eq!(crew.tablet.unsent(), 1);
}

/// The office refuses a turn-off, mends what stood in its way, and the crew sends it again with one tap: as it was,
/// not as if the crew had known of the payment that came meanwhile.
#[test]
fn parked_work_is_sent_again_with_a_tap_as_it_was_made() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    office.pays(order_id(1));
    crew.sync(&mut office);
    crew.is_killed();
    let parked = crew.tablet.state().attention[0].clone();
    assert!(!parked.detail.is_empty());
    assert!(crate::core::view::export(crew.tablet.state()).contains(parked.facts[0].id.as_str()), "it can be exported");

    office.refuses.clear();
    let facts: Vec<_> = parked.facts.iter().map(|fact| fact.id.clone()).collect();
    crew.run(|tablet, _, _| tablet.send_parked_again(&facts));
    crew.is_killed();
    assert_eq!((crew.tablet.state().attention.len(), crew.tablet.unsent()), (0, 1));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.state().attention.len(), crew.tablet.unsent()), (0, 0));
    let stored = office.doc.facts();
    let of = |fact: &curbstop_shared::ids::FactId| stored[fact].change;
    let release = stored.iter().find(|(_, fact)| fact.raw.read().unwrap().body.kind().code() == "release").unwrap().1;
    assert_eq!(
        office.doc.clocks().knew(&of(&facts[0]), &release.change),
        curbstop_shared::route_document::Knew::Neither,
    );
    // Sent once, it is not there to be sent twice.
    assert!(crew.try_run(|tablet, _, _| tablet.send_parked_again(&facts)).is_err());
}

#[test]
fn a_clock_that_is_off_is_said_and_a_slow_answer_is_no_clock() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let mut off = |crew: &mut Crew, minutes: i64| {
        let mut answer = office.answer(&crew.request());
        answer.now = crew.now + curbstop_shared::time::Span::minutes(minutes);
        crew.takes(&answer);
        crate::core::view::clock_off(crew.tablet.state())
    };
    assert_eq!(off(&mut crew, 0), None);
    assert_eq!(off(&mut crew, 1), None);
    assert_eq!(off(&mut crew, 5), Some(curbstop_shared::time::Span::minutes(5)));
    assert_eq!(off(&mut crew, -7), Some(curbstop_shared::time::Span::minutes(-7)));
}

/// A crew that reads Spanish gets a tablet set to Spanish: nobody has to find the button first.
#[test]
fn the_app_speaks_the_tablets_language_until_somebody_chooses() {
    assert_eq!(language_of_device("es-MX,en-US"), Language::Es);
    assert_eq!(language_of_device("fr-CA,es,en"), Language::Es);
    assert_eq!(language_of_device("en-US,es"), Language::En);
    assert_eq!(language_of_device("de"), Language::En);
    let mut crew = Crew::new(7);
    let spoken = |crew: &Crew| crew.tablet.state().settings.language(Language::Es);
    crew.run(|tablet, _, _| tablet.settle(Settings { dark: true, ..Settings::default() }));
    assert_eq!(spoken(&crew), Language::Es, "the theme was chosen, and no language");
    crew.run(|tablet, _, _| tablet.settle(Settings { spanish: Some(false), ..Settings::default() }));
    crew.is_killed();
    assert_eq!(spoken(&crew), Language::En);
}

/// "by 10:40" and "by Wed 10:40" are other words in Spanish.
#[test]
fn a_deadline_knows_whether_it_is_today() {
    let now = Crew::new(7).moment();
    assert!(now.is_today(now.at + Span::minutes(15 * 60)));
    assert!(!now.is_today(now.at + Span::minutes(16 * 60)), "the next midnight");
}
