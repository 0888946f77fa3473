//! Facts: complete, about an order of this route, by somebody who may say so.

use super::*;

#[test]
fn a_reading_is_digits_as_on_the_dials() {
    let mut facts = turn_off(100);
    let FactBody::Reading(reading) = &mut facts[2].body else { panic!("a reading") };
    reading.digits = Some("36x12".into());
    let (code, detail) = facts_refused(&facts);
    assert_eq!(code, RefusalCode::BadFact);
    assert!(detail.contains("digits"), "{detail}");
}

#[test]
fn a_field_that_is_missing_or_unknown_is_named() {
    for (field, forge) in [("outcome", "outcomes"), ("outcome", "x")] {
        let (code, detail) = forged_refused(|change| {
            let op = change.operations.iter_mut().find(|op| op.key == Key::Map(field.into())).unwrap();
            op.key = Key::Map(forge.into());
        });
        assert_eq!(code, RefusalCode::BadFact);
        assert!(detail.starts_with("visit: "), "{detail}");
        assert!(detail.contains(field) || detail.contains(forge), "{detail}");
    }
}

#[test]
fn a_word_that_is_in_no_list_is_named_with_its_field() {
    let (code, detail) = forged_refused(|change| {
        let op = change.operations.iter_mut().find(|op| op.key == Key::Map("outcome".into())).unwrap();
        op.action = OpType::Put(ScalarValue::Str("sideways".into()));
    });
    assert_eq!(code, RefusalCode::BadFact);
    assert!(detail.starts_with("visit: field `outcome`: \"sideways\" is not an outcome"), "{detail}");
}

#[test]
fn a_note_longer_than_4096_bytes_is_parked_and_says_so() {
    let (code, detail) = facts_refused(&[note(100, &"long ".repeat(900))]);
    assert_eq!(code, RefusalCode::BadFact);
    assert!(detail.contains("4096"), "{detail}");
    assert!(code.is_about_the_fact());
}

/// What no keyboard writes: PostgreSQL stops at a NUL, and a report over the day would with it.
#[test]
fn a_control_character_is_refused_with_its_field_whatever_the_field_is() {
    let reading = |serial: &str, code: Option<&str>| {
        let mut facts = turn_off(100);
        let FactBody::Reading(reading) = &mut facts[2].body else { panic!("a reading") };
        (reading.serial_seen, reading.code) = (serial.into(), code.map(str::to_owned));
        facts
    };
    let danger = |code: &str, text: &str| Danger { visit: None, code: code.to_owned(), text: Some(text.to_owned()) };
    let own = |body| vec![Fact::new(id(100), header(1), body)];
    let release = |confirmation: &str| {
        own(FactBody::Release(Release {
            reason: ReleaseReason::PaymentReceived,
            lines: "*".into(),
            source: Source::Field,
            verified: false,
            paid_at: None,
            recorded_at: None,
            confirmation: Some(confirmation.to_owned()),
        }))
    };
    for (field, facts) in [
        ("serial_seen", reading("82\0", None)),
        ("serial_seen", reading("82\n", None)),
        ("code", reading("82", Some("no\u{1}access"))),
        ("text", vec![note(100, "vacant\0")]),
        ("text", vec![note(100, "\u{1b}[31m")]),
        ("code", own(FactBody::Hazard(danger("dog\0", "")))),
        ("code", own(FactBody::Hazard(danger(&"d".repeat(3_000), "")))),
        ("code", own(FactBody::Incident(danger("A dog", "")))),
        ("confirmation", release("44\u{202e}18")),
        ("confirmation", release("44\u{85}18")),
    ] {
        let (code, detail) = facts_refused(&facts);
        assert_eq!(code, RefusalCode::BadFact, "{field}");
        assert!(detail.contains(&format!("field `{field}`")), "{detail}");
        assert!(!detail.contains('\0'), "{detail:?}");
    }
    for facts in [vec![note(100, "vacant,\n\tsays the neighbour")], own(FactBody::Hazard(danger("dog", "a\nb")))] {
        let mut day = Day::begins();
        let change = day.crew_saves(&facts);
        day.sends(&[change]).unwrap();
    }
}

#[test]
fn a_control_character_is_refused_in_a_field_or_kind_that_nobody_knows() {
    for (field, name, value) in
        [("lock", "new", "a\0"), ("lock", "ne\0w", "a"), ("kind", "kind", "wo\0rk"), ("order", "order", "1\0")]
    {
        let (code, detail) = forged_refused(|change| {
            let op = change.operations.iter_mut().find(|op| op.key == Key::Map(field.into())).unwrap();
            op.key = Key::Map(name.into());
            op.action = OpType::Put(ScalarValue::Str(value.into()));
        });
        assert_eq!(code, RefusalCode::BadFact, "{name:?}");
        assert!(!detail.contains('\0') && detail.contains("field `"), "{detail:?}");
        assert!(detail.contains("control character") || detail.contains("no name of a field"), "{detail}");
    }
}

