//! Why a stop of a plan is where it is, and who took the room of what is left out, as sentences.

use crate::shape::Shape;
use curbstop_shared::{
    ids::CrewId,
    language::Language,
    routing::{PlannedStop, WhyHere},
};
use serde::{Deserialize, Serialize};

/// Why a stop is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StopReason {
    /// The reason.
    #[serde(flatten)]
    pub why: StopWhy,
    /// As a sentence.
    pub text: String,
}

/// A reason why a stop is with its crew, and at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum StopWhy {
    /// It was visited, or the crew is on its way there.
    Frozen,
    /// Service is given back before all other work, the most urgent first.
    GivesBack,
    /// Nobody knows where it is: the end of a route, by address.
    NoPosition,
    /// Somebody gave it to this crew.
    Locked,
    /// No other crew of the day may do it, or there is none.
    OnlyThisCrew,
    /// Other crews may do it, and none has room for it in time.
    OnlyRoom,
    /// Another crew has room for it; the plan as a whole is better so.
    Beside {
        /// The one for which it would be the shortest way round.
        #[schemars(with = "Shape<CrewId>")]
        crew_id: CrewId,
        /// Its name.
        crew_name: String,
        /// Seconds of way that it would cost that crew.
        with_them_s: i64,
    },
}

impl StopReason {
    /// The route builder's reason, with the other crew's name.
    #[must_use]
    pub fn of(stop: &PlannedStop, name: impl Fn(CrewId) -> String) -> Self {
        let why = match stop.why_here {
            WhyHere::Frozen => StopWhy::Frozen,
            WhyHere::GivesBack => StopWhy::GivesBack,
            WhyHere::NoPosition => StopWhy::NoPosition,
            WhyHere::Locked => StopWhy::Locked,
            WhyHere::OnlyThisCrew => StopWhy::OnlyThisCrew,
            WhyHere::OnlyRoom => StopWhy::OnlyRoom,
            WhyHere::Beside { other, other_detour_s } => {
                StopWhy::Beside { crew_id: other, crew_name: name(other), with_them_s: other_detour_s }
            }
        };
        let text = why.said(stop.detour_s, Language::En);
        Self { why, text }
    }
}

impl StopWhy {
    /// As a sentence, for a stop that costs so many seconds of way where it stands.
    #[must_use]
    pub fn said(&self, detour_s: i64, language: Language) -> String {
        let (english, spanish) = match self {
            Self::Frozen => ("The crew was there, or is on its way.", "La cuadrilla ya estuvo o va en camino."),
            Self::GivesBack => {
                ("Service is given back before all other work.", "Las reconexiones van antes que todo otro trabajo.")
            }
            Self::NoPosition => (
                "Nobody knows where it is: it comes last, by address.",
                "No se sabe dónde queda: va al final, por dirección.",
            ),
            Self::Locked => ("Somebody gave it to this crew.", "Alguien se la dio a esta cuadrilla."),
            Self::OnlyThisCrew => {
                ("No other crew of the day may do it.", "Ninguna otra cuadrilla del día puede hacerla.")
            }
            Self::OnlyRoom => {
                ("No other crew has room for it in time.", "Ninguna otra cuadrilla tiene lugar a tiempo.")
            }
            Self::Beside { crew_name, with_them_s, .. } => {
                let (here, there) = (minutes(detour_s), minutes(*with_them_s));
                return match language {
                    Language::En => format!("{here} min of way; with {crew_name} it would be {there} min."),
                    Language::Es => format!("{here} min de camino; con {crew_name} serían {there} min."),
                };
            }
        };
        language.pick(english, spanish).to_owned()
    }
}

/// A crew's reason against an order, with the more urgent stops that take its room.
#[must_use]
pub fn with_more_urgent(reason: String, more_urgent: usize, language: Language) -> String {
    match (more_urgent, language) {
        (0, _) => reason,
        (1, Language::En) => format!("{reason}, with 1 more urgent stop"),
        (1, Language::Es) => format!("{reason}, con 1 parada más urgente"),
        (stops, Language::En) => format!("{reason}, with {stops} more urgent stops"),
        (stops, Language::Es) => format!("{reason}, con {stops} paradas más urgentes"),
    }
}

/// Rounded up, as reasons against an order are; a way that becomes shorter costs nothing.
const fn minutes(seconds: i64) -> i64 {
    if seconds <= 0 { 0 } else { (seconds + 59) / 60 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_that_another_crew_could_take_says_what_it_would_cost_there() {
        let beside =
            StopWhy::Beside { crew_id: CrewId(uuid::Uuid::nil()), crew_name: "Truck 12".to_owned(), with_them_s: 601 };
        assert_eq!(beside.said(120, Language::En), "2 min of way; with Truck 12 it would be 11 min.");
        assert_eq!(beside.said(-5, Language::Es), "0 min de camino; con Truck 12 serían 11 min.");
    }

    #[test]
    fn who_took_the_room_is_counted() {
        let full = |stops, language| with_more_urgent("full".to_owned(), stops, language);
        assert_eq!(full(0, Language::En), "full");
        assert_eq!(full(1, Language::En), "full, with 1 more urgent stop");
        assert_eq!(full(3, Language::Es), "full, con 3 paradas más urgentes");
    }
}
