//! Go-codes: the leave to begin a cut on old data, given by phone to a crew that finds no signal.
//!
//! ```text
//! tablet: shows a challenge of 7 digits    "483 2107"    made for this visit, read out with the stop's number
//! office: looks the order up as it stands, answers with a code of 6 digits, and keeps that it did
//! tablet: computes the same code from the route's key and lets the cut begin
//! ```
//! The code is an HMAC-SHA256 over challenge, order and generation under a key that travels inside the route document:
//! one that was given for another stop, another day or another publication of the day opens nothing. Whoever takes the
//! tablet apart finds the key, so the tablet's own check only keeps honest hands from slips; what counts is what the
//! office remembers: a cut on a code that it never gave, or gave long before, is a breach
//! ([`crate::disposition::PermitBreach`]).

use crate::{
    ids::{FactId, OrderId, RouteId},
    sync::wire::Bytes,
    time::Micros,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a route's key.
pub const KEY_BYTES: usize = 16;
/// Digits of a challenge: drawn ones, and behind them those by which the office notices one that was misheard.
pub const CHALLENGE_DIGITS: usize = DRAWN_DIGITS + CHECK_DIGITS;
/// Digits of a code.
pub const CODE_DIGITS: usize = 6;

const DRAWN_DIGITS: usize = 5;
const CHECK_DIGITS: usize = 2;

/// By what a route's codes are made. It stands in the route's header.
#[derive(Clone, PartialEq, Eq)]
pub struct GoKey([u8; KEY_BYTES]);

impl std::fmt::Debug for GoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GoKey(..)")
    }
}

impl GoKey {
    /// Of random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// As it stands in the route's header: base64url.
    #[must_use]
    pub fn written(&self) -> String {
        Bytes(self.0.to_vec()).base64url()
    }

    /// From the route's header; none where it does not read as one.
    #[must_use]
    pub fn read(written: &str) -> Option<Self> {
        Bytes::from_base64url(written)?.0.try_into().ok().map(Self)
    }

    fn digits(&self, what: &[u8], parts: &[&[u8]], count: usize) -> String {
        // HMAC fills a short key up with zeros to the hash's block of 64 bytes.
        let mut block = [0; 64];
        block[..KEY_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in [what].iter().chain(parts) {
            // With its length, so that no two lists of parts read alike.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let bytes: [u8; 32] = mac.finalize().into_bytes().into();
        let number =
            u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]);
        let range = 10_u64.pow(u32::try_from(count).unwrap_or(1));
        format!("{:0count$}", number % range)
    }
}

/// A stop as one publication of a day has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoStop<'k> {
    /// The key of the route.
    pub key: &'k GoKey,
    /// The route: each publication has its own.
    pub route: RouteId,
    /// Which publication of the day it is.
    pub generation: i64,
    /// The order.
    pub order: OrderId,
}

impl GoStop<'_> {
    /// The challenge of a visit, by the tablet's clock when it asked.
    #[must_use]
    pub fn challenge(&self, visit: &FactId, asked_at: Micros) -> Challenge {
        let drawn = self.of(b"drawn", &[visit.as_str().as_bytes(), &asked_at.0.to_be_bytes()], DRAWN_DIGITS);
        Challenge(format!("{drawn}{}", self.check(&drawn)))
    }

    /// Whether a challenge was made for this stop of this publication; one that was misheard was not, 99 times of 100.
    #[must_use]
    pub fn made(&self, challenge: &Challenge) -> bool {
        let (drawn, check) = challenge.0.split_at(DRAWN_DIGITS);
        self.check(drawn) == check
    }

    /// The code that answers a challenge.
    #[must_use]
    pub fn code(&self, challenge: &Challenge) -> GoCode {
        GoCode(self.of(b"code", &[challenge.0.as_bytes()], CODE_DIGITS))
    }

    fn check(&self, drawn: &str) -> String {
        self.of(b"check", &[drawn.as_bytes()], CHECK_DIGITS)
    }

    fn of(&self, what: &[u8], parts: &[&[u8]], count: usize) -> String {
        let (route, order) = (self.route.0.as_bytes(), self.order.0.as_bytes());
        let generation = self.generation.to_be_bytes();
        let all: Vec<&[u8]> =
            [&route[..], &order[..], &generation[..]].into_iter().chain(parts.iter().copied()).collect();
        self.key.digits(what, &all, count)
    }
}

/// Digits of somebody's typing: with gaps, hyphens and dots or without.
fn digits(typed: &str, count: usize) -> Option<String> {
    let plain: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '\u{a0}')).collect();
    (plain.len() == count && plain.bytes().all(|byte| byte.is_ascii_digit())).then_some(plain)
}

/// In two groups, as it is read out: "483 2107".
fn in_groups(digits: &str) -> String {
    let (first, last) = digits.split_at(3.min(digits.len()));
    format!("{first} {last}")
}

/// What a tablet shows and a crew reads out: [`CHALLENGE_DIGITS`] digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Challenge(String);

