use super::{
    crew::Crew,
    office::{MARIA, MORNING, Office, ROUTE, header, order, order_id},
};
use crate::core::{
    Call, Draft, Lacking, Step, Tablet, TabletError, TokenAnswer,
    entries::About,
    permit::{Asking, PermitClock, asking, outside_of},
    view,
    view::Standing,
    walk,
};
use curbstop_shared::{
    cut_hours::CutHours,
    disposition::{LineState, OrderState},
    facts::{Fact, FactBody, Hold, Recall},
    go_code::{GoKey, GoStop, KEY_BYTES},
    ids::{OrderId, PersonId},
    route_document::{Knew, PublishedOrder},
    time::Span,
    vocabulary::{
        Action, HoldReason, HoldScope, IncidentKind, Met, Method, OrderKind, Outcome, Permit, RecallReason, UnableCode,
    },
};
use uuid::Uuid;

pub fn facts_on(crew: &Crew) -> Vec<Fact> {
    let route = crew.tablet.state().routes.values().next().unwrap().clone();
    let own: Vec<_> = route.own.iter().flat_map(|own| own.made.facts.clone()).collect();
    own.iter().map(|fact| route.doc.fact(fact).unwrap().raw.read().unwrap()).collect()
}

pub fn visit_on(crew: &Crew) -> curbstop_shared::facts::Visit {
    let visit = facts_on(crew).into_iter().find_map(|fact| match fact.body {
        FactBody::Visit(visit) => Some(visit),
        _ => None,
    });
    visit.unwrap()
}

#[test]
fn a_turn_off_is_one_change_with_visit_work_and_reading() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let route = crew.tablet.state().routes.values().next().unwrap().clone();
    assert_eq!(route.own.len(), 1);
    let kinds: Vec<_> = facts_on(&crew).iter().map(|fact| fact.body.kind().code()).collect();
    assert_eq!(kinds, ["visit", "work", "reading"]);
    let visit = visit_on(&crew);
    assert_eq!((visit.outcome, visit.permit), (Outcome::Done, Some(Permit::Fresh)));
    let bytes = route.own[0].made.chunk.0.len();
    assert!(bytes <= 1_400, "{bytes} bytes: a turn-off has to fit three seconds of signal");
}

#[test]
fn a_killed_app_returns_to_the_step_it_was_on() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].lock = Some("88-104".into());
        draft.step = Step::Reading(0);
    });
    let before = crew.draft(order_id(1));
    crew.is_killed();
    assert_eq!(crew.draft(order_id(1)), before);
    assert_eq!(crew.tablet.state().person, Some(MARIA));
    let next = crew.day().next.unwrap();
    assert_eq!((next.order.id, next.begun), (order_id(1), true));
    crew.turns_off_and_reads(order_id(1), "036500");
    assert!(crew.tablet.state().drafts.is_empty());
    crew.is_killed();
    assert!(crew.tablet.state().drafts.is_empty(), "a saved stop leaves no draft behind");
    assert_eq!(crew.tablet.unsent(), 1);
}

#[test]
fn nothing_counts_as_saved_before_the_disk_has_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
        draft.lines[0].digits = Some("036500".into());
    });
    let now = crew.now;
    let store = crew.tablet.save(order_id(1), now, &mut || [7; 10]).unwrap();
    assert_eq!(crew.tablet.unsent(), 0, "handed out, not yet stored");
    assert!(crew.request().docs[0].changes.is_empty(), "and so not sent");
    assert!(matches!(crew.tablet.leave(order_id(1)), Err(TabletError::Busy)));

    // The disk is full: the draft is still there and can be saved again, as the same visit.
    crew.tablet.store_failed(store.id);
    let visit = crew.draft(order_id(1)).visit;
    crew.run(|tablet, now, dice| tablet.save(order_id(1), now, dice));
    assert_eq!(facts_on(&crew)[0].id, visit);
    assert_eq!(crew.tablet.unsent(), 1);
}

