//! What of an account's payments counts, and from when: money that came in counts from the moment it was paid, and
//! whatever takes it back counts from that same moment, once, whoever says so.
//!
//! A check that bounces may be taken back at the office's desk and again by the billing system's journal, weeks later.
//! Counted twice it would make somebody owe what nobody asked for; counted from the day of the journal it would undo
//! what was paid since.

use curbstop_shared::{time::Micros, vocabulary::ReversalReason};

/// A payment, or what takes one back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its id, as text.
    pub id: String,
    /// The system that sent it, or [`OFFICE`].
    pub source: String,
    /// The account.
    pub account: String,
    /// The receipt; empty where there is none.
    pub confirmation: String,
    /// In minor units; negative for what takes a payment back.
    pub amount_minor: i64,
    /// When it was paid.
    pub paid_at: Micros,
    /// When we learned of it.
    pub recorded_at: Micros,
    /// The receipt that it takes back; none for a payment.
    pub takes_back: Option<String>,
    /// Code of the reason for which it takes it back.
    pub taken_back_because: Option<String>,
    /// For what the office takes back: the payment's id.
    pub reference: String,
    /// The file that brought it, as text; none for what was typed, or came on top of that.
    pub import: Option<String>,
}

/// The source of what somebody at the office typed.
pub const OFFICE: &str = "office";

impl Moved {
    /// Whether a person typed it; else a file brought it.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.source == OFFICE
    }

    /// Whether it has this receipt, however it is written.
    #[must_use]
    pub fn has_receipt(&self, receipt: &str) -> bool {
        let sought = receipt_key(receipt);
        !sought.is_empty() && receipt_key(&self.confirmation) == sought
    }

    /// The payments that it takes back, by their places. The office names one; a journal names a receipt, whoever
    /// recorded it: the payments of that receipt which were recorded by then. One that is typed again after its
    /// mistake was undone is another one.
    fn of(&self, moved: &[Self]) -> Vec<usize> {
        let Some(receipt) = &self.takes_back else { return Vec::new() };
        let payments = || moved.iter().enumerate().filter(|(_, row)| row.takes_back.is_none());
        if self.is_typed() {
            return payments().filter(|(_, row)| row.id == self.reference).map(|(n, _)| n).collect();
        }
        let of: Vec<usize> = payments()
            .filter(|(_, row)| row.account == self.account && row.has_receipt(receipt))
            .map(|(n, _)| n)
            .collect();
        let by_then: Vec<usize> = of.iter().copied().filter(|n| moved[*n].recorded_at <= self.recorded_at).collect();
        if by_then.is_empty() { of } else { by_then }
    }
}

/// A receipt as it is compared: one clerk types "r 17 " for what another types as "R-17" and a third as "R17".
#[must_use]
pub fn receipt_key(receipt: &str) -> String {
    receipt.to_lowercase().chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// How much of each was taken back, by its place. What the office takes back comes first: where a journal says the same
/// again, it is gone once.
fn taken(moved: &[Moved]) -> Vec<i64> {
    let mut taken = vec![0_i64; moved.len()];
    let backs = || moved.iter().filter(|row| row.takes_back.is_some());
    for back in backs().filter(|back| back.is_typed()).chain(backs().filter(|back| !back.is_typed())) {
        let mut minor = back.amount_minor.saturating_neg();
        for n in back.of(moved) {
            let some = minor.min(moved[n].amount_minor - taken[n]).max(0);
            taken[n] += some;
            minor -= some;
        }
    }
    taken
}

/// Whether something of a payment was taken back, by the office or by a journal.
#[must_use]
pub fn is_taken_back(moved: &[Moved], id: &str) -> bool {
    moved.iter().zip(taken(moved)).any(|(row, taken)| row.id == id && taken > 0)
}

/// Whether the office undid this payment as a mistake: its receipt is free again. That of a check that came back is not.
fn is_undone(moved: &[Moved], payment: &Moved) -> bool {
    let mistake =
        |back: &&Moved| back.is_typed() && back.taken_back_because.as_deref() == Some(ReversalReason::Error.code());
    payment.takes_back.is_none() && moved.iter().filter(mistake).any(|back| back.reference == payment.id)
}

/// Whether a receipt is one that somebody may not type again for an account whose money this is.
#[must_use]
pub fn knows_receipt(moved: &[Moved], receipt: &str) -> bool {
    moved.iter().any(|row| row.has_receipt(receipt) && !is_undone(moved, row))
}

/// What is kept of a receipt that a file brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The account that it was kept for.
    pub account: String,
    /// In minor units, over all that is kept of it.
    pub amount_minor: i64,
    /// It was typed at the office; else an earlier file brought it.
    pub is_typed: bool,
}

