//! A payment at the counter: it is kept, and where it reaches what the account has to pay, everything that the
//! account's cuts would do stops and everything they did is put right.

mod ahead;
mod journal;

pub use ahead::PaidAhead;
pub(super) use journal::{FromJournal, released_by, weighed_again};

use super::{
    ServiceError,
    authorise::{Action, Actor},
    before_listing,
    idempotency::{Answer, Once},
    part_paid,
    recording::Folding,
    releasing::{self, Consequences, Permission, Restarted, Stopped, ToPay},
    utility,
};
use crate::{
    moment::Moment,
    planning::counted::{Moved, is_taken_back, knows_receipt},
    state::AppState,
    store::{
        Conn, Work, audit, orders,
        payments::{self, PaymentRow},
        premises,
    },
};
use curbstop_shared::{
    disposition::Disposition,
    facts::turns_direction,
    ids::{LineId, OrderId},
    money::Money,
    time::{Micros, Span},
    vocabulary::{ReleaseReason, Source},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A payment as somebody wants it recorded.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// The account, exactly as billing writes it.
    pub account: String,
    /// "86.40".
    pub amount: String,
    /// Cash, check, card, ... as the office calls it.
    pub tender: String,
    /// The receipt or confirmation number.
    pub confirmation: String,
    /// When it was paid, by the bank's or the counter's clock; not when it was typed.
    pub paid_at: Micros,
    /// Only these lines of the account's orders; all where absent.
    pub lines: Option<BTreeSet<LineId>>,
    /// Whoever records it is to be asked first where the account paid the same amount on the same day: it may be the
    /// same money, written down twice.
    pub ask_if_same: bool,
}

/// Another payment of the same account, of the same amount, on the same day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SameAmount {
    /// Its receipt.
    pub confirmation: String,
    /// When it was recorded.
    pub recorded_at: Moment,
}

/// What about a payment looks like a slip of the hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Doubts {
    /// Another account has a payment with this receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_of_account: Option<String>,
    /// The amount is far more than this, which is what was asked for, as "84.00": ten times, about a hundred times (its
    /// point was left out), or more than five times what is left and more than any of the account's dues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_too_much: Option<String>,
    /// It is said to have been paid later than it is by the server's clock. It counts from when the server heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_ahead: Option<PaidAhead>,
}

/// A payment that the listing's balance is taken to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BeforeListing {
    /// When the listing was run, where it says so.
    pub run_at: Option<Moment>,
    /// The amount alone would have been enough: the office is asked to look.
    pub office_looks: bool,
}

/// What a payment came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PaymentOutcome {
    /// The payment.
    pub payment: Uuid,
    /// `released`: it reaches what has to be paid. `part_paid`: it does not, the office decides. `nothing_due`:
    /// no cut of this account waits for money.
    pub outcome: &'static str,
    /// What is still to pay to be restored, as "86.40".
    pub to_restore: String,
    /// How much of what was taken as paid may be in the listing's balance already, as the listing doesn't say: the
    /// office looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perhaps_counted_already: Option<String>,
    /// It was paid before the listing was run: the listing's balance is taken to have it, so it counts for nothing here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_listing: Option<BeforeListing>,
    /// The same amount is recorded for that day under another receipt: perhaps the same money, twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_amount: Option<SameAmount>,
    /// What about it looks like a slip of the hand.
    #[serde(flatten)]
    pub doubts: Doubts,
    /// Cuts that it stops.
    pub stopped: Vec<Stopped>,
    /// What it restarts.
    pub reconnects: Vec<Restarted>,
    /// What was called for before and is on its way, where no cut waits for money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_the_way: Vec<Restarted>,
}

/// Older payments belong to other bills.
const PAID_AGO_MAX: Span = Span::minutes(400 * 24 * 60);
/// Longest tender and confirmation, in bytes.
const TEXT_MAX: usize = 120;

/// Records a payment and does what it calls for, in one unit of work.
///
/// # Errors
/// 422 with a code of its own for each thing that can't be right with it; 409 `receipt_known`, 409
/// `same_amount_recorded`, `receipt_of_another_account`, `amount_times_too_much` or `paid_at_ahead` where that is asked for, 409 for a key used
/// for another payment.
pub async fn record(state: &AppState, actor: &Actor, payment: NewPayment, once: &Once) -> Result<Answer, ServiceError> {
    actor.may(Action::RecordReleases)?;
    let now = state.now();
    let row = parse(state, actor, &payment, now)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let (outcome, spread) = apply(state, &mut work, &row, &payment, now).await?;
    let details = serde_json::json!({
        "account": row.account, "amount": payment.amount, "tender": row.tender, "receipt": row.confirmation,
        "paid_at": Moment(payment.paid_at), "outcome": outcome.outcome,
    });
    audit::append(&mut work, now, &actor.name(), "payment_recorded", &row.id.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&outcome)?).await?;
    match spread {
        Some(spread) => drop(spread.announce(state)),
        None => state.feed.ring(),
    }
    Ok(answer)
}