#[test]
fn a_release_that_arrives_while_the_act_is_open_is_not_among_what_the_crew_knew() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    office.pays(order_id(1));
    crew.later(3);
    crew.sync(&mut office);
    let stop = view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap();
    assert!(stop.stopped_meanwhile.is_some(), "turn it back on now");
    // The screen's own copy of the draft does not change what the crew knew.
    crew.turns_off_and_reads(order_id(1), "036500");
    crew.sync(&mut office);

    let facts = office.doc.facts();
    let change_of = |kind: &str| {
        let fact = facts.values().find(|stored| stored.raw.read().unwrap().body.kind().code() == kind).unwrap();
        fact.change
    };
    assert_eq!(office.doc.clocks().knew(&change_of("visit"), &change_of("release")), Knew::Neither);
    assert!(crew.day().behind.iter().any(|stop| stop.restore_now), "the crew is told to turn it back on");
}

#[test]
fn a_permit_drains_with_the_age_of_the_data_and_a_cut_without_one_is_still_recorded() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let clock = |crew: &Crew| {
        let state = crew.tablet.state();
        PermitClock::at(state, state.routes.values().next().unwrap(), crew.now)
    };
    assert_eq!(clock(&crew).left_s(), Some(3600));
    crew.later(34);
    assert_eq!(clock(&crew).left_s(), Some(26 * 60));
    crew.later(27);
    assert_eq!(clock(&crew).left_s(), None);
    crew.turns_off(order_id(1));
    let visit = visit_on(&crew);
    assert_eq!((visit.permit, visit.permit_age_s), (Some(Permit::None), Some(61 * 60)));
}

#[test]
fn a_go_code_by_phone_stands_for_fresh_data() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.later(90);
    let asking = asks_by_phone(&mut crew, order_id(1));
    let code = asking.code.digits().to_owned();
    crew.notes_down(order_id(1), |draft| draft.go_code = Some(code.clone()));
    crew.turns_off(order_id(1));
    let visit = visit_on(&crew);
    assert_eq!((visit.permit, visit.go_code), (Some(Permit::GoCode), Some(code)));
}

/// A crew at a door whose data is too old reads out what its tablet shows.
fn asks_by_phone(crew: &mut Crew, order: OrderId) -> Asking {
    crew.arrives(order);
    let now = crew.now;
    crew.notes_down(order, |draft| draft.typed.asked_at = Some(now));
    shown(crew, order).expect("the tablet shows digits to read out")
}

fn shown(crew: &Crew, order: OrderId) -> Option<Asking> {
    let state = crew.tablet.state();
    asking(state.routes.values().next().unwrap(), &crew.draft(order), crew.now)
}

#[test]
fn digits_that_are_not_the_answer_permit_nothing() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.later(90);
    let asking = asks_by_phone(&mut crew, order_id(1));
    // The code of the stop next door, as dispatch would have answered there.
    let (key, visit) = (GoKey::new([7; KEY_BYTES]), crew.draft(order_id(1)).visit);
    let elsewhere = GoStop { key: &key, route: ROUTE, generation: 1, order: order_id(2) };
    assert_ne!(elsewhere.challenge(&visit, crew.now), asking.challenge);
    for wrong in [elsewhere.code(&asking.challenge).digits(), "4711", "bob said ok", ""] {
        crew.notes_down(order_id(1), |draft| draft.go_code = Some(wrong.to_owned()));
        crew.opens_the_act(order_id(1));
        assert_eq!(crew.draft(order_id(1)).opened.unwrap().permit, Some(Permit::None), "{wrong:?}");
    }
}

#[test]
fn a_challenge_outlives_a_kill_and_no_longer_than_data_may_be_old() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.later(90);
    let asked = asks_by_phone(&mut crew, order_id(1));
    crew.is_killed();
    crew.later(59);
    assert_eq!(shown(&crew, order_id(1)), Some(asked.clone()));
    crew.later(1);
    assert_eq!(shown(&crew, order_id(1)), None);
    crew.notes_down(order_id(1), |draft| draft.go_code = Some(asked.code.digits().to_owned()));
    crew.turns_off(order_id(1));
    assert_eq!(visit_on(&crew).permit, Some(Permit::None));
}

