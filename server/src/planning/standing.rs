//! Whether an account's money, a hold or the premise itself keeps an order from being worked on a day. Asked when a
//! plan is built and again when it is published.

use super::money_since::Paid;
use crate::shape::Shape;
use chrono::NaiveDate;
use curbstop_shared::{
    ids::RouteId,
    vocabulary::{HoldReason, HoldScope, OrderKind, Product, Reason},
};
use serde::{Deserialize, Serialize};

/// What an order is about, as far as money and holds go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The account.
    pub account: &'a str,
    /// The premise.
    pub premise: &'a str,
    /// What is to be done.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// What its lines deliver.
    pub products: Vec<Product>,
    /// Past due over its lines, in minor units.
    pub past_due_minor: i64,
}

/// A hold, verified or not: a claim holds until somebody decides on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// How far it reaches.
    pub scope: HoldScope,
    /// Whose it is.
    pub account: String,
    /// Where.
    pub premise: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day, included; none: until it is lifted.
    pub good_through: Option<NaiveDate>,
    /// First day on which it no longer counts.
    pub lifted: Option<NaiveDate>,
}

/// What is known about an account and its premise on the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known<'a> {
    /// Holds of the account and of its premise.
    pub holds: &'a [Hold],
    /// The most that was paid at any moment since the listing was run.
    pub paid: Paid,
    /// What of it was not taken back.
    pub left: Paid,
}

/// Why an order is not worked today. The code is part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[schemars(rename = "LeftOutStanding")]
pub enum Standing {
    /// What is past due was paid.
    Paid {
        /// Paid since the listing, in minor units.
        paid_minor: i64,
    },
    /// What is past due was paid, and what was paid was taken back since: a reversal causes no cut, the account is eligible
    /// for the next listing.
    PaidAndTakenBack {
        /// Paid since the listing at most, in minor units.
        paid_minor: i64,
    },
    /// What is past due was paid, unless the listing has it already: it doesn't say when it was run.
    PerhapsPaid {
        /// Paid since the listing or shortly before, in minor units.
        paid_minor: i64,
    },
    /// A hold of the account or of its premise.
    Held {
        /// Why.
        #[schemars(with = "Shape<HoldReason>")]
        reason: HoldReason,
        /// Last day of it, where it has one.
        until: Option<NaiveDate>,
    },
    /// Somebody at the premise has a medical hold: its essential services stay on, whoever owes.
    MedicalAtPremise,
    /// Handled with care: a person has to approve it.
    SensitivePremise,
    /// A cut would hit others: only with a supervisor.
    MasterMeter,
    /// The landlord pays: the tenants' notice has to be proven first.
    TenantsNotice,
    /// The account has an order that is not done yet.
    OpenOrder {
        /// Its number.
        number: String,
    },
    /// A crew has it on a route that the plan does not replace.
    OnRoute {
        /// The route.
        #[schemars(with = "Shape<RouteId>")]
        route_id: RouteId,
        /// Whose it is.
        crew_name: String,
        /// The route's day.
        date: NaiveDate,
    },
    /// A reconnect of what is on again, or whose release was taken back.
    NothingToRestore,
    /// The facts about the order say that it is over or stopped.
    Stopped {
        /// The order's state: `done`, `released`, `held`, `recalled`, ...
        state: String,
    },
    /// A rule of law or of the utility's policy.
    Rule {
        /// The rule's id in the pack.
        rule: String,
        /// Where it comes from.
        citation: String,
        /// What it says, in English.
        en: String,
        /// The same in Spanish.
        es: String,
        /// What would make it possible.
        needs: Needs,
    },
    /// Several things wait for a supervisor's word, which is on all of them.
    Several {
        /// Each of them.
        reasons: Vec<Standing>,
    },
}

/// What would make possible what a rule is against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// Another day, or another hour of it.
    AnotherTime,
    /// A notice that is not on record, or not for long enough; a supervisor approves where it is proven otherwise.
    Notice,
    /// A supervisor's word.
    Approval,
    /// The word of several persons, which no desk takes yet.
    SeveralPersons,
}

impl Standing {
    /// Its facts say that it is held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Stopped { state } if state == "held")
    }

    /// A sentence for the dispatcher.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Paid { .. } => "Paid since the listing.".to_owned(),
            Self::PaidAndTakenBack { .. } => {
                "Paid since the listing, and taken back. Nobody is cut because of that today: it may come with the next listing."
                    .to_owned()
            }
            Self::PerhapsPaid { .. } => {
                "Paid just before the listing's day. The listing does not say when it was run: look whether it has it."
                    .to_owned()
            }
            Self::Held { reason, until: Some(until) } => format!("On hold ({reason}) through {until}."),
            Self::Held { reason, until: None } => format!("On hold ({reason}) until it is lifted."),
            Self::MedicalAtPremise => "Medical hold at the premise: essential services stay on.".to_owned(),
            Self::SensitivePremise => "Sensitive premise: a supervisor has to approve it.".to_owned(),
            Self::MasterMeter => "Master meter: a supervisor has to approve it.".to_owned(),
            Self::TenantsNotice => {
                "The landlord pays: a supervisor approves it when the tenants' notice is proven.".to_owned()
            }
            Self::OpenOrder { number } => format!("Order {number} is still open for this account."),
            Self::OnRoute { crew_name, date, .. } => {
                format!("Still on the route of {crew_name} of {date}: take the route's stops back to plan it anew.")
            }
            Self::NothingToRestore => {
                "Nothing is left to restore: it is on again, or the release was taken back.".to_owned()
            }
            Self::Stopped { state } => match state.as_str() {
                "recalled" => "The order is taken back by now.".to_owned(),
                "held" => "The order is protected by now.".to_owned(),
                "stopped_at_door" => "The order was stopped at the door.".to_owned(),
                "unable" => "A crew was there and could not do the order.".to_owned(),
                state => format!("The order is {} by now.", state.replace('_', " ")),
            },
            Self::Rule { rule, citation, en, .. } => by_rule(en, "Rule", rule, citation),
            Self::Several { reasons } => reasons.iter().map(Self::text).collect::<Vec<_>>().join(" "),
        }
    }
}

