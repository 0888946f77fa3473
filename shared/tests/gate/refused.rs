//! What the gate refuses, under which code, and what it tells the crew.

use crate::day::*;
use automerge::{
    ActorId, AutoCommit, Change, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue,
    legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec},
    transaction::Transactable,
};
use curbstop_shared::{
    facts::*,
    ids::{FactId, OrderId, PersonId},
    route_document::RouteDocument,
    sync::{
        gate::{self, Refused, caps},
        wire::{Bytes, RefusalCode},
    },
    time::Micros,
    vocabulary::*,
};
use std::num::NonZeroU64;
use uuid::Uuid;

/// The only refusal of a batch.
fn only(outcome: Result<curbstop_shared::sync::gate::Admitted, Refused>) -> (RefusalCode, String, Vec<FactId>) {
    let mut refusals = outcome.unwrap_err().refusals;
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let refusal = refusals.remove(0);
    (refusal.code, refusal.detail, refusal.facts)
}

/// What the gate says to one change with these facts.
fn facts_refused(facts: &[Fact]) -> (RefusalCode, String) {
    let mut day = Day::begins();
    let change = day.crew_saves(facts);
    let (code, detail, ids) = only(day.gate_says(&raw(&[change])));
    let mut expected: Vec<_> = facts.iter().map(|fact| fact.id.clone()).collect();
    expected.sort();
    let mut named = ids;
    named.sort();
    assert_eq!(named, expected, "the refusal names the facts");
    (code, detail)
}

/// An honest change with something done to it before it was encoded.
fn forged(forge: impl FnOnce(&mut ExpandedChange)) -> (Day, Bytes) {
    let mut day = Day::begins();
    let mut expanded = day.crew_saves(&turn_off(100)).decode();
    forge(&mut expanded);
    let change = Change::from(expanded);
    (day, Bytes(change.raw_bytes().to_vec()))
}

fn forged_refused(forge: impl FnOnce(&mut ExpandedChange)) -> (RefusalCode, String) {
    let (day, change) = forged(forge);
    let (code, detail, _) = only(day.gate_says(&[change]));
    (code, detail)
}

mod step_1_and_2 {
    use super::*;

    #[test]
    fn a_change_that_was_cut_off_or_damaged_is_to_be_sent_again() {
        let mut day = Day::begins();
        let change = day.crew_saves(&turn_off(100)).raw_bytes().to_vec();
        let mut longer = change.clone();
        longer.push(0);
        let mut damaged = change.clone();
        damaged[200] ^= 1;
        let mut checksum = change.clone();
        checksum[5] ^= 1;
        for bytes in [change[..change.len() - 1].to_vec(), longer, damaged, checksum, b"hello".to_vec(), vec![]] {
            assert_eq!(only(day.gate_says(&[Bytes(bytes)])).0, RefusalCode::BadChunk);
        }
    }

    #[test]
    fn documents_bundles_and_compressed_changes_are_not_opened() {
        let mut day = Day::begins();
        let mut change = day.crew_saves(&turn_off(100));
        let compressed = change.bytes().into_owned();
        assert_eq!(compressed[8], 2, "automerge deflates changes above 256 bytes");
        let document = day.tablet.save();
        let mut bundle = change.raw_bytes().to_vec();
        bundle[8] = 3;
        for bytes in [compressed, document, bundle] {
            let (code, detail, _) = only(day.gate_says(&[Bytes(bytes)]));
            assert_eq!(code, RefusalCode::BadChunk);
            assert!(detail.contains("send plain changes"), "{detail}");
        }
    }

    #[test]
    fn a_save_of_more_than_64_kilobytes_or_64_facts_is_too_large() {
        let mut day = Day::begins();
        let long = "x".repeat(4000);
        let notes: Vec<_> = (0..20).map(|n| note(100 + n, &long)).collect();
        let change = day.crew_saves(&notes);
        assert!(change.raw_bytes().len() > caps::MAX_CHANGE_BYTES);
        let refused = day.gate_says(&raw(std::slice::from_ref(&change))).unwrap_err().refusals;
        assert_eq!(refused[0].code, RefusalCode::TooLarge);
        assert_eq!(refused[0].hash.0, change.hash().0, "the tablet can tell which it is");

        let mut day = Day::begins();
        let notes: Vec<_> = (0..65).map(|n| note(100 + n, "dog")).collect();
        let change = day.crew_saves(&notes);
        assert_eq!(only(day.gate_says(&raw(&[change]))).0, RefusalCode::TooLarge);
    }

