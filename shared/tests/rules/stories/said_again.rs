//! What is said twice, corrected, or doubted.

use crate::trade::*;
use curbstop_shared::{disposition::*, facts::*, ids::*, route_document::Knew, time::Span, vocabulary::*};

#[test]
fn found_off_is_not_a_cut() {
    let mut story = Story::turn_off();
    let found = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    let is = story.is();
    assert_eq!(
        is.lines[&line(1)],
        LineState::FoundOff { visit: found, at: Some(at(9, 0)), came_in: None, released: None }
    );
    assert!(is.cuts.is_empty() && is.fee_triggers.is_empty() && is.follow_ups.is_empty());
}

#[test]
fn whoever_pays_gets_back_what_was_off_already_and_owes_no_fee_for_it() {
    let mut story = Story::turn_off();
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    story.pays(at(9, 30));
    let is = story.is();
    assert!(is.lines[&line(1)].is_off_though_released() && is.exceptions.is_empty(), "nobody cut: {is:?}");
    let [called] = &is.follow_ups[..] else { panic!("one reconnect: {:?}", is.follow_ups) };
    assert_eq!((called.kind, called.reason, called.priority), (OrderKind::Reconnect, Reason::PaymentReceived, 3));
    assert_eq!(called.called_at, Some(at(9, 30)));
    assert!(is.fee_triggers.is_empty());

    // Paid before the crew came and found it off: off all the same.
    let mut story = Story::turn_off();
    story.pays(at(8, 0));
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    assert_eq!(story.is().follow_ups.len(), 1);
}

#[test]
fn an_order_moved_to_another_crew_may_be_done_there_and_the_first_crews_honest_work_counts() {
    let (first, second) = (RouteId(uuid::Uuid::from_u128(1)), RouteId(uuid::Uuid::from_u128(2)));
    let mut story = Story::turn_off();
    let recall = story.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    story.history.made_on.insert(recall.clone(), first);
    story.history.route = Some(second);
    assert!(story.is().may_begin_cut, "the recall stops it on the first route only");

    let mut there = story.clone();
    let cut = there.cuts(TRUCK_7, at(10, 0));
    there.history.made_on.insert(cut, second);
    assert!(there.exceptions().is_empty());

    let cut = story.cuts(TRUCK_12, at(8, 50));
    story.history.made_on.insert(cut.clone(), first);
    assert_eq!(story.exceptions(), [ExceptionKind::VisitAfterRecall]);
    assert_eq!(story.is().state, OrderState::Done { visit: cut, unfinished: false });
    assert!(!story.is().may_begin, "it leaves the other crew's route");
}

#[test]
fn two_crews_that_did_the_same_work_are_charged_for_once() {
    let mut story = Story::turn_off();
    let first = story.cuts(TRUCK_12, at(9, 0));
    let second = story.cuts(TRUCK_7, at(9, 40));
    let is = story.is();
    let [duplicate] = &is.exceptions[..] else { panic!("{:?}", is.exceptions) };
    assert_eq!(duplicate.kind, ExceptionKind::DuplicateVisit);
    assert_eq!((&duplicate.fact, duplicate.cause.as_ref()), (&second, Some(&first)));
    assert_eq!(is.fee_triggers.len(), 1);
    assert_eq!(is.cuts.len(), 2, "both visits stay");
}

#[test]
fn a_door_notice_hung_twice_is_a_duplicate_too() {
    let mut story = Story::of(OrderKind::DoorNotice, Reason::NonPay, 0);
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[]);
    assert!(story.exceptions().is_empty());
    story.visits(TRUCK_7, at(9, 40), visit(Outcome::Done, None), &[]);
    assert_eq!(story.exceptions(), [ExceptionKind::DuplicateVisit]);
    assert!(story.is().fee_triggers.is_empty());
}

