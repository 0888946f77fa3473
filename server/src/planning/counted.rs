//! What of an account's payments counts, and from when: money that came in counts from the moment it was paid, and
//! whatever takes it back counts from that same moment, once, whoever says so.
//!
//! A check that bounces may be taken back at the office's desk and again by the billing system's journal, weeks later.
//! Counted twice it would make somebody owe what nobody asked for; counted from the day of the journal it would undo
//! what was paid since.

use curbstop_shared::time::Micros;
use std::collections::BTreeMap;

/// A payment, or what takes one back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its id, as text.
    pub id: String,
    /// The account.
    pub account: String,
    /// The receipt; empty where there is none.
    pub confirmation: String,
    /// In minor units; negative for what takes a payment back.
    pub amount_minor: i64,
    /// When it was paid.
    pub paid_at: Micros,
    /// The receipt that it takes back; none for a payment.
    pub takes_back: Option<String>,
    /// For what the office takes back: the payment's id.
    pub reference: String,
}

impl Moved {
    /// Whether it takes this payment back. The receipt alone says so: what was typed at the counter is taken back by
    /// the billing system, and the other way round.
    #[must_use]
    pub fn takes_back(&self, payment: &Self) -> bool {
        let Some(receipt) = &self.takes_back else { return false };
        self.account == payment.account
            && payment.takes_back.is_none()
            && (self.reference == payment.id
                || !receipt.is_empty() && receipt_key(receipt) == receipt_key(&payment.confirmation))
    }
}

/// A receipt as it is compared: one clerk types "r-17 " for what another types as "R-17".
#[must_use]
pub fn receipt_key(receipt: &str) -> String {
    receipt.trim().to_lowercase()
}

/// When how much counts, for one account or several. What takes back a payment that is not among them counts for
/// nothing, as that payment does.
#[must_use]
pub fn counted(moved: &[Moved]) -> Vec<(Micros, i64)> {
    let mut by_receipt: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, payment) in moved.iter().enumerate().filter(|(_, row)| row.takes_back.is_none()) {
        by_id.insert(&payment.id, n);
        if !payment.confirmation.is_empty() {
            by_receipt.entry((payment.account.as_str(), receipt_key(&payment.confirmation))).or_insert(n);
        }
    }
    let mut taken: BTreeMap<usize, i64> = BTreeMap::new();
    for back in moved {
        let Some(receipt) = &back.takes_back else { continue };
        let of = by_id
            .get(back.reference.as_str())
            .or_else(|| by_receipt.get(&(back.account.as_str(), receipt_key(receipt))));
        if let Some(payment) = of.filter(|n| back.takes_back(&moved[**n])) {
            let sum = taken.entry(*payment).or_default();
            *sum = sum.saturating_add(back.amount_minor);
        }
    }
    let payments = moved.iter().enumerate().filter(|(_, row)| row.takes_back.is_none());
    payments
        .flat_map(|(n, payment)| {
            // Said twice, it is gone once.
            let back = taken.get(&n).map(|minor| (*minor).max(-payment.amount_minor));
            [Some(payment.amount_minor), back].into_iter().flatten().map(|minor| (payment.paid_at, minor))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(id: &str, receipt: &str, hour: i64, amount_minor: i64) -> Moved {
        Moved {
            id: id.into(),
            account: "1".into(),
            confirmation: receipt.into(),
            amount_minor,
            paid_at: Micros(hour),
            takes_back: None,
            reference: String::new(),
        }
    }

    fn desk(of: &Moved) -> Moved {
        Moved {
            id: format!("back-{}", of.id),
            confirmation: String::new(),
            amount_minor: -of.amount_minor,
            takes_back: Some(of.confirmation.clone()),
            reference: of.id.clone(),
            ..of.clone()
        }
    }

    fn journal(receipt: &str, hour: i64, amount_minor: i64) -> Moved {
        Moved { takes_back: Some(receipt.into()), ..paid("j", &format!("RV-{receipt}"), hour, amount_minor) }
    }

    fn sum(moved: &[Moved]) -> i64 {
        counted(moved).into_iter().map(|(_, minor)| minor).sum()
    }

    #[test]
    fn what_desk_and_journal_both_take_back_is_gone_once() {
        let check = paid("p", "R-1", 9, 8_640);
        let cash = paid("q", "R-2", 12, 8_640);
        let (desk, journal) = (desk(&check), journal("R-1", 300, -8_640));
        for said in
            [vec![desk.clone()], vec![journal.clone()], vec![desk.clone(), journal.clone()], vec![journal, desk]]
        {
            let mut all = vec![check.clone(), cash.clone()];
            all.extend(said);
            assert_eq!(sum(&all), 8_640, "the cash is still there: {all:?}");
        }
    }

    #[test]
    fn what_takes_a_payment_back_counts_where_the_payment_counted() {
        let all = [paid("p", "R-1", 9, 8_640), journal("R-1", 300, -8_640)];
        assert_eq!(counted(&all), [(Micros(9), 8_640), (Micros(9), -8_640)]);
        assert_eq!(counted(&[journal("R-0", 300, -8_640)]), [], "nobody here knows that payment");
        assert_eq!(
            sum(&[paid("p", "r-1 ", 9, 8_640), journal("R-1", 300, -8_640)]),
            0,
            "typed another way, and the same"
        );
    }

    #[test]
    fn payments_without_a_receipt_are_told_apart_and_a_part_may_be_taken_back() {
        let (one, other) = (paid("p", "", 9, 5_000), paid("q", "", 10, 3_000));
        assert_eq!(sum(&[one.clone(), other.clone(), desk(&other)]), 5_000);
        let check = paid("r", "R-3", 9, 8_640);
        assert_eq!(sum(&[check.clone(), journal("R-3", 20, -2_000)]), 6_640);
        let elsewhere = Moved { account: "2".into(), ..check };
        assert_eq!(sum(&[elsewhere, journal("R-3", 20, -2_000)]), 8_640, "another account's receipt");
    }
}
