use super::*;
use crate::{
    facts::{FactBody, Header, Note},
    ids::{CrewId, LineId, RouteId},
    time::Micros,
    vocabulary::{Method, OrderKind, Product, Reason},
};
use uuid::Uuid;

fn header() -> RouteHeader {
    RouteHeader {
        id: RouteId(Uuid::from_u128(1)),
        crew: CrewId(Uuid::from_u128(2)),
        crew_name: "Truck 12".into(),
        date: chrono::NaiveDate::from_ymd_opt(2026, 10, 14).unwrap(),
        generation: 1,
        published_at: Micros(1_791_000_000_000_000),
        published_by: None,
        permit_minutes: 60,
        time_zone: "America/Denver".into(),
        dispatch_phone: None,
        go_key: None,
    }
}

fn order(n: u128) -> PublishedOrder {
    PublishedOrder {
        id: OrderId(Uuid::from_u128(1000 + n)),
        number: format!("T-{n}"),
        kind: OrderKind::TurnOff,
        reason: Reason::NonPay,
        rank: i64::try_from(n).unwrap(),
        priority: 3,
        premise: format!("P0100{n:02}"),
        address: format!("{} S 6TH AVE", 100 + n),
        unit: None,
        lat_e7: Some(419_048_370),
        lon_e7: Some(-1_016_306_950),
        hazards: (n == 1).then(|| "DOG".into()),
        language: Some("EN".into()),
        account: Some(format!("01-{n:04}-07")),
        name: Some("WEXCOMBE, BRAM D".into()),
        past_due_minor: None,
        note: None,
        due_at: None,
        asks_for: None,
        cut_hours: None,
        lines: vec![PublishedLine {
            id: LineId("1".into()),
            product: Product::Water,
            serial: Some(format!("7068{n:04}")),
            dials: Some(6),
            multiplier: Some(10),
            unit: Some("CGAL".into()),
            last: Some("036450".into()),
            last_on: chrono::NaiveDate::from_ymd_opt(2026, 9, 12),
            low: Some(75),
            high: Some(900),
            place: Some("CURB".into()),
            size: Some("5/8\"".into()),
            methods: None,
            closed: None,
        }],
    }
}

fn note(n: u128) -> Fact {
    Fact::new(
        FactId::from_uuid(Uuid::from_u128(n)),
        Header { order: order(1).id, at: Micros(1_791_000_100_000_000), by: None, device: None },
        FactBody::Note(Note { text: format!("note {n}"), visit: None }),
    )
}

fn actor(n: u8) -> ActorId {
    ActorId::from([n; 16])
}

#[test]
fn what_was_published_reads_back_after_saving() {
    let orders: Vec<_> = (1..=3).map(order).collect();
    let doc = RouteDocument::publish(&actor(1), &header(), &orders).unwrap();
    let loaded = RouteDocument::load(&doc.save()).unwrap();
    assert_eq!(loaded.header().unwrap(), header());
    assert_eq!(loaded.orders().unwrap(), orders);
    assert!(loaded.has_order(orders[2].id));
    assert!(!loaded.has_order(OrderId(Uuid::from_u128(9))));
}

#[test]
fn an_act_depends_on_what_the_tablet_knew_when_the_act_was_opened_and_on_nothing_later() {
    let mut server = RouteDocument::publish(&actor(1), &header(), &[order(1)]).unwrap();
    let mut tablet = RouteDocument::load(&server.save()).unwrap();
    let opened = tablet.heads();
    let early = tablet.add_facts_now(&actor(2), &[note(1)]).unwrap();

    // The office's word arrives while the act step is open ...
    let office = server.add_facts_now(&actor(1), &[note(2)]).unwrap();
    tablet.apply(vec![office.clone()]).unwrap();
    // ... and the act is saved at the heads of its opening.
    let act = tablet.add_facts(&actor(2), &opened, &[note(3)]).unwrap();

    assert_eq!(act.deps(), [early.hash()], "the tablet's own last change, not the office's");
    assert_eq!(act.seq(), 2);
    assert_eq!(tablet.clocks().knew(&act.hash(), &office.hash()), Knew::Neither);
    assert_eq!(tablet.clocks().knew(&act.hash(), &early.hash()), Knew::Known);
    assert_eq!(tablet.clocks().knew(&early.hash(), &act.hash()), Knew::Caused);

    server.apply(vec![early, act.clone()]).unwrap();
    assert_eq!(server.heads(), tablet.heads());
    assert_eq!(server.facts(), tablet.facts());
    assert_eq!(server.facts().len(), 3);
    assert_eq!(server.facts_at(&[act.hash()]).unwrap().len(), 2);
    assert_eq!(RouteDocument::load(&server.save()).unwrap().facts(), server.facts());
}