/// A rule's sentence with where it stands: "No cuts on Fridays. (Rule ny-days: 16 NYCRR 11.4.)"
#[must_use]
pub fn by_rule(sentence: &str, word: &str, rule: &str, citation: &str) -> String {
    format!("{sentence} ({word} {rule}: {}.)", citation.trim_end_matches('.'))
}

/// What keeps the order from being worked on `day`, the strongest reason first; `None`: nothing.
#[must_use]
pub fn standing(subject: &Subject<'_>, known: &Known<'_>, day: NaiveDate) -> Option<Standing> {
    if subject.reason.is_collections() && subject.past_due_minor > 0 {
        let Paid { surely_minor, perhaps_minor } = known.paid;
        if perhaps_minor >= subject.past_due_minor && known.left.perhaps_minor < subject.past_due_minor {
            return Some(Standing::PaidAndTakenBack { paid_minor: perhaps_minor });
        }
        if surely_minor >= subject.past_due_minor {
            return Some(Standing::Paid { paid_minor: surely_minor });
        }
        if perhaps_minor >= subject.past_due_minor {
            return Some(Standing::PerhapsPaid { paid_minor: perhaps_minor });
        }
    }
    let in_force = || known.holds.iter().filter(|hold| hold.is_in_force(day));
    if let Some(hold) = in_force().find(|hold| hold.stops(subject)) {
        let own = hold.account == subject.account || hold.scope != HoldScope::Account;
        return Some(if hold.reason == HoldReason::Medical && !own {
            Standing::MedicalAtPremise
        } else {
            Standing::Held { reason: hold.reason, until: hold.good_through }
        });
    }
    None
}

/// The flags of a premise that ask for a supervisor's word whatever any pack says, with what is said of them.
const ASKED_BY_THEMSELVES: [(&str, Standing); 3] = [
    ("sensitive", Standing::SensitivePremise),
    ("master_meter", Standing::MasterMeter),
    ("landlord_account", Standing::TenantsNotice),
];

/// Whether a flag of a premise asks for a supervisor's word by itself.
#[must_use]
pub fn is_asked_by_itself(flag: &str) -> bool {
    ASKED_BY_THEMSELVES.iter().any(|(known, _)| *known == flag)
}

/// What of the premise waits for a supervisor's word before somebody is cut there, all of it.
#[must_use]
pub fn asked_of_premise(subject: &Subject<'_>, flags: &[String]) -> Vec<Standing> {
    if !(subject.kind.is_cut() && subject.reason.is_collections()) {
        return Vec::new();
    }
    let is_flagged = |flag: &str| flags.iter().any(|it| it == flag);
    ASKED_BY_THEMSELVES.iter().filter(|(flag, _)| is_flagged(flag)).map(|(_, said)| said.clone()).collect()
}

impl Standing {
    /// All that waits for a supervisor's word, as one; none where nothing does.
    #[must_use]
    pub fn of_all(mut waits: Vec<Self>) -> Option<Self> {
        if waits.len() > 1 { Some(Self::Several { reasons: waits }) } else { waits.pop() }
    }
}

impl Hold {
    /// Whether it counts on a day.
    #[must_use]
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        self.from <= day
            && self.good_through.is_none_or(|last| day <= last)
            && self.lifted.is_none_or(|lifted| day < lifted)
    }

    /// Whether it keeps this order from being worked: cuts for collections, and a pick-up under bankruptcy.
    fn stops(&self, subject: &Subject<'_>) -> bool {
        let takes_away = subject.kind.is_cut() && subject.reason.is_collections()
            || subject.kind == OrderKind::EquipmentPickup && self.reason == HoldReason::Bankruptcy;
        let essential = subject.products.iter().any(|product| is_essential(*product));
        let reaches = match self.scope {
            HoldScope::Account | HoldScope::Order => {
                self.account == subject.account
                    || self.reason == HoldReason::Medical && self.premise == subject.premise && essential
            }
            HoldScope::Premise => self.premise == subject.premise,
            // Whoever reads the holds of an account's area has matched the area already.
            HoldScope::Area => true,
        };
        takes_away && reaches
    }
}

