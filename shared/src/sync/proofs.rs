//! What a tablet signs with its own key, so that nobody else can be it.
//!
//! The key pair is made on the tablet and its private half never leaves it. A signature is Ed25519, or P-256 with
//! SHA-256 as browsers make it (r and s, 64 bytes), in base64url. Each text begins with what it is for, so that a
//! signature for one thing is none for another.

use super::wire::Bytes;

/// Longest enrolment code that anybody types, in letters and digits.
const CODE_MAX_CHARS: usize = 64;

/// A code as it was meant: without the groups' dashes, in capitals.
#[must_use]
pub fn code_as_meant(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).take(CODE_MAX_CHARS).collect::<String>().to_uppercase()
}

/// Enrolling with a code: a tablet that was known under this key is the same tablet again.
#[must_use]
pub fn enrolment(code: &str) -> String {
    format!("curbstop-enrol:{}", code_as_meant(code))
}

/// Exchanging a refresh token.
#[must_use]
pub fn refresh(refresh_token: &str) -> String {
    format!("curbstop-refresh:{refresh_token}")
}

/// Handing in a photo of a tablet that is out of service: the hash of its bytes in hex.
#[must_use]
pub fn hand_in_photo(sha256: &str) -> String {
    format!("curbstop-hand-in-photo:{sha256}")
}

/// Handing in what a tablet holds that is out of service: the request's bytes as they are sent.
#[must_use]
pub fn hand_in(request: &Bytes) -> String {
    format!("curbstop-hand-in:{}", request.base64url())
}
