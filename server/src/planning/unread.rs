//! When a row of a payments file that nobody could read stands before its account's cut, and what ends it without a word.
//!
//! Only two things do: there is nothing to cut any more, or its receipt came in after it, from the same system or by
//! hand. Less would let one small payment, or an old receipt of the same number, hide somebody who paid.

use super::counted::{Moved, is_taken_back};
use curbstop_shared::time::Micros;

/// A row that could not be read, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread<'r> {
    /// The system that sent it.
    pub source: &'r str,
    /// The file, as text.
    pub import: &'r str,
    /// The account; empty where none is named.
    pub account: &'r str,
    /// The premises have the account; else it is only the one that was probably meant.
    pub account_sure: bool,
    /// The receipt; empty where it can't be read.
    pub receipt: &'r str,
    /// Rows of the file that it stands for.
    pub meant: i64,
    /// When the file came in.
    pub kept_at: Micros,
}

/// Whether it stands before a cut. `has_cut`: the account has a cut that money would stop or put right. Whose account
/// is not known for sure may be anybody's.
#[must_use]
pub fn stands(row: &Unread<'_>, has_cut: bool, moved: &[Moved]) -> bool {
    let of_whom_is_known = row.account_sure && !row.account.is_empty();
    (has_cut || !of_whom_is_known) && !is_brought(row, moved)
}

/// Whether its payment is on record: its receipt came in later, and nobody took it back, for whatever reason. `moved` is
/// the money of that receipt.
#[must_use]
pub fn is_brought(row: &Unread<'_>, moved: &[Moved]) -> bool {
    row.meant <= 1 && moved.iter().any(|money| brings(row, money) && !is_taken_back(moved, &money.id))
}

