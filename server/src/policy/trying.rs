//! Runs golden cases: what comes out, and which rule decided.

use super::{Came, Case, Loaded, cases::judges};
use chrono::NaiveDateTime;
use curbstop_shared::policy::{Decided, Policy, Rule, RuleKind, Verdict};

/// What came out of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Result<'a> {
    /// The case.
    pub case: &'a Case,
    /// What came out in the pack that has the rule.
    pub own: Outcome,
    /// What comes out in the whole pack, where others that build on it say more.
    pub whole: Outcome,
    /// It came out as expected, and where a cut is not allowed, the rule was among those that decided.
    pub passed: bool,
}

/// What comes out of a situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What.
    pub came: Came,
    /// The rules that decided, by their ids.
    pub by: Vec<String>,
    /// When a refused cut may begin.
    pub opens_next: Option<NaiveDateTime>,
}

/// What came out of the cases of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The pack that has it, by its place in [`Loaded::layers`].
    pub layer: usize,
    /// Its cases.
    pub results: Vec<Result<'a>>,
    /// One of them at least came out as it did because of this rule: else they say nothing about it.
    pub decides: bool,
}

impl Tried<'_> {
    /// Every case came out as expected, and the rule decided one.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.decides && self.results.iter().all(|result| result.passed)
    }
}

/// What came out of the cases of each rule, in the order of the rules.
#[must_use]
pub fn results(loaded: &Loaded) -> Vec<Tried<'_>> {
    let rules = loaded.policy.rules.iter().zip(&loaded.cases);
    let tried = rules.map(|(rule, of_rule)| {
        let home = &loaded.layers[of_rule.layer].policy;
        let results = of_rule.cases.iter().map(|case| result(rule, case, home, &loaded.policy));
        let results: Vec<_> = results.collect();
        let decides = results.iter().any(|result| result.own.by.contains(&rule.id));
        Tried { rule, layer: of_rule.layer, results, decides }
    });
    tried.collect()
}

fn result<'a>(rule: &Rule, case: &'a Case, home: &Policy, whole: &Policy) -> Result<'a> {
    let own = outcome(home, rule, case);
    // A cut that is refused has to be refused by this rule. A value may be another rule's, which is stricter there.
    let decided = !judges(&rule.kind) || own.came == Came::Allowed || own.by.contains(&rule.id);
    let opens = case.opens_next.is_none() || own.opens_next == case.opens_next;
    let passed = own.came == case.expect && decided && opens;
    Result { case, whole: outcome(whole, rule, case), own, passed }
}

/// What a policy says to a case of a rule of this kind.
fn outcome(policy: &Policy, rule: &Rule, case: &Case) -> Outcome {
    if judges(&rule.kind) {
        return verdict(policy, case);
    }
    let (subject, day) = (&case.subject, case.at.date());
    match &rule.kind {
        RuleKind::MinimumToRestore { .. } => {
            let least = case.past_due.and_then(|past_due| policy.minimum_to_restore(subject, past_due, day));
            value(least, Came::Amount)
        }
        RuleKind::Reconnect { .. } => {
            let due = policy.reconnect_due(subject, case.zone.moment(case.at), &case.zone);
            value(due, |due| Came::Wall(case.zone.local(due)))
        }
        RuleKind::AfterHours(_) => {
            let hours = policy.after_hours(subject, day);
            let is = hours.as_ref().is_some_and(|hours| hours.holds(case.at));
            value(hours, |_| Came::Is(is))
        }
        RuleKind::Fees(_) => value(policy.fees(subject, day), Came::Fees),
        RuleKind::MoneyAtDoor(_) => value(policy.money_at_door(subject, day), Came::Is),
        RuleKind::PermitMinutes(_) => value(policy.permit_minutes(subject, day), Came::Number),
        RuleKind::Retention { kept, .. } => value(policy.retention_days(subject, *kept, day), Came::Number),
        _ => Outcome { came: Came::Nothing, by: Vec::new(), opens_next: None },
    }
}

fn verdict(policy: &Policy, case: &Case) -> Outcome {
    let ids = |rules: Vec<&Rule>| rules.into_iter().map(|rule| rule.id.clone()).collect();
    let (came, by, opens_next) = match policy.may_begin_cut(&case.subject, case.at, &case.known) {
        Verdict::Allowed => (Came::Allowed, Vec::new(), None),
        Verdict::Refused { by, opens_next } => (Came::Refused, ids(by), opens_next),
        Verdict::NeedsNotice { lacking } => (Came::Notice, ids(lacking.iter().map(|it| it.rule).collect()), None),
        Verdict::NeedsApproval { by, .. } => (Came::Approval, ids(by), None),
    };
    Outcome { came, by, opens_next }
}

fn value<T>(decided: Option<Decided<'_, T>>, came: impl FnOnce(T) -> Came) -> Outcome {
    let Some(decided) = decided else { return Outcome { came: Came::Nothing, by: Vec::new(), opens_next: None } };
    let by = decided.by.iter().map(|rule| rule.id.clone()).collect();
    Outcome { came: came(decided.value), by, opens_next: None }
}
