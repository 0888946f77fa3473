//! The same laws on real route documents: a server and two tablets that lose each other, meet again, and send what
//! they have in any order, twice and in other groups.

use crate::trade::*;
use automerge::{ActorId, Change, ChangeHash};
use curbstop_shared::{
    disposition::*,
    facts::*,
    ids::*,
    ordered::{Map, Set},
    route_document::{Knew, PublishedLine, PublishedOrder, RouteDocument, RouteHeader},
    time::{Micros, Span},
    vocabulary::*,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const SERVER: usize = 0;

/// One thing that happens on the day.
#[derive(Debug, Clone)]
struct Event {
    kind: u8,
    /// Tablet 1 or 2.
    tablet: usize,
    order: usize,
    choice: usize,
    yes: bool,
}

fn event() -> impl Strategy<Value = Event> {
    (0_u8..16, 1_usize..=2, 0_usize..2, 0_usize..20, any::<bool>())
        .prop_map(|(kind, tablet, order, choice, yes)| Event { kind, tablet, order, choice, yes })
}

fn orders() -> Vec<PublishedOrder> {
    let published = |n: u128| PublishedOrder {
        id: OrderId(Uuid::from_u128(0x7000 + n)),
        number: format!("T-{n}"),
        kind: OrderKind::TurnOff,
        reason: Reason::NonPay,
        rank: 0,
        priority: 3,
        premise: "P010001".into(),
        address: "101 S 6TH AVE".into(),
        unit: None,
        lat_e7: None,
        lon_e7: None,
        hazards: None,
        language: None,
        account: None,
        name: None,
        past_due_minor: None,
        note: None,
        due_at: None,
        asks_for: None,
        cut_hours: None,
        lines: [1, 2].map(service_point).to_vec(),
    };
    vec![published(0), published(1)]
}

fn service_point(n: u8) -> PublishedLine {
    PublishedLine {
        id: line(n),
        product: Product::Water,
        serial: None,
        dials: None,
        multiplier: None,
        unit: None,
        last: None,
        last_on: None,
        low: None,
        high: None,
        place: None,
        size: None,
        methods: None,
        closed: None,
    }
}

fn header() -> RouteHeader {
    RouteHeader {
        id: RouteId(Uuid::from_u128(1)),
        crew: CrewId(Uuid::from_u128(2)),
        crew_name: "Truck 12".into(),
        date: today(),
        generation: 1,
        published_at: at(6, 0),
        published_by: None,
        permit_minutes: 60,
        time_zone: "America/Denver".into(),
        dispatch_phone: None,
        go_key: None,
    }
}

/// An act step that stands open on a tablet.
#[derive(Debug, Clone)]
struct Opened {
    heads: Vec<ChangeHash>,
    knew: BTreeSet<FactId>,
    may_cut: Set<LineId>,
}

/// Server and tablets, each with its own copy, and beside them in plain sets who could know of what.
struct Day {
    copies: Vec<RouteDocument>,
    has: Vec<BTreeSet<FactId>>,
    /// The act step that stands open on each tablet: one at a time.
    opened: Vec<Option<(OrderId, Opened)>>,
    /// For each fact what its author knew of.
    knew: BTreeMap<FactId, BTreeSet<FactId>>,
    last_of: Vec<Vec<FactId>>,
    published: RouteDocument,
    honest: bool,
    now: Micros,
    next: u128,
}

impl Day {
    fn begins(honest: bool) -> Self {
        let published = RouteDocument::publish(&actor(SERVER), &header(), &orders()).unwrap();
        Self {
            copies: vec![published.clone(); 3],
            has: vec![BTreeSet::new(); 3],
            opened: vec![None; 3],
            knew: BTreeMap::new(),
            last_of: vec![Vec::new(); 3],
            published,
            honest,
            now: at(8, 0),
            next: 0,
        }
    }

    fn id(&mut self) -> FactId {
        self.next += 1;
        // Ids jump about, so that nothing can lean on their order.
        id(self.next * 7919 % 10_007 * 1000 + self.next)
    }

    /// Saves facts in one change. While an act step is open everything that the tablet saves is made on the heads of
    /// its opening: a tap on a recall made on newer heads would drag the release into what the act seems to have
    /// known, since a tablet's changes always know its own earlier ones.
    fn saves(&mut self, who: usize, facts: Vec<Fact>) {
        let (heads, mut knew) = match &self.opened[who] {
            Some((_, opened)) => (opened.heads.clone(), opened.knew.clone()),
            None => (self.copies[who].heads(), self.has[who].clone()),
        };
        // Who writes knows at least what it wrote before, and what it knew then.
        for own in &self.last_of[who] {
            knew.insert(own.clone());
            knew.extend(self.knew[own].iter().cloned());
        }
        self.copies[who].add_facts(&actor(who), &heads, &facts).unwrap();
        self.last_of[who] = facts.iter().map(|fact| fact.id.clone()).collect();
        for fact in &facts {
            self.knew.insert(fact.id.clone(), knew.clone());
        }
        self.has[who].extend(facts.into_iter().map(|fact| fact.id));
    }

    fn says(&mut self, who: usize, order: OrderId, body: FactBody) {
        let device = (who != SERVER).then(|| DeviceId(Uuid::from_u128(who as u128)));
        let fact = Fact::new(self.id(), Header { order, at: self.now, by: None, device }, body);
        self.saves(who, vec![fact]);
    }

    fn meets(&mut self, tablet: usize) {
        let up = self.copies[tablet].changes_since(&self.published.heads()).unwrap();
        self.copies[SERVER].apply(up).unwrap();
        let down = self.copies[SERVER].changes_since(&self.published.heads()).unwrap();
        self.copies[tablet].apply(down).unwrap();
        let all: BTreeSet<FactId> = self.has[SERVER].union(&self.has[tablet]).cloned().collect();
        self.has[SERVER] = all.clone();
        self.has[tablet] = all;
    }

    fn sees(&self, who: usize) -> BTreeMap<OrderId, Disposition> {
        seen_in(&self.copies[who])
    }

    fn found(&self, who: usize, order: OrderId, kind: FactKind, choice: usize) -> Option<FactId> {
        let facts = self.copies[who].facts();
        let of_kind = facts.values().filter_map(|stored| stored.raw.read().ok()).filter(|fact| {
            let visit = fact.visit().and_then(|visit| facts.get(visit)?.raw.read().ok());
            fact.body.kind() == kind && fact.order().or(visit.and_then(|visit| visit.order())) == Some(order)
        });
        let all: Vec<FactId> = of_kind.map(|fact| fact.id).collect();
        (!all.is_empty()).then(|| all[choice % all.len()].clone())
    }

    fn visits(&mut self, tablet: usize, order: OrderId, outcome: Visit, did: Vec<FactBody>) {
        let visit = self.id();
        let device = Some(DeviceId(Uuid::from_u128(tablet as u128)));
        let header = Header { order, at: self.now, by: None, device };
        let mut facts = vec![Fact::new(visit.clone(), header, FactBody::Visit(outcome))];
        for mut body in did {
            if let FactBody::Work(work) = &mut body {
                work.visit = visit.clone();
            }
            facts.push(Fact::of_visit(self.id(), body));
        }
        self.saves(tablet, facts);
    }

    fn happens(&mut self, event: &Event) -> usize {
        self.now = self.now + Span::minutes(3);
        let order = orders()[event.order].id;
        let Event { tablet, choice, yes, .. } = *event;
        let lines = ["*", "1", "2"][choice % 3];
        match event.kind {
            0..=2 => {
                self.meets(tablet);
                return tablet;
            }
            3 | 4 => {
                let may_cut = self.sees(tablet)[&order].may_cut.clone();
                let opened = Opened { heads: self.copies[tablet].heads(), knew: self.has[tablet].clone(), may_cut };
                self.opened[tablet] = Some((order, opened));
                return tablet;
            }
            5..=7 => {
                let Some((order, opened)) = self.opened[tablet].clone() else { return tablet };
                let lines = [1, 2].map(line).into_iter().filter(|line| !self.honest || opened.may_cut.contains(line));
                let did: Vec<_> = lines.map(|line| work(&id(1), line, Action::TurnedOff)).collect();
                if !did.is_empty() {
                    self.visits(tablet, order, visit(Outcome::Done, None), did);
                }
                self.opened[tablet] = None;
                return tablet;
            }
            8 => {
                let did = [1, 2].map(|n| work(&id(1), line(n), Action::Restored)).to_vec();
                self.visits(tablet, OrderId::reconnect_of(order), visit(Outcome::Done, None), did);
                return tablet;
            }
            9 => {
                // Something shown or claimed ends the act step: an honest crew does not go on.
                self.opened[tablet].take_if(|(open, _)| self.honest && *open == order);
                let proof = Release { source: Source::Field, verified: false, ..payment(lines, None) };
                let claim = Hold { verified: false, ..hold(HoldReason::Medical) };
                self.says(tablet, order, if yes { FactBody::Release(proof) } else { FactBody::Hold(claim) });
                return tablet;
            }
            10 => {
                if let Some(recall) = self.found(tablet, order, FactKind::Recall, choice) {
                    self.says(tablet, order, FactBody::Ack(Ack { fact: recall }));
                } else if let Some(corrects) = self.found(tablet, order, FactKind::Work, choice) {
                    let fields = Map::from([("action".to_owned(), FieldValue::Text("none".into()))]);
                    let why = "slip".into();
                    self.says(tablet, order, FactBody::Correction(Correction { corrects, why, fields }));
                }
                return tablet;
            }
            11 | 12 => {
                let paid_at = yes.then(|| self.now - Span::minutes(choice as i64 * 2));
                self.says(SERVER, order, FactBody::Release(payment(lines, paid_at)));
            }
            13 => self.says(SERVER, order, FactBody::Hold(hold(HoldReason::ALL[choice % HoldReason::ALL.len()]))),
            14 => {
                let reason = RecallReason::ALL[choice % RecallReason::ALL.len()];
                self.says(SERVER, order, FactBody::Recall(Recall { reason, cause: None }));
            }
            _ => {
                let release = self.found(SERVER, order, FactKind::Release, choice);
                let hold = self.found(SERVER, order, FactKind::Hold, choice);
                let word = match (choice % 4, release, hold) {
                    (0, Some(release), _) => {
                        FactBody::ReleaseReversal(ReleaseReversal { release, reason: ReversalReason::ReturnedCheck })
                    }
                    (1, Some(release), _) => {
                        FactBody::ReleaseDecision(ReleaseDecision { release, accepted: yes, why: None })
                    }
                    (2, _, Some(hold)) => FactBody::HoldDecision(HoldDecision { hold, accepted: yes, why: None }),
                    (3, _, Some(hold)) => FactBody::HoldLift(HoldLift { hold, why: None }),
                    _ => return SERVER,
                };
                self.says(SERVER, order, word);
            }
        }
        SERVER
    }

    fn ends(&mut self) {
        for tablet in [1, 2, 1] {
            self.meets(tablet);
        }
    }
}

fn actor(n: usize) -> ActorId {
    ActorId::from([u8::try_from(n).unwrap() + 1; 16])
}

fn seen_in(document: &RouteDocument) -> BTreeMap<OrderId, Disposition> {
    let policy = DispositionPolicy::default();
    histories(document, &orders(), today())
        .into_iter()
        .map(|(order, history)| (order, disposition(&history, &policy)))
        .collect()
}

/// Delivers all changes to a fresh copy in another order that respects causes, in groups, some of them twice.
fn delivered_anew(day: &Day, dice: &[u16]) -> RouteDocument {
    let mut fresh = day.published.clone();
    let mut waiting: Vec<Change> = day.copies[SERVER].changes_since(&day.published.heads()).unwrap();
    let mut sent: Vec<Change> = Vec::new();
    let mut roll = dice.iter().cycle().map(|die| usize::from(*die));
    let mut next = move || roll.next().unwrap();
    while !waiting.is_empty() {
        let mut group: Vec<Change> = Vec::new();
        for _ in 0..=next() % 4 {
            let known = |hash: &ChangeHash, group: &[Change]| {
                fresh.clocks().contains(hash) || group.iter().any(|change| change.hash() == *hash)
            };
            let ready: Vec<usize> =
                (0..waiting.len()).filter(|n| waiting[*n].deps().iter().all(|hash| known(hash, &group))).collect();
            if let Some(chosen) = ready.get(next() % ready.len().max(1)) {
                group.push(waiting.remove(*chosen));
            }
        }
        if !sent.is_empty() && next() % 2 == 0 {
            group.push(sent[next() % sent.len()].clone());
        }
        sent.extend(group.iter().cloned());
        fresh.apply(group).unwrap();
    }
    fresh
}

fn cuts(is: &Disposition) -> BTreeSet<(FactId, LineId)> {
    is.cuts.iter().map(|cut| (cut.visit.clone(), cut.line.clone())).collect()
}

fn called_for(is: &Disposition) -> BTreeSet<LineId> {
    is.follow_ups.iter().flat_map(|follow_up| follow_up.lines.iter().cloned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn however_the_day_goes_everybody_comes_to_the_same_answer(
        events in proptest::collection::vec(event(), 1..30), dice in proptest::collection::vec(any::<u16>(), 32),
        honest in any::<bool>(),
    ) {
        let mut day = Day::begins(honest);
        let mut before = vec![day.sees(SERVER); 3];
        for event in &events {
            let who = day.happens(event);
            let now = day.sees(who);
            for (order, is) in &now {
                let was = &before[who][order];
                prop_assert!(cuts(was).is_subset(&cuts(is)), "a performed cut disappeared");
                prop_assert!(called_for(was).is_subset(&called_for(is)), "a reconnect shrank");
                prop_assert!(is.fee_triggers.len() <= 1);
                for (line, state) in &is.lines {
                    let off_though_released = state.is_off_though_released();
                    let wanted = is.follow_ups.iter().any(|follow_up| follow_up.wanted.contains(line));
                    prop_assert_eq!(off_though_released, wanted);
                }
            }
            before[who] = now;
        }
        day.ends();

        let server = day.sees(SERVER);
        prop_assert_eq!(&day.sees(1), &server);
        prop_assert_eq!(&day.sees(2), &server);
        prop_assert_eq!(&seen_in(&delivered_anew(&day, &dice)), &server);
        prop_assert_eq!(&seen_in(&RouteDocument::load(&day.copies[SERVER].save()).unwrap()), &server);

        let honest_crews_never = [ExceptionKind::CutDespiteRelease];
        for found in server.values().flat_map(|is| &is.exceptions).filter(|_| honest) {
            prop_assert!(!honest_crews_never.contains(&found.kind), "{found:?}");
            prop_assert!(!(found.known && found.kind == ExceptionKind::CutUnderHold), "{found:?}");
        }
    }

    #[test]
    fn what_a_crew_knew_is_what_its_tablet_had_received_when_the_act_was_opened(
        events in proptest::collection::vec(event(), 1..30),
    ) {
        let mut day = Day::begins(false);
        for event in &events {
            day.happens(event);
        }
        day.ends();
        let mut judged = 0;
        for history in histories(&day.copies[SERVER], &orders(), today()).values() {
            let visits = history.facts.values().filter(|fact| matches!(fact.body, FactBody::Visit(_)));
            for visit in visits {
                for other in history.facts.values().filter(|other| other.header.is_some() && other.id != visit.id) {
                    let plain = if day.knew[&visit.id].contains(&other.id) {
                        Knew::Known
                    } else if day.knew[&other.id].contains(&visit.id) {
                        Knew::Caused
                    } else {
                        Knew::Neither
                    };
                    prop_assert_eq!(history.knew(&visit.id, &other.id), plain);
                    judged += 1;
                }
            }
        }
        prop_assert!(judged > 0 || day.copies[SERVER].facts().len() < 30);
    }
}

/// The tap that says "seen" while an act step is open must not turn an honest crew into one that knew.
#[test]
fn a_recall_seen_while_the_act_is_open_does_not_make_the_act_one_that_knew_of_the_release() {
    let order = orders()[0].id;
    let event = |kind| Event { kind, tablet: 1, order: 0, choice: 0, yes: false };
    let mut day = Day::begins(true);
    day.happens(&event(3)); // The act step is opened: nothing is known that speaks against it.
    day.says(SERVER, order, FactBody::Release(payment("*", Some(at(7, 55)))));
    day.says(SERVER, order, FactBody::Recall(Recall { reason: RecallReason::Released, cause: None }));
    day.happens(&event(0)); // Three seconds of signal.
    day.happens(&event(10)); // The crew taps on the recall ...
    day.happens(&event(5)); // ... and saves the cut that it had made.
    day.ends();
    let is = &day.sees(SERVER)[&order];
    assert!(is.needs_ack.is_empty());
    let kinds: Vec<_> = is.exceptions.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [ExceptionKind::CutCrossedRelease]);
    assert_eq!(is.follow_ups[0].wanted.len(), 2);
}