    #[test]
    fn more_than_512_changes_at_once_are_to_be_sent_in_parts() {
        let mut day = Day::begins();
        let change = day.crew_saves(&turn_off(100));
        let batch = vec![Bytes(change.raw_bytes().to_vec()); caps::MAX_CHANGES_PER_BATCH + 1];
        assert!(codes(day.gate_says(&batch)).iter().all(|code| *code == RefusalCode::TooLarge));
        let first = gate::batch_length(&batch);
        assert_eq!(first, caps::MAX_CHANGES_PER_BATCH);
        assert_eq!(gate::batch_length(&batch[first..]), 1);
    }

    #[test]
    fn messages_and_extra_bytes_are_no_place_for_notes() {
        assert_eq!(forged_refused(|change| change.message = Some("call me".into())).0, RefusalCode::BadChunk);
        assert_eq!(forged_refused(|change| change.extra_bytes = vec![1, 1, 7]).0, RefusalCode::BadChunk);
    }

    #[test]
    fn a_header_time_of_the_far_future_would_make_the_next_change_fail() {
        // Seen: applied after it, a change of the far past overflows a subtraction inside automerge and panics.
        assert_eq!(forged_refused(|change| change.time = i64::MAX).0, RefusalCode::BadChunk);
        assert_eq!(forged_refused(|change| change.time = -1).0, RefusalCode::BadChunk);
    }
}

mod step_4 {
    use super::*;

    #[test]
    fn another_tablets_actor_is_not_this_tablets() {
        let mut day = Day::begins();
        let change = day.crew_saves(&turn_off(100));
        let issued = ActorId::from([0x78; 16]);
        let (code, detail, facts) = only(day.gate_says_as(&issued, &raw(&[change])));
        assert_eq!(code, RefusalCode::WrongActor);
        assert_eq!(facts.len(), 5);
        assert!(detail.contains("encode it again"));
    }

    #[test]
    fn a_tablet_restored_from_a_backup_writes_the_same_number_twice() {
        let mut day = Day::begins();
        let backup = day.tablet.clone();
        let first = day.crew_saves(&turn_off(100));
        day.sends(&[first]).unwrap();
        day.tablet = backup;
        let other = day.crew_saves(&turn_off(200));
        let next = day.crew_saves(&[note(300, "later")]);
        let says = day.gate_says(&raw(&[other, next])).unwrap_err();
        assert_eq!(says.refusals[0].code, RefusalCode::DuplicateSeq);
        assert!(says.refusals[0].detail.contains("backup"), "{}", says.refusals[0].detail);
        assert!(says.refusals.iter().all(|refusal| !refusal.code.is_about_the_fact()), "nothing is lost");
    }

    #[test]
    fn a_gap_is_named_and_never_queued() {
        let mut day = Day::begins();
        let first = day.crew_saves(&turn_off(100));
        let second = day.crew_saves(&[note(200, "second")]);
        let (code, detail, _) = only(day.gate_says(&raw(std::slice::from_ref(&second))));
        assert_eq!(code, RefusalCode::MissingDependency);
        assert!(detail.contains("number 2"), "{detail}");
        assert_eq!(codes(day.gate_says(&raw(&[second, first]))), [RefusalCode::MissingDependency], "order matters");
    }

    #[test]
    fn a_change_on_something_that_the_server_never_saw_waits_for_that() {
        let mut day = Day::begins();
        let elsewhere = day.tablet.add_facts_now(&ActorId::from([9; 16]), &[note(1, "another tablet")]).unwrap();
        let change = day.crew_saves(&turn_off(100));
        let (code, detail, _) = only(day.gate_says(&raw(&[change])));
        assert_eq!(code, RefusalCode::MissingDependency);
        assert!(detail.contains(&elsewhere.hash().to_string()), "{detail}");
    }