/// Whoever is in danger says so in the middle of anything: what was begun stays as it was, and nothing of it counts as
/// known that came since.
#[test]
fn an_emergency_is_reported_in_the_middle_of_the_work_and_takes_nothing_of_it_away() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    let before = crew.draft(order_id(1));
    crew.run(|tablet, now, dice| tablet.incident(order_id(1), (IncidentKind::DogBite, " left hand "), now, dice));
    crew.is_killed();
    assert_eq!(crew.draft(order_id(1)), before);
    assert_eq!(view::unsent(crew.tablet.state()).count(About::Incident), 1);
    crew.sync(&mut office);
    let told: Vec<_> = office.doc.facts().into_values().filter_map(|fact| fact.raw.read().ok()).collect();
    let incident = told.into_iter().find_map(|fact| match fact.body {
        FactBody::Incident(incident) => Some(incident),
        _ => None,
    });
    let incident = incident.expect("the office has it");
    assert_eq!((incident.code.as_str(), incident.text.as_deref()), ("dog_bite", Some("left hand")));
    let shown = view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap();
    assert_eq!(shown.incidents, [(crew.now, "dog_bite".to_owned())]);
}

/// Fresh data says who paid, a go-code too: neither makes it earlier. What was cut all the same is recorded as made without
/// a permit.
#[test]
fn outside_of_a_rules_hours_nothing_permits_a_cut_and_one_that_was_made_is_recorded() {
    let hours = CutHours {
        from: MORNING,
        until: MORNING + Span::minutes(30),
        en: "Mornings only.".into(),
        es: "Solo por la mañana.".into(),
    };
    let ruled = PublishedOrder { cut_hours: Some(hours.written()), ..order(1, OrderKind::TurnOff) };
    let mut office = Office::publishing(&header(), std::slice::from_ref(&ruled));
    let mut crew = Crew::of(&mut office);
    assert_eq!(outside_of(&ruled, MORNING + Span::minutes(29), Span::default()), None);
    assert_eq!(outside_of(&ruled, MORNING + Span::minutes(30), Span::default()), Some(hours.clone()));
    // By the tablet's clock it is time, by the office's it is over; and the other way round.
    assert_eq!(outside_of(&ruled, MORNING + Span::minutes(10), Span::minutes(25)), Some(hours.clone()));
    assert_eq!(outside_of(&ruled, MORNING + Span::minutes(35), Span::minutes(-20)), Some(hours));
    crew.later(31);
    let code = asks_by_phone(&mut crew, order_id(1)).code.digits().to_owned();
    crew.notes_down(order_id(1), |draft| draft.go_code = Some(code));
    crew.turns_off(order_id(1));
    assert_eq!(visit_on(&crew).permit, Some(Permit::None));
}

/// The tablet's clock is hours fast, and the tablet knows it: it is not tomorrow, and what holds through today holds.
#[test]
fn a_clock_that_is_known_to_be_wrong_ends_no_hold() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let through_today = Hold {
        reason: HoldReason::Weather,
        scope: HoldScope::Area,
        verified: true,
        expires_on: chrono::NaiveDate::from_ymd_opt(2026, 11, 24),
    };
    office.says(order_id(1), FactBody::Hold(through_today));
    crew.now = crew.now + Span::minutes(17 * 60);
    crew.sync(&mut office);
    let may_begin = |crew: &Crew| {
        view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap().disposition.may_begin_cut
    };
    assert!(crew.moment().today() > chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap());
    assert!(!may_begin(&crew));
}

#[test]
fn a_clock_that_was_set_back_does_not_make_old_data_young() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.later(-120);
    crew.turns_off(order_id(1));
    assert_eq!(visit_on(&crew).permit, Some(Permit::None));
}

