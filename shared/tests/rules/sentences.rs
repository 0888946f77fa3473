//! What a clerk and a crew read: the whole story, nobody blamed without cause, and what to do next.

use crate::trade::*;
use curbstop_shared::{
    disposition::{
        OrderState,
        sentences::{self, Audience, HadIt, Words, unable_name},
    },
    facts::*,
    ids::*,
    language::Language,
    readings::ReadingWarning,
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::*,
};

fn clock(moment: Micros) -> String {
    let minutes = (moment - at(0, 0)).whole_seconds() / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Hands the words of a story to a question.
fn ask(story: &Story, language: Language, question: impl FnOnce(&Words<'_>) -> String) -> String {
    let crew = |visit: &FactId| {
        let header = story.history.facts.get(visit).and_then(|fact| fact.header.as_ref());
        match header.and_then(|header| header.device) {
            Some(TRUCK_7) => "Truck 7".to_owned(),
            _ => "Truck 12".to_owned(),
        }
    };
    let product = |line: &LineId| match line.0.as_str() {
        "1" => Some(Product::Water),
        "2" => Some(Product::Electric),
        _ => None,
    };
    question(&Words { language, time: &clock, crew: &crew, product: &product })
}

fn exceptions(story: &Story, language: Language) -> Vec<String> {
    let is = story.is();
    let say = |found| ask(story, language, |words| sentences::exception(found, &story.history, &is, words));
    is.exceptions.iter().map(say).collect()
}

fn crossed() -> Story {
    let mut story = Story::turn_off();
    story.cuts(TRUCK_12, at(10, 32));
    let release = Release { recorded_at: Some(at(10, 7)), ..payment("*", Some(at(10, 5))) };
    story.office(at(10, 7), FactBody::Release(release));
    story
}

#[test]
fn a_cut_on_the_visit_that_brought_the_proof_is_not_called_nobodys_fault() {
    let mut story = Story::turn_off();
    story.cuts(TRUCK_12, at(10, 32));
    let proof = claim(UnableCode::ProofShown, None).unwrap();
    let proof = story.fact(at(10, 32), Some(TRUCK_12), proof);
    story.office(at(11, 0), FactBody::ReleaseDecision(ReleaseDecision { release: proof, accepted: true, why: None }));
    let said = exceptions(&story, Language::En);
    assert_eq!(
        said.first().map(String::as_str),
        Some(
            "Truck 12 turned water off at 10:32, and on the same visit something was shown or said at that door that was \
             accepted since: ask the crew which came first. What it knew is not recorded, but the customer is off though \
             paid: restore first, no fee."
        ),
        "{said:#?}"
    );
}

#[test]
fn a_cut_by_a_wrong_clock_is_told_without_its_hour() {
    for (minutes, hour) in [(4, " at 10:32"), (47, ""), (-47, "")] {
        let mut story = crossed();
        let cut = story.is().cuts[0].visit.clone();
        story.history.clock_offset.insert(cut, Span::minutes(minutes));
        let said = exceptions(&story, Language::En);
        let whole = format!("Truck 12 turned water off{hour}, before it knew of the payment of 10:05");
        assert!(said[0].starts_with(&whole), "{minutes}: {said:#?}");
        assert_eq!(said.iter().any(|one| one.contains("The tablet of Truck 12 is 47 minutes off")), hour.is_empty());
    }
}

#[test]
fn a_crossed_cut_tells_the_whole_story_and_what_to_do() {
    let mut story = crossed();
    assert_eq!(
        exceptions(&story, Language::En),
        [
            "Truck 12 turned water off at 10:32, before it knew of the payment of 10:05 that the office recorded at 10:07. \
          Nobody's fault, but the customer is off though paid: restore first, no fee."
        ]
    );
    assert_eq!(
        exceptions(&story, Language::Es),
        [
            "Truck 12 cortó el agua a las 10:32, antes de saber del pago de las 10:05 que la oficina registró a las 10:07. \
          Nadie tiene la culpa, pero el cliente está cortado aunque pagó: reconectar primero, sin cargo."
        ]
    );
    let is = story.is();
    let say = |language| ask(&story, language, |words| sentences::follow_up(&is.follow_ups[0], words));
    assert_eq!(say(Language::En), "Restore water first: it should not be off.");
    assert_eq!(
        ask(&story, Language::En, |words| sentences::line(&line(1), &is.lines[&line(1)], words)),
        "Water: off since 10:32 though released. Restore it."
    );

    story.reconnects(TRUCK_7, at(11, 20));
    assert!(exceptions(&story, Language::En)[0].ends_with("Nobody's fault. It is on again; no fee."));
    let is = story.is();
    assert_eq!(
        ask(&story, Language::Es, |words| sentences::line(&line(1), &is.lines[&line(1)], words)),
        "El agua: reconexión hecha a las 11:20."
    );
}

#[test]
fn a_crew_that_knew_is_told_so_and_one_that_could_not_is_not() {
    let mut story = crossed();
    let visit = story.is().cuts[0].visit.clone();
    let release = story.is().cuts[0].release.clone().unwrap().fact;
    story.knew(&visit, &release, Knew::Known);
    assert_eq!(
        exceptions(&story, Language::En),
        ["Truck 12 turned water off at 10:32 although its tablet already showed the payment of 10:05 that the office \
          recorded at 10:07. That should not have happened, but the customer is off though paid: restore first, \
          no fee."]
    );
    let mut story = Story::turn_off();
    let visit = story.cuts(TRUCK_12, at(10, 32));
    let paid = Release { recorded_at: Some(at(12, 7)), ..payment("*", Some(at(12, 5))) };
    let release = story.office(at(12, 7), FactBody::Release(paid));
    story.knew(&visit, &release, Knew::Caused);
    let is = story.is();
    assert_eq!(
        ask(&story, Language::En, |words| sentences::cut(&is.cuts[0], &story.history, &is, words)),
        "Truck 12 turned water off at 10:32; the payment of 12:05 that the office recorded at 12:07 came after it: an \
         ordinary reconnect."
    );
}

#[test]
fn a_payment_of_before_the_cut_that_came_in_after_it_is_not_said_to_have_come_after_and_the_fee_is_asked_about() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let paid = Release { recorded_at: Some(at(11, 0)), ..payment("*", Some(at(9, 0))) };
    let release = story.office(at(11, 0), FactBody::Release(paid));
    story.knew(&cut, &release, Knew::Caused);
    let said = |story: &Story, language| {
        let is = story.is();
        ask(story, language, |words| sentences::cut(&is.cuts[0], &story.history, &is, words))
    };
    assert_eq!(
        said(&story, Language::En),
        "Truck 12 turned water off at 10:32; the payment of 09:00 was made before that, and came in at 11:00, when the \
         office knew of the cut already: an ordinary reconnect. The fee waits for a decision."
    );
    assert_eq!(
        said(&story, Language::Es),
        "Truck 12 cortó el agua a las 10:32; el pago de las 09:00 se hizo antes, y llegó a las 11:00, cuando la oficina \
         ya sabía del corte: una reconexión ordinaria. El cargo espera una decisión."
    );
    assert_eq!(
        exceptions(&story, Language::En),
        [
            "Truck 12 turned water off at 10:32, and the fee for it is in doubt: the customer had paid before it, and the \
          payment was recorded only afterwards. Say whether it is charged."
        ]
    );
    let decision = FeeDecision { charged: false, doubts: "paid_before".into(), why: None };
    story.office(at(12, 0), FactBody::FeeDecision(decision));
    assert!(said(&story, Language::En).ends_with("an ordinary reconnect. No fee."));
    assert!(exceptions(&story, Language::En).is_empty());
}

#[test]
fn a_payment_of_about_the_time_of_the_cut_is_not_said_to_have_come_after_it() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    // Nobody has compared the tablet's clock with ours.
    story.history.clock_offset.remove(&cut);
    let paid = Release { recorded_at: Some(at(11, 0)), ..payment("*", Some(at(10, 35))) };
    let release = story.office(at(11, 0), FactBody::Release(paid));
    story.knew(&cut, &release, Knew::Caused);
    let said = |story: &Story, language| {
        let is = story.is();
        ask(story, language, |words| sentences::cut(&is.cuts[0], &story.history, &is, words))
    };
    assert_eq!(
        said(&story, Language::En),
        "Truck 12 turned water off at 10:32; the payment of 10:35 that the office recorded at 11:00 was made at about that \
         time, and the clocks may be up to 7 minutes apart: nobody can tell which came first. An ordinary reconnect. The \
         fee waits for a decision."
    );
    assert_eq!(
        said(&story, Language::Es),
        "Truck 12 cortó el agua a las 10:32; el pago de las 10:35 que la oficina registró a las 11:00 se hizo más o menos \
         a esa hora, y los relojes pueden diferir hasta 7 minutos: nadie puede saber qué fue primero. Una reconexión \
         ordinaria. El cargo espera una decisión."
    );
    assert_eq!(
        exceptions(&story, Language::Es),
        [
            "Truck 12 cortó el agua a las 10:32, y el cargo está en duda: el cliente pagó más o menos a esa hora, y ningún \
          reloj dice qué fue primero. Diga si se cobra."
        ]
    );
    // The tablet's clock was compared with ours, and is right.
    story.history.clock_offset.insert(cut, Span(0));
    assert!(said(&story, Language::En).ends_with("came after it: an ordinary reconnect."));
}

