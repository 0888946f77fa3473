//! What was physically done to each line, and whether it is off now.
//!
//! A cut that was performed is a physical fact: nothing that arrives later makes it not have happened. A restore
//! ends it where the restore came after: by what its tablet knew, else by the clocks; where that can't be told, the
//! line counts as off, since somebody who goes and looks does less harm than nobody who goes.

use super::{DispositionPolicy, LineState, OrderHistory, corrections::Corrected, stops::Stops};
use crate::{
    facts::{Equipment, Fact, FactBody, Work},
    ids::{FactId, LineId},
    ordered::{Map, Set},
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::{Action, EquipmentResult},
};

/// One thing done to one line on one visit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Act {
    /// By the server's clock as far as the tablet's error is known; else by the tablet's.
    pub moment: Option<Micros>,
    pub visit: FactId,
    pub line: LineId,
    /// By the tablet's clock: when it was done, not when it was saved.
    pub at: Option<Micros>,
    /// On this order, not on its reconnect.
    pub own: bool,
    /// The action that counts; a cut that a crew can't undo stays a cut.
    pub action: Action,
}

/// Everything done to the order's lines, in the order of its doing.
pub(super) struct Acts {
    pub all: Vec<Act>,
}

impl Acts {
    pub(super) fn new(history: &OrderHistory, corrected: &Corrected) -> Self {
        let mut all = Set::new();
        for fact in history.facts.values() {
            let work = match corrected.body(&fact.id) {
                Some(FactBody::Work(work)) => work,
                // A box that was handed over is no work of its own in the facts.
                Some(FactBody::Equipment(it)) if it.result == EquipmentResult::Collected => &collected(it),
                _ => continue,
            };
            let at = done_at(history, fact, &work.visit);
            let offset = history.clock_offset.get(&work.visit).copied().unwrap_or(Span(0));
            let mut add = |line: &LineId, action: Action| {
                all.insert(Act {
                    moment: at.map(|at| at + offset),
                    visit: work.visit.clone(),
                    line: line.clone(),
                    at,
                    own: history.is_own(fact),
                    action,
                });
            };
            let cut = corrected.lines_cut_by(&fact.id);
            for line in &cut {
                add(line, if work.action.cuts() { work.action } else { Action::TurnedOff });
            }
            // What a crew says it did instead of its own cut is not a restore that somebody recorded.
            if cut.is_empty() && !matches!(work.action, Action::None) {
                add(&work.line, work.action);
            }
        }
        Self { all: all.into_iter().collect() }
    }

    /// Every performed cut.
    pub fn cuts(&self) -> impl Iterator<Item = &Act> {
        self.all.iter().filter(|act| act.action.cuts())
    }

    /// Every performed restore.
    pub fn restores(&self) -> impl Iterator<Item = &Act> {
        self.all.iter().filter(|act| act.action.restores())
    }

    /// The first visit that cut on this very order.
    pub fn first_own_cut(&self) -> Option<&FactId> {
        self.cuts().find(|act| act.own).map(|act| &act.visit)
    }

    /// Whether a line was restored, or seen to be on, after a cut of it.
    pub fn is_on_after(&self, history: &OrderHistory, cut: &Act) -> bool {
        let on = |act: &&Act| act.action.restores() || act.action == Action::AlreadyOn;
        self.all.iter().filter(on).any(|act| act.line == cut.line && came_after(history, act, cut))
    }

    /// Where each line of the order stands; also lines that only the acts name.
    pub fn line_states(
        &self,
        history: &OrderHistory,
        policy: &DispositionPolicy,
        corrected: &Corrected,
        stops: &Stops,
    ) -> Map<LineId, LineState> {
        let lines: Set<&LineId> = history.order.lines.iter().chain(self.all.iter().map(|act| &act.line)).collect();
        let state = |line: &LineId| match self.line_state(history, policy, stops, line) {
            LineState::Untouched => not_collected(history, corrected, line).unwrap_or(LineState::Untouched),
            touched => touched,
        };
        lines.into_iter().map(|line| (line.clone(), state(line))).collect()
    }

