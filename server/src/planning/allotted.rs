//! Which of several sums an account's money pays. An account may be asked for water by one order and for electricity by
//! another: each amount that came in counts once, and what was paid for the one gives the other back no more than it stops
//! its cut.

use curbstop_shared::time::Micros;

/// A sum that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// In minor units.
    pub minor: i64,
    /// Money counts for it from this moment on.
    pub from: Micros,
    /// What came in since, in minor units.
    pub came_in_minor: i64,
}

/// So many sums are tried in every combination; of more the largest come first.
const COMBINED_MAX: usize = 10;

/// What lacks so that all these sums are paid, in minor units; negative where more came in. Nothing lacks for none.
///
/// Money that counts for a sum counts for each one that counts from earlier on. So the sums are all paid exactly where
/// those that count latest are, however many of them are taken.
#[must_use]
pub fn missing<'s>(sums: impl IntoIterator<Item = &'s Sum>) -> i64 {
    let mut sums: Vec<&Sum> = sums.into_iter().collect();
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.from));
    let (mut asked, mut came_in, mut most) = (0_i64, 0_i64, None);
    for sum in sums {
        asked = asked.saturating_add(sum.minor);
        came_in = came_in.max(sum.came_in_minor);
        let lacks = asked.saturating_sub(came_in);
        most = Some(most.map_or(lacks, |most: i64| most.max(lacks)));
    }
    most.unwrap_or_default()
}

/// Which of these sums the money pays, beside those that it has paid before: those that together use most of it, then the
/// most of them, then the first ones. Where it does not reach for what was paid before, that is no reason to ask for more:
/// in doubt it is left aside.
#[must_use]
pub fn paid(before: &[Sum], sums: &[Sum]) -> Vec<bool> {
    let before = beside(before);
    let is_paid = |chosen: &[bool]| {
        let chosen = sums.iter().zip(chosen).filter(|(_, is)| **is).map(|(sum, _)| sum);
        missing(before.iter().chain(chosen)) <= 0
    };
    if is_paid(&vec![true; sums.len()]) {
        return vec![true; sums.len()];
    }
    if sums.len() > COMBINED_MAX {
        let mut largest: Vec<usize> = (0..sums.len()).collect();
        largest.sort_by_key(|n| (std::cmp::Reverse(sums[*n].minor), *n));
        let mut chosen = vec![false; sums.len()];
        for n in largest {
            chosen[n] = true;
            chosen[n] = is_paid(&chosen);
        }
        return chosen;
    }
    let combination = |bits: u32| (0..sums.len()).map(|n| bits >> n & 1 == 1).collect::<Vec<bool>>();
    let uses = |bits: u32| -> i64 {
        let chosen = sums.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1);
        chosen.fold(0_i64, |all, (_, sum)| all.saturating_add(sum.minor))
    };
    let best = (0..1_u32 << sums.len())
        .filter(|bits| *bits == 0 || is_paid(&combination(*bits)))
        .max_by_key(|bits| (uses(*bits), bits.count_ones(), std::cmp::Reverse(*bits)));
    combination(best.unwrap_or_default())
}

/// What was paid before, as far as it stands beside others.
#[must_use]
pub fn beside(before: &[Sum]) -> &[Sum] {
    if missing(before) <= 0 { before } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sums that each count from their moment on, of this money.
    fn asked(sums: &[(i64, i64)], money: &[(i64, i64)]) -> Vec<Sum> {
        let came_in = |from: i64| money.iter().filter(|(at, _)| *at >= from).map(|(_, minor)| minor).sum();
        let sum =
            |(minor, from): &(i64, i64)| Sum { minor: *minor, from: Micros(*from), came_in_minor: came_in(*from) };
        sums.iter().map(sum).collect()
    }

    #[test]
    fn water_is_paid_for_and_electricity_is_not() {
        let of = |money| paid(&[], &asked(&[(6_000, 0), (5_000, 0)], &[(1, money)]));
        assert_eq!(of(4_999), [false, false]);
        assert_eq!(of(5_000), [false, true]);
        assert_eq!(of(6_000), [true, false], "what uses most of it");
        assert_eq!(of(10_999), [true, false]);
        assert_eq!(of(11_000), [true, true]);
        assert_eq!(missing(&asked(&[(6_000, 0), (5_000, 0)], &[(1, 6_000)])), 5_000);
    }

    #[test]
    fn what_paid_for_the_one_before_is_not_there_for_the_other() {
        let both = asked(&[(6_000, 0), (5_000, 0)], &[(1, 6_000)]);
        assert_eq!(paid(&both[..1], &both[1..]), [false]);
        let both = asked(&[(6_000, 0), (5_000, 0)], &[(1, 6_000), (2, 5_000)]);
        assert_eq!(paid(&both[..1], &both[1..]), [true]);
        // It was paid before the other was asked for.
        let other = asked(&[(6_000, 0), (5_000, 10)], &[(1, 6_000), (12, 5_000)]);
        assert_eq!(paid(&other[..1], &other[1..]), [true]);
        // What was released for less than it asked for takes nothing away from anybody.
        let less = asked(&[(6_000, 0), (5_000, 0)], &[(1, 5_000)]);
        assert_eq!(paid(&less[..1], &less[1..]), [true]);
    }

    #[test]
    fn money_from_before_a_listing_does_not_pay_for_it() {
        let sums = asked(&[(5_000, 10), (5_000, 0)], &[(1, 5_000), (11, 4_000)]);
        assert_eq!(paid(&[], &sums), [false, true]);
        assert_eq!(missing(&sums), 1_000);
    }

    proptest! {
        /// Whatever is asked for and came in: nothing is paid twice, nothing that could be paid besides is left, one sum
        /// alone is paid where its money reaches it, and more money never pays for less.
        #[test]
        fn each_amount_counts_once(
            sums in prop::collection::vec((1_i64..200, 0_i64..4), 1..5),
            money in prop::collection::vec((0_i64..4, 1_i64..200), 0..6),
            more in 0_i64..100,
        ) {
            let all = asked(&sums, &money);
            let chosen = paid(&[], &all);
            let picked = |chosen: &[bool]| -> Vec<Sum> {
                all.iter().zip(chosen).filter(|(_, is)| **is).map(|(sum, _)| *sum).collect()
            };
            prop_assert!(missing(&picked(&chosen)) <= 0);
            for n in (0..all.len()).filter(|n| !chosen[*n]) {
                let mut besides = chosen.clone();
                besides[n] = true;
                prop_assert!(missing(&picked(&besides)) > 0);
            }
            if let [one] = &all[..] {
                prop_assert_eq!(chosen[0], one.came_in_minor >= one.minor);
            }
            // What is said to lack, paid now, pays for all.
            let lacks = missing(&all).max(0);
            let mut richer = money.clone();
            richer.push((9, lacks));
            prop_assert!(paid(&[], &asked(&sums, &richer)).iter().all(|is| *is));
            let total = |chosen: &[bool]| all.iter().zip(chosen).filter(|(_, is)| **is).map(|(sum, _)| sum.minor).sum::<i64>();
            let mut some = money;
            some.push((9, more));
            prop_assert!(total(&paid(&[], &asked(&sums, &some))) >= total(&chosen));
        }
    }
}
