//! Where an order stands, with what its lines and the claims at its door say of it: what a crew found off can't be left
//! on, and what the office has still to decide is not protected yet.

use super::{Audience, Words, order::state, recall_name, say};
use crate::{
    disposition::{Claim, Disposition, LineState, OrderState, WhyNot},
    ids::{FactId, LineId},
    time::Micros,
    vocabulary::{RecallReason, ReleaseReason},
};

/// Where an order stands, with what its lines and the claims at its door say of it.
#[must_use]
pub fn stands(outcome: &Disposition, audience: Audience, words: &Words<'_>) -> String {
    let state = || state(&outcome.state, audience, words);
    match &outcome.state {
        OrderState::Released { .. } => found_off(outcome, words).unwrap_or_else(state),
        OrderState::Recalled { reason: RecallReason::Released, over: None, .. } => {
            let found = found_off(outcome, words).map(|found| format!(" {found}"));
            format!("{}{}", state(), found.unwrap_or_default())
        }
        OrderState::Recalled { reason: RecallReason::Held, seen, .. } if waits_for_office(outcome) => {
            let seen = match (seen, audience) {
                (Some(_), _) => words.language.pick("The crew has seen it.", "La cuadrilla lo vio."),
                (None, Audience::Office) => {
                    words.language.pick("The crew has not seen it yet.", "La cuadrilla aún no lo ha visto.")
                }
                (None, Audience::Crew) => {
                    words.language.pick("Tap to say that you have seen it.", "Toque para decir que lo vio.")
                }
            };
            format!("{} {seen}", for_now(words))
        }
        _ => state(),
    }
}

/// Whether what was shown or said at a door took the order back, and the office has still to decide on it.
fn waits_for_office(outcome: &Disposition) -> bool {
    matches!(outcome.why_not, Some(WhyNot::FieldClaim { claim: Claim::Waiting, .. }))
}

fn for_now(words: &Words<'_>) -> String {
    say!(
        words,
        "Taken back for now: something was shown or said at a door, and the office has to decide.",
        "Retirada por ahora: en una puerta se mostró o se dijo algo, y debe decidir la oficina."
    )
}

/// Whether a crew ever had an order that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HadIt {
    /// It was on nobody's route.
    Nobody,
    /// It was on this crew's route, and its tablet has not said that it has it.
    NotReceived {
        /// What the crew is called.
        crew: String,
    },
    /// A crew may have read it, and it is no crew's any more.
    NoMore,
}

/// An order that was taken back, where there is no crew that would have to see that.
#[must_use]
pub fn taken_back_unheard(outcome: &Disposition, reason: RecallReason, had_it: &HadIt, words: &Words<'_>) -> String {
    let who = match had_it {
        HadIt::Nobody => say!(words, "No crew had it yet.", "Ninguna cuadrilla la tenía todavía."),
        HadIt::NotReceived { crew } => say!(
            words,
            "{crew} had it; its tablet has not said that it received it.",
            "La tenía {crew}; su tableta no ha confirmado que la recibió."
        ),
        HadIt::NoMore => say!(words, "No crew has it any more.", "Ya ninguna cuadrilla la tiene."),
    };
    if reason == RecallReason::Held && waits_for_office(outcome) {
        return format!("{} {who}", for_now(words));
    }
    let why = recall_name(reason, words.language);
    say!(words, "Taken back: {why}. {who}", "Retirada: {why}. {who}")
}

/// "Truck 12 found water off at 10:40. It is paid for: a reconnect turns it back on." Nothing where no line of it was
/// found off, or all are on again.
fn found_off(outcome: &Disposition, words: &Words<'_>) -> Option<String> {
    let found: Vec<Found<'_>> = outcome.lines.iter().filter_map(Found::of).collect();
    let first = found.first()?;
    let (crew, at) = (words.crew(first.visit), words.at(first.at));
    let service = words.service(found.iter().map(|found| found.line));
    let story = say!(words, "{crew} found {service} off{at}.", "{crew} encontró sin servicio {service}{at}.");
    let next = if found.iter().any(|found| found.is_released) {
        let why = why(outcome, words);
        say!(words, "{why}: a reconnect turns it back on.", "{why}: una reconexión devuelve el servicio.")
    } else {
        say!(
            words,
            "What released it was taken back: it stays off until it is paid for.",
            "Lo que lo liberaba se anuló: sigue sin servicio hasta que se pague."
        )
    };
    let is_on = |state: &LineState| state.off().is_none();
    let rest = match outcome.lines.values().any(is_on) {
        true => words.language.pick(" Leave on what is on.", " Deje activo lo que está activo."),
        false => "",
    };
    Some(format!("{story} {next}{rest}"))
}

/// A line that a crew found off.
struct Found<'o> {
    line: &'o LineId,
    visit: &'o FactId,
    at: Option<Micros>,
    is_released: bool,
}

impl<'o> Found<'o> {
    fn of((line, state): (&'o LineId, &'o LineState)) -> Option<Self> {
        match state {
            LineState::FoundOff { visit, at, came_in, released } => {
                let at = at.filter(|_| came_in.is_none());
                Some(Self { line, visit, at, is_released: released.is_some() })
            }
            _ => None,
        }
    }
}

fn why(outcome: &Disposition, words: &Words<'_>) -> String {
    match &outcome.why_not {
        Some(WhyNot::Released { reason: ReleaseReason::PaymentReceived, reversed: false, .. }) => {
            say!(words, "It is paid for", "Está pagado")
        }
        _ => say!(words, "It is released", "Está liberado"),
    }
}