#[test]
fn a_payment_that_a_file_brought_is_said_so_and_a_day_in_spanish_has_its_own_article() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let paid = Release { recorded_at: Some(at(13, 0)), source: Source::Cis, ..payment("*", Some(at(12, 0))) };
    let release = story.office(at(13, 0), FactBody::Release(paid));
    story.knew(&cut, &release, Knew::Caused);
    let is = story.is();
    assert_eq!(
        ask(&story, Language::En, |words| sentences::cut(&is.cuts[0], &story.history, &is, words)),
        "Truck 12 turned water off at 10:32; the payment of 12:00 that the payments file brought at 13:00 came after \
         it: an ordinary reconnect."
    );
    let days = |moment: Micros| format!("vie {}", clock(moment));
    let crew = |_: &FactId| "Truck 12".to_owned();
    let words = Words { language: Language::Es, time: &days, crew: &crew, product: &|_| Some(Product::Water) };
    assert_eq!(
        sentences::cut(&is.cuts[0], &story.history, &is, &words),
        "Truck 12 cortó el agua el vie 10:32; el pago del vie 12:00 que trajo el archivo de pagos el vie 13:00 llegó \
         después: una reconexión ordinaria."
    );
    assert_eq!(
        sentences::line(&line(1), &is.lines[&line(1)], &words),
        "El agua: sin servicio desde el vie 10:32 aunque hay liberación. Reconectar."
    );
}

