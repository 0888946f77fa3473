//! Who this tablet belongs to and how it proves it. An expired or refused token never blocks local work.

use super::{Ended, Entry, Store, Tablet, TabletError};
pub use curbstop_shared::sync::wire::Rider as Person;
use curbstop_shared::{
    ids::{CrewId, DeviceId},
    time::{Micros, Span},
};
use serde::{Deserialize, Serialize};

/// A fresh token is fetched this long before the old one ends, so that a slow request does not arrive too late.
const RENEW_BEFORE: Span = Span::seconds(60);

/// The tablet's crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// Which.
    pub id: CrewId,
    /// Its name: "Truck 12".
    pub name: String,
}

/// What the tablet is to the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The tablet.
    pub device: DeviceId,
    /// Its crew.
    pub crew: Crew,
    /// Who may sign in on it.
    pub people: Vec<Person>,
    /// The server's clock when this list of them was changed last.
    #[serde(default)]
    pub people_as_of: Micros,
}

/// The tokens in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Goes with every request.
    pub access: String,
    /// Buys the next pair.
    pub refresh: String,
    /// Device clock at which `access` ends.
    pub expires_at: Micros,
}

/// The server's answer to an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EnrolAnswer {
    /// The tablet.
    pub device_id: DeviceId,
    /// As in [`TokenAnswer`].
    pub access_token: String,
    /// As in [`TokenAnswer`].
    pub refresh_token: String,
    /// As in [`TokenAnswer`].
    #[serde(default = "one_quarter_hour_s")]
    pub expires_in_s: i64,
    /// Its crew.
    pub crew: Crew,
    /// Who may sign in on it.
    pub people: Vec<Person>,
    /// As in [`Enrolment`].
    #[serde(default)]
    pub people_as_of: Micros,
}

/// The server's answer to a refresh.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TokenAnswer {
    /// Goes with every request.
    pub access_token: String,
    /// Buys the next pair.
    pub refresh_token: String,
    /// Seconds until `access_token` ends.
    #[serde(default = "one_quarter_hour_s")]
    pub expires_in_s: i64,
}

const fn one_quarter_hour_s() -> i64 {
    900
}

/// What the tablet may ask the server next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `POST /api/v1/tokens/refresh` with this token.
    Refresh(String),
    /// `POST /api/v1/sync` with this token.
    Sync(String),
    /// Nothing: the tablet is not enrolled, or no longer known. What is recorded stays here and can be exported.
    Nothing,
}

impl Tablet {
    /// The office accepted the code.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn enrolled(&mut self, answer: EnrolAnswer, now: Micros) -> Result<Store, TabletError> {
        let tokens = Tokens {
            access: answer.access_token,
            refresh: answer.refresh_token,
            expires_at: now + Span::seconds(answer.expires_in_s),
        };
        self.access_refused = false;
        let EnrolAnswer { device_id: device, crew, people, people_as_of, .. } = answer;
        let enrolment = Enrolment { device, crew, people, people_as_of };
        // Known as another from now on: what the former one did can only be handed in.
        let former = self.state.enrolment.as_ref().map(|before| before.device);
        let mut entries = match former {
            Some(former) if former != enrolment.device => self.leaves_all_routes(former),
            _ => Vec::new(),
        };
        entries.extend([Entry::Enrolled(enrolment), Entry::Tokens(tokens)]);
        self.begin(&entries)
    }

    /// What to ask the server next.
    #[must_use]
    pub fn next_call(&self, now: Micros) -> Call {
        match &self.state.tokens {
            _ if self.state.disowned => Call::Nothing,
            None => Call::Nothing,
            Some(tokens) if self.access_refused || now + RENEW_BEFORE >= tokens.expires_at => {
                Call::Refresh(tokens.refresh.clone())
            }
            Some(tokens) => Call::Sync(tokens.access.clone()),
        }
    }

    /// The server did not take the access token (401): the next call is a refresh.
    pub const fn access_refused(&mut self) {
        self.access_refused = true;
    }

    /// The server gave fresh tokens.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn refreshed(&mut self, answer: TokenAnswer, now: Micros) -> Result<Store, TabletError> {
        self.access_refused = false;
        self.begin(&[Entry::Tokens(Tokens {
            access: answer.access_token,
            refresh: answer.refresh_token,
            expires_at: now + Span::seconds(answer.expires_in_s),
        })])
    }

    /// Our own server did not take the refresh token ([`Heard::Over`](super::Heard::Over), nothing less): a new
    /// enrolment code is needed. Nothing recorded is lost.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn tie_ended(&mut self, ended: Ended) -> Result<Store, TabletError> {
        match (ended, &self.state.enrolment) {
            (Ended::Revoked, Some(enrolment)) => {
                let mut entries = self.leaves_all_routes(enrolment.device);
                entries.push(Entry::Revoked);
                self.begin(&entries)
            }
            _ => self.begin(&[Entry::Disowned]),
        }
    }

    /// How the crew likes the tablet.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn settle(&mut self, settings: super::entries::Settings) -> Result<Store, TabletError> {
        self.begin(&[Entry::Settings(settings)])
    }
}
