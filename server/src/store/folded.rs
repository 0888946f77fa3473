//! The statements that read an order's last fold look for pieces of its JSON: these tests write such folds as the rules
//! do, so that a field with another name is seen here and not by a customer.

use super::{Sql, board, orders, plans, unread_payments};
use curbstop_shared::{
    disposition::{Disposition, LineState, OrderState},
    ids::{FactId, LineId},
    ordered::{Map, Set},
    vocabulary::RecallReason,
};
use uuid::Uuid;

fn fact(n: u128) -> FactId {
    FactId::from_uuid(Uuid::from_u128(n))
}

fn folded(state: OrderState, line: LineState) -> String {
    let disposition = Disposition {
        state,
        lines: Map::from([(LineId("1".into()), line)]),
        cuts: Vec::new(),
        exceptions: Vec::new(),
        follow_ups: Vec::new(),
        fee_triggers: Vec::new(),
        may_begin: false,
        may_begin_cut: false,
        why_not: None,
        may_cut: Set::new(),
        needs_ack: Vec::new(),
    };
    serde_json::to_string(&disposition).unwrap()
}

fn recalled(reason: RecallReason) -> String {
    folded(OrderState::Recalled { by: fact(1), reason, seen: None, over: None }, LineState::Untouched)
}

fn off(released: Option<FactId>) -> String {
    folded(
        OrderState::Done { visit: fact(2), unfinished: false },
        LineState::Off { visit: fact(2), since: None, came_in: None, released },
    )
}

/// The patterns that a statement looks for in a fold.
fn patterns(sql: &str) -> Vec<&str> {
    sql.split("disposition LIKE '").skip(1).filter_map(|rest| rest.split('\'').next()).collect()
}

/// As both engines do it, for `%` alone.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('%').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

fn finds(sql: Sql, fold: &str) -> bool {
    let on = |text: &str| {
        let patterns = patterns(text);
        assert!(!patterns.is_empty(), "{} reads no fold any more", sql.name);
        patterns.iter().any(|pattern| is_like(fold, pattern))
    };
    assert_eq!(on(sql.sqlite), on(sql.postgres));
    on(sql.sqlite)
}

#[test]
fn a_reconnect_that_left_its_route_is_found_and_one_that_is_over_is_not() {
    for sql in [board::UNROUTED, plans::ON_ROUTES] {
        for reason in [RecallReason::Moved, RecallReason::TakenOff] {
            assert!(finds(sql, &recalled(reason)), "{} {reason}", sql.name);
        }
        for reason in [RecallReason::Released, RecallReason::NotCalledFor, RecallReason::Withdrawn] {
            assert!(!finds(sql, &recalled(reason)), "{} {reason}", sql.name);
        }
    }
}

#[test]
fn what_a_crew_found_off_is_found_and_what_was_turned_off_is_not() {
    let found = LineState::FoundOff { visit: fact(2), at: None, came_in: None, released: None };
    assert!(finds(orders::FOUND_OFF_BESIDE, &folded(OrderState::Done { visit: fact(2), unfinished: false }, found)));
    assert!(!finds(orders::FOUND_OFF_BESIDE, &off(None)));
}

#[test]
fn an_account_that_is_off_and_not_released_is_found_and_a_released_one_is_not() {
    assert!(finds(unread_payments::UNSETTLED, &off(None)));
    assert!(!finds(unread_payments::UNSETTLED, &off(Some(fact(3)))));
}