    #[test]
    fn a_change_that_forgets_the_tablets_own_last_one_is_refused() {
        let mut day = Day::begins();
        let opened = day.tablet.heads();
        let first = day.crew_saves(&turn_off(100));
        day.sends(&[first]).unwrap();
        let mut second = day.crew_saves(&[note(200, "second")]).decode();
        let counter = second.start_op.get();
        second.deps = opened;
        second.start_op = NonZeroU64::new(day.server.clocks().max_op_of(&second.deps[0]).unwrap() + 1).unwrap();
        let shift = counter - second.start_op.get();
        for op in &mut second.operations {
            if let ObjectId::Id(OpId(ctr, actor)) = &mut op.obj
                && *actor == tablet_actor()
            {
                *ctr -= shift;
            }
        }
        let bytes = raw(&[Change::from(second)]);
        assert_eq!(only(day.gate_says(&bytes)).0, RefusalCode::MissingDependency);
    }

    #[test]
    fn a_huge_first_operation_number_would_make_the_next_honest_writer_fail() {
        let (code, detail) = forged_refused(|change| {
            let shift = 4_294_967_000 - change.start_op.get();
            change.start_op = NonZeroU64::new(4_294_967_000).unwrap();
            for op in &mut change.operations {
                if let ObjectId::Id(OpId(counter, actor)) = &mut op.obj
                    && *actor == tablet_actor()
                {
                    *counter += shift;
                }
            }
        });
        assert_eq!(code, RefusalCode::BadChunk);
        assert!(detail.contains("operation numbers"), "{detail}");
    }

    #[test]
    fn a_change_on_nothing_is_refused() {
        assert_eq!(forged_refused(|change| change.deps.clear()).0, RefusalCode::MissingDependency);
    }
}

mod step_5 {
    use super::*;

    fn own_op(change: &ExpandedChange) -> Op {
        change.operations.last().unwrap().clone()
    }

    fn written(write: impl FnOnce(&mut AutoCommit)) -> (RefusalCode, String) {
        let day = Day::begins();
        let mut doc = AutoCommit::load(&day.server.save()).unwrap().with_actor(tablet_actor());
        write(&mut doc);
        let change = doc.get_last_local_change().unwrap();
        let (code, detail, _) = only(day.gate_says(&raw(&[change])));
        (code, detail)
    }

    fn at(doc: &AutoCommit, parent: &automerge::ObjId, key: &str) -> automerge::ObjId {
        doc.get(parent, key).unwrap().unwrap().1
    }

    #[test]
    fn nobody_on_a_tablet_writes_into_the_route_or_its_orders() {
        let outcomes = [
            written(|doc| doc.put(ROOT, "schema", 2).unwrap()),
            written(|doc| {
                let route = at(doc, &ROOT, "route");
                doc.put(&route, "permit_minutes", 100_000).unwrap();
            }),
            written(|doc| {
                let orders = at(doc, &ROOT, "orders");
                let one = at(doc, &orders, &order(1).to_string());
                doc.put(&one, "extra", "x").unwrap();
            }),
            written(|doc| {
                let orders = at(doc, &ROOT, "orders");
                doc.put_object(&orders, Uuid::from_u128(9).to_string(), ObjType::Map).unwrap();
            }),
            written(|doc| {
                let orders = at(doc, &ROOT, "orders");
                doc.delete(&orders, order(1).to_string()).unwrap();
            }),
            written(|doc| {
                doc.put_object(ROOT, "facts", ObjType::Map).unwrap();
            }),
        ];
        for (code, detail) in outcomes {
            assert_eq!(code, RefusalCode::ForbiddenOperation, "{detail}");
        }
    }

    #[test]
    fn nobody_changes_a_fact_that_was_saved_before() {
        let mut day = Day::begins();
        let first = day.crew_saves(&turn_off(100));
        day.sends(&[first]).unwrap();
        let mut doc = AutoCommit::load(&day.server.save()).unwrap().with_actor(tablet_actor());
        let facts = at(&doc, &ROOT, "facts");
        let reading = at(&doc, &facts, id(102).as_str());
        doc.put(&reading, "digits", "036999").unwrap();
        let overwrite = doc.get_last_local_change().unwrap();
        assert_eq!(codes(day.gate_says(&raw(&[overwrite]))), [RefusalCode::ForbiddenOperation]);

        let mut doc = AutoCommit::load(&day.server.save()).unwrap().with_actor(tablet_actor());
        doc.put(&reading, "checks", "high").unwrap();
        let addition = doc.get_last_local_change().unwrap();
        let (code, detail, _) = only(day.gate_says(&raw(&[addition])));
        assert_eq!(code, RefusalCode::ForbiddenOperation);
        assert!(detail.contains("correction"), "{detail}");
    }