#[test]
fn a_photo_is_a_picture_of_at_most_8_mb() {
    let named = |size: i64, media_type: &str| {
        let mut facts = turn_off(100);
        let FactBody::Evidence(photo) = &mut facts[3].body else { panic!("a photo") };
        (photo.size, photo.media_type) = (size, media_type.to_owned());
        facts
    };
    for (size, media_type, field) in [
        (PHOTO_MAX_BYTES + 1, "image/jpeg", "size"),
        (0, "image/jpeg", "size"),
        (100, "text/html", "media_type"),
        (100, "image/svg+xml", "media_type"),
        (100, "", "media_type"),
    ] {
        let (code, detail) = facts_refused(&named(size, media_type));
        assert_eq!(code, RefusalCode::BadFact);
        assert!(detail.contains(field), "{detail}");
    }
    for media_type in PHOTO_MEDIA_TYPES {
        let mut day = Day::begins();
        let change = day.crew_saves(&named(PHOTO_MAX_BYTES, media_type));
        day.sends(&[change]).unwrap();
    }
}

#[test]
fn an_order_that_never_was_on_the_route_is_foreign() {
    let mut fact = visit(100);
    fact.header.as_mut().unwrap().order = OrderId(Uuid::from_u128(77));
    let (code, detail) = facts_refused(&[fact]);
    assert_eq!(code, RefusalCode::ForeignOrder);
    assert!(detail.contains("dispatch"), "{detail}");
}

#[test]
fn work_of_nobody_is_refused() {
    let mut nobody = visit(100);
    nobody.header.as_mut().unwrap().by = None;
    assert_eq!(facts_refused(&[nobody]).0, RefusalCode::ForeignAuthor);
}

#[test]
fn a_visit_is_of_the_tablet_that_sends_it() {
    let mut other = visit(100);
    other.header.as_mut().unwrap().device = Some(tablet_8());
    assert_eq!(facts_refused(&[other]).0, RefusalCode::BadFact);
    let mut none = visit(100);
    none.header.as_mut().unwrap().device = None;
    assert_eq!(facts_refused(&[none]).0, RefusalCode::BadFact);
}

#[test]
fn work_names_a_visit_of_its_own_tablet() {
    let orphan = turn_off(100).remove(1);
    let (code, detail) = facts_refused(std::slice::from_ref(&orphan));
    assert_eq!(code, RefusalCode::BadFact);
    assert!(detail.contains("visit"), "{detail}");

    let mut day = Day::begins();
    let mut theirs = visit(100);
    theirs.header.as_mut().unwrap().device = Some(tablet_8());
    let office = day.server.add_facts_now(&server_actor(), &[theirs]).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    let change = day.crew_saves(std::slice::from_ref(&orphan));
    let (code, detail, _) = only(day.gate_says(&raw(&[change])));
    assert_eq!(code, RefusalCode::BadFact);
    assert!(detail.contains("another tablet"), "{detail}");

    // Late evidence of one's own visit is welcome.
    let mut day = Day::begins();
    let saved = day.crew_saves(&[visit(100)]);
    day.sends(&[saved]).unwrap();
    let late = day.crew_saves(&turn_off(100)[3..]);
    day.sends(&[late]).unwrap();
    // A visit is a visit.
    let mut day = Day::begins();
    let change = day.crew_saves(&[note(100, "no visit"), orphan]);
    assert_eq!(codes(day.gate_says(&raw(&[change]))), [RefusalCode::BadFact]);
}

fn by_crew(n: u128, body: FactBody) -> Fact {
    Fact::new(id(n), header(1), body)
}

