//! What a dispatcher's list says of trucks that are not heard of.

use super::*;
use crate::service::board::{Holding, Stop};
use chrono::TimeZone as _;
use curbstop_shared::{
    ids::DeviceId,
    language::Language,
    vocabulary::{OrderKind, Reason},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A truck out since 8:00, last heard of at 9:00, with one order of this kind to do.
fn truck(kind: OrderKind, holding: fn(Micros) -> Holding) -> BoardRoute {
    let stop = Stop {
        route: RouteId(Uuid::nil()),
        generation: 1,
        id: OrderId(Uuid::nil()),
        number: "T-1".into(),
        kind,
        reason: Reason::NonPay,
        account: "1".into(),
        address: "114 Alder St".into(),
        place: 1,
        rank: 1_000,
        point: None,
        taken_off: false,
        is_others: false,
        still_there: false,
        due_at: None,
        state: "open".into(),
        said: String::new(),
        is_owed: false,
        unseen: Vec::new(),
        left_unseen: Vec::new(),
    };
    let tablet = Tablet {
        id: DeviceId(Uuid::nil()),
        name: "tablet 12".into(),
        holding: holding(at(9, 0)),
        last_contact: Some(at(9, 0)),
        received: BTreeSet::new(),
        restores: BTreeSet::new(),
        out_of_service: false,
        revoked_at: None,
        handed_in: false,
        has_newer: false,
    };
    BoardRoute {
        on_paper: false,
        printed_at: None,
        id: RouteId(Uuid::nil()),
        crew_id: curbstop_shared::ids::CrewId(Uuid::nil()),
        out_since: None,
        crew: "Truck 12".into(),
        crew_kind: "own".into(),
        qualifications: "water".into(),
        phone: Some("555-0112".into()),
        generation: 1,
        replaced: false,
        worked_from: true,
        published_at: at(8, 0),
        closed: false,
        stops: vec![stop],
        done_before: Vec::new(),
        tablets: vec![tablet],
    }
}

fn at(hour: u32, minute: u32) -> Micros {
    let moment = chrono_tz::America::Denver.with_ymd_and_hms(2026, 11, 24, hour, minute, 0).unwrap();
    Micros(moment.timestamp_micros())
}

fn attention(route: &BoardRoute, now: Micros) -> Vec<(String, String)> {
    with_restores(route, &[], now)
}

fn with_restores(route: &BoardRoute, restores_out: &[RestoreOutRow], now: Micros) -> Vec<(String, String)> {
    let voice = Voice { language: Language::En, zone: chrono_tz::America::Denver, now };
    let known = Known {
        routes: std::slice::from_ref(route),
        on_nobodys_route: 0,
        of_earlier_listings: 0,
        unrouted: &[],
        restores_out,
        restores_later: &[],
        exceptions: &[],
        evidence_late: 0,
    };
    let all = of(&known, voice.today(), &voice);
    all.into_iter().map(|one| (one.title, one.said)).collect()
}

#[test]
fn a_tablet_with_cuts_to_make_is_missed_after_half_an_hour_and_one_with_reconnects_is_not() {
    let has_all = |as_of| Holding::Everything { as_of };
    let cuts = truck(OrderKind::TurnOff, has_all);
    assert_eq!(attention(&cuts, at(9, 29)), []);
    let [(title, said)] = &attention(&cuts, at(9, 41))[..] else { panic!("one line") };
    assert_eq!(title, "tablet 12 · Truck 12 silent");
    assert!(said.starts_with("Last contact 41 min ago, 1 cut still to make. Payments since then"), "{said}");
    assert_eq!(attention(&truck(OrderKind::Reconnect, has_all), at(9, 59)), []);
}

/// The truck's reconnect, called for at 8:30 and due at noon.
fn reconnect(route: &BoardRoute) -> RestoreOutRow {
    let order = UnroutedRow {
        id: route.stops[0].id.0,
        number: "R-1".into(),
        kind: "reconnect".into(),
        reason: "payment_received".into(),
        account: "1".into(),
        premise: "P1".into(),
        priority: 2,
        due_at_us: Some(at(12, 0).0),
        created_at_us: at(8, 30).0,
        lat_e7: None,
        lon_e7: None,
        waiting: 1,
        products: Some("water".into()),
    };
    RestoreOutRow { route: route.id.0, order }
}

#[test]
fn a_reconnect_is_missed_when_its_tablet_is_gone_never_fetched_it_or_is_silent_for_an_hour() {
    let has_all = |as_of| Holding::Everything { as_of };
    let mut route = truck(OrderKind::Reconnect, has_all);
    let out = [reconnect(&route)];
    let said = |route: &BoardRoute, now| with_restores(route, &out, now).into_iter().map(|(_, said)| said).collect();
    let none: Vec<String> = Vec::new();
    let said: &dyn Fn(&BoardRoute, Micros) -> Vec<String> = &said;

    // The tablet was heard of at nine, without it.
    assert_eq!(said(&route, at(9, 29)), none);
    let [line] = &said(&route, at(9, 41))[..] else { panic!("one line") };
    assert_eq!(
        line,
        "Paid: called for 1 h 11 min ago. Truck 12 has it: tablet 12 has not fetched it, last contact 41 min ago. Call \
         the crew, or give it to another."
    );
    // It has it: crews work without a signal for a while.
    route.tablets[0].restores.insert(route.stops[0].id);
    assert_eq!(said(&route, at(9, 59)), none);
    let [line] = &said(&route, at(10, 0))[..] else { panic!("one line") };
    assert!(line.contains("Truck 12 has it: tablet 12, last contact 1 h ago."), "{line}");
    // It is gone: nobody waits then.
    route.tablets[0].out_of_service = true;
    let lines = said(&route, at(9, 1));
    assert!(lines.iter().any(|line| line.contains("Truck 12 has it: tablet 12 (out of service).")), "{lines:?}");
    route.tablets.clear();
    let lines = said(&route, at(9, 1));
    assert!(lines.iter().any(|line| line.contains("Truck 12 has it: no tablet.")), "{lines:?}");
}

#[test]
fn a_reconnect_that_is_late_or_that_the_crew_could_not_do_is_missed_while_the_truck_is_heard_of() {
    let mut route = truck(OrderKind::Reconnect, |as_of| Holding::Everything { as_of });
    let out = [reconnect(&route)];
    route.tablets[0].restores.insert(route.stops[0].id);
    let said = |route: &mut BoardRoute, now: Micros| -> Vec<String> {
        route.tablets[0].last_contact = Some(now);
        with_restores(route, &out, now).into_iter().map(|(_, said)| said).collect()
    };
    assert_eq!(said(&mut route, at(10, 59)), Vec::<String>::new());
    let [nearly] = &said(&mut route, at(11, 0))[..] else { panic!("one line") };
    assert!(nearly.contains("Due within the hour. Truck 12 has it. Call the crew, or give it to another."), "{nearly}");
    let [late] = &said(&mut route, at(12, 1))[..] else { panic!("one line") };
    assert!(late.contains("Past its deadline. Truck 12 has it."), "{late}");
    assert!(!route.stops[0].is_late(at(12, 1)), "it says no time by which it is due");
    route.stops[0].due_at = Some(at(12, 0));
    assert!(route.stops[0].is_late(at(12, 1)) && !route.stops[0].is_late(at(12, 0)));

    route.stops[0].state = "unable".into();
    route.stops[0].said = "Truck 12 could not do it: dog. It waits for another visit.".into();
    let [unable] = &said(&mut route, at(9, 30))[..] else { panic!("one line") };
    assert_eq!(
        unable,
        "Paid: called for 1 h ago. Truck 12 could not do it: dog. It waits for another visit. It is still off. Call the \
         crew, or give it to another."
    );
}

#[test]
fn a_tablet_out_of_service_that_still_shows_cuts_is_named_until_it_is_handed_in() {
    let mut route = truck(OrderKind::TurnOff, |as_of| Holding::Everything { as_of });
    let tablet = &mut route.tablets[0];
    (tablet.out_of_service, tablet.revoked_at) = (true, Some(at(9, 5)));
    let lines = attention(&route, at(9, 10));
    let said = |lines: &[(String, String)]| {
        lines.iter().find(|(title, _)| title == "tablet 12 · Truck 12 out of service").map(|(_, said)| said.clone())
    };
    let line = said(&lines).unwrap();
    assert!(line.starts_with("Out of service since 09:05, it still holds 1 cut."), "{line}");
    route.tablets[0].handed_in = true;
    assert_eq!(said(&attention(&route, at(9, 10))), None);
}

/// It fetched the route at the depot's door and was away before it could say so.
#[test]
fn a_tablet_that_was_sent_its_route_counts_as_driving_out_with_it() {
    let mut route = truck(OrderKind::TurnOff, |at| Holding::Sent { at });
    let titles =
        |route: &BoardRoute, now| attention(route, now).into_iter().map(|(title, _)| title).collect::<Vec<_>>();
    assert!(titles(&route, at(9, 4)).is_empty(), "it says with its next call that it has it");
    assert!(titles(&route, at(9, 5)).contains(&"Truck 12 · route not fetched".to_owned()));
    let silent = attention(&route, at(9, 30));
    assert!(silent.iter().any(|(_, said)| said.contains("1 cut still to make")), "{silent:?}");
    route.tablets[0].revoked_at = Some(at(9, 5));
    route.tablets[0].out_of_service = true;
    let out = attention(&route, at(9, 10));
    assert!(out.iter().any(|(_, said)| said.contains("it still holds 1 cut")), "{out:?}");
}

#[test]
fn a_route_that_no_tablet_has_says_whether_there_is_a_tablet() {
    let mut route = truck(OrderKind::TurnOff, |_| Holding::Nothing);
    let [(title, _)] = &attention(&route, at(8, 10))[..] else { panic!("one line") };
    assert_eq!(title, "Truck 12 · route not fetched");
    route.tablets.clear();
    let [(title, said)] = &attention(&route, at(8, 10))[..] else { panic!("one line") };
    assert_eq!(title, "Truck 12 · no tablet");
    assert!(said.contains("Make a code"), "{said}");
    route.stops.clear();
    assert_eq!(attention(&route, at(8, 10)), [], "nothing to do there");
}

#[test]
fn who_may_be_cut_comes_first_then_who_is_off_then_silence_then_what_somebody_decides() {
    let recall = |many, stops_away| Pressing::Recall { many, stops_away, last_contact: Some(at(9, 0)) };
    let ordered = [
        recall(false, 4),
        recall(true, 0),
        Pressing::Off { can_wait: false, at: at(11, 0) },
        Pressing::Off { can_wait: true, at: at(9, 0) },
        Pressing::Silent { since: at(8, 0) },
        Pressing::Exception { is_on: false, at: at(15, 0) },
        Pressing::Exception { is_on: true, at: at(9, 0) },
    ];
    assert!(ordered.is_sorted(), "{ordered:?}");
}

/// The spare at the depot has it, the truck's own tablet does not: nobody goes there.
#[test]
fn a_reconnect_that_only_the_spare_has_is_missed() {
    let mut route = truck(OrderKind::Reconnect, |as_of| Holding::Everything { as_of });
    let out = [reconnect(&route)];
    let mut spare = truck(OrderKind::Reconnect, |as_of| Holding::Everything { as_of }).tablets.remove(0);
    spare.name = "spare".into();
    spare.last_contact = Some(at(10, 0));
    spare.restores.insert(route.stops[0].id);
    route.tablets.push(spare);
    let [(_, said)] = &with_restores(&route, &out, at(10, 0))[..] else { panic!("one line") };
    assert!(said.contains("tablet 12 has not fetched it, last contact 1 h ago"), "{said}");
}