#[test]
fn a_crew_can_not_undo_its_own_cut_by_a_correction_but_the_office_can_confirm_it() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let work = story.works_of(&cut).remove(0);
    let slip = story.corrects(at(10, 40), Some(TRUCK_12), &work, &[("action", "none")]);
    assert!(matches!(story.is().lines[&line(1)], LineState::Off { .. }));
    assert_eq!(story.is().fee_triggers.len(), 1);

    let mut confirmed = story.clone();
    confirmed.corrects(at(11, 0), None, &slip, &[("action", "none")]);
    assert_eq!(confirmed.is().lines[&line(1)], LineState::Untouched);
    assert!(confirmed.is().cuts.is_empty() && confirmed.is().fee_triggers.is_empty());

    // The crew says again that it was cut: off again, until the office says otherwise.
    confirmed.corrects(at(12, 0), Some(TRUCK_12), &work, &[("action", "turned_off")]);
    assert!(matches!(confirmed.is().lines[&line(1)], LineState::Off { .. }));

    // And a "restored" in the place of the cut is not a restore that somebody made.
    story.corrects(at(11, 0), Some(TRUCK_12), &work, &[("action", "restored")]);
    assert!(matches!(story.is().lines[&line(1)], LineState::Off { .. }));
}

#[test]
fn the_wrong_line_corrected_by_the_crew_leaves_both_off_until_the_office_confirms() {
    let mut story = Story::of(OrderKind::TurnOff, Reason::NonPay, 2);
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let work = story.works_of(&cut).remove(0);
    story.corrects(at(10, 40), Some(TRUCK_12), &work, &[("line", "2")]);
    let off = |story: &Story| story.is().cuts.iter().map(|cut| cut.line.clone()).collect::<Vec<_>>();
    assert_eq!(off(&story), [line(1), line(2)]);
    story.corrects(at(11, 0), None, &work, &[("line", "2")]);
    assert_eq!(off(&story), [line(2)]);
}

#[test]
fn the_last_correction_counts_chains_hold_and_rings_harm_nobody() {
    let mut story = Story::turn_off();
    let unable = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let first = story.corrects(at(9, 5), Some(TRUCK_12), &unable, &[("code", "refused")]);
    story.corrects(at(9, 6), Some(TRUCK_12), &first, &[("code", "threat")]);
    let code = |story: &Story| match story.is().state {
        OrderState::Unable { code, .. } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&story), Some(UnableCode::Threat));
    // Nonsense and attempts to move the fact elsewhere change nothing.
    story.corrects(at(9, 7), Some(TRUCK_12), &unable, &[("code", "no such code")]);
    assert_eq!(code(&story), Some(UnableCode::Threat));
    story.corrects(at(9, 8), Some(TRUCK_12), &unable, &[("code", "refused")]);
    assert_eq!(code(&story), Some(UnableCode::Refused));

    let ring = |corrects: u128| {
        FactBody::Correction(Correction { corrects: id(corrects), why: "ring".into(), fields: Default::default() })
    };
    let header = Header { order: ORDER, at: at(9, 9), by: None, device: None };
    for (one, other) in [(901, 902), (902, 901), (903, 903)] {
        story.history.add(Fact::new(id(one), header.clone(), ring(other)));
    }
    assert_eq!(code(&story), Some(UnableCode::Refused));
}

#[test]
fn a_correction_that_knew_another_comes_after_it_whatever_their_ids() {
    let mut story = Story::turn_off();
    let unable = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let first = story.corrects(at(9, 5), Some(TRUCK_12), &unable, &[("code", "refused")]);
    let second = story.corrects(at(9, 6), Some(TRUCK_12), &unable, &[("code", "threat")]);
    story.knew(&first, &second, Knew::Known);
    assert!(matches!(story.is().state, OrderState::Unable { code: Some(UnableCode::Refused), .. }));
}

#[test]
fn a_cut_without_a_valid_permit_is_recorded_and_shown() {
    let breach = |change: fn(&mut Visit)| {
        let mut story = Story::turn_off();
        let mut made = visit(Outcome::Done, None);
        change(&mut made);
        story.visits(TRUCK_12, at(9, 0), made, &[(1, Action::TurnedOff)]);
        let is = story.is();
        assert_eq!(is.cuts.len(), 1, "it can always be recorded");
        assert_eq!(story.exceptions().contains(&ExceptionKind::PermitBreach), is.cuts[0].permit.is_some());
        is.cuts[0].permit
    };
    assert_eq!(breach(|_| {}), None);
    assert_eq!(breach(|made| made.permit = None), Some(PermitBreach::Missing));
    assert_eq!(breach(|made| made.permit = Some(Permit::None)), Some(PermitBreach::Missing));
    assert_eq!(breach(|made| made.permit_age_s = Some(3600)), None);
    assert_eq!(breach(|made| made.permit_age_s = Some(3601)), Some(PermitBreach::Stale));
    assert_eq!(breach(|made| made.permit = Some(Permit::GoCode)), Some(PermitBreach::Incomplete));
    let with_code = |made: &mut Visit| (made.permit, made.go_code) = (Some(Permit::GoCode), Some("402118".into()));
    assert_eq!(breach(with_code), None, "a tablet knows nothing of what dispatch gave, and judges none");
    let by_nobody = |made: &mut Visit| (made.permit, made.override_reason) = (Some(Permit::Override), Some("x".into()));
    assert_eq!(breach(by_nobody), Some(PermitBreach::Incomplete));
}