#[test]
fn the_office_and_the_server_alone_decide_recall_and_verify() {
    let reason = RecallReason::Released;
    let proof = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Field,
        verified: false,
        paid_at: Some(MORNING),
        recorded_at: None,
        confirmation: Some("88-1042".into()),
    };
    let claim = Hold { reason: HoldReason::Medical, scope: HoldScope::Premise, verified: false, expires_on: None };
    let mut paper = visit(100);
    if let FactBody::Visit(visit) = &mut paper.body {
        visit.paper = Some(true);
    }
    let forbidden = [
        FactBody::Recall(Recall { reason, cause: None }),
        FactBody::RecallLift(RecallLift { recall: id(1) }),
        FactBody::Release(Release { verified: true, ..proof.clone() }),
        FactBody::Release(Release { reason: ReleaseReason::Agreement, ..proof.clone() }),
        FactBody::Release(Release { source: Source::Office, ..proof.clone() }),
        FactBody::Hold(Hold { verified: true, ..claim.clone() }),
        FactBody::Hold(Hold { reason: HoldReason::Weather, ..claim.clone() }),
        FactBody::Hold(Hold { scope: HoldScope::Area, ..claim.clone() }),
        FactBody::ReleaseDecision(ReleaseDecision { release: id(1), accepted: true, why: None }),
        FactBody::ReleaseReversal(ReleaseReversal { release: id(1), reason: ReversalReason::Error }),
        FactBody::HoldDecision(HoldDecision { hold: id(1), accepted: false, why: None }),
        FactBody::HoldLift(HoldLift { hold: id(1), why: None }),
        FactBody::FeeDecision(FeeDecision { charged: false, doubts: "permit".into(), why: None }),
        FactBody::Reorder(Reorder { rank: 1, locked: Some(true) }),
        paper.body,
    ];
    for body in forbidden {
        let (code, detail) = facts_refused(&[by_crew(100, body.clone())]);
        assert_eq!(code, RefusalCode::RoleForbids, "{body:?}");
        assert!(detail.ends_with('.'), "{detail}");
    }
    let mut day = Day::begins();
    let allowed = [
        FactBody::Release(proof),
        FactBody::Hold(claim),
        FactBody::Reorder(Reorder { rank: 4, locked: None }),
        FactBody::Hazard(Danger { visit: None, code: "dog".into(), text: None }),
    ];
    let facts: Vec<_> = (300..).zip(allowed).map(|(n, body)| by_crew(n, body)).collect();
    let change = day.crew_saves(&facts);
    day.sends(&[change]).unwrap();
}

#[test]
fn an_auditor_with_a_tablet_still_only_reads() {
    let mut fact = note(100, "I was here");
    fact.header.as_mut().unwrap().by = Some(auditor());
    assert_eq!(facts_refused(&[fact]).0, RefusalCode::RoleForbids);
    let mut day = Day::begins();
    let mut unlock = visit(100);
    unlock.header.as_mut().unwrap().by = Some(contractor());
    let change = day.crew_saves(&[unlock]);
    day.sends(&[change]).unwrap();
}

#[test]
fn a_relayed_fact_comes_from_the_server_only() {
    let mut fact = note(100, "as if from another route");
    fact.home = Some(Home { doc: curbstop_shared::ids::RouteId(Uuid::from_u128(5)), change: "00".repeat(32) });
    assert_eq!(facts_refused(&[fact]).0, RefusalCode::BadFact);
}

fn correction(n: u128, corrects: u128, digits: &str) -> Fact {
    let fields = [("digits".to_owned(), FieldValue::Text(digits.into()))].into();
    by_crew(n, FactBody::Correction(Correction { corrects: id(corrects), why: "misread".into(), fields }))
}

#[test]
fn a_crew_corrects_its_own_reading_with_something_that_is_a_reading() {
    let mut day = Day::begins();
    let batch = [day.crew_saves(&turn_off(100)), day.crew_saves(&[correction(200, 102, "036521")])];
    day.sends(&batch).unwrap();
    let again = day.crew_saves(&[correction(300, 200, "036522")]);
    day.sends(&[again]).unwrap();
    let nonsense = day.crew_saves(&[correction(400, 102, "about 36 thousand")]);
    let (code, detail, _) = only(day.gate_says(&raw(&[nonsense])));
    assert_eq!(code, RefusalCode::BadFact);
    assert!(detail.contains("digits"), "{detail}");
    let nothing = facts_refused(&[correction(400, 999, "036521")]);
    assert_eq!(nothing.0, RefusalCode::BadFact);
}

#[test]
fn a_crew_does_not_correct_the_office() {
    let mut day = Day::begins();
    let mut theirs = turn_off(100);
    let header = theirs[0].header.as_mut().unwrap();
    (header.device, header.by) = (None, Some(PersonId(Uuid::from_u128(50))));
    let office = day.server.add_facts_now(&server_actor(), &theirs).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    let change = day.crew_saves(&[correction(200, 102, "036521")]);
    assert_eq!(only(day.gate_says(&raw(&[change]))).0, RefusalCode::RoleForbids);
}

#[test]
fn a_fact_of_a_version_before_the_last_asks_for_the_new_app() {
    let (code, detail) = forged_refused(|change| {
        let op = change.operations.iter_mut().find(|op| op.key == Key::Map("v".into())).unwrap();
        op.action = OpType::Put(ScalarValue::Int(0));
    });
    assert_eq!(code, RefusalCode::UpgradeRequired);
    assert!(detail.contains("update the app"), "{detail}");
}
