//! The language that an answer's sentences are in: chosen on a page, else what the client asks for.

use crate::{service::voice::Voice, state::AppState};
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::CookieJar;
use curbstop_shared::language::Language;

/// The cookie that remembers the language somebody chose.
pub const LANGUAGE_COOKIE: &str = "curbstop-language";

/// How to speak to whoever sent these headers.
#[must_use]
pub fn voice_of(state: &AppState, headers: &HeaderMap) -> Voice {
    Voice { language: language(headers), zone: state.config.time_zone, now: state.now() }
}

fn language(headers: &HeaderMap) -> Language {
    let chosen = CookieJar::from_headers(headers).get(LANGUAGE_COOKIE).map(|cookie| cookie.value().to_owned());
    let wanted = chosen.or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut tags = accepted.split(',').map(|tag| tag.trim().to_lowercase());
        tags.find(|tag| tag.starts_with("en") || tag.starts_with("es"))
    });
    if wanted.is_some_and(|tag| tag.starts_with("es")) { Language::Es } else { Language::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_the_language_until_somebody_chooses() {
        let mut headers = HeaderMap::new();
        assert_eq!(language(&headers), Language::En);
        headers.insert(header::ACCEPT_LANGUAGE, "de-DE,es-MX;q=0.8,en;q=0.5".parse().unwrap());
        assert_eq!(language(&headers), Language::Es);
        headers.insert(header::COOKIE, "curbstop-language=en".parse().unwrap());
        assert_eq!(language(&headers), Language::En);
    }
}