#[test]
fn a_tablet_whose_clock_is_off_is_shown_and_its_times_decide_less() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(9, 0));
    let release = story.pays(at(9, 8));
    assert_eq!(story.is().cuts[0].label, CutLabel::ReleasedAfter, "surely cut first");
    story.history.clock_offset.insert(cut.clone(), Span::minutes(-7));
    assert_eq!(story.is().cuts[0].label, CutLabel::Crossed, "not so sure");
    assert_eq!(story.exceptions(), [ExceptionKind::CutCrossedRelease, ExceptionKind::ClockSuspect]);
    story.history.clock_offset.remove(&cut);
    assert_eq!(story.is().cuts[0].clock_uncertainty, Span::minutes(7), "an offset nobody measured counts as large");
    assert_eq!(story.is().cuts[0].release.as_ref().map(|against| &against.fact), Some(&release));
}

#[test]
fn what_the_crew_found_there_reaches_the_office() {
    let mut story = Story::turn_off();
    let there = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::MeterMismatch)), &[]);
    let reading = |checks: &str| {
        FactBody::Reading(Reading {
            visit: there.clone(),
            line: line(1),
            serial_seen: "70680001".into(),
            digits: Some("036450".into()),
            code: None,
            checks: Some(checks.into()),
            confirmed: Some(true),
        })
    };
    let equipment = FactBody::Equipment(Equipment {
        visit: there.clone(),
        line: line(1),
        serial_seen: None,
        result: EquipmentResult::SaidReturned,
        condition: None,
        accessories: None,
    });
    let seal = FactBody::Work(Work {
        visit: there.clone(),
        line: line(1),
        action: Action::None,
        method: None,
        lock: None,
        seal: None,
        seal_found: Some(SealFound::Broken),
    });
    let incident = FactBody::Incident(Danger { visit: Some(there.clone()), code: "threat".into(), text: None });
    let facts = [reading("high, usage_on_off_account"), reading("serial_mismatch"), equipment, seal, incident];
    for (n, body) in (500..).zip(facts) {
        story.history.add(Fact::of_visit(id(n), body));
    }
    assert_eq!(
        story.exceptions(),
        [
            ExceptionKind::ReadingSuspect,
            ExceptionKind::MeterMismatch,
            ExceptionKind::MeterMismatch,
            ExceptionKind::UsageOnOffAccount,
            ExceptionKind::SealOrLockBroken,
            ExceptionKind::EquipmentDispute,
            ExceptionKind::Incident,
        ]
    );
}

#[test]
fn a_correction_of_a_correction_counts_whatever_their_ids() {
    let mut story = Story::turn_off();
    let unable = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let header = Header { order: ORDER, at: at(9, 5), by: None, device: Some(TRUCK_12) };
    for (one, corrects, code) in [(id(900), unable, "refused"), (id(800), id(900), "threat")] {
        let fields = [("code".to_owned(), FieldValue::Text(code.into()))].into();
        let body = FactBody::Correction(Correction { corrects, why: "typed wrong".into(), fields });
        story.history.add(Fact::new(one, header.clone(), body));
    }
    assert!(matches!(story.is().state, OrderState::Unable { code: Some(UnableCode::Threat), .. }));
}

#[test]
fn work_that_was_stopped_after_the_cut_still_reads_as_a_cut() {
    let mut story = Story::turn_off();
    let made = visit(Outcome::Unable, Some(UnableCode::Dog));
    story.visits(TRUCK_12, at(9, 0), made, &[(1, Action::TurnedOff)]);
    let is = story.is();
    assert!(matches!(is.state, OrderState::Done { .. }), "it is off, whatever else went wrong: {:?}", is.state);
    assert!(matches!(is.lines[&line(1)], LineState::Off { .. }));
    assert!(!is.may_begin_cut);
    story.pays(at(10, 0));
    assert!(!story.is().follow_ups[0].wanted.is_empty(), "and it comes back on when it is paid");
}

