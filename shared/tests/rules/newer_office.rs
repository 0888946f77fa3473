//! An office whose server was updated before the tablets were: it may say what an older tablet has no word for. What
//! is meant to stop a cut stops it all the same.

use crate::trade::*;
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc, ScalarValue, transaction::Transactable};
use curbstop_shared::{
    disposition::*,
    facts::FactKind,
    ids::*,
    route_document::{PublishedLine, PublishedOrder, RouteDocument, RouteHeader},
    vocabulary::*,
};
use proptest::prelude::*;
use uuid::Uuid;

const STOPPING: [FactKind; 3] = [FactKind::Release, FactKind::Hold, FactKind::Recall];

fn published(kind: OrderKind, reason: Reason) -> (RouteDocument, Vec<PublishedOrder>) {
    let service = |n: u8| PublishedLine {
        id: line(n),
        product: Product::Water,
        serial: None,
        dials: None,
        multiplier: None,
        unit: None,
        last: None,
        last_on: None,
        low: None,
        high: None,
        place: None,
        size: None,
        methods: None,
        closed: None,
    };
    let order = PublishedOrder {
        id: ORDER,
        number: "T-1".into(),
        kind,
        reason,
        rank: 0,
        priority: 3,
        premise: "P010001".into(),
        address: "101 S 6TH AVE".into(),
        unit: None,
        lat_e7: None,
        lon_e7: None,
        hazards: None,
        language: None,
        account: None,
        name: None,
        past_due_minor: None,
        note: None,
        due_at: None,
        asks_for: None,
        cut_hours: None,
        lines: [1, 2].map(service).to_vec(),
    };
    let header = RouteHeader {
        id: RouteId(Uuid::from_u128(1)),
        crew: CrewId(Uuid::from_u128(2)),
        crew_name: "Truck 12".into(),
        date: today(),
        generation: 1,
        published_at: at(6, 0),
        published_by: None,
        permit_minutes: 60,
        time_zone: "America/Denver".into(),
        dispatch_phone: None,
        go_key: None,
    };
    let document = RouteDocument::publish(&ActorId::from([1; 16]), &header, std::slice::from_ref(&order)).unwrap();
    (document, vec![order])
}

/// A fact as a newer office writes it, with whatever fields it has by then.
fn says(document: &mut RouteDocument, n: u128, fields: &[(&str, ScalarValue)]) {
    let mut office = Automerge::load(&document.save()).unwrap();
    office.set_actor(ActorId::from([u8::try_from(n).unwrap() + 8; 16]));
    let mut tx = office.transaction();
    let (_, facts) = tx.get(ROOT, "facts").unwrap().unwrap();
    let fact = tx.put_object(&facts, id(n).as_str(), ObjType::Map).unwrap();
    for (name, value) in fields {
        tx.put(&fact, *name, value.clone()).unwrap();
    }
    tx.commit();
    let change = office.get_last_local_change().unwrap().clone();
    document.apply(vec![change]).unwrap();
}

fn is(document: &RouteDocument, orders: &[PublishedOrder]) -> Disposition {
    disposition(&histories(document, orders, today())[&ORDER], &DispositionPolicy::default())
}

fn known(kind: FactKind) -> Vec<(&'static str, ScalarValue)> {
    let text = |text: &str| ScalarValue::Str(text.into());
    let mut fields = vec![
        ("v", ScalarValue::Int(1)),
        ("kind", text(kind.code())),
        ("order", text(&ORDER.to_string())),
        ("at", ScalarValue::Int(at(9, 0).0)),
    ];
    fields.extend(match kind {
        FactKind::Release => vec![
            ("reason", text("agreement")),
            ("lines", text("*")),
            ("source", text("office")),
            ("verified", ScalarValue::Boolean(true)),
        ],
        FactKind::Hold => {
            vec![("reason", text("medical")), ("scope", text("account")), ("verified", ScalarValue::Boolean(true))]
        }
        _ => vec![("reason", text("cancelled"))],
    });
    fields
}