/// What a payment would do. Nothing is stored, and nobody who writes waits for it.
///
/// # Errors
/// As [`record`].
pub async fn preview(state: &AppState, actor: &Actor, payment: NewPayment) -> Result<PaymentOutcome, ServiceError> {
    actor.may(Action::RecordReleases)?;
    let now = state.now();
    let row = parse(state, actor, &payment, now)?;
    let mut conn = state.store.snapshot().await?;
    let found = weigh(state, &mut conn, &row, payment.lines.as_ref(), now).await?;
    let consequences = match &found.permission {
        Some(it) => releasing::foresee(&mut conn, &found.released, it, &found.folding, now).await?,
        None => Consequences::default(),
    };
    Ok(found.outcome(state, &row, consequences))
}

fn parse(state: &AppState, actor: &Actor, payment: &NewPayment, now: Micros) -> Result<PaymentRow, ServiceError> {
    let amount = Money::parse(&payment.amount, state.config.currency)
        .map_err(|bad| ServiceError::invalid("amount_invalid", format!("amount: {bad}. Write it as 86.40.")))?;
    if amount.minor() == 0 {
        return Err(ServiceError::invalid("amount_zero", "amount: a payment of nothing is none. Write what was paid."));
    }
    if amount.minor() < 0 {
        let detail =
            "amount: a payment is more than zero. A returned check or a charge-back is a reversal of its payment.";
        return Err(ServiceError::invalid("amount_negative", detail));
    }
    ahead::refuse_absurd(payment.paid_at, now)?;
    if payment.paid_at < now - PAID_AGO_MAX {
        return Err(ServiceError::invalid("paid_at_too_old", "paid_at: lies more than 400 days back. Check the date."));
    }
    for (field, text) in [("tender", &payment.tender), ("confirmation", &payment.confirmation)] {
        if text.len() > TEXT_MAX || text.chars().any(|c| c.is_control() || turns_direction(c)) {
            let detail = format!("{field}: at most {TEXT_MAX} printable characters.");
            return Err(ServiceError::invalid("text_invalid", detail));
        }
    }
    Ok(PaymentRow {
        id: state.new_id(),
        account: payment.account.trim().to_owned(),
        amount_minor: amount.minor(),
        tender: payment.tender.clone(),
        confirmation: payment.confirmation.trim().to_owned(),
        paid_at_us: payment.paid_at.0,
        recorded_at_us: now.0,
        recorded_by: actor.person().map(|person| person.0),
        source: "office".to_owned(),
    })
}

/// What a payment meets, and what it is enough for.
struct Weighed {
    same_amount: Option<SameAmount>,
    doubts: Doubts,
    on_the_way: Vec<Restarted>,
    waiting: Vec<(orders::OrderRow, Disposition)>,
    /// Those of them that it pays.
    released: Vec<(orders::OrderRow, Disposition)>,
    to_pay: ToPay,
    before_listing: Option<BeforeListing>,
    folding: Folding,
    /// What releases those.
    permission: Option<Permission>,
}

impl Weighed {
    fn outcome(&self, state: &AppState, row: &PaymentRow, consequences: Consequences) -> PaymentOutcome {
        let money = |minor| Money::from_minor(minor, state.config.currency).to_string();
        let in_doubt = self.to_pay.in_doubt_minor;
        PaymentOutcome {
            payment: row.id,
            outcome: match &self.permission {
                Some(_) => "released",
                None if self.waiting.is_empty() => "nothing_due",
                None => "part_paid",
            },
            to_restore: money(self.to_pay.balance_minor.max(0)),
            perhaps_counted_already: (in_doubt > 0).then(|| money(in_doubt)),
            before_listing: self.before_listing.clone(),
            same_amount: self.same_amount.clone(),
            doubts: self.doubts.clone(),
            stopped: consequences.stopped,
            reconnects: consequences.reconnects,
            on_the_way: self.on_the_way.clone(),
        }
    }
}