#[test]
fn a_crew_hears_that_a_customer_is_protected_and_never_why() {
    let mut story = Story::turn_off();
    story.office(at(9, 0), FactBody::Hold(hold(HoldReason::Medical)));
    let why = story.is().why_not.unwrap();
    let say = |audience, language| ask(&story, language, |words| sentences::why_not(&why, audience, words));
    assert_eq!(say(Audience::Crew, Language::En), "Protected: don't turn it off.");
    assert_eq!(say(Audience::Crew, Language::Es), "Protegido: no cortar.");
    assert_eq!(say(Audience::Office, Language::En), "Must not be cut: a medical hold.");
    for reason in HoldReason::ALL {
        let held = OrderState::Held { by: id(1), reason: *reason, until: Some(today()) };
        let crew = ask(&story, Language::En, |words| sentences::state(&held, Audience::Crew, words));
        assert_eq!(crew, "Protected: don't turn it off.");
    }
}

#[test]
fn a_crew_hears_when_it_was_paid_not_how_it_was_arranged() {
    let mut story = Story::turn_off();
    let agreement = Release { reason: ReleaseReason::Agreement, ..payment("*", None) };
    story.office(at(9, 0), FactBody::Release(agreement));
    let why = story.is().why_not.unwrap();
    let say = |audience| ask(&story, Language::En, |words| sentences::why_not(&why, audience, words));
    assert_eq!(say(Audience::Crew), "Don't turn it off: released by the office.");
    assert_eq!(say(Audience::Office), "Don't turn it off: released by the agreement.");
    // Also where the work was done before and is on again: "already done" would keep nobody from doing it once more.
    let mut story = Story::turn_off();
    story.cuts(TRUCK_12, at(9, 0));
    story.pays(at(10, 5));
    story.reconnects(TRUCK_7, at(11, 20));
    let why = story.is().why_not.unwrap();
    let say = |language| ask(&story, language, |words| sentences::why_not(&why, Audience::Crew, words));
    assert_eq!(say(Language::En), "Paid at 10:05: do not turn off.");
    assert_eq!(say(Language::Es), "Pagado a las 10:05: no corte.");
    let paid = payment("*", Some(at(10, 5)));
    assert_eq!(
        ask(&story, Language::En, |words| sentences::paid_while_open(&paid, words)),
        "Paid at 10:05: turn it back on now."
    );
}

