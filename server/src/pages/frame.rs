//! What every page of a desk has around its own matter: who is signed in, the language, times and icons; and the
//! gate in front of it.

mod may;

use super::{assets, go_to};
use crate::{
    http::{auth, language::voice_of, problem::Problem},
    service::{
        accounts::Found,
        authorise::{Action, Actor},
        voice::Voice,
    },
    state::AppState,
    store::people,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use curbstop_shared::{
    language::Language,
    money::{Currency, Money},
    time::Micros,
    vocabulary::Role,
};
use std::borrow::Borrow;

/// The frame of a page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub voice: Voice,
    pub currency: Currency,
    /// Where this page is, for the way back after a change of the language.
    pub path: String,
    /// `desk.js` asks for a part of a page.
    pub fragment: bool,
    /// Nobody at the sign-in.
    pub visitor: Option<Visitor>,
}

/// Whoever is signed in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub actor: Actor,
    pub name: String,
}

impl Frame {
    pub(super) async fn of(state: &AppState, headers: &HeaderMap, path: String) -> Result<Self, Problem> {
        let actor = auth::page_visitor(state, headers).await?;
        let name = match actor.as_ref().and_then(Actor::person) {
            Some(id) => people::by_id(&mut state.store.reader().await?, id).await?.map(|person| person.name),
            None => None,
        };
        Ok(Self {
            voice: voice_of(state, headers),
            currency: state.config.currency,
            path,
            fragment: headers.contains_key("x-curbstop-fragment"),
            visitor: actor.map(|actor| Visitor { actor, name: name.unwrap_or_default() }),
        })
    }

    /// Where it can't even be found out who is signed in.
    pub(super) fn of_nobody(state: &AppState, headers: &HeaderMap, path: String) -> Self {
        let fragment = headers.contains_key("x-curbstop-fragment");
        Self { voice: voice_of(state, headers), currency: state.config.currency, path, fragment, visitor: None }
    }

    /// The text of the reader's language.
    pub(super) const fn t<'t>(&self, english: &'t str, spanish: &'t str) -> &'t str {
        self.voice.language.pick(english, spanish)
    }

    /// A number with its noun: "1 account", "2 accounts".
    pub(super) fn counted(&self, count: impl Borrow<usize>, english: &[&str; 2], spanish: &[&str; 2]) -> String {
        let count = *count.borrow();
        let [one, many] = if self.lang() == "en" { english } else { spanish };
        format!("{count} {}", if count == 1 { one } else { many })
    }

