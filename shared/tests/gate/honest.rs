//! Honest work is never refused.

use crate::day::*;
use automerge::ActorId;
use curbstop_shared::{facts::*, ids::LineId, route_document::RouteDocument, vocabulary::*};
use proptest::prelude::*;

#[test]
fn a_full_turn_off_goes_in_and_says_what_the_crew_saved() {
    let mut day = Day::begins();
    let saved = turn_off(100);
    let change = day.crew_saves(&saved);
    let admitted = day.sends(std::slice::from_ref(&change)).unwrap();
    assert_eq!(admitted.changes.len(), 1);
    assert_eq!(admitted.changes[0].change.hash(), change.hash());
    let mut facts = admitted.changes[0].facts.clone();
    facts.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(facts, saved);
    assert_eq!(RouteDocument::load(&day.server.save()).unwrap().heads(), day.tablet.heads());
}

#[test]
fn a_morning_without_a_signal_goes_in_as_one_batch() {
    let mut day = Day::begins();
    let opened = day.tablet.heads();
    let mut batch = vec![day.crew_saves(&turn_off(100)), day.crew_saves(&[note(200, "gate code 4411")])];
    // The office's word arrives while the act step is open; the act is saved on what the crew knew.
    let office = day.server.add_facts_now(&server_actor(), &[note(900, "called, pays at noon")]).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    batch.push(day.crew_saves_at(&opened, &turn_off(300)));
    batch.push(day.crew_saves(&[Fact::new(id(400), header(1), FactBody::Ack(Ack { fact: id(900) }))]));
    let admitted = day.sends(&batch).unwrap();
    assert_eq!(admitted.changes.len(), 4);
    assert_eq!(day.server.heads(), day.tablet.heads());
    assert_eq!(day.server.facts(), day.tablet.facts());
}

#[test]
fn what_was_stored_before_has_its_receipt_again() {
    let mut day = Day::begins();
    let first = day.crew_saves(&turn_off(100));
    day.sends(std::slice::from_ref(&first)).unwrap();
    let second = day.crew_saves(&[note(200, "neighbour says vacant")]);
    let admitted = day.sends(&[first.clone(), second.clone()]).unwrap();
    assert_eq!(admitted.already, [first.hash()]);
    assert_eq!(admitted.changes.len(), 1);
    let again = day.sends(&[first.clone(), second.clone()]).unwrap();
    assert_eq!(again.already, [first.hash(), second.hash()]);
    assert!(again.changes.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    /// The crew saves something on what was known at an earlier moment.
    Saves { what: u8, words: String, number: i64, opened: prop::sample::Index },
    /// The office, or another tablet, adds something at the server.
    Others { who: u8 },
    /// The tablet has a signal for three seconds.
    Syncs,
}

fn step() -> impl Strategy<Value = Step> {
    let saves = (0_u8..9, "[\\PC\n\t]{1,40}", any::<i64>(), any::<prop::sample::Index>())
        .prop_map(|(what, words, number, opened)| Step::Saves { what, words, number, opened });
    prop_oneof![6 => saves, 2 => (1_u8..4).prop_map(|who| Step::Others { who }), 1 => Just(Step::Syncs)]
}

fn saved(what: u8, words: &str, number: i64, n: u128) -> Vec<Fact> {
    let own = |n: u128, body: FactBody| Fact::new(id(n), header(1 + n % 3), body);
    let words = if words.trim().is_empty() { "-" } else { words };
    let text = Some(words.to_owned());
    let line = LineId("1".into());
    let code = format!("met_{}", number.unsigned_abs());
    let receipt = words.chars().filter(|c| !c.is_control() && !turns_direction(*c)).collect();
    match what {
        0 | 1 => turn_off(n),
        2 => vec![own(n, FactBody::Note(Note { text: words.into(), visit: None }))],
        3 => vec![own(n, FactBody::Ack(Ack { fact: id(n / 2) }))],
        4 => vec![own(n, FactBody::Reorder(Reorder { rank: number, locked: None }))],
        5 => {
            let danger = Danger { visit: None, code, text };
            vec![own(n, FactBody::Hazard(danger.clone())), own(n + 1, FactBody::Incident(danger))]
        }
        6 => {
            let mut unable = visit(n);
            let FactBody::Visit(body) = &mut unable.body else { return vec![] };
            (body.outcome, body.code) = (Outcome::Stopped, Some(UnableCode::ProofShown));
            let release = Release {
                reason: ReleaseReason::PaymentReceived,
                lines: "1,2".into(),
                source: Source::Field,
                verified: false,
                paid_at: Some(MORNING),
                recorded_at: None,
                confirmation: Some(receipt),
            };
            let note = Note { text: words.into(), visit: Some(id(n)) };
            vec![unable, own(n + 1, FactBody::Release(release)), Fact::of_visit(id(n + 2), FactBody::Note(note))]
        }
        7 => {
            let hold =
                Hold { reason: HoldReason::Medical, scope: HoldScope::Premise, verified: false, expires_on: None };
            vec![own(n, FactBody::Hold(hold))]
        }
        _ => {
            let tamper = Tamper { visit: id(n), line: line.clone(), code, text };
            let box_ = Equipment {
                visit: id(n),
                line,
                serial_seen: None,
                result: EquipmentResult::SaidReturned,
                condition: None,
                accessories: Some(words.into()),
            };
            let of_visit = [FactBody::Tamper(tamper), FactBody::Equipment(box_)];
            let facts = (n + 1..).zip(of_visit).map(|(n, body)| Fact::of_visit(id(n), body));
            std::iter::once(visit(n)).chain(facts).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Thousands of honest changes: in any order of saving, hearing and sending, none is refused.
    #[test]
    fn no_honest_change_is_ever_refused(plan in prop::collection::vec(step(), 1..50)) {
        let mut day = Day::begins();
        let mut history = vec![day.tablet.heads()];
        let mut outbox = Vec::new();
        for (n, step) in plan.into_iter().chain([Step::Syncs]).enumerate() {
            let n = 1000 * (n as u128 + 1);
            match step {
                Step::Saves { what, words, number, opened } => {
                    let facts = saved(what, &words, number, n);
                    outbox.push(day.crew_saves_at(&opened.get(&history).clone(), &facts));
                }
                Step::Others { who } => {
                    let heads = day.server.heads();
                    let fact = note(n, "from elsewhere");
                    day.server.add_facts(&ActorId::from([who; 16]), &heads, &[fact]).unwrap();
                }
                Step::Syncs => {
                    // What has its receipt is sent once more now and then: the answer was lost.
                    let sent = day.sends(&outbox);
                    prop_assert!(sent.is_ok(), "{:?}", sent.err());
                    let resent = outbox.len() / 2;
                    outbox.drain(..resent);
                    day.tablet.apply(day.server.changes_since(&[]).unwrap()).unwrap();
                    prop_assert_eq!(day.tablet.heads(), day.server.heads());
                }
            }
            history.push(day.tablet.heads());
        }
        prop_assert_eq!(day.server.facts(), day.tablet.facts());
        prop_assert_eq!(RouteDocument::load(&day.server.save()).unwrap().heads(), day.tablet.heads());
    }
}