#[test]
fn a_release_hold_or_recall_for_a_reason_that_the_tablet_has_no_word_for_stops_the_cut() {
    for kind in STOPPING {
        for (cut, why) in [
            (OrderKind::TurnOff, Reason::NonPay),
            (OrderKind::MeterLock, Reason::ChargeBack),
            (OrderKind::TurnOff, Reason::Tamper),
        ] {
            let (mut document, orders) = published(cut, why);
            assert!(is(&document, &orders).may_begin_cut);
            let mut fields = known(kind);
            fields.retain(|(name, _)| *name != "reason");
            fields.push(("reason", ScalarValue::Str("heat_wave".into())));
            says(&mut document, 1, &fields);
            let is = is(&document, &orders);
            assert!(!is.may_begin_cut && is.may_cut.is_empty(), "{kind:?} on a {cut} for {why}: {:?}", is.state);
            let stops = match &is.state {
                OrderState::Released { reversed: false, .. } => kind == FactKind::Release,
                OrderState::Held { reason: HoldReason::Other, until: None, .. } => kind == FactKind::Hold,
                OrderState::Recalled { reason: RecallReason::Other, .. } => kind == FactKind::Recall,
                _ => false,
            };
            assert!(stops, "{:?}", is.state);
        }
    }
}

proptest! {
    #[test]
    fn whatever_a_newer_office_adds_leaves_out_or_writes_anew_in_what_stops_a_cut_it_stops(
        kind in 0_usize..3,
        v in proptest::option::of(0_i64..9),
        changed in proptest::collection::btree_map(0_usize..8, proptest::option::of("[a-z_]{1,12}"), 0..5),
        added in proptest::option::of("[a-z]{3,9}"),
    ) {
        let (mut document, orders) = published(OrderKind::TurnOff, Reason::NonPay);
        let kind = STOPPING[kind];
        let mut fields = known(kind);
        let own = ["v", "at", "reason", "source", "verified", "scope", "expires_on", "recorded_at"];
        for (field, written) in changed {
            fields.retain(|(name, _)| *name != own[field]);
            fields.extend(written.map(|text| (own[field], ScalarValue::Str(text.into()))));
        }
        if let Some(v) = v {
            fields.retain(|(name, _)| *name != "v");
            fields.push(("v", ScalarValue::Int(v)));
        }
        let name = added.map(|name| format!("x_{name}"));
        fields.extend(name.as_deref().map(|name| (name, ScalarValue::Boolean(true))));
        says(&mut document, 1, &fields);
        let is = is(&document, &orders);
        prop_assert!(!is.may_begin_cut && is.may_cut.is_empty(), "{:?}", is.state);
    }
}

#[test]
fn what_takes_a_stop_away_has_to_be_understood_whole() {
    let (mut document, orders) = published(OrderKind::TurnOff, Reason::NonPay);
    says(&mut document, 1, &known(FactKind::Hold));
    let text = |text: &str| ScalarValue::Str(text.into());
    let lift = [
        ("v", ScalarValue::Int(1)),
        ("kind", text("hold_lift")),
        ("order", text(&ORDER.to_string())),
        ("at", ScalarValue::Int(at(10, 0).0)),
        ("hold", text(id(1).as_str())),
    ];
    let mut lifted = document.clone();
    says(&mut lifted, 2, &lift);
    assert!(is(&lifted, &orders).may_begin_cut);
    let on_condition = [&lift[..], &[("on_condition_that", text("the_heat_wave_is_over"))]].concat();
    says(&mut document, 2, &on_condition);
    assert!(
        matches!(is(&document, &orders).state, OrderState::Held { .. }),
        "a lift under a condition nobody here knows"
    );
}

#[test]
fn a_fact_of_a_kind_that_the_tablet_does_not_know_is_kept_and_stops_nothing() {
    let (mut document, orders) = published(OrderKind::TurnOff, Reason::NonPay);
    let mut fields = known(FactKind::Hold);
    fields.retain(|(name, _)| *name != "kind");
    fields.push(("kind", ScalarValue::Str("survey".into())));
    says(&mut document, 1, &fields);
    assert!(is(&document, &orders).may_begin_cut);
    assert!(document.has_fact(&id(1)), "it travels on with the document");
}