/// A document may hold what a server took in before it looked at corrections so closely.
#[test]
fn a_tablets_correction_does_not_make_its_proof_its_claim_or_its_permit_the_offices_word() {
    let mut story = Story::turn_off();
    let opened = Visit { permit: Some(Permit::None), ..visit(Outcome::Done, None) };
    let cut = story.visits(TRUCK_12, at(9, 0), opened, &[(1, Action::TurnedOff)]);
    let proof = Release { verified: false, source: Source::Field, ..payment("*", None) };
    let proof = story.fact(at(9, 5), Some(TRUCK_12), FactBody::Release(proof));
    let claim = Hold { verified: false, ..hold(HoldReason::Medical) };
    let claim = story.fact(at(9, 6), Some(TRUCK_12), FactBody::Hold(claim));
    let before = story.is();

    let verified = |fields: &[(&str, &str)]| {
        let said = fields.iter().map(|(name, text)| ((*name).to_owned(), FieldValue::Text((*text).to_owned())));
        said.chain([("verified".to_owned(), FieldValue::Bool(true))]).collect()
    };
    for (corrects, fields) in [
        (&proof, verified(&[("source", "office"), ("reason", "ordered")])),
        (&claim, verified(&[("reason", "bankruptcy")])),
    ] {
        let body = Correction { corrects: corrects.clone(), why: "typed wrong".into(), fields };
        story.fact(at(9, 10), Some(TRUCK_12), FactBody::Correction(body));
    }
    story.corrects(at(9, 12), Some(TRUCK_12), &cut, &[("permit", "fresh"), ("met", "customer")]);
    let is = story.is();
    assert_eq!((&is.follow_ups, &is.exceptions), (&before.follow_ups, &before.exceptions), "nobody verified it");
    let said = as_corrected(&story.history);
    let FactBody::Release(proof) = &said[&proof] else { panic!("a release") };
    let FactBody::Hold(claim) = &said[&claim] else { panic!("a hold") };
    let FactBody::Visit(cut) = &said[&cut] else { panic!("a visit") };
    assert!(!proof.verified && proof.source == Source::Field && !claim.verified);
    assert_eq!((cut.permit, cut.met), (Some(Permit::None), Some(Met::Customer)), "the rest of it counts");

    // The office may.
    let id = said.iter().find_map(|(id, body)| matches!(body, FactBody::Release(_)).then(|| id.clone())).unwrap();
    let body = Correction { corrects: id.clone(), why: "seen at the counter".into(), fields: verified(&[]) };
    story.office(at(9, 20), FactBody::Correction(body));
    assert!(matches!(&as_corrected(&story.history)[&id], FactBody::Release(release) if release.verified));
}

#[test]
fn a_crew_that_goes_back_on_a_proof_or_a_claim_leaves_it_as_it_was_shown() {
    let proof = FactBody::Release(Release { verified: false, source: Source::Field, ..payment("*", Some(at(8, 0))) });
    let claim = FactBody::Hold(Hold { verified: false, ..hold(HoldReason::Medical) });
    let shrunk: [(&FactBody, &[(&str, &str)]); 4] = [
        (&proof, &[("lines", "none")]),
        (&proof, &[("confirmation", "88-1043"), ("lines", "l9")]),
        (&claim, &[("expires_on", "2001-01-01")]),
        (&claim, &[("reason", "dispute"), ("scope", "order")]),
    ];
    for (shown, fields) in shrunk {
        let mut story = Story::turn_off();
        let shown = story.fact(at(9, 5), Some(TRUCK_12), shown.clone());
        assert!(!story.is().may_begin_cut);
        let before = as_corrected(&story.history)[&shown].clone();
        story.corrects(at(9, 10), Some(TRUCK_12), &shown, fields);
        assert!(!story.is().may_begin_cut, "{fields:?} opened the cut again");
        match (&before, &as_corrected(&story.history)[&shown]) {
            (FactBody::Release(was), FactBody::Release(is)) => {
                assert_eq!((&was.lines, was.paid_at), (&is.lines, is.paid_at))
            }
            (was, is) => assert_eq!(was, is),
        }
        // The office may: it decides.
        story.corrects(at(9, 20), None, &shown, fields);
        let office = &as_corrected(&story.history)[&shown];
        assert_ne!(&before, office);
    }
}
