//! Yesterday's route and today's on one tablet, and two stops that are open at a time.

use super::{
    at_the_door::visit_on,
    crew::Crew,
    office::{DEVICE, MORNING, Office, ROUTE, header, order, order_id},
};
use crate::core::{Step, permit::PermitClock, view};
use curbstop_shared::{
    facts::FactBody,
    ids::{DeviceId, OrderId, RouteId},
    route_document::{Closed, Knew},
    sync::wire::{DocFailure, SyncResponse},
    vocabulary::{Action, Method, OrderKind, Permit},
};
use uuid::Uuid;

const YESTERDAYS: RouteId = RouteId(Uuid::from_u128(0x69));

/// The office of yesterday's route, with one turn-off on it.
fn yesterday() -> Office {
    let mut of_yesterday = header();
    of_yesterday.id = YESTERDAYS;
    of_yesterday.date = of_yesterday.date.pred_opt().unwrap();
    Office::publishing(&of_yesterday, &[order(11, OrderKind::TurnOff)])
}

/// One exchange with an office that speaks of these routes.
fn hears_of(crew: &mut Crew, offices: &mut [&mut Office]) {
    let request = crew.request();
    let answers: Vec<SyncResponse> = offices.iter_mut().map(|office| office.answer(&request)).collect();
    let docs = answers.into_iter().flat_map(|answer| answer.docs).collect();
    crew.takes(&SyncResponse { v: 1, now: crew.now, docs, gone: vec![], blobs_wanted: vec![], people: None });
}

fn permit_left(crew: &Crew, route: RouteId) -> Option<i64> {
    let state = crew.tablet.state();
    PermitClock::at(state, &state.routes[&route], crew.now).left_s()
}

#[test]
fn a_stop_that_was_begun_on_yesterdays_route_is_on_top_of_todays_until_it_is_saved() {
    let (mut old, mut new) = (yesterday(), Office::new());
    let mut crew = Crew::new(7);
    hears_of(&mut crew, &mut [&mut old]);
    crew.opens_the_act(order_id(11));
    crew.notes_down(order_id(11), |draft| draft.lines[0].action = Some(Action::TurnedOff));
    hears_of(&mut crew, &mut [&mut old, &mut new]);
    crew.is_killed();

    let day = crew.day();
    assert_eq!((day.route, day.next.unwrap().order.id), (ROUTE, order_id(1)));
    let [begun] = &day.begun_elsewhere[..] else { panic!("{:?}", day.begun_elsewhere) };
    assert_eq!(
        (begun.route, begun.order.id, begun.date),
        (YESTERDAYS, order_id(11), header().date.pred_opt().unwrap())
    );
    assert_eq!(view::unsent(crew.tablet.state()).begun, std::slice::from_ref(begun));

    crew.arrives(order_id(11));
    crew.turns_off_and_reads(order_id(11), "036500");
    assert!(crew.day().begun_elsewhere.is_empty());
    assert_eq!(view::unsent(crew.tablet.state()).items[0].address, "111 Alder St");
}

#[test]
fn what_was_begun_comes_first_whatever_became_of_it_since() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    for n in [2, 4] {
        crew.arrives(order_id(n));
    }
    office.pays(order_id(4));
    crew.sync(&mut office);
    let day = crew.day();
    assert_eq!(day.next.unwrap().order.id, order_id(2));
    let ahead: Vec<_> = day.ahead.iter().map(|stop| (stop.order.id, stop.begun)).collect();
    assert_eq!(ahead, [(order_id(4), true), (order_id(1), false), (order_id(3), false)]);
}