    pub(super) const fn lang(&self) -> &'static str {
        self.voice.language.pick("en", "es")
    }

    pub(super) const fn other_lang(&self) -> &'static str {
        self.voice.language.pick("es", "en")
    }

    pub(super) const fn other_language(&self) -> &'static str {
        self.voice.language.pick("Español", "English")
    }

    pub(super) fn version(&self) -> &'static str {
        assets::version()
    }

    /// An icon of the sprite. Its word stands beside it, so it says nothing itself.
    pub(super) fn icon(&self, name: &str) -> String {
        let version = assets::version();
        format!(r##"<svg class="icon" aria-hidden="true"><use href="/assets/icons.svg?v={version}#{name}"/></svg>"##)
    }

    /// The mark beside the name.
    pub(super) fn mark(&self) -> String {
        format!(r#"<img src="/assets/mark.svg?v={}" width="24" height="24" alt="">"#, assets::version())
    }

    /// A moment with all of it on hover.
    pub(super) fn time(&self, at: &Micros) -> String {
        let shown = self.voice.time(*at);
        format!(r#"<time title="{}">{shown}</time>"#, self.voice.exact(*at))
    }

    /// "by 10:40"; once that is over "was due by 10:40: late".
    pub(super) fn due(&self, at: &Micros) -> String {
        let (is_over, language) = (*at < self.voice.now, self.voice.language);
        // Spanish has its article between the two.
        let said = match language {
            Language::En => format!("by {}", self.voice.time(*at)),
            Language::Es => language.before(&self.voice.time(*at)),
        };
        let title = self.voice.exact(*at);
        if is_over {
            let (was, late) = (self.t("was due", "debía estar"), self.t("late", "vencido"));
            return format!(r#"<time class="late" title="{title}">{was} {said}: {late}</time>"#);
        }
        format!(r#"<time title="{title}">{said}</time>"#)
    }

    /// How long ago, kept current by the next refresh.
    pub(super) fn ago(&self, at: &Micros) -> String {
        let (before, after) = (self.t("", "hace "), self.t(" ago", ""));
        format!(r#"<time title="{}">{before}{}{after}</time>"#, self.voice.exact(*at), self.voice.age(*at))
    }

    /// "$86.40", "1,204.00 MXN".
    pub(super) fn money(&self, minor: &i64) -> String {
        money(*minor, self.currency)
    }

    pub(super) fn role(&self) -> Option<Role> {
        self.visitor.as_ref().map(|visitor| visitor.actor.role)
    }

    pub(super) fn name(&self) -> &str {
        self.visitor.as_ref().map_or("", |visitor| &visitor.name)
    }

    /// Today, as a form has it.
    pub(super) fn today(&self) -> String {
        self.voice.today().to_string()
    }

    /// A day of a row as people say it.
    pub(super) fn day_said(&self, day: &str) -> String {
        day.parse().map_or_else(|_| day.to_owned(), |day| self.voice.full_day(day))
    }

    /// An amount as a form has it: "86.40".
    pub(super) fn plain(&self, minor: &i64) -> String {
        Money::from_minor(*minor, self.currency).to_string()
    }

    /// A text as part of an address.
    pub(super) fn part(&self, text: &str) -> String {
        percent(text).replace('/', "%2F")
    }

    /// Which parts of an account matched what was searched for.
    pub(super) fn matched(&self, found: &Found) -> String {
        let name = |what: &&str| match *what {
            "account" => self.t("the account", "la cuenta"),
            "name" => self.t("the name", "el nombre"),
            "address" => self.t("the address", "la dirección"),
            "phone" => self.t("the telephone", "el teléfono"),
            "order" => self.t("the order", "la orden"),
            "hold" => self.t("the hold", "la protección"),
            _ => self.t("the meter", "el medidor"),
        };
        let (only_sounds, what) = match found.matched.split_first() {
            Some((&"sounds_like", what)) => (true, what),
            _ => (false, found.matched.as_slice()),
        };
        let what = what.iter().map(name).collect::<Vec<_>>().join(self.t(" and ", " y "));
        let how = if only_sounds { self.t("sounds like:", "suena parecido:") } else { self.t("matches", "coincide") };
        format!("{how} {what}")
    }

    /// A field of the query with which this page was asked for; today's date where it has none.
    pub(super) fn asked_day(&self, field: &str) -> String {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let mut fields = query.split('&').filter_map(|pair| pair.split_once('='));
        fields.find(|(name, _)| *name == field).map_or_else(|| self.today(), |(_, day)| day.to_owned())
    }

    /// Where somebody goes back to from a refusal: the account, the desk.
    pub(super) fn back(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let mut parts = path.trim_matches('/').split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("office"), Some("accounts"), Some(account)) => format!("/office/accounts/{account}"),
            (Some("office"), ..) => "/office".to_owned(),
            (Some("dispatch"), ..) => "/dispatch".to_owned(),
            _ => "/".to_owned(),
        }
    }

    pub(super) fn role_said(&self) -> &'static str {
        self.role().map_or("", |role| self.role_name(role))
    }

    pub(super) const fn role_name(&self, role: Role) -> &'static str {
        let language = self.voice.language;
        match role {
            Role::Admin => language.pick("administrator", "administración"),
            Role::Dispatcher => language.pick("dispatcher", "despacho"),
            Role::Office => language.pick("office", "oficina"),
            Role::Supervisor => language.pick("supervisor", "supervisión"),
            Role::Auditor => language.pick("auditor, reads only", "auditoría, solo lectura"),
            Role::Crew | Role::Contractor => language.pick("crew", "cuadrilla"),
            Role::Cis => language.pick("billing system", "sistema de facturación"),
        }
    }
}

/// "$86.40": the sign where everybody knows it, else the code behind.
pub(super) fn money(minor: i64, currency: Currency) -> String {
    let plain = Money::from_minor(minor.abs(), currency).to_string();
    let (whole, decimals) = plain.split_once('.').map_or((plain.as_str(), None), |(w, d)| (w, Some(d)));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(decimals) = decimals {
        grouped.push('.');
        grouped.push_str(decimals);
    }
    let sign = if minor < 0 { "-" } else { "" };
    match currency.code() {
        "USD" => format!("{sign}${grouped}"),
        code => format!("{sign}{grouped} {code}"),
    }
}

impl FromRequestParts<AppState> for Frame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Self::of(state, &parts.headers, path).await
    }
}

/// A desk: somebody is signed in.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub frame: Frame,
    pub actor: Actor,
}

impl Desk {
    /// Passes where the role may do this.
    pub(super) fn may(&self, action: Action) -> Result<(), Box<Response>> {
        // A page shows whose account it acts on, with name and history: who only sends files may act, but not look.
        let looks = if shows_accounts(action) { self.actor.may(Action::SeeAccounts) } else { Ok(()) };
        looks.and_then(|()| self.actor.may(action)).map_err(|_| Box::new(refused(&self.frame)))
    }
}

const fn shows_accounts(action: Action) -> bool {
    use Action as A;
    matches!(action, A::RecordReleases | A::DecideReleases | A::RecordHolds | A::DecideHolds | A::DecideFees)
}

fn refused(frame: &Frame) -> Response {
    let page = Refused { f: frame };
    super::html_with(StatusCode::FORBIDDEN, &page).unwrap_or_else(IntoResponse::into_response)
}

#[derive(askama::Template)]
#[template(path = "refused.html")]
struct Refused<'p> {
    f: &'p Frame,
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let frame = Frame::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        match frame.visitor.clone() {
            Some(Visitor { actor, .. }) => Ok(Self { frame, actor }),
            None if frame.fragment => Err(StatusCode::UNAUTHORIZED.into_response()),
            None => {
                let back: String = percent(&frame.path);
                Err(go_to(&format!("/?next={back}"), false))
            }
        }
    }
}

/// A text as part of a query.
pub(super) fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_say_their_currency() {
        let dollars = |minor| money(minor, Currency::USD);
        assert_eq!([8_640, 120_400, 5, -123_456_789].map(dollars), ["$86.40", "$1,204.00", "$0.05", "-$1,234,567.89"]);
        assert_eq!(money(120_400, "MXN".parse().unwrap()), "1,204.00 MXN");
        assert_eq!(money(1_204, "JPY".parse().unwrap()), "1,204 JPY");
    }
}