fn brings(row: &Unread<'_>, money: &Moved) -> bool {
    let is_payment = money.takes_back.is_none() && money.amount_minor > 0;
    let is_later = money.recorded_at > row.kept_at && money.import.as_deref() != Some(row.import);
    // A system gives a receipt once; the counter's slips have numbers of their own, so there the account has to fit.
    let of_account = money.account == row.account || (row.account.is_empty() && !money.is_typed());
    let from_there = money.is_typed() || money.source == row.source;
    is_payment && is_later && of_account && from_there && money.has_receipt(row.receipt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::counted::OFFICE;

    const ROW: Unread<'_> = Unread {
        source: "city",
        import: "file-2",
        account: "B",
        account_sure: true,
        receipt: "R-2",
        meant: 1,
        kept_at: Micros(100),
    };

    /// The receipt, brought by a later file of the same system.
    fn brought() -> Moved {
        Moved {
            id: "p".into(),
            source: "city".into(),
            account: "B".into(),
            confirmation: "r-2 ".into(),
            amount_minor: 100,
            paid_at: Micros(50),
            recorded_at: Micros(101),
            takes_back: None,
            taken_back_because: None,
            reference: String::new(),
            import: Some("file-3".into()),
        }
    }

    fn typed() -> Moved {
        Moved { source: OFFICE.into(), import: None, ..brought() }
    }

    #[test]
    fn its_receipt_in_a_later_file_or_by_hand_ends_it_and_nothing_else_does() {
        let told = [
            ("a later file", true, brought()),
            ("by hand", true, typed()),
            ("its own file", false, Moved { import: Some("file-2".into()), ..brought() }),
            ("the same moment", false, Moved { recorded_at: Micros(100), ..brought() }),
            ("an earlier file", false, Moved { recorded_at: Micros(99), ..brought() }),
            ("typed before it", false, Moved { recorded_at: Micros(99), ..typed() }),
            ("another system's receipt", false, Moved { source: "lockbox".into(), ..brought() }),
            ("another receipt", false, Moved { confirmation: "R-3".into(), ..typed() }),
            ("no receipt", false, Moved { confirmation: String::new(), ..typed() }),
            ("another account", false, Moved { account: "C".into(), ..brought() }),
            ("nothing", false, Moved { amount_minor: 0, ..brought() }),
            ("what takes one back", false, Moved { takes_back: Some("R-1".into()), amount_minor: -100, ..brought() }),
        ];
        for (what, ends, money) in told {
            assert_eq!(is_brought(&ROW, std::slice::from_ref(&money)), ends, "{what}");
            assert_eq!(stands(&ROW, true, &[money]), !ends, "{what}");
        }
        assert!(!is_brought(&Unread { receipt: "", ..ROW }, &[Moved { confirmation: String::new(), ..typed() }]));
        assert!(!is_brought(&Unread { meant: 2, ..ROW }, &[brought()]), "a person looks at what stands for many");
    }

    #[test]
    fn what_is_taken_back_for_whatever_reason_ends_nothing() {
        for because in ["error", "returned_check", "charge_back"] {
            let desk = Moved {
                id: "back".into(),
                amount_minor: -100,
                takes_back: Some("R-2".into()),
                taken_back_because: Some(because.into()),
                reference: "p".into(),
                ..typed()
            };
            assert!(!is_brought(&ROW, &[typed(), desk.clone()]), "{because}");
            assert!(is_brought(&ROW, &[typed(), desk, Moved { id: "q".into(), ..typed() }]), "typed again");
            let journal = Moved { source: "city".into(), takes_back: Some("R-2".into()), ..desk_row() };
            assert!(!is_brought(&ROW, &[brought(), journal]), "{because}");
        }
    }

    fn desk_row() -> Moved {
        Moved { id: "j".into(), confirmation: "RV-2".into(), amount_minor: -100, ..brought() }
    }

    #[test]
    fn without_an_account_the_system_s_own_receipt_ends_it_and_without_a_cut_there_is_nothing_to_hold_up() {
        let nobody = Unread { account: "", account_sure: false, ..ROW };
        assert!(is_brought(&nobody, &[brought()]) && !is_brought(&nobody, &[typed()]));
        assert!(stands(&nobody, false, &[]) && stands(&ROW, true, &[]) && !stands(&ROW, false, &[]));
        let probably = Unread { account_sure: false, ..ROW };
        assert!(stands(&probably, false, &[]) && !stands(&probably, false, &[typed()]));
        assert!(stands(&probably, true, &[Moved { account: "C".into(), ..brought() }]));
        let many = Unread { account: "", meant: 7, ..ROW };
        assert!(stands(&many, false, &[brought()]), "rows of several accounts");
    }

    /// What may come in around the row, in any order: its own receipt by the two ways that end it, the two ways of taking
    /// one of them back, and what says nothing about it.
    fn around_it() -> Vec<Moved> {
        let takes = |id: &str, of: Moved| Moved {
            id: id.into(),
            amount_minor: -of.amount_minor,
            takes_back: Some(of.confirmation.clone()),
            taken_back_because: Some("returned_check".into()),
            reference: of.id.clone(),
            ..of
        };
        let (own, by_hand) = (brought(), Moved { id: "typed".into(), ..typed() });
        vec![
            takes("back of the typed one", by_hand.clone()),
            own,
            by_hand,
            Moved { id: "clean file, another receipt".into(), confirmation: "R-3".into(), ..brought() },
            Moved { id: "another account".into(), account: "C".into(), ..brought() },
            Moved { id: "another source".into(), source: "lockbox".into(), ..brought() },
        ]
    }

    /// Every order of so many places.
    fn orders(places: usize) -> Vec<Vec<usize>> {
        let Some(last) = places.checked_sub(1) else { return vec![Vec::new()] };
        let with_last = |order: Vec<usize>| (0..=last).map(move |at| [&order[..at], &[last], &order[at..]].concat());
        orders(last).into_iter().flat_map(with_last).collect()
    }

    #[test]
    fn in_whatever_order_things_come_in_only_its_own_receipt_after_it_ends_it() {
        let all = around_it();
        // The last place is the row's own arrival.
        for order in orders(all.len() + 1) {
            let at = |n: usize| Micros(order.iter().position(|place| *place == n).unwrap() as i64);
            let row = Unread { kept_at: at(all.len()), ..ROW };
            let came: Vec<Moved> =
                all.iter().enumerate().map(|(n, money)| Moved { recorded_at: at(n), ..money.clone() }).collect();
            for some in 0..1_usize << came.len() {
                let is_in = |n: &usize| some >> n & 1 == 1;
                let moved: Vec<Moved> = (0..came.len()).filter(is_in).map(|n| came[n].clone()).collect();
                let later = |n: usize| is_in(&n) && came[n].recorded_at > row.kept_at;
                let (back, own, by_hand) = (0, 1, 2);
                let ends = later(own) || (later(by_hand) && !is_in(&back));
                assert_eq!(is_brought(&row, &moved), ends, "{row:?} {moved:?}");
                assert_eq!(stands(&row, true, &moved), !ends);
                let backwards: Vec<Moved> = moved.into_iter().rev().collect();
                assert_eq!(is_brought(&row, &backwards), ends, "told the other way round");
            }
        }
    }
}
