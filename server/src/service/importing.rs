//! Files of billing systems come in: read against what is known, then kept as a whole or not at all.

mod keeping;
mod like;
mod outcome;
mod turns;

pub use like::{Like, RefusedPayments, like, only_source, refused_payments, why_unlike};
pub use outcome::{ListingView, Outcome, SeenBefore};
pub use turns::{AT_ONCE, FileBytes, Turn, Turns};

use super::{
    RefusalKind, ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    mappings, releasing, utility,
};
use crate::{
    import::{
        FileRefused, Imported, Kind, Options, Register, Report,
        holds::{HoldRow, read_holds},
        listing::{ListingRow, read_listing},
        payments::{PaymentRow, read_payments},
        premises::{PremiseRow, read_premises},
        text::Encoding,
    },
    state::AppState,
    store::{holds, imports, orders, payments, premises},
};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// A file as somebody brings it.
#[derive(Debug, Clone)]
pub struct File {
    /// What it is about.
    pub kind: Kind,
    /// Who sent it, as the utility calls that system.
    pub source: String,
    /// The day for which its rows are judged; today where absent.
    pub as_of: Option<NaiveDate>,
    /// An encoding instead of the one that is found.
    pub encoding: Option<Encoding>,
    /// Its bytes.
    pub bytes: FileBytes,
}

/// Longest name of a source.
const SOURCE_MAX_CHARS: usize = 60;
/// So often a file is read again because another came in meanwhile.
const TRIES: usize = 5;

/// Says what a file would do. Nothing is stored.
///
/// # Errors
/// 422 (413 for one too large) with the file's own code where it can't be read as a whole.
pub async fn preview(state: &AppState, actor: &Actor, file: &File) -> Result<Outcome, ServiceError> {
    actor.may(Action::ImportFiles)?;
    let known = Known::load(state, file).await?;
    let rows = known.read(file).await?;
    keeping::preview(state, &known, rows, file).await
}

/// Brings a file in: all of its accepted rows are kept, with its report, or nothing. A file that came before is
/// recognised; a listing that is final already is left alone.
///
/// # Errors
/// As [`preview`]; 503 where other files keep coming in between.
pub async fn import(state: &AppState, actor: &Actor, once: Option<&Once>, file: &File) -> Result<Answer, ServiceError> {
    Ok(bring_in(state, actor, once, file).await?.0)
}

/// As [`import`], with the outcome for a page; none where the key was used before, and its answer is the one from then.
///
/// # Errors
/// As [`import`].
pub async fn bring_in(
    state: &AppState,
    actor: &Actor,
    once: Option<&Once>,
    file: &File,
) -> Result<(Answer, Option<Outcome>), ServiceError> {
    actor.may(Action::ImportFiles)?;
    for _ in 0..TRIES {
        let known = Known::load(state, file).await?;
        let rows = known.read(file).await?;
        let mut work = state.store.begin().await?;
        if let Some(once) = once
            && let Some(answer) = once.answered(&mut work, actor).await?
        {
            return Ok((answer, None));
        }
        work.lock(imports::LOCK).await?;
        if matches!(file.kind, Kind::Payments | Kind::Holds) {
            work.lock(releasing::LOCK).await?;
        }
        if imports::next_seq(&mut work).await? != known.seq {
            // Another file came in since this one was read: read it against what is known now.
            continue;
        }
        let (outcome, spread) = keeping::keep(state, &mut work, actor, &known, rows, file).await?;
        let answer = Answer::created(&outcome)?;
        let answer = match once {
            Some(once) => once.commit(state, work, actor, answer).await?,
            None => {
                work.commit().await?;
                answer
            }
        };
        match spread {
            Some(spread) => drop(spread.announce(state)),
            None => state.feed.ring(),
        }
        return Ok((answer, Some(outcome)));
    }
    let detail = "Other files keep coming in. Try again in a moment.";
    Err(ServiceError::refused(RefusalKind::Busy, "imports_busy", detail).after(crate::store::BUSY_RETRY_AFTER_S))
}