/// Restored from a backup the office may not know a route at all. What it says of others makes that one no younger.
#[test]
fn a_route_of_which_the_office_says_nothing_is_as_old_as_before() {
    let (mut old, mut new) = (yesterday(), Office::new());
    let mut crew = Crew::new(7);
    hears_of(&mut crew, &mut [&mut old, &mut new]);
    assert_eq!((permit_left(&crew, ROUTE), permit_left(&crew, YESTERDAYS)), (Some(3600), Some(3600)));
    for _ in 0..2 {
        crew.later(40);
        hears_of(&mut crew, &mut [&mut old]);
    }
    crew.is_killed();
    assert_eq!((permit_left(&crew, ROUTE), permit_left(&crew, YESTERDAYS)), (None, Some(3600)));
    assert_eq!(
        view::age_s(crew.tablet.state(), crew.moment()),
        Some(80 * 60),
        "it is today's that the crew is told of"
    );
    crew.turns_off(order_id(1));
    assert_eq!(visit_on_todays(&crew), Some(Permit::None));
    hears_of(&mut crew, &mut [&mut old, &mut new]);
    assert_eq!(permit_left(&crew, ROUTE), Some(3600));
}

fn visit_on_todays(crew: &Crew) -> Option<Permit> {
    let route = &crew.tablet.state().routes[&ROUTE];
    let facts = route.own.iter().flat_map(|own| &own.made.facts);
    let read = facts.filter_map(|fact| route.doc.fact(fact)?.raw.read().ok());
    read.into_iter().find_map(|fact| if let FactBody::Visit(visit) = fact.body { visit.permit } else { None })
}

#[test]
fn on_a_route_that_is_no_longer_ours_no_cut_begins_and_it_goes_when_its_open_stop_is_given_up() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    let answer = super::out_of_service::enrolled_as(DeviceId(Uuid::from_u128(0xd2)));
    crew.run(|tablet, now, _| tablet.enrolled(answer, now));
    assert_eq!(crew.tablet.state().routes[&ROUTE].leaving, Some(DEVICE));
    hears_of(&mut crew, &mut []);
    assert_eq!(permit_left(&crew, ROUTE), None);
    crew.opens_the_act(order_id(1));
    crew.run(|tablet, _, _| tablet.leave(order_id(1)));
    hears_of(&mut crew, &mut []);
    assert!(crew.tablet.state().routes.is_empty());
}

/// The tablet's changes stand on one another. The stop that is saved first must not carry into the other what came
/// after that one's work.
#[test]
fn of_two_open_stops_the_one_saved_first_does_not_make_the_other_have_known_of_a_payment() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
    });
    office.later(3);
    crew.later(3);
    office.pays(order_id(1));
    crew.sync(&mut office);
    crew.opens_the_act(order_id(2));
    crew.turns_off_and_reads(order_id(2), "036500");
    crew.notes_down(order_id(1), |draft| draft.step = Step::Reading(0));
    crew.turns_off_and_reads(order_id(1), "036500");
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0);
    let facts = office.doc.facts();
    let change = |kind: &str| {
        let of_it =
            |fact: &curbstop_shared::facts::Fact| fact.body.kind().code() == kind && fact.order() == Some(order_id(1));
        facts.values().find(|stored| of_it(&stored.raw.read().unwrap())).unwrap().change
    };
    assert_eq!(office.doc.clocks().knew(&change("visit"), &change("release")), Knew::Neither);
    assert_eq!(visit_on(&crew).permit, Some(Permit::Fresh));
}

/// The reconnect comes on the next day's route: whose lock hangs there is known from the cut.
#[test]
fn a_reconnect_names_the_lock_that_this_crew_put_on() {
    let cut = order(1, OrderKind::TurnOff);
    let mut back_on = order(21, OrderKind::Reconnect);
    back_on.id = OrderId::reconnects_of(cut.id).next().unwrap();
    let mut tomorrows = header();
    (tomorrows.id, tomorrows.date) = (YESTERDAYS, tomorrows.date.succ_opt().unwrap());
    let mut today = Office::new();
    let mut tomorrow = Office::publishing(&tomorrows, std::slice::from_ref(&back_on));
    let mut crew = Crew::of(&mut today);
    crew.opens_the_act(cut.id);
    crew.notes_down(cut.id, |draft| draft.lines[0].lock = Some("L-1042".into()));
    crew.turns_off_and_reads(cut.id, "036500");
    let turned_off_at = crew.now;
    hears_of(&mut crew, &mut [&mut today, &mut tomorrow]);

    let closed =
        |crew: &Crew, order| view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap().closed_with;
    let [with] = &closed(&crew, back_on.id)[..] else { panic!("{:?}", closed(&crew, back_on.id)) };
    assert_eq!(
        (with.since, with.method, with.lock.as_deref()),
        (Some(turned_off_at), Some(Method::CurbStopOff), Some("L-1042"))
    );
    assert_eq!(closed(&crew, cut.id), [], "nothing is to be turned on there yet");
    assert_eq!(closed(&crew, order_id(3)), [], "a reconnect whose cut this tablet does not know");
    today.pays(cut.id);
    hears_of(&mut crew, &mut [&mut today, &mut tomorrow]);
    assert_eq!(closed(&crew, cut.id).len(), 1, "the crew that cut it turns it on again");
}

