//! The cashier's journal: who paid, what was taken back, and which cuts of a listing that stops.

use super::{
    cells,
    fault::Code,
    mapping::{Field, Kind},
    refusal::FileRefused,
    register::Register,
    report::{Accepted, Counts, Duplicate, Excluded, Refused, Warning},
    row::Row,
    summary::{PaymentsSummary, Summary},
    table::{Fate, Imported, Options, RowReader, read},
    unread::Unread,
};
use chrono::{NaiveDate, NaiveTime};
use curbstop_shared::{money::Money, vocabulary::ReversalReason};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One accepted row of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// The line of the file.
    pub line: usize,
    /// The receipt's number: one payment, however often it is printed.
    pub receipt: String,
    /// The account that was paid for.
    pub account: String,
    /// The day, in the utility's time zone.
    pub paid_on: NaiveDate,
    /// The time of day, in the utility's time zone.
    pub paid_at: Option<NaiveTime>,
    /// How much: positive for a payment, negative for what takes one back.
    pub amount: Money,
    /// Payment or reversal.
    pub what: PaymentKind,
    /// Cash, check, card.
    pub tender: String,
    /// The check's number.
    pub reference: String,
    /// The cashier's batch.
    pub batch: String,
    /// What is kept of its receipt already, where the file says more: the amount is the difference.
    pub on_top_of: Option<OnTopOf>,
}

/// What is kept of a receipt for which a file says more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTopOf {
    /// How much that is.
    pub kept: Money,
    /// How much the file says.
    pub said: Money,
    /// It was typed at the office; else a file brought it.
    pub is_typed: bool,
}

/// What a row of a journal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentKind {
    /// Money came in.
    Payment,
    /// A receipt is taken back.
    Reversal {
        /// The receipt that is taken back.
        of_receipt: String,
        /// Why.
        reason: ReversalReason,
    },
}

impl PaymentRow {
    /// What makes it one payment: its receipt, for one account. A slip on which somebody paid for two accounts is two.
    fn key(&self) -> (String, String) {
        (self.account.clone(), self.receipt.clone())
    }
}

/// Reads a journal. The register says which accounts there are, and which receipts came with earlier files.
///
/// # Errors
/// [`FileRefused`] where the file as a whole can't be read.
pub fn read_payments(
    bytes: &[u8],
    options: &Options,
    register: &Register,
) -> Result<Imported<PaymentRow>, FileRefused> {
    let mut reader = PaymentsReader { register, first: HashMap::new(), unread: Unread::default() };
    let imported = read(bytes, options, &mut reader)?;
    Ok(Imported { unread: reader.unread.into_rows(), ..imported })
}

struct PaymentsReader<'a> {
    register: &'a Register,
    /// Account and receipt -> the row of this file that counts.
    first: HashMap<(String, String), KeptOf>,
    unread: Unread,
}

impl RowReader for PaymentsReader<'_> {
    type Row = PaymentRow;
    const KIND: Kind = Kind::Payments;

    fn read(&mut self, row: &Row<'_>) -> Result<Fate<PaymentRow>, Refused> {
        let payment = payment_row(row, self.register)?;
        let Some(kept) = self.kept(&payment, row) else {
            self.first.insert(payment.key(), KeptOf::of(&payment));
            let accepted =
                Accepted { line: row.line(), account: payment.account.clone(), key: Some(payment.receipt.clone()) };
            return Ok(Fate::Accepted(payment, accepted));
        };
        let amounts_differ = kept.amount != payment.amount;
        let more = match payment.what {
            PaymentKind::Payment => payment.amount.minor() - kept.amount.minor(),
            PaymentKind::Reversal { .. } => 0,
        };
        let mut duplicate = Duplicate {
            line: row.line(),
            of_line: kept.line,
            account: payment.account.clone(),
            key: Some(payment.receipt.clone()),
            amounts_differ,
            text: kept.said(amounts_differ),
        };
        if more <= 0 {
            return Ok(Fate::Duplicate(duplicate));
        }
        let difference = Money::from_minor(more, row.currency);
        duplicate.text.push_str(&format!(
            " The {difference} that this line has on top is taken as paid, and the office is asked which is right."
        ));
        self.first.insert(payment.key(), KeptOf::of(&payment));
        let on_top_of = OnTopOf { kept: kept.amount, said: payment.amount, is_typed: kept.is_typed };
        Ok(Fate::OnTop(PaymentRow { amount: difference, on_top_of: Some(on_top_of), ..payment }, duplicate))
    }

    fn refused(&mut self, row: &Row<'_>, refused: &Refused) {
        self.unread.add(row, refused, self.register);
    }

    fn summary(&self, _: &Counts, rows: &[PaymentRow], _: &[Excluded], _: &mut Vec<Warning>) -> Summary {
        let mut summary = PaymentsSummary::default();
        for row in rows.iter().filter(|row| row.on_top_of.is_none()) {
            let (count, sum) = match row.what {
                PaymentKind::Payment => (&mut summary.payments, &mut summary.payments_minor),
                PaymentKind::Reversal { .. } => (&mut summary.reversals, &mut summary.reversals_minor),
            };
            *count += 1;
            *sum += row.amount.minor();
        }
        summary.net_minor = summary.payments_minor + summary.reversals_minor;
        Summary::Payments(summary)
    }
}

/// What is known of a receipt when a line brings it.
#[derive(Clone)]
struct KeptOf {
    amount: Money,
    is_typed: bool,
    /// The line of this file that has it.
    line: Option<usize>,
}

