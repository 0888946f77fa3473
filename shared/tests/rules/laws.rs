//! Laws that hold for any set of facts about an order, however it came about.

use crate::trade::*;
use curbstop_shared::{
    disposition::*,
    facts::*,
    ids::*,
    ordered::{Map, Set},
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::*,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody did, not yet tied to the other facts of its history.
#[derive(Debug, Clone)]
struct Sketch {
    kind: u8,
    /// Which earlier fact of the right kind it names.
    refers: usize,
    choice: usize,
    line: u8,
    yes: bool,
    minute: i64,
    crew: bool,
    /// About one of the reconnects, from the first on.
    reconnect: Option<usize>,
    /// Mixed into its id, so that ids don't follow the order of making.
    key: u16,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let numbers = (0_u8..13, 0_usize..20, 0_usize..40, 0_u8..4, -120_i64..720, any::<u16>());
    let reconnect = proptest::option::of(0_usize..3);
    (numbers, any::<[bool; 2]>(), reconnect).prop_map(
        |((kind, refers, choice, line, minute, key), [yes, crew], reconnect)| Sketch {
            kind,
            refers,
            choice,
            line,
            yes,
            minute,
            crew,
            reconnect,
            key,
        },
    )
}

fn nth_reconnect(n: usize) -> OrderId {
    OrderId::reconnects_of(ORDER).nth(n).unwrap()
}

#[derive(Debug, Clone)]
struct Case {
    story: Story,
    facts: Vec<Fact>,
}

fn pick<T: Copy>(all: &[T], choice: usize) -> T {
    all[choice % all.len()]
}

/// Ties sketches together: works name visits, decisions name what is decided on, corrections name works and visits.
fn case(sketches: &[Sketch], order: (OrderKind, Reason), knew: &[u8], offsets: &[Option<i64>]) -> Case {
    let mut story = Story::of(order.0, order.1, 3);
    let mut facts: Vec<Fact> = Vec::new();
    for (n, sketch) in sketches.iter().enumerate() {
        let id = id(u128::from(sketch.key) * 1000 + n as u128 + 1);
        let made: BTreeMap<FactKind, Vec<FactId>> = facts.iter().fold(BTreeMap::new(), |mut made, fact| {
            made.entry(fact.body.kind()).or_insert_with(Vec::new).push(fact.id.clone());
            made
        });
        let named = |kinds: &[FactKind]| {
            let all: Vec<_> = kinds.iter().flat_map(|kind| made.get(kind).into_iter().flatten()).collect();
            (!all.is_empty()).then(|| all[sketch.refers % all.len()].clone())
        };
        let Some((device, body)) = body(sketch, named) else { continue };
        let header = Header {
            order: sketch.reconnect.filter(|_| sketch.kind < 2).map_or(ORDER, nth_reconnect),
            at: at(0, 0) + Span::minutes(sketch.minute),
            by: None,
            device,
        };
        facts.push(match &body {
            // Some tablets say when it was done, and some only when its visit was saved.
            FactBody::Work(work) if sketch.yes => {
                let order = facts.iter().find(|fact| fact.id == work.visit).and_then(Fact::order).unwrap_or(ORDER);
                Fact::new(id, Header { order, ..header }, body)
            }
            FactBody::Work(_) => Fact::of_visit(id, body),
            _ => Fact::new(id, header, body),
        });
    }
    for (n, one) in facts.iter().enumerate() {
        if matches!(one.body, FactBody::Visit(_)) {
            if let Some(Some(minutes)) = offsets.get(n) {
                story.history.clock_offset.insert(one.id.clone(), Span::minutes(*minutes));
            }
            for (m, other) in facts.iter().enumerate().filter(|(m, _)| *m != n) {
                let told =
                    pick(&[Knew::Neither, Knew::Known, Knew::Caused], usize::from(knew[(n * 7 + m) % knew.len()]));
                story.history.knew.insert((one.id.clone(), other.id.clone()), told);
            }
        }
    }
    Case { story, facts }
}

fn body(sketch: &Sketch, named: impl Fn(&[FactKind]) -> Option<FactId>) -> Option<(Option<DeviceId>, FactBody)> {
    let device = sketch.crew.then_some(TRUCK_12);
    let lines = ["1", "2", "1,3", "*"][usize::from(sketch.line)];
    Some(match sketch.kind {
        0 => {
            let outcome = pick(Outcome::ALL, sketch.choice);
            let code = (outcome != Outcome::Done).then(|| pick(UnableCode::ALL, sketch.choice));
            (Some(TRUCK_12), FactBody::Visit(visit(outcome, code)))
        }
        1 => {
            let action = pick(Action::ALL, sketch.choice);
            (None, work(&named(&[FactKind::Visit])?, line(sketch.line % 3 + 1), action))
        }
        2 => {
            let paid_at = sketch.yes.then(|| Micros(at(0, 0).0 + i64::from(sketch.key) * 600_000_000));
            let release = Release {
                reason: pick(ReleaseReason::ALL, sketch.choice),
                verified: !sketch.crew,
                source: if sketch.crew { Source::Field } else { Source::Office },
                ..payment(lines, paid_at)
            };
            (device, FactBody::Release(release))
        }
        3 => {
            let release = named(&[FactKind::Release])?;
            (None, FactBody::ReleaseDecision(ReleaseDecision { release, accepted: sketch.yes, why: None }))
        }
        4 => {
            let release = named(&[FactKind::Release])?;
            let reason = pick(ReversalReason::ALL, sketch.choice);
            (None, FactBody::ReleaseReversal(ReleaseReversal { release, reason }))
        }
        5 => {
            let expires_on =
                sketch.yes.then(|| today() + chrono::Days::new(2) - chrono::Days::new(sketch.choice as u64 % 5));
            let verified = !sketch.crew;
            let hold = Hold { verified, expires_on, ..hold(pick(HoldReason::ALL, sketch.choice)) };
            (device, FactBody::Hold(hold))
        }
        6 => {
            let hold = named(&[FactKind::Hold])?;
            (None, FactBody::HoldDecision(HoldDecision { hold, accepted: sketch.yes, why: None }))
        }
        7 => (None, FactBody::HoldLift(HoldLift { hold: named(&[FactKind::Hold])?, why: None })),
        8 => (None, FactBody::Recall(Recall { reason: pick(RecallReason::ALL, sketch.choice), cause: None })),
        11 => (None, FactBody::RecallLift(RecallLift { recall: named(&[FactKind::Recall])? })),
        12 => {
            let doubts = if sketch.yes { "permit,paid_before,undone" } else { "taken_back" };
            let charged = sketch.choice.is_multiple_of(2);
            (None, FactBody::FeeDecision(FeeDecision { charged, doubts: doubts.into(), why: None }))
        }
        9 => (Some(TRUCK_12), FactBody::Ack(Ack { fact: named(&[FactKind::Recall])? })),
        _ => {
            let corrects = named(&[FactKind::Work, FactKind::Visit, FactKind::Correction])?;
            let action = FieldValue::Text(pick(Action::ALL, sketch.choice).code().to_owned());
            let field = if sketch.yes { "action" } else { "line" };
            let value = if sketch.yes { action } else { FieldValue::Text((sketch.line % 3 + 1).to_string()) };
            let fields = Map::from([(field.to_owned(), value)]);
            (Some(TRUCK_12), FactBody::Correction(Correction { corrects, why: "slip".into(), fields }))
        }
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let orders = prop_oneof![
        8 => Just((OrderKind::TurnOff, Reason::NonPay)),
        1 => Just((OrderKind::MeterLock, Reason::ReturnedCheck)),
        1 => Just((OrderKind::TurnOff, Reason::Tamper)),
        1 => Just((OrderKind::TheftCheck, Reason::NonPay)),
        1 => Just((OrderKind::Reconnect, Reason::PaymentReceived)),
        1 => Just((OrderKind::EquipmentPickup, Reason::NonPay)),
    ];
    let offsets = proptest::collection::vec(proptest::option::of(-9_i64..9), 16);
    (proptest::collection::vec(sketch(), 0..16), orders, proptest::collection::vec(0_u8..3, 64), offsets)
        .prop_map(|(sketches, order, knew, offsets)| case(&sketches, order, &knew, &offsets))
}

impl Case {
    fn with<'a>(&self, facts: impl IntoIterator<Item = &'a Fact>) -> Disposition {
        let mut story = self.story.clone();
        for fact in facts {
            story.history.add(fact.clone());
        }
        story.is()
    }

    /// The facts among the chosen ones, each with the visit it was saved with: they come whole or not at all.
    fn some(&self, chosen: &[bool]) -> Vec<&Fact> {
        let ids: BTreeSet<&FactId> = self
            .facts
            .iter()
            .zip(chosen.iter().cycle())
            .filter(|(_, chosen)| **chosen)
            .flat_map(|(fact, _)| std::iter::once(&fact.id).chain(fact.visit()))
            .collect();
        self.facts.iter().filter(|fact| ids.contains(&fact.id)).collect()
    }
}

/// The safety rule said a second time, plainly, without looking at how the disposition comes to it.
fn must_not_be_cut(order: &OrderInfo, facts: &[&Fact], line: &LineId) -> bool {
    let any = |test: &dyn Fn(&FactBody) -> bool| facts.iter().any(|fact| test(&fact.body));
    let collections = order.reason.is_collections();
    facts.iter().any(|fact| match &fact.body {
        FactBody::Release(release) => {
            let by_order = matches!(
                release.reason,
                ReleaseReason::Ordered | ReleaseReason::Medical | ReleaseReason::Dispute | ReleaseReason::Other
            );
            let accepted =
                any(&|body| matches!(body, FactBody::ReleaseDecision(word) if word.release == fact.id && word.accepted));
            // Proof that nobody accepted stops the whole order: waiting, rejected or taken back.
            (collections || by_order) && (!release.verified && !accepted || release.covers(line))
        }
        FactBody::Hold(hold) => {
            let word = |yes: bool| {
                any(&|body| matches!(body, FactBody::HoldDecision(word) if word.hold == fact.id && word.accepted == yes))
            };
            let lifted = any(&|body| matches!(body, FactBody::HoldLift(lift) if lift.hold == fact.id));
            let ended = lifted || word(false) && !word(true);
            if hold.verified || word(true) { !ended && hold.expires_on.is_none_or(|day| day >= today()) } else { true }
        }
        FactBody::Recall(_) => true,
        FactBody::Work(work) => work.action.cuts() && is_own(facts, &work.visit),
        FactBody::Visit(visit) => visit.outcome == Outcome::Done && fact.order() == Some(ORDER),
        _ => false,
    })
}

/// Whether the office's word, plainly read, releases a line: that is said before anything else, whatever was done.
fn is_released(order: &OrderInfo, facts: &[&Fact], line: &LineId) -> bool {
    let cuts = order.kind.is_cut() || order.kind == OrderKind::TheftCheck;
    cuts && facts.iter().any(|fact| match &fact.body {
        FactBody::Release(release) => {
            let by_order = matches!(
                release.reason,
                ReleaseReason::Ordered | ReleaseReason::Medical | ReleaseReason::Dispute | ReleaseReason::Other
            );
            let accepted = facts.iter().any(|word| {
                matches!(&word.body, FactBody::ReleaseDecision(word) if word.release == fact.id && word.accepted)
            });
            (order.reason.is_collections() || by_order) && (release.verified || accepted) && release.covers(line)
        }
        _ => false,
    })
}

fn is_own(facts: &[&Fact], visit: &FactId) -> bool {
    facts.iter().any(|fact| fact.id == *visit && fact.order() == Some(ORDER))
}

fn cuts(is: &Disposition) -> BTreeSet<(FactId, LineId)> {
    is.cuts.iter().map(|cut| (cut.visit.clone(), cut.line.clone())).collect()
}

/// What a reconnect's own facts say of it.
fn is_over(story: &Story, reconnect: OrderId) -> bool {
    let info = OrderInfo { id: reconnect, ..order(OrderKind::Reconnect, Reason::PaymentReceived, 3) };
    let mut own = OrderHistory::new(info, today());
    let facts = &story.history.facts;
    let about = |fact: &Fact| fact.order().or_else(|| facts.get(fact.visit()?)?.order());
    for fact in facts.values().filter(|fact| about(fact) == Some(reconnect)) {
        own.add(fact.clone());
    }
    matches!(disposition(&own, &story.policy).state, OrderState::Done { .. } | OrderState::Recalled { .. })
}

fn called_for(is: &Disposition) -> BTreeSet<LineId> {
    is.follow_ups.iter().flat_map(|follow_up| follow_up.lines.iter().cloned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_order_duplication_and_grouping_of_arrival_gives_the_same(
        case in any_case(), order in proptest::collection::vec(any::<u32>(), 16), again in any::<[bool; 16]>(),
    ) {
        let once = case.with(&case.facts);
        let mut arrivals: Vec<(u32, &Fact)> = order.iter().copied().zip(&case.facts).collect();
        let repeated: Vec<_> = arrivals.iter().zip(again).filter(|(_, again)| *again).map(|(one, _)| *one).collect();
        arrivals.sort_by_key(|(key, _)| *key);
        arrivals.extend(repeated);
        prop_assert_eq!(case.with(arrivals.into_iter().map(|(_, fact)| fact)), once);
    }

    #[test]
    fn nothing_begins_where_a_release_hold_or_recall_is_in_the_set(case in any_case()) {
        // Corrections change what facts say; the plain rule reads them as they are.
        let facts: Vec<&Fact> =
            case.facts.iter().filter(|fact| fact.body.kind() != FactKind::Correction).collect();
        let is = case.with(facts.iter().copied());
        let order = &case.story.history.order;
        for line in &order.lines {
            if must_not_be_cut(order, &facts, line) {
                prop_assert!(!is.may_begin_cut && !is.may_cut.contains(line), "{line}: {is:?}");
            }
        }
        if is.may_begin_cut {
            prop_assert_eq!(&is.may_cut, &order.lines.iter().cloned().collect::<Set<_>>());
        }
        prop_assert_eq!(is.may_begin, is.why_not.is_none());
        let released = order.lines.iter().any(|line| is_released(order, &facts, line));
        prop_assert_eq!(matches!(is.why_not, Some(WhyNot::Released { .. })), released, "{:?}", is);
    }

    #[test]
    fn a_performed_cut_never_disappears_whatever_is_added(case in any_case(), chosen in any::<[bool; 16]>()) {
        let before = case.some(&chosen);
        let (few, all) = (case.with(before.iter().copied()), case.with(&case.facts));
        prop_assert!(cuts(&few).is_subset(&cuts(&all)));
        let on_again = |fact: &&Fact| matches!(&fact.body,
            FactBody::Work(work) if work.action.restores() || work.action == Action::AlreadyOn)
            // A crew may correct "none" to "restored": that is a restore which it recorded.
            || fact.body.kind() == FactKind::Correction;
        let known: BTreeSet<_> = before.iter().map(|fact| &fact.id).collect();
        if !case.facts.iter().filter(|fact| !known.contains(&fact.id)).any(|fact| on_again(&fact)) {
            for (line, state) in &few.lines {
                if matches!(state, LineState::Off { .. }) {
                    prop_assert!(matches!(all.lines[line], LineState::Off { .. }), "{line}");
                }
            }
        }
    }

    #[test]
    fn one_reconnect_is_called_for_at_a_time_and_its_lines_only_grow(case in any_case(), chosen in any::<[bool; 16]>()) {
        let (few, all) = (case.with(case.some(&chosen)), case.with(&case.facts));
        prop_assert!(called_for(&few).is_subset(&called_for(&all)));
        for follow_up in few.follow_ups.iter().chain(&all.follow_ups) {
            prop_assert!(OrderId::reconnects_of(ORDER).take(4).any(|id| id == follow_up.id));
            prop_assert!(follow_up.wanted.is_subset(&follow_up.lines));
        }
        prop_assert!(all.follow_ups.len() <= 1);
    }

    #[test]
    fn however_the_day_arrives_whoever_is_off_has_one_reconnect_that_is_not_over_and_never_two(
        case in any_case(), order in proptest::collection::vec(any::<u32>(), 16),
    ) {
        // A crew's slip about its own visit may open an order again that was over: the law without corrections.
        let plain = case.facts.iter().filter(|fact| fact.body.kind() != FactKind::Correction);
        let mut waiting: Vec<(u32, &Fact)> = order.iter().copied().zip(plain).collect();
        waiting.sort_by_key(|(key, _)| *key);
        let mut story = case.story.clone();
        let mut made: BTreeSet<OrderId> = BTreeSet::new();
        // Nobody goes to an order that is not there yet: what is about one waits until it was made. And what was done on a
        // visit comes with it, in one change: never before.
        let comes = |fact: &Fact, made: &BTreeSet<OrderId>, there: &Map<FactId, Fact>| {
            let visits = |visit: &FactId| case.facts.iter().any(|fact| fact.id == *visit);
            fact.order().is_none_or(|about| about == ORDER || made.contains(&about))
                && fact.visit().is_none_or(|visit| !visits(visit) || there.contains_key(visit))
        };
        while let Some(n) = waiting.iter().position(|(_, fact)| comes(fact, &made, &story.history.facts)) {
            let (_, fact) = waiting.remove(n);
            for again in [false, true] {
                story.history.add(fact.clone());
                let is = story.is();
                let called: BTreeSet<OrderId> =
                    is.follow_ups.iter().filter(|it| !it.wanted.is_empty()).map(|it| it.id).collect();
                prop_assert!(!again || called.is_subset(&made), "the same fact again asks for nothing new");
                made.extend(&called);
                let open: BTreeSet<OrderId> = made.iter().copied().filter(|id| !is_over(&story, *id)).collect();
                prop_assert!(open.len() <= 1, "{open:?}");
                prop_assert!(called.is_subset(&open), "who is off is not sent to an order that is over");
            }
        }
    }

    #[test]
    fn nobody_whose_line_is_released_stays_off_unseen(case in any_case()) {
        let is = case.with(&case.facts);
        for (line, state) in &is.lines {
            let off_though_released = state.is_off_though_released();
            let wanted = is.follow_ups.iter().any(|follow_up| follow_up.wanted.contains(line));
            // And a release of one line never restores another.
            prop_assert_eq!(off_though_released, wanted, "{} {:?}", line, is);
        }
        for cut in is.cuts.iter().filter(|cut| cut.label.is_wrongful()) {
            let raised = is.exceptions.iter().any(|found| {
                matches!(found.kind, ExceptionKind::CutDespiteRelease | ExceptionKind::CutCrossedRelease)
                    && found.fact == cut.visit && found.lines.contains(&cut.line)
            });
            prop_assert!(raised);
            if is.follow_ups[0].wanted.contains(&cut.line) {
                prop_assert_eq!(is.follow_ups[0].priority, 1);
            }
        }
    }

    #[test]
    fn a_fee_in_doubt_is_asked_about_and_nobodys_word_makes_one_of_a_wrongful_cut(case in any_case()) {
        let is = case.with(&case.facts);
        let asked = is.exceptions.iter().filter(|one| one.kind == ExceptionKind::FeeInDoubt).count();
        let waits = is.fee_triggers.iter().filter(|fee| fee.standing == FeeStanding::Review).count();
        prop_assert_eq!(asked, waits);
        let plain = case.with(case.facts.iter().filter(|fact| fact.body.kind() != FactKind::FeeDecision));
        for (fee, without) in is.fee_triggers.iter().zip(&plain.fee_triggers) {
            prop_assert!(without.standing != FeeStanding::Suppressed || fee.standing == FeeStanding::Suppressed);
            prop_assert!(fee.standing != FeeStanding::Review || without.standing == FeeStanding::Review);
        }
        prop_assert_eq!(is.fee_triggers.len(), plain.fee_triggers.len());
    }

    #[test]
    fn a_restore_that_nobody_took_back_stays_to_be_done_until_it_is_done(case in any_case()) {
        let mut story = case.story.clone();
        (story.history.order.kind, story.history.order.reason) = (OrderKind::Reconnect, Reason::PaymentReceived);
        let facts = case.facts.iter().filter(|fact| !matches!(fact.body, FactBody::Recall(_) | FactBody::Correction(_)));
        for fact in facts.clone() {
            story.history.add(fact.clone());
        }
        let is = story.is();
        let own: Vec<&Fact> = facts.clone().collect();
        let done = own.iter().any(|fact| match &fact.body {
            FactBody::Visit(visit) => fact.order() == Some(ORDER) && visit.outcome == Outcome::Done,
            FactBody::Work(work) => work.action.cuts() && is_own(&own, &work.visit),
            _ => false,
        });
        prop_assert_eq!(is.may_begin, !done, "{:?}", is.state);
        prop_assert_eq!(matches!(is.state, OrderState::Open | OrderState::Unable { .. }), !done, "{:?}", is.state);
    }

    #[test]
    fn a_visit_is_never_surely_before_a_payment_that_is_no_later_than_what_it_knew(
        cut in -2_000_i64..2_000, offset in -3_i64..3, knew in 0_i64..600, later in 0_i64..=2, by_word: bool,
    ) {
        let mut story = Story::turn_off();
        let visit = story.cuts(TRUCK_12, at(0, 0) + Span::minutes(cut));
        story.history.clock_offset.insert(visit.clone(), Span::minutes(offset));
        if by_word {
            let word = story.office(at(0, knew), FactBody::Note(Note { text: "gate code 1188".into(), visit: None }));
            story.knew(&visit, &word, Knew::Known);
        } else {
            story.history.route_out_at.insert(visit.clone(), at(0, knew));
        }
        story.pays(at(0, knew + later));
        let is = story.is();
        prop_assert_eq!(is.cuts[0].label, CutLabel::Crossed);
        prop_assert_eq!(is.follow_ups[0].priority, 1);
        prop_assert!(is.fee_triggers.iter().all(|fee| fee.standing != FeeStanding::Stands));
        let suspect = is.exceptions.iter().any(|found| found.kind == ExceptionKind::ClockSuspect);
        prop_assert_eq!(suspect, knew - (cut + offset) > 5, "nobody was there before what he knew");
    }

    #[test]
    fn a_reversal_never_causes_a_cut_or_a_fee(case in any_case()) {
        let before: Vec<&Fact> =
            case.facts.iter().filter(|fact| fact.body.kind() != FactKind::ReleaseReversal).collect();
        let mut story = case.story.clone();
        // What a visit knew of a reversal is there only where the reversal is.
        for fact in &before {
            story.history.add((*fact).clone());
        }
        let is = story.is();
        for fact in case.facts.iter().filter(|fact| fact.body.kind() == FactKind::ReleaseReversal) {
            story.history.knew.retain(|(_, other), _| *other != fact.id);
            story.history.add(fact.clone());
        }
        let then = story.is();
        prop_assert!(then.may_cut.is_subset(&is.may_cut));
        prop_assert!(is.may_begin_cut || !then.may_begin_cut);
        prop_assert_eq!(cuts(&then), cuts(&is));
        prop_assert_eq!(&then.fee_triggers, &is.fee_triggers);
        prop_assert_eq!(called_for(&then), called_for(&is));
    }

    #[test]
    fn one_fee_at_most_and_none_for_what_should_not_have_been_cut(case in any_case()) {
        let is = case.with(&case.facts);
        prop_assert!(is.fee_triggers.len() <= 1);
        let collections = case.story.history.order.reason.is_collections();
        prop_assert_eq!(!is.fee_triggers.is_empty(), collections && !is.cuts.is_empty());
        for fee in is.fee_triggers.iter().filter(|fee| fee.standing == FeeStanding::Stands) {
            prop_assert!(is.cuts.iter().all(|cut| !cut.label.is_wrongful() && cut.holds.is_empty()), "{fee:?}");
        }
    }

    #[test]
    fn every_exception_has_a_name_of_its_own(case in any_case()) {
        let is = case.with(&case.facts);
        let keys: BTreeSet<_> = is.exceptions.iter().map(Exception::key).collect();
        prop_assert_eq!(keys.len(), is.exceptions.len());
        for found in &is.exceptions {
            prop_assert!(found.desk().within > Span(0));
            prop_assert!(!(found.urgent && found.settled));
        }
    }
}
