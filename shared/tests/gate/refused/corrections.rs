//! Corrections: a crew puts its own slips right, and says by it only what it could have said plainly.

use super::*;
use curbstop_shared::ordered::Map;
use proptest::prelude::*;

fn by_crew(n: u128, body: FactBody) -> Fact {
    Fact::new(id(n), header(1), body)
}

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn correction(n: u128, corrects: u128, fields: &[(&str, FieldValue)]) -> Fact {
    let fields: Map<String, FieldValue> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    by_crew(n, FactBody::Correction(Correction { corrects: id(corrects), why: "typed wrong".into(), fields }))
}

fn proof() -> Release {
    Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Field,
        verified: false,
        paid_at: Some(MORNING),
        recorded_at: None,
        confirmation: Some("88-1042".into()),
    }
}

fn claim() -> Hold {
    Hold { reason: HoldReason::Medical, scope: HoldScope::Premise, verified: false, expires_on: None }
}

/// A morning's own work on the server: a turn-off (visit 100, work 101, reading 102, photos), proof of a payment (200),
/// a claim (201), a place in the route (202) and a note (203).
fn a_morning() -> Day {
    let mut day = Day::begins();
    let said = [
        by_crew(200, FactBody::Release(proof())),
        by_crew(201, FactBody::Hold(claim())),
        by_crew(202, FactBody::Reorder(Reorder { rank: 4, locked: None })),
        note(203, "gate code 4411"),
    ];
    let batch = [day.crew_saves(&turn_off(100)), day.crew_saves(&said)];
    day.sends(&batch).unwrap();
    day
}

#[test]
fn a_digit_a_lock_number_and_a_note_are_put_right() {
    let mut day = a_morning();
    let honest = [
        correction(300, 102, &[("digits", text("036521"))]),
        correction(301, 101, &[("lock", text("R 20442"))]),
        correction(302, 203, &[("text", text("gate code 4412"))]),
        correction(303, 100, &[("left_at", FieldValue::Int(MORNING.0 + 60_000_000)), ("met", text("customer"))]),
        correction(304, 200, &[("confirmation", text("88-1043"))]),
        correction(305, 300, &[("digits", text("036522"))]),
    ];
    let changes: Vec<_> = honest.iter().map(|fact| day.crew_saves(std::slice::from_ref(fact))).collect();
    day.sends(&changes).unwrap();
}

#[test]
fn proof_of_a_payment_or_a_claim_does_not_become_the_offices_word_by_a_correction() {
    let date = text("2099-01-01");
    let forged: [(u128, Vec<(&str, FieldValue)>); 8] = [
        (200, vec![("verified", FieldValue::Bool(true)), ("source", text("office")), ("reason", text("ordered"))]),
        (200, vec![("verified", FieldValue::Bool(true))]),
        (200, vec![("source", text("office"))]),
        (200, vec![("reason", text("agreement"))]),
        (201, vec![("reason", text("bankruptcy")), ("expires_on", date)]),
        (201, vec![("scope", text("area"))]),
        (201, vec![("verified", FieldValue::Bool(true))]),
        (202, vec![("locked", FieldValue::Bool(true))]),
    ];
    for (corrects, fields) in forged {
        let mut day = a_morning();
        // Neither at once nor by a correction of a harmless correction.
        let harmless = day.crew_saves(&[correction(300, corrects, &[])]);
        day.sends(&[harmless]).unwrap();
        for corrects in [corrects, 300] {
            let change = day.crew_saves(&[correction(301 + corrects, corrects, &fields)]);
            let (code, detail, _) = only(day.gate_says(&raw(&[change])));
            assert_eq!(code, RefusalCode::RoleForbids, "{corrects} {fields:?}: {detail}");
            assert!(detail.ends_with('.'), "{detail}");
        }
    }
}

#[test]
fn what_allowed_a_cut_is_not_said_afterwards() {
    let sealed = [
        ("permit", text("fresh")),
        ("permit_age_s", FieldValue::Int(1)),
        ("go_code", text("K7")),
        ("override_by", text("Anna")),
        ("override_reason", text("said so")),
        ("paper", FieldValue::Bool(true)),
        ("act_opened_at", FieldValue::Int(MORNING.0 - 1)),
    ];
    for (field, value) in sealed {
        let mut day = a_morning();
        let change = day.crew_saves(&[correction(300, 100, &[("met", text("customer")), (field, value)])]);
        let (code, detail, _) = only(day.gate_says(&raw(&[change])));
        assert_eq!(code, RefusalCode::RoleForbids, "{field}: {detail}");
        assert!(detail.contains(field), "{detail}");
    }
}