#[test]
fn a_recall_that_nobody_has_seen_says_stop_to_the_crew() {
    let mut story = Story::turn_off();
    story.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    let state = story.is().state;
    let say = |audience, language| ask(&story, language, |words| sentences::state(&state, audience, words));
    assert_eq!(
        say(Audience::Crew, Language::En),
        "STOP. Taken back: it went to another crew. Tap to say that you have seen it."
    );
    assert_eq!(
        say(Audience::Office, Language::Es),
        "Retirada: pasó a otra cuadrilla. La cuadrilla aún no lo ha visto."
    );
}

#[test]
fn a_cut_that_stays_recalled_after_its_payment_was_taken_back_is_not_called_released() {
    let mut story = Story::turn_off();
    let release = story.pays(at(10, 5));
    let recall = story.office(at(10, 5), FactBody::Recall(Recall { reason: RecallReason::Released, cause: None }));
    let said = |story: &Story, audience, language| {
        ask(story, language, |words| sentences::state(&story.is().state, audience, words))
    };
    assert_eq!(
        said(&story, Audience::Office, Language::En),
        "Taken back: it is released. The crew has not seen it yet."
    );
    let reversal = ReleaseReversal { release, reason: ReversalReason::ReturnedCheck };
    story.office(at(14, 2), FactBody::ReleaseReversal(reversal));
    assert_eq!(
        said(&story, Audience::Office, Language::En),
        "The payment of 10:05 was taken back at 14:02; the cut stays recalled: it may come with the next listing. The \
         crew has not seen the recall yet."
    );
    assert_eq!(
        said(&story, Audience::Crew, Language::En),
        "STOP. Taken back: leave it on. Tap to say that you have seen it."
    );
    story.fact(at(14, 10), Some(TRUCK_12), FactBody::Ack(Ack { fact: recall }));
    assert_eq!(
        said(&story, Audience::Office, Language::Es),
        "Se anuló el pago de las 10:05 a las 14:02; el corte sigue retirado: puede volver con la próxima lista. La \
         cuadrilla vio el retiro."
    );
    story.pays(at(15, 0));
    assert_eq!(
        said(&story, Audience::Office, Language::En),
        "Taken back: it is released. The crew has seen it.",
        "paid again: now it is true again"
    );
}

#[test]
fn a_cut_that_stays_recalled_after_its_hold_was_lifted_is_not_called_protected() {
    let mut story = Story::turn_off();
    let held = story.office(at(9, 0), FactBody::Hold(hold(HoldReason::Dispute)));
    story.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Held, cause: None }));
    story.office(at(14, 2), FactBody::HoldLift(HoldLift { hold: held, why: None }));
    let is = story.is();
    assert!(!is.may_begin_cut, "nobody is sent out because a hold was lifted");
    let said = ask(&story, Language::En, |words| sentences::state(&is.state, Audience::Office, words));
    assert_eq!(
        said,
        "The protection ended at 14:02; the cut stays recalled: it may come with the next listing. The crew has not \
         seen the recall yet."
    );
    let why = is.why_not.unwrap();
    let crew = ask(&story, Language::Es, |words| sentences::why_not(&why, Audience::Crew, words));
    assert_eq!(crew, "Retirada: dejar activo.");

    let mut expired = Story::turn_off();
    let until = Hold { expires_on: today().pred_opt(), ..hold(HoldReason::Extension) };
    expired.office(at(9, 0), FactBody::Hold(until));
    expired.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Held, cause: None }));
    let said = ask(&expired, Language::En, |words| sentences::state(&expired.is().state, Audience::Office, words));
    assert!(said.starts_with("The protection ended; the cut stays recalled"), "{said}");
}

