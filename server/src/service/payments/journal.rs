//! Money that came in by a journal of the billing system, and whom it releases.

use super::ahead;
use crate::{
    planning::counted::is_taken_back,
    service::{
        ServiceError,
        recording::Folding,
        releasing::{self, Permission},
        spreading::Word,
    },
    state::AppState,
    store::{
        Conn, Work, orders,
        payments::{self, PaymentRow},
    },
};
use curbstop_shared::{
    ids::OrderId,
    time::Micros,
    vocabulary::{ReleaseReason, Source},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Money for an account that came in by a journal of the billing system.
#[derive(Debug, Clone)]
pub(in crate::service) struct FromJournal {
    /// The stored payment.
    pub payment: Uuid,
    /// The account.
    pub account: String,
    /// When it was paid.
    pub paid_at: Micros,
    /// How much, in minor units.
    pub amount_minor: i64,
}

/// The releases of every account that has paid what it had to, now that a journal's payments are stored: a person who
/// paid at the counter must not be cut off because the journal came as a file.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn released_by(
    state: &AppState,
    work: &mut Work,
    payments: &[FromJournal],
    folding: &Folding,
    now: Micros,
) -> Result<Vec<Word>, ServiceError> {
    released(state, work, payments, Since::ThePayment, folding, now).await
}

/// Since when somebody has paid enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// It is the payment that made it enough.
    ThePayment,
    /// They had paid before, and now less is asked for: a cut that was made until then was none of somebody who had paid.
    Now,
}

async fn released(
    state: &AppState,
    work: &mut Work,
    payments: &[FromJournal],
    enough: Since,
    folding: &Folding,
    now: Micros,
) -> Result<Vec<Word>, ServiceError> {
    let mut by_account: BTreeMap<&str, Vec<&FromJournal>> = BTreeMap::new();
    for payment in payments {
        by_account.entry(&payment.account).or_default().push(payment);
    }
    let mut words = Vec::new();
    for (account, payments) in by_account {
        let waiting = releasing::waiting_orders(work, account, folding).await?;
        let given_back = releasing::given_back_on_a_word(work, account).await?;
        let (given_back, since): (Vec<_>, Vec<_>) =
            given_back.into_iter().map(|(row, outcome, at)| ((row, outcome), at)).unzip();
        let taken_back = releasing::taken_back_and_unpaid(work, account, folding).await?;
        for (orders, by) in [(waiting, None), (given_back, since.into_iter().min()), (taken_back, None)] {
            let weighed = releasing::weighed(state, work, account, orders.iter().map(|(row, _)| row), None).await?;
            if weighed.paid.is_empty() {
                continue;
            }
            let Some(payment) = reached_by(payments.clone(), weighed.surplus_minor) else { continue };
            if by.is_some_and(|given_back| given_back < payment.paid_at) {
                continue;
            }
            let all = kept(work, account, None).await?;
            let last = reached_by(all.iter().collect(), weighed.surplus_minor).unwrap_or(payment);
            let permission = Permission {
                cause: payment.payment,
                reason: ReleaseReason::PaymentReceived,
                source: if enough == Since::Now { Source::Office } else { Source::Cis },
                lines: None,
                paid_at: Some(last.paid_at).filter(|_| enough == Since::ThePayment),
                by: None,
            };
            let paid = orders.iter().filter(|(row, _)| weighed.paid.contains(&OrderId(row.id)));
            words.extend(paid.map(|(row, outcome)| releasing::word(row, outcome, &permission, now)));
        }
    }
    Ok(words)
}

/// The releases of these orders, where what their accounts have paid already is enough for what is asked for now: another
/// listing's amount may be less than the one that was weighed. The caller has locked their routes.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn weighed_again(
    state: &AppState,
    work: &mut Work,
    orders_of: &BTreeSet<OrderId>,
    folding: &Folding,
    now: Micros,
) -> Result<Vec<Word>, ServiceError> {
    let mut accounts = BTreeSet::new();
    for order in orders_of {
        accounts.extend(orders::by_id(work, *order).await?.map(|row| row.account));
    }
    let mut paid = Vec::new();
    for account in accounts {
        paid.extend(kept(work, &account, None).await?);
    }
    let mut words = released(state, work, &paid, Since::Now, folding, now).await?;
    words.retain(|word| orders_of.contains(&word.order));
    Ok(words)
}

/// What the account has paid and still has, whoever told it; with `more`, which is not kept yet.
async fn kept(conn: &mut Conn, account: &str, more: Option<&PaymentRow>) -> Result<Vec<FromJournal>, ServiceError> {
    let moved = payments::moved(conn, account).await?;
    let mut rows = payments::of_account(conn, account).await?;
    rows.retain(|row| row.amount_minor > 0 && !is_taken_back(&moved, &row.id.to_string()));
    rows.extend(more.cloned());
    let paid = |row: PaymentRow| FromJournal {
        payment: row.id,
        paid_at: ahead::counts_from(&row),
        amount_minor: row.amount_minor,
        account: row.account,
    };
    Ok(rows.into_iter().map(paid).collect())
}

/// When the account had paid enough, in whatever order it was told: with the payment at hand, where `surplus_minor` came in
/// on top.
///
/// # Errors
/// When the store fails.
pub(super) async fn enough_since(
    conn: &mut Conn,
    at_hand: &PaymentRow,
    surplus_minor: i64,
) -> Result<Micros, ServiceError> {
    let all = kept(conn, &at_hand.account, Some(at_hand)).await?;
    let last = reached_by(all.iter().collect(), surplus_minor);
    Ok(last.map_or_else(|| ahead::counts_from(at_hand), |last| last.paid_at))
}

/// The payment with which the account had paid what it had to: the last one less those that came on top of it. When
/// somebody had paid decides whether a cut crossed the payment.
fn reached_by(mut payments: Vec<&FromJournal>, mut surplus_minor: i64) -> Option<&FromJournal> {
    payments.sort_by_key(|payment| payment.paid_at);
    while let Some(last) = payments.pop() {
        if payments.is_empty() || last.amount_minor > surplus_minor {
            return Some(last);
        }
        surplus_minor -= last.amount_minor;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(hour: i64, amount_minor: i64) -> FromJournal {
        FromJournal { payment: Uuid::nil(), account: "1".into(), paid_at: Micros(hour), amount_minor }
    }

    #[test]
    fn what_came_on_top_is_not_when_somebody_had_paid() {
        let (nine, fifteen) = (payment(9, 8_640), payment(15, 500));
        let reached = |payments: Vec<&FromJournal>, surplus| reached_by(payments, surplus).map(|one| one.paid_at.0);
        assert_eq!(reached(vec![&nine, &fifteen], 500), Some(9));
        assert_eq!(reached(vec![&fifteen, &nine], 0), Some(15));
        assert_eq!(reached(vec![&nine], 9_999), Some(9));
        assert_eq!(reached(Vec::new(), 0), None);
    }
}