    fn line_state(
        &self,
        history: &OrderHistory,
        policy: &DispositionPolicy,
        stops: &Stops,
        line: &LineId,
    ) -> LineState {
        let came_in = |visit: &FactId| {
            let is_wrong = history.clock_off(visit).is_some_and(|off| off > policy.clock_suspect_beyond);
            history.received_at.get(visit).copied().filter(|_| is_wrong)
        };
        let off = self.cuts().filter(|cut| cut.line == *line).find(|cut| !self.is_on_after(history, cut));
        let released = stops.release_of(line).map(|release| release.id.clone());
        if let Some(cut) = off {
            return LineState::Off { visit: cut.visit.clone(), since: cut.at, came_in: came_in(&cut.visit), released };
        }
        let of_line = || self.all.iter().filter(|act| act.line == *line);
        // Restores count before what was only found: a later crew that finds it on adds nothing.
        if let Some(restore) = of_line().rfind(|act| act.action.restores()) {
            return LineState::Restored { visit: restore.visit.clone(), at: restore.at };
        }
        match of_line().next_back() {
            Some(Act { visit, action: Action::AlreadyOff, at, .. }) => {
                LineState::FoundOff { visit: visit.clone(), at: *at, came_in: came_in(visit), released }
            }
            Some(Act { visit, action: Action::AlreadyOn, .. }) => LineState::FoundOn { visit: visit.clone() },
            Some(Act { visit, action: Action::Collected, .. }) => LineState::Collected { visit: visit.clone() },
            _ => LineState::Untouched,
        }
    }
}

/// When something was done: by its own word, where that lies between the opening of its act and the visit's own time;
/// else by the visit's. Tablets used to say only when a visit was saved.
fn done_at(history: &OrderHistory, fact: &Fact, visit: &FactId) -> Option<Micros> {
    let visited = history.visited_at(visit)?;
    let opened = match &history.facts.get(visit)?.body {
        FactBody::Visit(visit) => visit.act_opened_at,
        _ => None,
    };
    let own = fact.header.as_ref().map(|header| header.at);
    Some(own.filter(|own| *own <= visited && opened.is_none_or(|opened| opened <= *own)).unwrap_or(visited))
}

fn collected(it: &Equipment) -> Work {
    Work {
        visit: it.visit.clone(),
        line: it.line.clone(),
        action: Action::Collected,
        method: None,
        lock: None,
        seal: None,
        seal_found: None,
    }
}

/// What the last visit that asked for a piece of equipment got instead of it.
fn not_collected(history: &OrderHistory, corrected: &Corrected, line: &LineId) -> Option<LineState> {
    let asked = history.facts.keys().filter_map(|id| match corrected.body(id) {
        Some(FactBody::Equipment(it)) if it.line == *line && it.result != EquipmentResult::Collected => Some((id, it)),
        _ => None,
    });
    let (_, last) = asked.max_by_key(|(id, it)| (history.visited_at(&it.visit), *id))?;
    Some(LineState::NotCollected { visit: last.visit.clone(), result: last.result })
}

/// Whether a restore came after a cut. On one visit it did: "turn it back on now".
fn came_after(history: &OrderHistory, restore: &Act, cut: &Act) -> bool {
    if restore.visit == cut.visit {
        return true;
    }
    let knew = match history.knew(&restore.visit, &cut.visit) {
        Knew::Neither => match history.knew(&cut.visit, &restore.visit) {
            Knew::Known => Knew::Caused,
            Knew::Caused => Knew::Known,
            Knew::Neither => Knew::Neither,
        },
        told => told,
    };
    match knew {
        Knew::Known => true,
        Knew::Caused => false,
        Knew::Neither => matches!((restore.moment, cut.moment), (Some(restore), Some(cut)) if restore >= cut),
    }
}