#[test]
fn a_go_code_that_nobody_gave_is_for_a_supervisor_to_ask_about() {
    let mut story = Story::turn_off();
    story.history.go_codes = Some(Vec::new());
    let made = Visit { permit: Some(Permit::GoCode), go_code: Some("4711".into()), ..visit(Outcome::Done, None) };
    story.visits(TRUCK_12, at(9, 0), made, &[(1, Action::TurnedOff)]);
    assert_eq!(
        exceptions(&story, Language::En),
        [
            "Truck 12 turned water off on old data with a go-code that dispatch did not give for this stop. Ask the \
             crew where it came from; the fee waits for a decision.",
            "Truck 12 turned water off at 09:00, and the fee for it is in doubt: it was done without a valid permit. Say \
             whether it is charged."
        ]
    );
    assert!(exceptions(&story, Language::Es)[0].contains("un código que despacho no dio para esta parada"));
    assert_eq!(story.is().exceptions[0].desk().owner, Role::Supervisor);
}

#[test]
fn services_are_named_together() {
    let mut story = Story::of(OrderKind::TurnOff, Reason::NonPay, 3);
    let all = [(1, Action::TurnedOff), (2, Action::TurnedOff), (3, Action::TurnedOff)];
    let made = Visit { permit: None, ..visit(Outcome::Done, None) };
    story.visits(TRUCK_12, at(9, 0), made, &all);
    assert!(exceptions(&story, Language::En)[0].starts_with("Truck 12 turned water, electricity and the service off"));
    assert!(exceptions(&story, Language::Es)[0].starts_with("Truck 12 cortó el agua, la electricidad y el servicio"));
}

