//! Every order in which a small day can go: two tablets of one crew, the office, and one service that is to be cut.
//!
//! The office takes a payment, sets a hold, takes the order back, says that another crew has it, takes the payment back; each
//! crew begins the cut, ends it, turns it on again, and meets the server. All interleavings up to a length are walked over
//! the real documents, the real gate and the real disposition, and after each one everybody meets and the rules are asked.
//! `CURBSTOP_STEPS=8 cargo nextest run -p curbstop-shared interleavings` walks longer ones.

use crate::trade::*;
use automerge::{ActorId, Change, ChangeHash};
use curbstop_shared::{
    disposition::*,
    facts::*,
    ids::*,
    route_document::{PublishedLine, PublishedOrder, RouteDocument, RouteHeader},
    sync::{
        gate::{self, GateContext},
        wire::Bytes,
    },
    time::{Micros, Span},
    vocabulary::*,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Steps of the interleavings that every run walks; 8 take some minutes.
const STEPS: usize = 5;
/// From one step to the next: more than clocks leave open.
const BETWEEN: Span = Span::minutes(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Pays,
    Holds,
    TakesBack,
    MovesAway,
    Reverses,
    Begins(usize),
    Ends(usize),
    Restores(usize),
    Meets(usize),
}
use Step::*;

const WORDS: [Step; 4] = [Pays, Holds, TakesBack, MovesAway];

#[derive(Clone)]
struct Tablet {
    doc: RouteDocument,
    has: BTreeSet<FactId>,
    unsent: Vec<Change>,
    opened: Option<(Vec<ChangeHash>, BTreeSet<FactId>)>,
    cut: Option<Cut>,
    restored: bool,
}

/// A cut as it was: what its crew knew when it began, and when it was saved.
#[derive(Clone)]
struct Cut {
    visit: FactId,
    knew: BTreeSet<FactId>,
    at: Micros,
}

#[derive(Clone)]
struct World {
    server: RouteDocument,
    server_has: BTreeSet<FactId>,
    tablets: [Tablet; 2],
    now: Micros,
    next: u128,
    /// What the office said: the fact, when, and what it knew then.
    said: BTreeMap<Step, (FactId, Micros, BTreeSet<FactId>)>,
    /// What really happened to the valve, in order.
    is_off: bool,
    trace: Vec<Step>,
}

fn published() -> PublishedOrder {
    PublishedOrder {
        id: ORDER,
        number: "T-1".into(),
        kind: OrderKind::TurnOff,
        reason: Reason::NonPay,
        rank: 1,
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
        lines: vec![PublishedLine {
            id: line(1),
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
        }],
    }
}

const fn person() -> PersonId {
    PersonId(Uuid::from_u128(0x12))
}

fn actor(who: u8) -> ActorId {
    ActorId::from([who; 16])
}

const fn device(tablet: usize) -> DeviceId {
    DeviceId(Uuid::from_u128(0x70 + tablet as u128))
}

fn sees(doc: &RouteDocument) -> Disposition {
    let history = histories(doc, &[published()], today()).remove(&ORDER).unwrap();
    disposition(&history, &DispositionPolicy::default())
}

impl World {
    fn begins() -> Self {
        let header = RouteHeader {
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
        };
        let doc = RouteDocument::publish(&actor(0), &header, &[published()]).unwrap();
        let has = BTreeSet::new;
        let tablet = Tablet { doc: doc.clone(), has: has(), unsent: vec![], opened: None, cut: None, restored: false };
        Self {
            server: doc,
            server_has: has(),
            tablets: [tablet.clone(), tablet],
            now: at(8, 0),
            next: 0,
            said: BTreeMap::new(),
            is_off: false,
            trace: Vec::new(),
        }
    }

    fn id(&mut self) -> FactId {
        self.next += 1;
        // Ids jump about, so that nothing leans on their order.
        id(self.next * 7919 % 10_007 * 1000 + self.next)
    }

    /// Whether a step says something that was not so before.
    fn may(&self, step: Step) -> bool {
        let untouched = |n: usize| {
            let tablet = &self.tablets[n];
            tablet.opened.is_none() && tablet.cut.is_none() && !self.trace.contains(&Meets(n))
        };
        // The second tablet is like the first: it does nothing before the first did.
        let is_twin = |n: usize| n == 1 && untouched(0);
        match step {
            Pays | Holds | TakesBack | MovesAway => !self.said.contains_key(&step),
            Reverses => self.said.contains_key(&Pays) && !self.said.contains_key(&step),
            Begins(n) => self.tablets[n].opened.is_none() && self.tablets[n].cut.is_none() && !is_twin(n),
            Ends(n) => self.tablets[n].opened.is_some(),
            Restores(n) => self.tablets[n].cut.is_some() && !self.tablets[n].restored,
            Meets(n) => self.tablets[n].doc.heads() != self.server.heads() && !is_twin(n),
        }
    }

    fn takes(&mut self, step: Step) {
        self.trace.push(step);
        self.now = self.now + BETWEEN;
        match step {
            Pays => {
                let release = Release { recorded_at: Some(self.now), ..payment("*", Some(self.now)) };
                self.says(step, FactBody::Release(release));
            }
            Holds => self.says(step, FactBody::Hold(hold(HoldReason::Dispute))),
            TakesBack => self.says(step, recall(RecallReason::Cancelled)),
            MovesAway => self.says(step, recall(RecallReason::Moved)),
            Reverses => {
                let release = self.said[&Pays].0.clone();
                let reason = ReversalReason::ReturnedCheck;
                self.says(step, FactBody::ReleaseReversal(ReleaseReversal { release, reason }));
            }
            Begins(n) => self.opens(n),
            Ends(n) => self.cuts(n),
            Restores(n) => self.restores(n),
            Meets(n) => self.meets(n),
        }
    }

    /// Each word stands alone here, as it may: a release, hold or recall stops a cut without any other.
    fn says(&mut self, step: Step, body: FactBody) {
        let (word, knew) = (self.id(), self.server_has.clone());
        let header = Header { order: ORDER, at: self.now, by: None, device: None };
        self.server.add_facts_now(&actor(0), &[Fact::new(word.clone(), header, body)]).unwrap();
        self.server_has.insert(word.clone());
        self.said.insert(step, (word, self.now, knew));
    }

    /// Rule 2, where it counts: on the tablet, with what it has heard.
    fn opens(&mut self, n: usize) {
        let tablet = &mut self.tablets[n];
        let allowed = sees(&tablet.doc).may_begin_cut;
        let heard = self.said.iter().any(|(step, (word, ..))| WORDS.contains(step) && tablet.has.contains(word));
        if heard {
            assert!(!allowed, "{:?}: it had heard", self.trace);
        } else if tablet.has.is_empty() {
            assert!(allowed, "{:?}: it had heard of nothing", self.trace);
        }
        // Whether it may or not: what a crew does all the same is recorded.
        tablet.opened = Some((tablet.doc.heads(), tablet.has.clone()));
    }

    fn cuts(&mut self, n: usize) {
        let (heads, knew) = self.tablets[n].opened.take().unwrap();
        let visit = self.saves(n, &heads, Action::TurnedOff);
        self.tablets[n].cut = Some(Cut { visit, knew, at: self.now });
        self.is_off = true;
    }

    fn restores(&mut self, n: usize) {
        let heads = self.tablets[n].doc.heads();
        self.saves(n, &heads, Action::Restored);
        self.tablets[n].restored = true;
        self.is_off = false;
    }

    fn saves(&mut self, n: usize, heads: &[ChangeHash], action: Action) -> FactId {
        let (visit, did) = (self.id(), self.id());
        let header = Header { order: ORDER, at: self.now, by: Some(person()), device: Some(device(n)) };
        let outcome = match action {
            Action::TurnedOff => visit_on(Some(Permit::Fresh)),
            _ => visit_on(None),
        };
        let facts = [
            Fact::new(visit.clone(), header, FactBody::Visit(outcome)),
            Fact::of_visit(did, work(&visit, line(1), action)),
        ];
        let tablet = &mut self.tablets[n];
        let writer = actor(u8::try_from(n + 1).unwrap());
        tablet.unsent.push(tablet.doc.add_facts(&writer, heads, &facts).unwrap());
        tablet.has.extend(facts.into_iter().map(|fact| fact.id));
        visit
    }

    /// One request: what the tablet has goes through the gate, what it lacks comes down.
    fn meets(&mut self, n: usize) {
        let tablet = &mut self.tablets[n];
        let writer = actor(u8::try_from(n + 1).unwrap());
        let server = &self.server;
        let context = GateContext {
            document: server,
            actor: &writer,
            authors: &|who| (who == person()).then_some(Role::Crew),
            device: device(n),
            known_fact: &|fact| server.has_fact(fact),
            already_stored: &|change| server.clocks().contains(change),
        };
        let sent: Vec<Bytes> = tablet.unsent.iter().map(|change| Bytes(change.raw_bytes().to_vec())).collect();
        let admitted = gate::admit(&context, &sent);
        let admitted = admitted.unwrap_or_else(|refused| panic!("{:?}: honest work: {refused:?}", self.trace));
        let changes = admitted.changes.into_iter().map(|change| change.change).collect();
        self.server.apply(changes).unwrap();
        tablet.unsent.clear();
        let down = self.server.changes_since(&[]).unwrap();
        tablet.doc.apply(down).unwrap();
        self.server_has.extend(tablet.has.iter().cloned());
        tablet.has.extend(self.server_has.iter().cloned());
    }

    /// Everybody meets, and the rules are asked.
    fn ends(mut self) {
        for n in [0, 1, 0, 1] {
            self.meets(n);
        }
        let trace = &self.trace;
        let is = sees(&self.server);
        for tablet in &self.tablets {
            assert_eq!(sees(&tablet.doc), is, "{trace:?}: everybody comes to the same");
        }
        let all: BTreeSet<FactId> = self.server.facts().keys().cloned().collect();
        assert!(self.server_has.is_subset(&all), "{trace:?}: what was recorded is there");
        self.asks_of_cuts(&is);

        let off = is.lines[&line(1)].off().is_some();
        assert_eq!(off, self.is_off, "{trace:?}: whether the water is off");
        let released = self.said.contains_key(&Pays) && !self.said.contains_key(&Reverses);
        let wanted = is.follow_ups.iter().filter(|follow| !follow.wanted.is_empty()).count();
        assert_eq!(wanted, usize::from(off && released), "{trace:?}: one reconnect for who paid and is off");
        if WORDS.iter().any(|word| self.said.contains_key(word)) {
            assert!(!is.may_begin_cut, "{trace:?}: nothing that was taken back begins a cut");
        }
        assert!(is.fee_triggers.len() <= 1, "{trace:?}: one fee");
        let raised = |kind| is.exceptions.iter().any(|one| one.kind == kind);
        let both = self.tablets.iter().all(|tablet| tablet.cut.is_some() && !tablet.restored);
        assert!(!both || raised(ExceptionKind::DuplicateVisit), "{trace:?}: two crews did the same");
    }

    fn asks_of_cuts(&self, is: &Disposition) {
        let trace = &self.trace;
        let surely_before = |cut: &Cut, word: Micros| cut.at + BETWEEN <= word;
        for cut in self.tablets.iter().filter_map(|tablet| tablet.cut.as_ref()) {
            let found = is.cuts.iter().find(|found| found.visit == cut.visit);
            let found = found.unwrap_or_else(|| panic!("{trace:?}: a cut that was made is gone"));
            let label = match self.said.get(&Pays) {
                None => CutLabel::NotReleased,
                Some((release, ..)) if cut.knew.contains(release) => {
                    let void = self.said.get(&Reverses).is_some_and(|(word, ..)| cut.knew.contains(word));
                    if void { CutLabel::NotReleased } else { CutLabel::Despite }
                }
                Some((_, _, knew)) if knew.contains(&cut.visit) => CutLabel::ReleasedAfter,
                Some((_, at, _)) if surely_before(cut, *at) => CutLabel::ReleasedAfter,
                Some(_) => CutLabel::Crossed,
            };
            assert_eq!(found.label, label, "{trace:?}: how the cut stands to the payment");
            let of_cut = |kind| is.exceptions.iter().any(|one| one.kind == kind && one.fact == cut.visit);
            let under = self.said.get(&Holds).is_some_and(|(hold, at, knew)| {
                cut.knew.contains(hold) || !knew.contains(&cut.visit) && !surely_before(cut, *at)
            });
            // What was paid for is said once, as that.
            if !label.is_wrongful() {
                assert_eq!(of_cut(ExceptionKind::CutUnderHold), under, "{trace:?}: a cut under a hold");
            }
            for word in [TakesBack, MovesAway] {
                if let Some((recall, _, knew)) = self.said.get(&word) {
                    if cut.knew.contains(recall) {
                        assert!(of_cut(ExceptionKind::VisitAfterRecall), "{trace:?}: it knew of the recall");
                    } else if knew.contains(&cut.visit) && self.said.len() == 1 {
                        assert!(!of_cut(ExceptionKind::VisitAfterRecall), "{trace:?}: it was recalled afterwards");
                    }
                }
            }
        }
    }
}

const fn recall(reason: RecallReason) -> FactBody {
    FactBody::Recall(Recall { reason, cause: None })
}

fn visit_on(permit: Option<Permit>) -> Visit {
    let age = permit.map(|_| 60);
    Visit { permit, permit_age_s: age, ..visit(Outcome::Done, None) }
}

/// Walks on from here; how many interleavings were asked.
fn walk(world: &World, steps: usize) -> usize {
    if steps == 0 {
        world.clone().ends();
        return 1;
    }
    let of_tablets = (0..2).flat_map(|n| [Begins(n), Ends(n), Restores(n), Meets(n)]);
    let possible: Vec<Step> = [Pays, Holds, TakesBack, MovesAway, Reverses].into_iter().chain(of_tablets).collect();
    let mut asked = 0;
    for step in possible.into_iter().filter(|step| world.may(*step)) {
        let mut next = world.clone();
        next.takes(step);
        asked += walk(&next, steps - 1);
    }
    asked
}

#[test]
fn however_a_small_day_interleaves_the_rules_hold() {
    let steps = std::env::var("CURBSTOP_STEPS").ok().and_then(|steps| steps.parse().ok()).unwrap_or(STEPS);
    let asked = walk(&World::begins(), steps);
    assert!(asked > 500, "{asked} interleavings of {steps} steps");
}