    #[test]
    fn values_are_whole_numbers_yes_or_no_text_and_bytes() {
        let values = [
            ScalarValue::F64(1.5),
            ScalarValue::Null,
            ScalarValue::Timestamp(5),
            ScalarValue::counter(5),
            ScalarValue::Uint(5),
        ];
        for value in values {
            let (code, detail) = forged_refused(|change| {
                let op = change.operations.last_mut().unwrap();
                op.action = OpType::Put(value.clone());
            });
            assert_eq!(code, RefusalCode::ForbiddenOperation, "{value:?}: {detail}");
        }
    }

    #[test]
    fn nothing_is_inserted_deleted_marked_counted_or_nested() {
        let (code, _) = forged_refused(|change| change.operations.last_mut().unwrap().insert = true);
        assert_eq!(code, RefusalCode::ForbiddenOperation);
        for action in [OpType::Delete, OpType::Increment(1), OpType::Make(ObjType::Text), OpType::Make(ObjType::List)] {
            let (code, _) = forged_refused(|change| change.operations.last_mut().unwrap().action = action.clone());
            assert_eq!(code, RefusalCode::ForbiddenOperation, "{action:?}");
        }
        let (code, _) = forged_refused(|change| {
            change.operations.last_mut().unwrap().action = OpType::Make(ObjType::Map);
        });
        assert_eq!(code, RefusalCode::ForbiddenOperation, "a map within a fact");
    }

    #[test]
    fn a_predecessor_would_hide_what_somebody_else_wrote() {
        let (code, _) = forged_refused(|change| {
            let pred = OpId::new(1, &server_actor());
            change.operations.last_mut().unwrap().pred = SortedVec::from(vec![pred]);
        });
        assert_eq!(code, RefusalCode::ForbiddenOperation);
    }

    #[test]
    fn a_field_has_one_value() {
        let (code, detail) = forged_refused(|change| {
            let mut again = own_op(change);
            let field = change.operations[change.operations.len() - 2].clone();
            again.key = field.key;
            change.operations.push(again);
        });
        assert_eq!(code, RefusalCode::ForbiddenOperation);
        assert!(detail.contains("two values"), "{detail}");
    }

    #[test]
    fn an_entry_of_facts_is_named_by_a_fact_id() {
        let (code, _) = forged_refused(|change| change.operations[0].key = Key::Map("not-an-id".into()));
        assert_eq!(code, RefusalCode::ForbiddenOperation);
    }

    #[test]
    fn the_same_fact_is_not_made_twice_in_the_document_nor_in_another() {
        // Already in this document, relayed by the server.
        let mut day = Day::begins();
        let change = day.crew_saves(&turn_off(100));
        day.server.add_facts_now(&server_actor(), &turn_off(100)).unwrap();
        let (code, detail, _) = only(day.gate_says(&raw(std::slice::from_ref(&change))));
        assert_eq!(code, RefusalCode::ForbiddenOperation);
        assert!(detail.contains("already stored"), "{detail}");
        // Only SQL knows it, from a document of another crew.
        let mut day = Day::begins();
        day.known.insert(id(102));
        assert_eq!(codes(day.gate_says(&raw(&[change]))), [RefusalCode::ForbiddenOperation]);
        // Twice in one batch.
        let mut day = Day::begins();
        let first = day.crew_saves(&[note(200, "once")]);
        let second = day.crew_saves(&[note(200, "twice")]);
        assert_eq!(codes(day.gate_says(&raw(&[first, second]))), [RefusalCode::ForbiddenOperation]);
    }

    #[test]
    fn a_change_that_says_nothing_is_refused() {
        let (code, _) = forged_refused(|change| change.operations.clear());
        assert_eq!(code, RefusalCode::ForbiddenOperation);
    }
}