#[test]
fn every_exception_that_facts_raise_has_a_sentence_of_its_own_in_both_languages() {
    let mut stories = vec![crossed()];
    let mut held = Story::turn_off();
    held.office(at(9, 0), FactBody::Hold(hold(HoldReason::Dispute)));
    held.cuts(TRUCK_12, at(10, 0));
    held.cuts(TRUCK_7, at(10, 30));
    held.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Withdrawn, cause: None }));
    let visits: Vec<FactId> = held.history.clock_offset.keys().cloned().collect();
    held.history.clock_offset.insert(visits[0].clone(), Span::minutes(12));
    stories.push(held);
    let mut claimed = Story::turn_off();
    let proof = Release { source: Source::Field, verified: false, ..payment("*", None) };
    claimed.fact(at(9, 0), Some(TRUCK_12), FactBody::Release(proof));
    claimed.fact(at(9, 0), Some(TRUCK_12), FactBody::Hold(Hold { verified: false, ..hold(HoldReason::Medical) }));
    stories.push(claimed);
    let mut given_back = Story::turn_off();
    given_back.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[(1, Action::Restored)]);
    stories.push(given_back);
    let mut bounced = crossed();
    bounced.reconnects(TRUCK_7, at(12, 0));
    let release = bounced.is().cuts[0].release.clone().unwrap().fact;
    let reversal = ReleaseReversal { release, reason: ReversalReason::ReturnedCheck };
    bounced.office(at(15, 0), FactBody::ReleaseReversal(reversal));
    stories.push(bounced);

    let mut kinds = Vec::new();
    for story in &stories {
        kinds.extend(story.exceptions());
        let english = exceptions(story, Language::En);
        let spanish = exceptions(story, Language::Es);
        for (english, spanish) in english.iter().zip(&spanish) {
            assert_ne!(english, spanish);
            for text in [english, spanish] {
                assert!(text.len() > 20 && text.ends_with('.') && !text.contains(['{', '}']), "{text}");
                assert_ne!(text, "Needs a person.");
            }
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}

#[test]
fn every_code_is_said_in_both_languages() {
    for code in UnableCode::ALL {
        assert_ne!(unable_name(*code, Language::En), unable_name(*code, Language::Es), "{code}");
    }
    for warning in ReadingWarning::ALL {
        let english = warning.sentence(Language::En);
        assert_ne!(english, warning.sentence(Language::Es));
        // A second look must be a fresh one: neither the last reading nor a limit is given away.
        assert!(!english.contains(|c: char| c.is_ascii_digit()), "{english}");
    }
}

#[test]
fn what_was_found_off_and_is_paid_for_is_given_back_and_the_rest_left_on() {
    let mut story = Story::of(OrderKind::TurnOff, Reason::NonPay, 2);
    let stopped = visit(Outcome::Stopped, Some(UnableCode::ProofShown));
    story.visits(TRUCK_12, at(9, 0), stopped, &[(1, Action::AlreadyOff)]);
    let release = story.pays(at(10, 5));
    let said =
        |story: &Story, language| ask(story, language, |words| sentences::stands(&story.is(), Audience::Office, words));
    assert_eq!(
        said(&story, Language::En),
        "Truck 12 found water off at 09:00. It is paid for: a reconnect turns it back on. Leave on what is on."
    );
    assert_eq!(
        said(&story, Language::Es),
        "Truck 12 encontró sin servicio el agua a las 09:00. Está pagado: una reconexión devuelve el servicio. Deje \
         activo lo que está activo."
    );
    let mut given_back = story.clone();
    given_back.reconnects(TRUCK_7, at(11, 20));
    assert_eq!(said(&given_back, Language::En), "Released: leave it on.");
    let reversal = ReleaseReversal { release, reason: ReversalReason::ReturnedCheck };
    story.office(at(14, 2), FactBody::ReleaseReversal(reversal));
    assert_eq!(
        said(&story, Language::En),
        "Truck 12 found water off at 09:00. What released it was taken back: it stays off until it is paid for. Leave on \
         what is on."
    );
}

#[test]
fn what_the_office_has_still_to_decide_is_not_called_protected() {
    let mut story = Story::turn_off();
    // Claimed at another door of the house: nobody said it here.
    let claimed = claim(UnableCode::MedicalClaimed, None).unwrap();
    let carried = story.fact(at(9, 0), None, claimed);
    let told = Recall { reason: RecallReason::Held, cause: Some(carried.to_string()) };
    story.office(at(9, 0), FactBody::Recall(told));
    let said =
        |story: &Story, language| ask(story, language, |words| sentences::stands(&story.is(), Audience::Office, words));
    assert_eq!(
        said(&story, Language::En),
        "Taken back for now: something was shown or said at a door, and the office has to decide. The crew has not seen \
         it yet."
    );
    story.office(at(9, 30), FactBody::HoldDecision(HoldDecision { hold: carried, accepted: true, why: None }));
    assert_eq!(said(&story, Language::Es), "Retirada: está protegida. La cuadrilla aún no lo ha visto.");
}

#[test]
fn who_had_an_order_that_was_taken_back_is_said_as_far_as_it_is_known() {
    let story = Story::turn_off();
    let is = story.is();
    let truck = HadIt::NotReceived { crew: "Truck 12".into() };
    let said = |had_it: &HadIt, language| {
        let reason = RecallReason::TakenOff;
        ask(&story, language, |words| sentences::taken_back_unheard(&is, reason, had_it, words))
    };
    let [english, spanish] = ["Taken back: it was taken off the route.", "Retirada: se quitó de la ruta."];
    for (had_it, en, es) in [
        (HadIt::Nobody, "No crew had it yet.", "Ninguna cuadrilla la tenía todavía."),
        (
            truck,
            "Truck 12 had it; its tablet has not said that it received it.",
            "La tenía Truck 12; su tableta no ha confirmado que la recibió.",
        ),
        (HadIt::NoMore, "No crew has it any more.", "Ya ninguna cuadrilla la tiene."),
    ] {
        assert_eq!(said(&had_it, Language::En), format!("{english} {en}"));
        assert_eq!(said(&had_it, Language::Es), format!("{spanish} {es}"));
    }
}

#[test]
fn a_cut_that_a_crew_stopped_after_is_not_called_done_until_somebody_finishes_it() {
    let mut story = Story::turn_off();
    let stopped = visit(Outcome::Stopped, Some(UnableCode::Recalled));
    let cut = story.visits(TRUCK_12, at(9, 0), stopped, &[(1, Action::TurnedOff)]);
    let said = |story: &Story, language| {
        let is = story.is();
        ask(story, language, |words| sentences::stands(&is, Audience::Office, words))
    };
    assert_eq!(story.is().state, OrderState::Done { visit: cut, unfinished: true });
    assert_eq!(said(&story, Language::En), "Turned off by Truck 12, which then stopped without finishing it.");
    assert_eq!(said(&story, Language::Es), "Cortada por Truck 12, que después paró sin terminarla.");

    story.visits(TRUCK_7, at(14, 0), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    assert_eq!(said(&story, Language::En), "Done by Truck 12.");
}