/// What is kept of a receipt, where a file brings it. What the office typed by mistake and undid is forgotten; what a
/// file brought once is not, so that the same file may come in twice.
#[must_use]
pub fn kept(moved: &[Moved], receipt: &str) -> Option<Kept> {
    let known: Vec<&Moved> =
        moved.iter().filter(|row| row.has_receipt(receipt) && !(row.is_typed() && is_undone(moved, row))).collect();
    let first = known.first()?;
    Some(Kept {
        account: first.account.clone(),
        amount_minor: known.iter().map(|row| row.amount_minor).fold(0, i64::saturating_add),
        is_typed: known.iter().all(|row| row.is_typed()),
    })
}

/// When how much counts, for one account or several. What takes back a payment that is not among them counts for
/// nothing, as that payment does.
#[must_use]
pub fn counted(moved: &[Moved]) -> Vec<(Micros, i64)> {
    let payments = moved.iter().zip(taken(moved)).filter(|(row, _)| row.takes_back.is_none());
    payments
        .flat_map(|(payment, taken)| {
            // Said twice, it is gone once.
            let back = (taken > 0).then_some(-taken);
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
            source: "city".into(),
            account: "1".into(),
            confirmation: receipt.into(),
            amount_minor,
            paid_at: Micros(hour),
            recorded_at: Micros(hour),
            takes_back: None,
            taken_back_because: None,
            reference: String::new(),
            import: None,
        }
    }

    fn desk(of: &Moved) -> Moved {
        Moved {
            id: format!("back-{}", of.id),
            source: OFFICE.into(),
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

    #[test]
    fn a_receipt_that_was_typed_by_mistake_is_free_again_and_a_returned_check_s_is_not() {
        let typed = |id: &str, hour, minor| Moved { source: OFFICE.into(), ..paid(id, "R-9", hour, minor) };
        let undone = |of: &Moved, because: &str| Moved { taken_back_because: Some(because.into()), ..desk(of) };
        let slip = typed("p", 9, 2_180);
        let only = std::slice::from_ref(&slip);
        assert!(knows_receipt(only, " r-9") && kept(only, "R-9").is_some());
        let bounced = [slip.clone(), undone(&slip, "returned_check")];
        assert!(knows_receipt(&bounced, "R-9") && kept(&bounced, "R-9").is_some());
        let mut all = vec![slip.clone(), undone(&slip, "error")];
        assert!(!knows_receipt(&all, "R-9") && kept(&all, "R-9").is_none());
        // Typed again, it stands; and a journal takes back what stands.
        all.push(typed("q", 12, 21_800));
        assert_eq!((sum(&all), is_taken_back(&all, "p"), is_taken_back(&all, "q")), (21_800, true, false));
        assert_eq!(kept(&all, "R-9").map(|kept| (kept.amount_minor, kept.is_typed)), Some((21_800, true)));
        all.push(journal("R-9", 300, -21_800));
        assert_eq!((sum(&all), is_taken_back(&all, "q")), (0, true));
    }

    #[test]
    fn what_a_file_said_on_top_of_a_slip_is_taken_back_with_it() {
        let slip = Moved { source: OFFICE.into(), ..paid("p", "R-9", 9, 2_180) };
        let more = paid("q", "R-9", 9, 19_620);
        let all = [slip, more, journal("R-9", 300, -21_800)];
        assert_eq!(sum(&all), 0);
        let kept = kept(&all, "r-9").unwrap();
        assert_eq!((kept.amount_minor, kept.is_typed), (21_800, false));
    }
}