/// Looks whether a payment that is not kept yet can be taken, and what it is enough for.
async fn weigh(
    state: &AppState,
    conn: &mut Conn,
    row: &PaymentRow,
    lines: Option<&BTreeSet<LineId>>,
    now: Micros,
) -> Result<Weighed, ServiceError> {
    if !premises::account_exists(conn, &row.account).await? {
        let detail = format!("account: there is no account \"{}\". Find it by name or address first.", row.account);
        return Err(ServiceError::invalid("account_unknown", detail));
    }
    let known = payments::of_account(conn, &row.account).await?;
    let moved = payments::moved(conn, &row.account).await?;
    if knows_receipt(&moved, &row.confirmation) {
        let detail = format!("confirmation: receipt {} of this account is recorded already.", row.confirmation);
        return Err(ServiceError::conflict("receipt_known", detail));
    }
    let same_amount = same_amount(state, row, &known, &moved);
    let folding = utility::folding(state, now);
    let mut waiting = releasing::waiting_orders(conn, &row.account, &folding).await?;
    if let Some(lines) = lines
        && (lines.is_empty()
            || !lines.iter().all(|line| waiting.iter().any(|(_, outcome)| outcome.lines.contains_key(line))))
    {
        let detail = "lines: name lines of this account's orders, or leave it out for all of them.";
        return Err(ServiceError::invalid("lines_invalid", detail));
    }
    let weighed = releasing::weighed(state, conn, &row.account, waiting.iter().map(|(row, _)| row), Some(row)).await?;
    let paid_since = journal::enough_since(conn, row, weighed.surplus_minor).await?;
    let (mut to_pay, mut paid) = (weighed.to_pay, weighed.paid);
    if !paid.is_empty() || waiting.is_empty() {
        let given_back = given_back_before(conn, row).await?;
        let taken_back = releasing::taken_back_and_unpaid(conn, &row.account, &folding).await?;
        for others in [given_back, taken_back] {
            let rows = others.iter().map(|(row, _)| row);
            let all = releasing::weighed(state, conn, &row.account, rows, Some(row)).await?;
            if !all.paid.is_empty() {
                to_pay = if waiting.is_empty() { all.to_pay } else { to_pay };
                waiting.extend(others.into_iter().filter(|(row, _)| all.paid.contains(&OrderId(row.id))));
                paid.extend(all.paid);
            }
        }
    }
    let without = releasing::weighed(state, conn, &row.account, waiting.iter().map(|(row, _)| row), None).await?.to_pay;
    let before_listing = (!waiting.is_empty() && paid.is_empty() && without.balance_minor == to_pay.balance_minor)
        .then(|| BeforeListing {
            run_at: to_pay.run_at.map(Moment),
            office_looks: waiting.iter().any(|(order, _)| row.amount_minor >= order.past_due_minor),
        });
    let dues: Vec<i64> = waiting.iter().map(|(order, _)| order.past_due_minor).collect();
    let doubts = Doubts {
        receipt_of_account: receipt_of_another(conn, row).await?,
        times_too_much: times_too_much(row.amount_minor, without.balance_minor, &dues)
            .map(|minor| Money::from_minor(minor, state.config.currency).to_string()),
        paid_ahead: PaidAhead::of(Micros(row.paid_at_us), Micros(row.recorded_at_us)),
    };
    let permission = (!paid.is_empty()).then(|| Permission {
        cause: row.id,
        reason: ReleaseReason::PaymentReceived,
        source: Source::Office,
        lines: lines.cloned(),
        paid_at: Some(paid_since),
        by: row.recorded_by.map(curbstop_shared::ids::PersonId),
    });
    let on_the_way = match waiting.is_empty() {
        true => releasing::on_the_way(conn, &row.account).await?,
        false => Vec::new(),
    };
    let released = waiting.iter().filter(|(row, _)| paid.contains(&OrderId(row.id))).cloned().collect();
    Ok(Weighed { same_amount, doubts, on_the_way, waiting, released, to_pay, before_listing, folding, permission })
}

/// What was given back after this was paid and before it was recorded.
async fn given_back_before(
    conn: &mut Conn,
    row: &PaymentRow,
) -> Result<Vec<(orders::OrderRow, Disposition)>, ServiceError> {
    let given_back = releasing::given_back_on_a_word(conn, &row.account).await?.into_iter();
    let paid_at = ahead::counts_from(row);
    Ok(given_back.filter(|(_, _, at)| paid_at <= *at).map(|(row, outcome, _)| (row, outcome)).collect())
}

