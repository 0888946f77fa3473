//! `/reports/sample`: orders drawn for the quarterly audit, as a list to print.

use super::{Asked, Head, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        ServiceError,
        authorise::Action,
        days::Days,
        reports::sample::{self, How, Sample},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/sample", get(page))
}

/// Orders that are drawn where nobody says how.
const COUNT: usize = 20;

/// What is asked for, as the form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Draw {
    from: String,
    to: String,
    every: String,
    count: String,
    seed: String,
}

impl Draw {
    /// So many by the day's own word, where nothing is asked for: the list says which word.
    fn read(&self, f: &Frame) -> Result<(Days, How), ServiceError> {
        let days = Asked { from: self.from.clone(), to: self.to.clone() }.days(f)?;
        let bad = |_| ServiceError::invalid("sample_invalid", "Say every how many, or how many and a word of yours.");
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(bad),
        };
        let (every, count) = (number(&self.every)?, number(&self.count)?);
        if every.is_some() {
            return Ok((days, How::asked(every, None, None)?));
        }
        let today = f.today();
        let seed = if self.seed.trim().is_empty() { today.as_str() } else { self.seed.as_str() };
        Ok((days, How::asked(None, Some(count.unwrap_or(COUNT)), Some(seed))?))
    }
}

#[derive(Template)]
#[template(path = "reports_sample.html")]
struct Page {
    f: Frame,
    h: Head,
    days: Days,
    how: How,
    s: Sample,
}

impl Page {
    fn every(&self) -> String {
        match &self.how {
            How::Every(every) => every.to_string(),
            How::Seeded(..) => String::new(),
        }
    }

    fn count(&self) -> String {
        match &self.how {
            How::Every(_) => String::new(),
            How::Seeded(count, _) => count.to_string(),
        }
    }

    fn seed(&self) -> &str {
        match &self.how {
            How::Every(_) => "",
            How::Seeded(_, seed) => seed,
        }
    }

    /// "12 of 240 orders, every 20th by day and number."
    fn sentence(&self) -> String {
        let (f, s) = (&self.f, &self.s);
        let drawn = format!("{} {} {}", s.orders.len(), f.t("of", "de"), s.population);
        match &self.how {
            How::Every(every) => {
                let english = format!("{drawn} orders: one in every {every}, by day and number.");
                f.t(&english, &format!("{drawn} órdenes: una de cada {every}, por día y número.")).to_owned()
            }
            How::Seeded(_, seed) => {
                let english = format!("{drawn} orders, drawn by the word “{seed}”: the same word draws the same.");
                f.t(
                    &english,
                    &format!("{drawn} órdenes, sacadas con la palabra “{seed}”: la misma palabra saca las mismas."),
                )
                .to_owned()
            }
        }
    }
}

async fn page(State(state): State<AppState>, desk: Desk, Query(asked): Query<Draw>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAudit) {
        return Ok(*refused);
    }
    let (days, how) = match asked.read(&desk.frame) {
        Ok(asked) => asked,
        Err(bad) => return not_made(desk, "sample", bad),
    };
    let s = sample::draw(&state, days, &how).await?;
    html(&Page { f: desk.frame, h: Head { tab: "sample", days: None, has_file: false }, days, how, s })
}