#[test]
fn proof_shown_stops_the_cut_and_leaves_an_unverified_release_for_the_office() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    crew.notes_down(order_id(1), |draft| draft.proof = Some("A-991".into()));
    crew.is_stopped_by(order_id(1), UnableCode::ProofShown);
    let facts = facts_on(&crew);
    let release = facts.iter().find_map(|fact| match &fact.body {
        FactBody::Release(release) => Some(release),
        _ => None,
    });
    let release = release.unwrap();
    assert_eq!((release.verified, release.confirmation.as_deref()), (false, Some("A-991")));
    assert_eq!(visit_on(&crew).outcome, Outcome::Stopped);
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the office took it: {:?}", crew.tablet.state().attention);
    assert!(matches!(crew.day().next, Some(next) if next.order.id == order_id(2)));
}

#[test]
fn a_medical_claim_leaves_an_unverified_hold_on_the_premise() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.is_stopped_by(order_id(1), UnableCode::MedicalClaimed);
    let hold = facts_on(&crew).into_iter().find_map(|fact| match fact.body {
        FactBody::Hold(hold) => Some(hold),
        _ => None,
    });
    let hold = hold.unwrap();
    assert_eq!((hold.reason, hold.verified), (HoldReason::Medical, false));
}

#[test]
fn a_stop_that_lacks_its_reading_is_not_saved_and_says_so() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
    });
    let lacks = crew.try_run(|tablet, now, dice| tablet.save(order_id(1), now, dice)).unwrap_err();
    assert_eq!(lacks.to_string(), "read the meter first, or say why it can't be read");
}

#[test]
fn recalls_are_on_top_until_somebody_has_seen_them() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.pays(order_id(2));
    crew.sync(&mut office);
    let recall = crew.day().recalls.remove(0);
    assert_eq!((recall.stop.order.id, recall.paid_at), (order_id(2), Some(office.now)));
    crew.run(|tablet, now, dice| tablet.acknowledge(order_id(2), &recall.fact, now, dice));
    assert!(crew.day().recalls.is_empty());
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0);
    crew.is_killed();
    assert!(crew.day().recalls.is_empty());
}

#[test]
fn a_recall_that_comes_after_the_cut_says_to_restore_and_never_do_not_turn_off() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let recall = office.pays(order_id(1));
    crew.sync(&mut office);
    let day = crew.day();
    assert!(day.recalls.is_empty(), "it is off already: {:?}", day.recalls);
    let restore = &day.restores[0];
    assert_eq!(
        (
            restore.stop.order.id,
            restore.why.paid,
            restore.unseen.iter().map(|(_, fact)| fact.clone()).collect::<Vec<_>>(),
        ),
        (order_id(1), true, vec![recall.clone()])
    );

    // "Got it": dispatch sees that it was seen, and the card stays until the service is on.
    crew.run(|tablet, now, dice| tablet.acknowledge(order_id(1), &recall, now, dice));
    crew.sync(&mut office);
    let seen = |fact: &Fact| matches!(&fact.body, FactBody::Ack(ack) if ack.fact == recall);
    assert!(office.doc.facts().values().any(|stored| seen(&stored.raw.read().unwrap())));
    let day = crew.day();
    assert_eq!((day.restores.len(), day.restores[0].unseen.len()), (1, 0));
}

#[test]
fn a_recall_without_a_release_after_the_cut_is_shown_as_too_late() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    office.says(order_id(1), FactBody::Recall(Recall { reason: RecallReason::Withdrawn, cause: None }));
    crew.sync(&mut office);
    let day = crew.day();
    assert!(day.restores.is_empty());
    assert_eq!(
        day.recalls.iter().map(|recall| (recall.too_late, recall.on_again)).collect::<Vec<_>>(),
        [(true, false)]
    );
}

#[test]
fn the_list_keeps_route_order_and_puts_what_is_done_behind() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let day = crew.day();
    assert_eq!(day.next.unwrap().place, 2);
    assert_eq!(day.ahead.iter().map(|stop| stop.place).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(day.behind.len(), 1);
    assert_eq!((day.behind[0].place, &day.behind[0].standing), (1, &Standing::Done));
    assert_eq!(day.behind[0].saved.unwrap().received_at, None);
    crew.later(6);
    crew.sync(&mut office);
    assert_eq!(crew.day().behind[0].saved.unwrap().received_at, Some(crew.now));
}