/// Said of a whole area: what it stops is somebody's work again as soon as it is lifted.
#[must_use]
pub const fn is_of_an_area(reason: HoldReason) -> bool {
    matches!(reason, HoldReason::Weather | HoldReason::AreaSuspension)
}

/// What somebody who is ill needs: not the irrigation, the internet or the television.
#[must_use]
pub const fn is_essential(product: Product) -> bool {
    matches!(product, Product::Water | Product::Electric | Product::Gas | Product::Sewer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();

    fn cut() -> Subject<'static> {
        Subject {
            account: "0042",
            premise: "P1",
            kind: OrderKind::TurnOff,
            reason: Reason::NonPay,
            products: vec![Product::Water],
            past_due_minor: 8640,
        }
    }

    fn hold(reason: HoldReason) -> Hold {
        Hold {
            reason,
            scope: HoldScope::Account,
            account: "0042".to_owned(),
            premise: "P1".to_owned(),
            from: DAY,
            good_through: Some(DAY),
            lifted: None,
        }
    }

    fn under(subject: &Subject<'_>, hold: Hold) -> Option<Standing> {
        standing(subject, &Known { holds: &[hold], ..Known::default() }, DAY)
    }

    #[test]
    fn a_payment_of_all_that_is_past_due_stops_a_cut_and_a_cent_less_does_not() {
        let money = |minor| Paid { surely_minor: minor, perhaps_minor: minor };
        let sure = |minor| Known { paid: money(minor), left: money(minor), ..Known::default() };
        let paid = |minor| standing(&cut(), &sure(minor), DAY);
        assert_eq!(paid(8640), Some(Standing::Paid { paid_minor: 8640 }));
        assert_eq!(paid(8639), None);
        let tamper = Subject { reason: Reason::Tamper, ..cut() };
        assert_eq!(standing(&tamper, &sure(8640), DAY), None);
        let perhaps = Paid { surely_minor: 0, perhaps_minor: 8640 };
        let doubtful = Known { paid: perhaps, left: perhaps, ..Known::default() };
        assert_eq!(standing(&cut(), &doubtful, DAY), Some(Standing::PerhapsPaid { paid_minor: 8640 }));
        let returned = Known { paid: money(8640), left: money(8639), ..Known::default() };
        assert_eq!(standing(&cut(), &returned, DAY), Some(Standing::PaidAndTakenBack { paid_minor: 8640 }));
    }

    #[test]
    fn a_hold_counts_from_its_first_to_its_last_day() {
        let pledge = hold(HoldReason::Pledge);
        assert!(under(&cut(), pledge.clone()).is_some());
        assert_eq!(under(&cut(), Hold { good_through: DAY.pred_opt(), ..pledge.clone() }), None);
        assert_eq!(under(&cut(), Hold { from: DAY.succ_opt().unwrap(), ..pledge.clone() }), None);
        assert_eq!(under(&cut(), Hold { lifted: Some(DAY), ..pledge }), None);
    }

    #[test]
    fn medical_protects_the_premise_and_other_holds_only_their_account() {
        let of_neighbour = |reason| Hold { account: "0099".to_owned(), ..hold(reason) };
        assert_eq!(under(&cut(), of_neighbour(HoldReason::Medical)), Some(Standing::MedicalAtPremise));
        assert_eq!(under(&cut(), of_neighbour(HoldReason::Pledge)), None);
        let garden = Subject { products: vec![Product::Irrigation], ..cut() };
        assert_eq!(under(&garden, of_neighbour(HoldReason::Medical)), None);
    }

    #[test]
    fn restores_are_never_held_and_a_pick_up_only_by_bankruptcy() {
        let reconnect = Subject { kind: OrderKind::Reconnect, reason: Reason::PaymentReceived, ..cut() };
        let pick_up = Subject { kind: OrderKind::EquipmentPickup, ..cut() };
        for reason in HoldReason::ALL {
            assert_eq!(under(&reconnect, hold(*reason)), None);
            assert_eq!(under(&pick_up, hold(*reason)).is_some(), *reason == HoldReason::Bankruptcy);
        }
    }

    #[test]
    fn sensitive_premises_wait_for_a_supervisor() {
        let flags = ["sensitive".to_owned()];
        let waits = asked_of_premise(&cut(), &flags);
        assert_eq!(Standing::of_all(waits), Some(Standing::SensitivePremise));
        let reconnect = Subject { kind: OrderKind::Reconnect, reason: Reason::PaymentReceived, ..cut() };
        assert_eq!(asked_of_premise(&reconnect, &flags), []);
    }

    /// Whoever approves has read all that the word is on.
    #[test]
    fn a_sensitive_premise_whose_landlord_pays_says_both() {
        let flags = ["landlord_account".to_owned(), "sensitive".to_owned(), "dog".to_owned()];
        let both = Standing::of_all(asked_of_premise(&cut(), &flags)).unwrap();
        assert_eq!(
            both.text(),
            "Sensitive premise: a supervisor has to approve it. The landlord pays: a supervisor approves it when the \
             tenants' notice is proven."
        );
    }
}
