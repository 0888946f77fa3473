//! Operations: whole new facts and nothing else.

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

#[test]
fn a_fact_of_more_than_64_fields_is_too_large() {
    let (code, detail) = forged_refused(|change| {
        let last = change.operations.last().unwrap().clone();
        let more =
            (0..=caps::MAX_FIELDS_PER_FACT).map(|n| Op { key: Key::Map(format!("x{n}").into()), ..last.clone() });
        change.operations.extend(more);
    });
    assert_eq!(code, RefusalCode::TooLarge);
    assert!(detail.contains("64 fields"), "{detail}");
}