#[test]
fn only_people_of_the_crew_sign_in_and_nobody_else_saves() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let stranger = PersonId(Uuid::from_u128(9));
    assert!(matches!(crew.try_run(|t, _, _| t.sign_in(Some(stranger))), Err(TabletError::NotOfThisCrew)));
    crew.run(|tablet, _, _| tablet.sign_in(None));
    let refused = crew.try_run(|tablet, now, dice| tablet.arrive(order_id(1), now, dice));
    assert!(matches!(refused, Err(TabletError::NobodySignedIn)));
}

#[test]
fn expired_and_refused_tokens_never_block_work() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    assert_eq!(crew.tablet.next_call(crew.now), Call::Sync("access".into()));
    crew.later(15);
    assert_eq!(crew.tablet.next_call(crew.now), Call::Refresh("refresh".into()));
    let answer =
        TokenAnswer { access_token: "second".into(), refresh_token: "second refresh".into(), expires_in_s: 900 };
    crew.run(|tablet, now, _| tablet.refreshed(answer, now));
    assert_eq!(crew.tablet.next_call(crew.now), Call::Sync("second".into()));
    crew.tablet.access_refused();
    assert_eq!(crew.tablet.next_call(crew.now), Call::Refresh("second refresh".into()));
    crew.run(|tablet, _, _| tablet.tie_ended(crate::core::Ended::NeedsCode));
    assert_eq!(crew.tablet.next_call(crew.now), Call::Nothing);
    crew.turns_off(order_id(1));
    crew.is_killed();
    assert_eq!((crew.tablet.next_call(crew.now), crew.tablet.unsent()), (Call::Nothing, 1));
    assert!(view::export(crew.tablet.state()).contains("turned_off"));
}

#[test]
fn the_walk_asks_before_a_cut_only_where_somebody_answered() {
    let order = order(1, OrderKind::TurnOff);
    let visit = curbstop_shared::ids::FactId::from_uuid(Uuid::from_u128(1));
    let mut draft = Draft::begin(&order, super::office::ROUTE, visit, super::office::MORNING);
    let names = |draft: &Draft| draft.steps(&order);
    draft.met = Some(Met::Nobody);
    use Step::{Act, Ask, Door, Meter, Permit as PermitStep, Place, Reading, Summary};
    assert_eq!(names(&draft), [Place, Meter(0), Door, PermitStep, Act(0), Reading(0), Summary]);
    draft.met = Some(Met::Customer);
    assert_eq!(names(&draft), [Place, Meter(0), Door, Ask, PermitStep, Act(0), Reading(0), Summary]);
    draft.stopped_by = Some(UnableCode::Dog);
    draft.step = Step::Unable;
    assert_eq!(draft.forward(&order), Summary);
    assert!(!draft.cuts());
}

#[test]
fn a_serial_is_the_same_however_it_is_written_and_another_is_another() {
    assert!(walk::same_serial("0048-2213", "00482213"));
    assert!(walk::same_serial("AB 12", "ab12"));
    assert!(!walk::same_serial("0048-2213", "48-2213"), "leading zeros count");
    assert!(!walk::same_serial("0048-2213", ""));
}

#[test]
fn an_empty_tablet_has_nothing_to_ask() {
    assert_eq!(Tablet::default().next_call(super::office::MORNING), Call::Nothing);
}