mod step_6 {
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
    fn a_note_longer_than_4096_bytes_is_parked_and_says_so() {
        let (code, detail) = facts_refused(&[note(100, &"long ".repeat(900))]);
        assert_eq!(code, RefusalCode::BadFact);
        assert!(detail.contains("4096"), "{detail}");
        assert!(code.is_about_the_fact());
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
    fn an_author_who_was_not_signed_in_then_is_foreign() {
        let mut stranger = visit(100);
        stranger.header.as_mut().unwrap().by = Some(PersonId(Uuid::from_u128(99)));
        assert_eq!(facts_refused(&[stranger]).0, RefusalCode::ForeignAuthor);
        let mut nobody = visit(100);
        nobody.header.as_mut().unwrap().by = None;
        assert_eq!(facts_refused(&[nobody]).0, RefusalCode::ForeignAuthor);
        let mut before = visit(100);
        before.header.as_mut().unwrap().at = Micros(MORNING.0 - 9 * 3_600_000_000);
        assert_eq!(facts_refused(&[before]).0, RefusalCode::ForeignAuthor);
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
}

mod one_pass {
    use super::*;

    #[test]
    fn one_pass_finds_every_fault_and_says_what_only_waits() {
        let mut day = Day::begins();
        let mut bad = visit(200);
        bad.header.as_mut().unwrap().order = OrderId(Uuid::from_u128(77));
        let batch = [
            day.crew_saves(&turn_off(100)),
            day.crew_saves(&[bad]),
            day.crew_saves(&turn_off(300)),
            day.crew_saves(&[note(400, " ")]),
            day.crew_saves(&[note(500, "gate code 4411")]),
        ];
        let refused = day.gate_says(&raw(&batch)).unwrap_err();
        let said: Vec<_> = refused.refusals.iter().map(|refusal| (refusal.hash.0.clone(), refusal.code)).collect();
        let hash = |n: usize| batch[n].hash().0.to_vec();
        assert_eq!(
            said,
            [
                (hash(1), RefusalCode::ForeignOrder),
                (hash(2), RefusalCode::MissingDependency),
                (hash(3), RefusalCode::BadFact),
                (hash(4), RefusalCode::MissingDependency),
            ],
            "the first change is honest and waits for nobody: it is not named, and not stored either"
        );
        let waits = &refused.refusals[1];
        assert!(waits.detail.contains(&batch[1].hash().to_string()), "{}", waits.detail);
        assert_eq!(waits.facts.len(), 5);
    }

    #[test]
    fn facts_of_a_visit_that_was_refused_are_refused_with_it_in_the_same_pass() {
        let mut day = Day::begins();
        let mut bad = visit(100);
        bad.header.as_mut().unwrap().by = None;
        let batch = [day.crew_saves(&[bad]), day.crew_saves(&turn_off(100)[3..])];
        let refused = day.gate_says(&raw(&batch)).unwrap_err();
        assert_eq!(refused.refusals[0].code, RefusalCode::ForeignAuthor);
        assert_eq!(refused.refusals[1].code, RefusalCode::BadFact);
        assert!(refused.refusals[1].detail.contains("was refused"), "{}", refused.refusals[1].detail);
    }

    #[test]
    fn a_damaged_change_blocks_those_after_it_without_blaming_them() {
        let mut day = Day::begins();
        let first = day.crew_saves(&turn_off(100));
        let second = day.crew_saves(&turn_off(200));
        let mut batch = raw(&[first, second]);
        batch[0].0[300] ^= 0x40;
        let codes = codes(day.gate_says(&batch));
        assert_eq!(codes, [RefusalCode::BadChunk, RefusalCode::MissingDependency]);
    }

    #[test]
    fn a_fact_that_is_wrong_is_said_before_an_encoding_that_is() {
        let mut day = Day::begins();
        let change = day.crew_saves(&[note(400, " ")]);
        let says = day.gate_says_as(&ActorId::from([1; 16]), &raw(&[change]));
        assert_eq!(codes(says), [RefusalCode::BadFact]);
    }

    #[test]
    fn what_was_stored_has_its_receipt_even_when_the_rest_is_refused() {
        let mut day = Day::begins();
        let first = day.crew_saves(&turn_off(100));
        day.sends(std::slice::from_ref(&first)).unwrap();
        let bad = day.crew_saves(&[note(400, " ")]);
        let refused = day.gate_says(&raw(&[first.clone(), bad])).unwrap_err();
        assert_eq!(refused.already, [first.hash()]);
        assert_eq!(RouteDocument::load(&day.server.save()).unwrap().heads(), day.server.heads());
    }
}