/// Another account whose payment has this receipt, unless that one was undone as a mistake.
async fn receipt_of_another(conn: &mut Conn, row: &PaymentRow) -> Result<Option<String>, ServiceError> {
    for account in payments::accounts_of_receipt(conn, &row.confirmation).await? {
        if account != row.account && knows_receipt(&payments::moved(conn, &account).await?, &row.confirmation) {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// More than so many times what is left is asked about.
const FAR_MORE: i128 = 5;

/// What was asked for, where the amount is far more: 840.00 for 84.00, 8412 for about 84.00 without its point, or
/// anything over five times what is left and over every due.
fn times_too_much(amount_minor: i64, left_minor: i64, dues_minor: &[i64]) -> Option<i64> {
    let amount = i128::from(amount_minor);
    let slips = |asked: i128| {
        let near_a_hundred_times = (amount - asked * 100).abs() <= asked * 10;
        amount == asked * 10 || near_a_hundred_times
    };
    let mut asked = dues_minor.iter().copied().chain([left_minor]).filter(|minor| *minor > 0);
    let slip = asked.find(|asked| slips(i128::from(*asked)));
    let most = dues_minor.iter().copied().max().unwrap_or_default();
    let far_more = left_minor > 0 && amount > i128::from(left_minor) * FAR_MORE && amount_minor > most;
    slip.or(far_more.then_some(left_minor))
}

/// What the account paid on the same day, in the same amount, and still has: the last one recorded.
fn same_amount(state: &AppState, row: &PaymentRow, known: &[PaymentRow], moved: &[Moved]) -> Option<SameAmount> {
    let day = |at_us| utility::day(state.config.time_zone, Micros(at_us));
    let same = |other: &&PaymentRow| {
        other.amount_minor == row.amount_minor
            && day(other.paid_at_us) == day(row.paid_at_us)
            && !is_taken_back(moved, &other.id.to_string())
    };
    let last = known.iter().filter(same).max_by_key(|other| other.recorded_at_us)?;
    let recorded_at = Moment(Micros(last.recorded_at_us));
    Some(SameAmount { confirmation: last.confirmation.clone(), recorded_at })
}

/// Whoever records it is asked first.
fn ask_about(doubts: &Doubts) -> Result<(), ServiceError> {
    if let Some(account) = &doubts.receipt_of_account {
        let detail = format!(
            "Receipt: account {account} has a payment with it. Say that it is another one, then it is recorded."
        );
        return Err(ServiceError::conflict("receipt_of_another_account", detail));
    }
    if let Some(asked) = &doubts.times_too_much {
        let detail = format!("Amount: {asked} is asked for. Say that it is meant so, then it is recorded.");
        return Err(ServiceError::conflict("amount_times_too_much", detail));
    }
    if let Some(ahead) = &doubts.paid_ahead {
        let detail = format!(
            "Paid at: by this server's clock it is only {}. Say that it is meant so, then it is recorded and counts from now.",
            ahead.counts_from
        );
        return Err(ServiceError::conflict("paid_at_ahead", detail));
    }
    Ok(())
}

async fn apply(
    state: &AppState,
    work: &mut Work,
    row: &PaymentRow,
    payment: &NewPayment,
    now: Micros,
) -> Result<(PaymentOutcome, Option<super::spreading::Spread>), ServiceError> {
    releasing::lock_account(work, &row.account).await?;
    let found = weigh(state, work, row, payment.lines.as_ref(), now).await?;
    if let Some(same) = found.same_amount.as_ref().filter(|_| payment.ask_if_same) {
        let detail = format!(
            "The same amount was recorded at {} under receipt {}. Say that it is another payment, then it is recorded.",
            same.recorded_at, same.confirmation
        );
        return Err(ServiceError::conflict("same_amount_recorded", detail));
    }
    if payment.ask_if_same {
        ask_about(&found.doubts)?;
    }
    payments::insert(work, row).await?;
    let Some(permission) = &found.permission else {
        part_paid::look_at(state, work, &row.account, Some(row.id), &found.folding, now).await?;
        if found.before_listing.is_some() {
            before_listing::ask(state, work, row, &found.folding, now).await?;
        }
        return Ok((found.outcome(state, row, Consequences::default()), None));
    };
    let (spread, consequences) =
        releasing::release(state, work, &found.released, permission, &found.folding, now).await?;
    if found.to_pay.balance_minor > 0 {
        part_paid::look_at(state, work, &row.account, Some(row.id), &found.folding, now).await?;
    }
    Ok((found.outcome(state, row, consequences), Some(spread)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_looks_like_a_slip_of_the_hand_is_asked_about() {
        let asked = |amount| times_too_much(amount, 18_487, &[18_487]);
        for slip in [184_870, 1_848_700, 1_848_000, 1_700_000, 2_000_000, 92_436] {
            assert_eq!(asked(slip), Some(18_487), "{slip}");
        }
        for meant in [18_487, 1_848, 20_000, 50_000, 92_435] {
            assert_eq!(asked(meant), None, "{meant}");
        }
        // A part is paid: the whole due once more is no slip, and five times what is left is none while a due is more.
        assert_eq!(times_too_much(18_487, 1_000, &[18_487]), None);
        assert_eq!(times_too_much(18_488, 1_000, &[18_487]), Some(1_000));
        assert_eq!(times_too_much(50_000, 0, &[]), None, "nothing is asked for");
        assert_eq!(times_too_much(i64::MAX, i64::MAX, &[i64::MAX]), None);
    }
}