/// Dispatch gave it to a crew that was never there: what the office sent with it is all that its tablet knows.
#[test]
fn a_reconnect_of_another_crews_cut_says_how_that_crew_left_it() {
    let mut back_on = order(21, OrderKind::Reconnect);
    let left = Closed {
        since: Some(MORNING),
        method: Some(Method::LockRing),
        lock: Some("L-7".into()),
        digits: Some("036500".into()),
        note: Some("taps stood open in the kitchen".into()),
        ..Closed::default()
    };
    back_on.lines[0].closed = Some(left.clone());
    let mut office = Office::publishing(&header(), std::slice::from_ref(&back_on));
    let crew = Crew::of(&mut office);
    let shown = view::stop_in_full(crew.tablet.state(), back_on.id, crew.moment()).unwrap();
    assert_eq!(shown.closed_with, [left]);
}

/// One answer about two routes, of which the office could deal with one only.
#[test]
fn a_route_that_the_office_could_not_deal_with_is_as_old_as_before_and_the_others_are_renewed() {
    let (mut old, mut new) = (yesterday(), Office::new());
    let mut crew = Crew::new(7);
    hears_of(&mut crew, &mut [&mut old, &mut new]);
    crew.later(20);
    let request = crew.request();
    let mut docs = [old.answer(&request), new.answer(&request)].map(|answer| answer.docs).concat();
    for doc in docs.iter_mut().filter(|doc| doc.id == ROUTE.to_string()) {
        doc.failed = Some(DocFailure { code: "internal".into(), detail: "Try again.".into() });
    }
    crew.takes(&SyncResponse { v: 1, now: crew.now, docs, gone: vec![], blobs_wanted: vec![], people: None });
    crew.is_killed();
    assert_eq!((permit_left(&crew, ROUTE), permit_left(&crew, YESTERDAYS)), (Some(40 * 60), Some(60 * 60)));
    hears_of(&mut crew, &mut [&mut old, &mut new]);
    assert_eq!(permit_left(&crew, ROUTE), Some(60 * 60));
}

/// The tablet's disk came back from a backup, and the crew went on before it heard what it had sent itself since: the
/// answer holds other changes under the numbers of those that wait here. It can't be taken in, so it makes nothing young,
/// least of all the permit of a cut whose release stands in it.
#[test]
fn an_answer_that_clashes_with_what_waits_here_is_not_heard_and_the_next_one_brings_both() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let backup = crew.disk.clone();
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    office.later(50);
    office.pays(order_id(4));

    crew.disk = backup;
    crew.is_killed();
    crew.later(50);
    let answer = office.answer(&crew.request());
    crew.turns_off(order_id(2));
    crew.takes(&answer);
    crew.is_killed();
    assert_eq!(permit_left(&crew, ROUTE), Some(10 * 60), "as old as before");
    assert_eq!(view::age_s(crew.tablet.state(), crew.moment()), Some(50 * 60));
    assert_eq!(crew.tablet.unsent(), 1);

    // Refused under its old number, what waits is made anew beside what the office had.
    crew.sync(&mut office);
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), permit_left(&crew, ROUTE)), (0, Some(60 * 60)));
    for stop in [1, 2] {
        let standing = view::stop_in_full(crew.tablet.state(), order_id(stop), crew.moment()).unwrap().stop.standing;
        assert_eq!(standing, view::Standing::Done, "stop {stop}");
    }
    assert_eq!(crew.day().recalls.len(), 1, "and the payment is heard of");
}