#[test]
fn a_change_that_lacks_its_dependency_is_refused_and_leaves_the_document_alone() {
    let server = RouteDocument::publish(&actor(1), &header(), &[order(1)]).unwrap();
    let mut tablet = server.clone();
    tablet.add_facts_now(&actor(2), &[note(1)]).unwrap();
    let second = tablet.add_facts_now(&actor(2), &[note(2)]).unwrap();
    let mut behind = server.clone();
    assert!(matches!(behind.apply(vec![second]), Err(DocumentError::UnknownChange(_))));
    assert_eq!(behind.heads(), server.heads());
}

#[test]
fn what_the_other_side_sent_itself_is_not_sent_back() {
    let mut doc = RouteDocument::publish(&actor(1), &header(), &[order(1)]).unwrap();
    let known = doc.heads();
    let theirs = doc.add_facts_now(&actor(2), &[note(1)]).unwrap().hash();
    let sent = Set::from_iter([theirs]);
    assert_eq!(doc.changes_since_without(&known, &sent).unwrap(), []);
    let office = doc.add_facts_now(&actor(1), &[note(2)]).unwrap();
    assert_eq!(doc.changes_since_without(&known, &sent).unwrap(), [office]);
    assert_eq!(doc.changes_since_without(&known, &Set::new()).unwrap().len(), 2);
    assert_eq!(doc.changes_since_without(&[ChangeHash([7; 32])], &sent), None, "heads that nobody knows");
}

#[test]
fn clocks_say_the_same_whether_a_document_grew_or_was_loaded() {
    let mut doc = RouteDocument::publish(&actor(1), &header(), &[order(1)]).unwrap();
    let opened = doc.heads();
    let office = doc.add_facts_now(&actor(1), &[note(1)]).unwrap().hash();
    let act = doc.add_facts(&actor(2), &opened, &[note(2)]).unwrap().hash();
    let last = doc.add_facts_now(&actor(2), &[note(3)]).unwrap().hash();
    let loaded = RouteDocument::load(&doc.save()).unwrap();
    for clocks in [doc.clocks(), loaded.clocks()] {
        assert_eq!(clocks.len(), 4);
        assert_eq!(clocks.knew(&act, &office), Knew::Neither);
        assert_eq!(clocks.knew(&last, &office), Knew::Known);
        assert_eq!(clocks.last_of(&actor(2)), Some(last));
        assert_eq!((clocks.last_seq(&actor(1)), clocks.last_seq(&actor(2))), (2, 2));
        assert_eq!(clocks.max_op(), doc.max_op());
        assert_eq!(clocks.operations(), doc.operations());
        assert_eq!(clocks.max_op_of(&act), doc.clocks().max_op_of(&act));
    }
}

#[test]
fn a_fact_reads_back_as_it_was_written() {
    let mut doc = RouteDocument::publish(&actor(1), &header(), &[order(1)]).unwrap();
    let fact = note(7);
    doc.add_facts_now(&actor(1), std::slice::from_ref(&fact)).unwrap();
    let stored = &doc.facts()[&fact.id];
    assert_eq!(stored.raw.read().unwrap(), fact);
}

#[test]
fn a_route_of_a_hundred_orders_is_small_enough_for_a_bad_line() {
    let orders: Vec<_> = (1..=100).map(order).collect();
    let doc = RouteDocument::publish(&actor(1), &header(), &orders).unwrap();
    assert!(doc.save().len() < 14_000, "{} bytes", doc.save().len());
}

/// A crew that was not there when it was turned off reads with its order whose lock hangs there.
#[test]
fn how_a_line_was_turned_off_goes_with_the_order_that_turns_it_on() {
    let mut back_on = order(1);
    back_on.lines[0].closed = Some(Closed {
        method: Some(Method::CurbStopLocked),
        lock: Some("L-1042".into()),
        digits: Some("036500".into()),
        ..Closed::default()
    });
    let orders = [back_on, order(2)];
    let doc = RouteDocument::publish(&actor(1), &header(), &orders).unwrap();
    assert_eq!(RouteDocument::load(&doc.save()).unwrap().orders().unwrap(), orders);
}
