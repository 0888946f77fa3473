//! Who answered: our own office, or something on the way that only stands at its address.
//!
//! A captive portal, a proxy or a router's page answers 200, 401, 403 or 511 to anything. Only a problem document of
//! our own API may change what this tablet is; whatever else comes is as good as no signal, and is asked again.

use serde::Deserialize;

/// Where our problem documents are explained; each names its own code behind it.
const PROBLEM_TYPE: &str = "/api/docs/problems#";

/// Codes that say: this tablet's tie to the office is over until it has a new code.
const TIE_IS_OVER: [&str; 6] = [
    "refresh_token_unknown",
    "refresh_token_expired",
    "refresh_token_reused",
    "token_revoked",
    "proof_invalid",
    "proof_needed",
];
/// The code that says: somebody at the office took this tablet out of service.
const DEVICE_REVOKED: &str = "device_revoked";

/// How a tablet's tie to the office ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The office knows its tokens no more: a new enrolment code is needed.
    NeedsCode,
    /// Somebody at the office took it out of service. What it holds can still be handed in.
    Revoked,
}

/// What came back to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// 200 or 201. Its body is an answer only if it also reads as one.
    Answer,
    /// Our own server said that this tablet's tie to the office has ended.
    Over(Ended),
    /// Our own server did not take what was sent, for another reason (401: the access token).
    NotTaken,
    /// The office was reached, or the machine in front of it, and could not answer.
    Trouble,
    /// Not reached, or not our office that answered.
    NoSignal,
}

#[derive(Deserialize)]
struct Problem {
    r#type: String,
    status: u16,
    code: String,
}

impl Heard {
    /// Judges an answer by its status (0: none came) and body.
    #[must_use]
    pub fn from(status: u16, body: &[u8]) -> Self {
        match (status, own_code(status, body).as_deref()) {
            (200 | 201, _) => Self::Answer,
            (401 | 403, Some(DEVICE_REVOKED)) => Self::Over(Ended::Revoked),
            (401 | 403, Some(code)) if TIE_IS_OVER.contains(&code) => Self::Over(Ended::NeedsCode),
            (500.., Some(_)) => Self::Trouble,
            (_, Some(_)) => Self::NotTaken,
            // 511 is the one status that says itself "a portal wants you to sign in".
            (511, None) => Self::NoSignal,
            (500.., None) => Self::Trouble,
            (_, None) => Self::NoSignal,
        }
    }
}

/// The stable code of a problem document, where it is one of our own API.
fn own_code(status: u16, body: &[u8]) -> Option<String> {
    let problem: Problem = serde_json::from_slice(body).ok()?;
    let ours = problem.status == status && problem.r#type.strip_prefix(PROBLEM_TYPE) == Some(&problem.code);
    ours.then_some(problem.code)
}