/// An order that came onto the route by a later publication: what was cut is to be given back.
#[test]
fn a_reconnect_on_the_route_is_walked_saved_and_done_and_the_cut_it_ends_reads_as_restored() {
    let cut = order(1, OrderKind::TurnOff);
    let mut back_on = order(2, OrderKind::Reconnect);
    back_on.id = OrderId::reconnect_of(cut.id);
    (back_on.reason, back_on.premise) = (curbstop_shared::vocabulary::Reason::WrongfulCut, cut.premise.clone());
    let mut office = Office::publishing(&header(), &[cut.clone(), back_on.clone()]);
    let mut crew = Crew::of(&mut office);
    crew.turns_off(cut.id);
    office.pays(cut.id);
    crew.sync(&mut office);
    assert_eq!(crew.day().restores.len(), 1);

    crew.arrives(back_on.id);
    use Step::{Act, Door, Meter, Place, Reading, Summary};
    assert_eq!(crew.draft(back_on.id).steps(&back_on), [Place, Meter(0), Door, Act(0), Reading(0), Summary]);
    assert_eq!(walk::actions(back_on.kind)[0], Action::Restored);
    crew.notes_down(back_on.id, |draft| {
        draft.lines[0].serial_seen = Some("0048-2202".into());
        draft.met = Some(Met::Customer);
    });
    crew.run(|tablet, now, _| tablet.open_act(back_on.id, Act(0), now));
    crew.notes_down(back_on.id, |draft| {
        draft.lines[0].action = Some(Action::Restored);
        draft.lines[0].method = walk::ways(&cut.lines[0], Action::Restored).first().copied();
        draft.lines[0].digits = Some("036500".into());
    });
    assert_eq!(crew.draft(back_on.id).lacks(&back_on), Some(Act(0)), "restoring is safe or not done");
    crew.notes_down(back_on.id, |draft| draft.lines[0].safe = true);
    assert!(!crew.draft(back_on.id).leaves_off(), "a tap saves it");
    crew.run(|tablet, now, dice| tablet.save(back_on.id, now, dice));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "{:?}", crew.tablet.state().attention);

    let read = |id| view::stop_in_full(crew.tablet.state(), id, crew.moment()).unwrap().disposition;
    assert!(matches!(read(back_on.id).state, OrderState::Done { .. }));
    let cut = read(cut.id);
    assert!(matches!(cut.lines.values().next(), Some(LineState::Restored { .. })));
    assert!(cut.follow_ups[0].wanted.is_empty() && cut.exceptions.iter().all(|found| found.settled), "{cut:?}");
    assert!(crew.day().restores.is_empty());
    let last = crew.tablet.state().routes.values().next().unwrap().own.last().unwrap().clone();
    assert_eq!(last.made.order, back_on.id);
}

#[test]
fn a_restore_that_was_entered_and_did_not_hold_is_taken_out_and_the_service_stays_off_for_all_to_see() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let order = order_id(3);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].action = Some(Action::Restored);
        draft.stop(UnableCode::ValveBroken);
    });
    assert_eq!(crew.draft(order).step, Step::AsEntered(0), "is it on now?");
    crew.notes_down(order, |draft| draft.settle(0, walk::Standing::Undone));
    crew.run(|tablet, now, dice| tablet.save(order, now, dice));
    assert!(!facts_on(&crew).iter().any(|fact| matches!(fact.body, FactBody::Work(_))));
    assert_eq!(visit_on(&crew).outcome, Outcome::Unable);
}

/// The cut is entered and not saved when the payment's recall comes: "seen, and not touched" would be a lie.
#[test]
fn who_has_entered_a_cut_says_first_how_the_service_was_left_and_then_that_the_recall_was_seen() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
    });
    let recall = office.pays(order_id(1));
    crew.sync(&mut office);
    let told = crew.day().recalls;
    assert_eq!(told.iter().map(|told| (&told.fact, told.cut_entered)).collect::<Vec<_>>(), [(&recall, true)]);
    let refused = crew.try_run(|tablet, now, dice| tablet.acknowledge(order_id(1), &recall, now, dice)).unwrap_err();
    assert_eq!(refused.to_string(), Lacking::AsEntered.to_string());
    crew.notes_down(order_id(1), |draft| draft.lines[0].digits = Some("036500".into()));
    crew.run(|tablet, now, dice| tablet.save(order_id(1), now, dice));
    assert!(crew.day().recalls.iter().all(|told| !told.cut_entered));
    assert!(crew.day().restores.iter().any(|restore| restore.stop.order.id == order_id(1)), "somebody is off who paid");
}