/// The name of a source as it is kept.
///
/// # Errors
/// 422 `source_invalid`.
pub(super) fn source_name(source: &str) -> Result<&str, ServiceError> {
    let source = source.trim();
    if source.is_empty() || source.chars().count() > SOURCE_MAX_CHARS || source.chars().any(char::is_control) {
        let detail = format!("source: name the system that the file is from, in 1 to {SOURCE_MAX_CHARS} characters.");
        return Err(ServiceError::invalid("source_invalid", detail));
    }
    Ok(source)
}

/// What a file is read against: one moment of the database.
struct Known {
    /// The number that this file will get if none comes in between.
    seq: i64,
    zone: Tz,
    options: Options,
    register: Register,
}

/// The accepted rows of a file, with its report.
enum Rows {
    Premises(Imported<PremiseRow>),
    Holds(Imported<HoldRow>),
    Listing(Imported<ListingRow>),
    Payments(Imported<PaymentRow>),
}

impl Rows {
    fn report(&self) -> &Report {
        match self {
            Self::Premises(imported) => &imported.report,
            Self::Holds(imported) => &imported.report,
            Self::Listing(imported) => &imported.report,
            Self::Payments(imported) => &imported.report,
        }
    }
}

impl Known {
    async fn load(state: &AppState, file: &File) -> Result<Self, ServiceError> {
        let source = source_name(&file.source)?;
        let mut conn = state.store.snapshot().await?;
        let (currency, zone) = (state.config.currency, state.config.time_zone);
        let mappings = mappings::load(&mut conn, source).await?;
        let options = Options {
            source: source.to_owned(),
            as_of: file.as_of.unwrap_or_else(|| utility::day(zone, state.now())),
            currency,
            encoding: file.encoding,
            mappings,
        };
        let mut register = Register::new();
        if file.kind != Kind::Premises {
            premises::fill(&mut conn, &mut register).await?;
        }
        if file.kind == Kind::Listing {
            holds::fill(&mut conn, &mut register, options.as_of).await?;
            orders::fill_open(&mut conn, &mut register).await?;
        }
        if file.kind == Kind::Payments {
            // Which receipts to ask for is known only once the file was read.
            let (without, again) = read_aside(file, &options, register).await?;
            register = again;
            if let Rows::Payments(imported) = without {
                for (receipt, kept) in payments::known_receipts(&mut conn, &imported.rows).await? {
                    register.add_receipt(&receipt, kept);
                }
            }
        }
        Ok(Self { seq: imports::next_seq(&mut conn).await?, zone, options, register })
    }

    async fn read(&self, file: &File) -> Result<Rows, ServiceError> {
        Ok(read_aside(file, &self.options, self.register.clone()).await?.0)
    }
}

/// Reads the file on a thread of its own, since it may take long; gives the register back.
async fn read_aside(file: &File, options: &Options, register: Register) -> Result<(Rows, Register), ServiceError> {
    let (bytes, options, kind) = (file.bytes.clone(), options.clone(), file.kind);
    let reading = tokio::task::spawn_blocking(move || {
        let rows = match kind {
            Kind::Premises => read_premises(&bytes, &options).map(Rows::Premises),
            Kind::Holds => read_holds(&bytes, &options, &register).map(Rows::Holds),
            Kind::Listing => read_listing(&bytes, &options, &register).map(Rows::Listing),
            Kind::Payments => read_payments(&bytes, &options, &register).map(Rows::Payments),
        };
        rows.map(|rows| (rows, register))
    });
    let read = reading.await.map_err(|e| ServiceError::Internal(format!("reading a file: {e}")))?;
    read.map_err(|refused| refusal(&refused))
}

/// The refusal of a file as a whole. Its code is one of [`FileRefused::code`].
#[must_use]
pub fn refusal(refused: &FileRefused) -> ServiceError {
    let kind = match refused {
        FileRefused::TooLarge { .. } => RefusalKind::TooLarge,
        _ => RefusalKind::Unprocessable,
    };
    let mut detail = refused.to_string();
    if let Some(first) = detail.get(..1).map(str::to_uppercase) {
        detail.replace_range(..1, &first);
    }
    detail.push('.');
    ServiceError::refused(kind, refused.code(), detail)
}