#[test]
fn a_crew_does_not_go_back_on_a_proof_or_a_claim() {
    let shrunk = [
        (200, "lines", text("none")),
        (200, "paid_at", FieldValue::Int(MORNING.0 + 1)),
        (200, "recorded_at", FieldValue::Int(MORNING.0)),
        (201, "expires_on", text("2001-01-01")),
        (201, "reason", text("dispute")),
        (201, "scope", text("order")),
    ];
    for (corrects, field, value) in shrunk {
        let mut day = a_morning();
        let change = day.crew_saves(&[correction(300, corrects, &[(field, value)])]);
        let (code, detail, _) = only(day.gate_says(&raw(&[change])));
        assert_eq!(code, RefusalCode::RoleForbids, "{field}: {detail}");
        assert!(detail.contains(field) && detail.contains("until the office decides"), "{detail}");
    }
}

#[test]
fn a_dispatcher_who_rides_along_corrects_the_offices_word_at_the_desk() {
    let mut day = Day::begins();
    let mut theirs = by_crew(200, FactBody::Release(Release { verified: true, source: Source::Office, ..proof() }));
    theirs.header.as_mut().unwrap().device = None;
    let office = day.server.add_facts_now(&server_actor(), &[theirs]).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    let change = day.crew_saves(&[correction(300, 200, &[("lines", text("none"))])]);
    assert_eq!(only(day.gate_says(&raw(&[change]))).0, RefusalCode::RoleForbids);
}

fn any_field() -> impl Strategy<Value = (&'static str, FieldValue)> {
    let names = vec![
        "verified",
        "source",
        "reason",
        "scope",
        "lines",
        "expires_on",
        "permit",
        "go_code",
        "paper",
        "act_opened_at",
        "locked",
        "rank",
        "text",
        "digits",
        "action",
        "outcome",
        "code",
        "lock",
        "recorded_at",
        "override_by",
        "size",
        "media_type",
    ];
    let words = vec![
        "office",
        "field",
        "ordered",
        "payment_received",
        "agreement",
        "medical",
        "bankruptcy",
        "weather",
        "area",
        "premise",
        "none",
        "*",
        "2099-01-01",
        "fresh",
        "go_code",
        "turned_off",
        "restored",
        "unable",
        "dog",
        "036521",
        "image/jpeg",
        "text/html",
    ];
    let value = prop_oneof![
        4 => prop::sample::select(words).prop_map(text),
        2 => any::<bool>().prop_map(FieldValue::Bool),
        1 => prop::sample::select(vec![0, 5, MORNING.0, 9_000_000]).prop_map(FieldValue::Int),
    ];
    (prop::sample::select(names), value)
}

/// The fact as a correction that the gate let in leaves it.
fn laid_over(fact: &Fact, fields: &[(&'static str, FieldValue)]) -> Fact {
    let mut raw = fact.raw();
    for (name, value) in fields {
        raw.fields.insert((*name).to_owned(), value.clone());
    }
    raw.read().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a crew corrects, and corrects again: what comes of it is something that it may say plainly.
    #[test]
    fn a_correction_never_says_what_the_crew_could_not_have_said_plainly(
        which in 0_usize..6,
        first in prop::collection::vec(any_field(), 0..3),
        second in prop::collection::vec(any_field(), 1..3),
    ) {
        let mut day = a_morning();
        let corrects = [100, 101, 102, 200, 201, 203][which];
        let mut said = day.server.facts()[&id(corrects)].raw.read().unwrap();
        let mut before = corrects;
        for (n, fields) in [(400, first), (401, second)] {
            let change = day.crew_saves(&[correction(n, before, &fields)]);
            if day.sends(&[change]).is_ok() {
                said = laid_over(&said, &fields);
                before = n;
            } else {
                break;
            }
        }
        let mut plainly = Day::begins();
        let mut facts = if [101, 102].contains(&corrects) { vec![visit(100)] } else { Vec::new() };
        facts.push(said);
        let change = plainly.crew_saves(&facts);
        let word = plainly.gate_says(&raw(&[change]));
        prop_assert!(word.is_ok(), "{facts:?}: {:?}", word.err());
    }
}