impl PaymentsReader<'_> {
    fn kept(&self, payment: &PaymentRow, row: &Row<'_>) -> Option<KeptOf> {
        if let Some(first) = self.first.get(&payment.key()) {
            return Some(first.clone());
        }
        let kept = self.register.kept_of(&payment.account, &payment.receipt)?;
        Some(KeptOf { amount: Money::from_minor(kept.amount_minor, row.currency), is_typed: kept.is_typed, line: None })
    }
}

impl KeptOf {
    fn of(payment: &PaymentRow) -> Self {
        Self { amount: payment.amount, is_typed: false, line: Some(payment.line) }
    }

    fn said(&self, amounts_differ: bool) -> String {
        let amount = if amounts_differ { format!(" as {}", self.amount) } else { String::new() };
        match self.line {
            Some(line) => format!("Line {line} has the same receipt number{amount}; it is one payment."),
            None if self.is_typed => format!("This receipt was typed at the office{amount}; it is one payment."),
            None => format!("An earlier file has brought this receipt{amount}; it is one payment."),
        }
    }
}

fn payment_row(row: &Row<'_>, register: &Register) -> Result<PaymentRow, Refused> {
    let receipt = row.identifier(Field::Receipt, Code::ReceiptMissing, Code::ReceiptMissing)?;
    let account = row.known_account(register)?;
    let paid_on = row.date_required(Field::PaymentDate)?;
    let paid_at = row.at(Field::PaymentTime, cells::time(row.cell(Field::PaymentTime)))?;
    let amount = row.money(Field::Amount)?;
    if amount.minor() == 0 {
        return Err(row.fault(Field::Amount, Code::AmountZero));
    }
    let code = if row.has(Field::PaymentType) { row.code(Field::PaymentType, Code::CodeUnknown)? } else { "payment" };
    let taken_back = taken_back_because(code);
    if taken_back.is_none() && code != "payment" {
        return Err(row.fault(Field::PaymentType, Code::CodeUnknown));
    }
    if taken_back.is_some() != (amount.minor() < 0) {
        return Err(row.fault(Field::Amount, Code::AmountSign));
    }
    let what = match taken_back {
        None => PaymentKind::Payment,
        Some(reason) => {
            let original = row.identifier(Field::OriginalReceipt, Code::OriginalUnknown, Code::OriginalUnknown)?;
            PaymentKind::Reversal { of_receipt: original, reason }
        }
    };
    Ok(PaymentRow {
        line: row.line(),
        receipt,
        account,
        paid_on,
        paid_at,
        amount,
        what,
        tender: row.text(Field::Tender),
        reference: row.text(Field::Reference),
        batch: row.text(Field::Batch),
        on_top_of: None,
    })
}

/// Why a row of this type takes a payment back, where it does.
pub(super) fn taken_back_because(code: &str) -> Option<ReversalReason> {
    match code {
        "returned_check" => Some(ReversalReason::ReturnedCheck),
        "charge_back" => Some(ReversalReason::ChargeBack),
        "reversal" => Some(ReversalReason::Error),
        _ => None,
    }
}

/// What a journal means for the accounts that are to be cut.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct AgainstListings {
    /// All payments of the account together reach its past due, so the cut stops.
    pub past_due_covered: BTreeMap<String, Paid>,
    /// They don't.
    pub partial: BTreeMap<String, Paid>,
    /// Paid and taken back in this same journal: no cut comes of it today; eligible for the next listing.
    pub paid_then_reversed: BTreeSet<String>,
    /// A receipt of an earlier day is taken back: never causes a cut by itself.
    pub reversal_of_an_earlier_payment: BTreeSet<String>,
    /// Paid, but not to be cut anyway.
    pub on_no_listing: BTreeSet<String>,
}

/// What an account paid, and what of it was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "PaidAgainstListing")]
pub struct Paid {
    /// All its payments that were not taken back, in cents.
    pub paid_minor: i64,
    /// What is past due on the listing, in cents.
    pub past_due_minor: i64,
}

/// Sets a journal against what is past due by account, in cents.
#[must_use]
pub fn against_listings(payments: &[PaymentRow], past_due_minor: &BTreeMap<String, i64>) -> AgainstListings {
    let receipts: BTreeSet<&str> =
        payments.iter().filter(|p| p.what == PaymentKind::Payment).map(|p| p.receipt.as_str()).collect();
    let mut standing: BTreeMap<&str, i64> = BTreeMap::new();
    let mut taken_back: BTreeSet<&str> = BTreeSet::new();
    let mut against = AgainstListings::default();
    for payment in payments {
        match &payment.what {
            PaymentKind::Payment => {
                *standing.entry(&payment.account).or_default() += payment.amount.minor();
            }
            PaymentKind::Reversal { of_receipt, .. } if receipts.contains(of_receipt.as_str()) => {
                *standing.entry(&payment.account).or_default() += payment.amount.minor();
                taken_back.insert(&payment.account);
            }
            PaymentKind::Reversal { .. } => {
                against.reversal_of_an_earlier_payment.insert(payment.account.clone());
            }
        }
    }
    for (account, paid) in standing {
        let owned = account.to_owned();
        match past_due_minor.get(account) {
            None => {
                against.on_no_listing.insert(owned);
            }
            Some(due) if paid >= *due => {
                against.past_due_covered.insert(owned, Paid { paid_minor: paid, past_due_minor: *due });
            }
            Some(_) if taken_back.contains(account) => {
                against.paid_then_reversed.insert(owned);
            }
            Some(due) => {
                against.partial.insert(owned, Paid { paid_minor: paid, past_due_minor: *due });
            }
        }
    }
    against
}