impl Challenge {
    /// Of what somebody typed; none where it is not [`CHALLENGE_DIGITS`] digits.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        digits(typed, CHALLENGE_DIGITS).map(Self)
    }

    /// Its digits without gaps.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// As it is read out.
    #[must_use]
    pub fn spoken(&self) -> String {
        in_groups(&self.0)
    }
}

/// What the office answers: [`CODE_DIGITS`] digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoCode(String);

impl GoCode {
    /// Of what somebody typed; none where it is not [`CODE_DIGITS`] digits.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        digits(typed, CODE_DIGITS).map(Self)
    }

    /// Its digits without gaps, as the visit records it.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// As it is read out.
    #[must_use]
    pub fn spoken(&self) -> String {
        in_groups(&self.0)
    }
}

/// A code that the office has given for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenCode {
    /// The code.
    pub code: GoCode,
    /// When, by the office's clock.
    pub at: Micros,
    /// The route for which it was given.
    pub route: RouteId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn stop(key: &GoKey, route: u128, generation: i64, order: u128) -> GoStop<'_> {
        GoStop { key, route: RouteId(Uuid::from_u128(route)), generation, order: OrderId(Uuid::from_u128(order)) }
    }

    fn visit(n: u128) -> FactId {
        FactId::from_uuid(Uuid::from_u128(n))
    }

    /// Another program that asks or answers computes these: they never change.
    #[test]
    fn a_stop_a_challenge_and_its_code_by_the_digit() {
        let key = GoKey::new(*b"sixteen bytes ok");
        let stop = stop(&key, 1, 2, 3);
        let challenge = stop.challenge(&visit(4), Micros(1_800_000_000_000_000));
        assert_eq!((challenge.spoken(), stop.code(&challenge).spoken()), ("361 6680".to_owned(), "335 794".to_owned()));
        assert_eq!(key.written(), "c2l4dGVlbiBieXRlcyBvaw");
    }

    #[test]
    fn the_tablet_and_the_office_come_to_the_same_code_and_no_other_stop_does() {
        let (key, other_key) = (GoKey::new([7; KEY_BYTES]), GoKey::new([8; KEY_BYTES]));
        let at_the_door = stop(&key, 1, 1, 5);
        let challenge = at_the_door.challenge(&visit(9), Micros(1_000));
        let read_out = Challenge::read(&challenge.spoken()).expect("it was read out");
        let answer = stop(&GoKey::read(&key.written()).expect("written"), 1, 1, 5).code(&read_out);
        assert!(at_the_door.made(&read_out));
        assert_eq!(GoCode::read(&answer.spoken()), Some(at_the_door.code(&challenge)));
        for elsewhere in [stop(&key, 1, 1, 6), stop(&key, 1, 2, 5), stop(&key, 2, 1, 5), stop(&other_key, 1, 1, 5)] {
            assert_ne!(elsewhere.code(&challenge), answer);
        }
    }

    #[test]
    fn each_visit_and_each_asking_has_a_challenge_of_its_own() {
        let key = GoKey::new([7; KEY_BYTES]);
        let stop = stop(&key, 1, 1, 5);
        let first = stop.challenge(&visit(9), Micros(1_000));
        assert_eq!(stop.challenge(&visit(9), Micros(1_000)), first, "the same after a restart");
        assert_ne!(stop.challenge(&visit(10), Micros(1_000)), first);
        assert_ne!(stop.challenge(&visit(9), Micros(2_000)), first);
    }

    #[test]
    fn a_digit_that_was_misheard_is_noticed_nearly_always() {
        let key = GoKey::new([7; KEY_BYTES]);
        let stop = stop(&key, 1, 1, 5);
        let challenge = stop.challenge(&visit(9), Micros(1_000));
        let misheard = (0..CHALLENGE_DIGITS).flat_map(|at| {
            let said = challenge.digits().to_owned();
            ('0'..='9').filter_map(move |digit| {
                let mut heard = said.clone();
                heard.replace_range(at..=at, &digit.to_string());
                (heard != said).then(|| Challenge::read(&heard).expect("seven digits"))
            })
        });
        let (all, noticed) =
            misheard.fold((0, 0), |(all, noticed), heard| (all + 1, noticed + u32::from(!stop.made(&heard))));
        assert_eq!(all, 63);
        assert!(noticed >= 61, "{noticed} of {all}");
    }

    #[test]
    fn digits_are_read_with_gaps_and_hyphens_and_nothing_else_is_a_code() {
        for typed in ["483 2107", "483-2107", "4832107", " 48 32 10 7 "] {
            assert_eq!(Challenge::read(typed).as_ref().map(Challenge::digits), Some("4832107"), "{typed}");
        }
        for typed in ["", "483210", "48321077", "48321O7", "+4832107", "４８３２１０７"] {
            assert_eq!(Challenge::read(typed), None, "{typed}");
        }
        assert_eq!(GoCode::read("402 118").as_ref().map(GoCode::digits), Some("402118"));
        assert_eq!(GoCode::read("40211"), None);
        assert!(GoKey::read("short").is_none() && GoKey::read("!").is_none());
    }
}
