//! What desks read about a tablet that is out of service: at each order what was handed in for it, and what stays on the
//! tablet because nobody here can read or place it.

mod said;

pub(in crate::service) use said::paid_and_perhaps_off;
pub use said::sentence;
pub(super) use said::{said, why_refused};

use crate::{
    service::ServiceError,
    store::{
        Conn, Work,
        devices::DeviceRow,
        exceptions::{self, ExceptionRow, NewException},
        feed, orders,
    },
};
use curbstop_shared::{
    disposition::{Disposition, WhyNot},
    facts::{Fact, FactBody, FactKind, Header},
    ids::{DeviceId, FactId, OrderId},
    sync::wire::RefusalCode,
    time::{Micros, Span},
    vocabulary::{Action, ExceptionKind, Role},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Somebody looks at it within so long: somebody may be off whom the office believes to be on.
const LOOK_WITHIN: Span = Span::minutes(4 * 60);
/// Exceptions of this kind are named by the tablet and the order: handing in again raises nothing twice.
const IN_QUARANTINE: Uuid = Uuid::from_bytes(*b"curbstop-quarant");
/// Saves that one entry lists; more are counted. A sentence that nobody can read tells nothing.
const SAVES_LISTED: usize = 20;
/// Lines that are told of one visit, and digits of one reading: more than any meter or premise has.
const PARTS_LISTED: usize = 12;
const DIGITS_MAX: usize = 12;
/// What stays on a tablet and is told apart from what was said before; more is counted.
const HELD_BACK_LISTED: usize = 64;
/// What is no piece: more was handed in than is kept of one tablet. Also the code of that refusal.
pub(super) const FULL: &str = "quarantine_full";

/// What an exception says about work in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Detail {
    tablet: String,
    /// Which tablet that is; entries of old do not say.
    #[serde(default)]
    pub(super) device: Option<DeviceId>,
    /// A supervisor set it aside: nothing of it counts, all of it is kept.
    #[serde(default)]
    pub(super) set_aside: bool,
    revoked_at_us: Option<i64>,
    /// What was recorded, with the tablet's clock and who says to have done it.
    saves: Vec<Save>,
    /// How many more there are.
    #[serde(default)]
    more: usize,
}

/// A visit with what it did, or something else that was recorded by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Save {
    kind: String,
    /// Codes of what was done to the lines.
    #[serde(default)]
    done: Vec<String>,
    /// Digits that were read.
    #[serde(default)]
    read: Vec<String>,
    /// How many photos it names.
    #[serde(default)]
    photos: usize,
    at_us: i64,
    by: Option<String>,
    /// Why it could not be taken in, where somebody tried.
    #[serde(default)]
    pub(super) refused: Option<RefusalCode>,
}

/// Kinds of save that are told apart from the office's own release or hold: proof or a claim from the door.
pub(super) const PROOF: &str = "proof";
pub(super) const CLAIM: &str = "claim";

impl Detail {
    fn of(device: &DeviceRow, mut saves: Vec<Save>, more: usize) -> Self {
        let more = more + saves.len().saturating_sub(SAVES_LISTED);
        saves.truncate(SAVES_LISTED);
        Self {
            tablet: device.name.clone(),
            device: Some(DeviceId(device.id)),
            set_aside: false,
            revoked_at_us: device.revoked_at_us,
            saves,
            more,
        }
    }

    pub(super) fn read(row: &ExceptionRow) -> Option<Self> {
        serde_json::from_str(&row.detail).ok()
    }
}

/// Whether the work that waits at an order would leave somebody off who has paid, as far as it is listed.
pub(in crate::service) fn leaves_off_who_paid(row: &ExceptionRow, outcome: &Disposition) -> bool {
    let Some(detail) = Detail::read(row).filter(|detail| !detail.set_aside) else { return false };
    let paid = matches!(&outcome.why_not, Some(WhyNot::Released { reversed: false, .. }));
    let mut saves: Vec<&Save> = detail.saves.iter().collect();
    saves.sort_by_key(|save| save.at_us);
    let mut acts = saves.iter().flat_map(|save| &save.done).filter_map(|code| code.parse::<Action>().ok());
    paid && acts.rfind(|action| action.cuts() || action.restores()).is_some_and(Action::cuts)
}

/// What an exception says about what stays on a tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HeldBack {
    tablet: String,
    revoked_at_us: Option<i64>,
    /// Each by the beginning of its hash.
    held_back: Vec<String>,
    /// How many more there were in one request.
    #[serde(default)]
    more: usize,
}

/// What one change says, by the order that it is about: a visit in one line with all that it did.
pub(super) fn note(
    change: &[(Header, Fact)],
    names: &BTreeMap<String, String>,
    saves: &mut BTreeMap<OrderId, Vec<Save>>,
) {
    let mut visits: BTreeMap<(OrderId, FactId), Save> = BTreeMap::new();
    for (header, fact) in change {
        let of = fact.visit().filter(|_| fact.header.is_none()).unwrap_or(&fact.id);
        let kind = fact.body.kind();
        let save = visits.entry((header.order, of.clone())).or_insert_with(|| Save {
            kind: kind.code().to_owned(),
            done: Vec::new(),
            read: Vec::new(),
            photos: 0,
            at_us: header.at.0,
            by: header.by.and_then(|by| names.get(&by.to_string()).cloned()),
            refused: None,
        });
        match &fact.body {
            FactBody::Visit(_) => FactKind::Visit.code().clone_into(&mut save.kind),
            FactBody::Work(work) if save.done.len() < PARTS_LISTED => save.done.push(work.action.code().to_owned()),
            FactBody::Reading(reading) if save.read.len() < PARTS_LISTED => {
                save.read.extend(reading.digits.as_ref().map(|digits| digits.chars().take(DIGITS_MAX).collect()));
            }
            FactBody::Evidence(_) => save.photos += 1,
            // What was shown or said at the door a crew may record; the office's own word it may not.
            FactBody::Release(release) if !release.verified => PROOF.clone_into(&mut save.kind),
            FactBody::Hold(hold) if !hold.verified => CLAIM.clone_into(&mut save.kind),
            _ => {}
        }
    }
    for ((order, _), save) in visits {
        saves.entry(order).or_default().push(save);
    }
}

/// Says at the order that work on it waits for a decision: in the entry that is open, if one is.
pub(super) async fn raise(
    work: &mut Work,
    device: &DeviceRow,
    order: OrderId,
    saves: Vec<Save>,
    now: Micros,
) -> Result<(), ServiceError> {
    let Some(row) = orders::by_id(work, order).await? else { return Ok(()) };
    let Entry { id, open, .. } = entry(work, &at_order(device, order)).await?;
    let before = open.as_ref().and_then(Detail::read);
    let (mut all, more) = before.map(|before| (before.saves, before.more)).unwrap_or_default();
    all.extend(saves);
    put(work, id, Some(order), &row.account, &Detail::of(device, all, more), now).await
}

/// Says at the order that this is what waits there, in the entry that is open or in a new one.
pub(super) async fn raise_anew(
    work: &mut Work,
    device: &DeviceRow,
    order: OrderId,
    saves: Vec<Save>,
    now: Micros,
) -> Result<(), ServiceError> {
    let Some(row) = orders::by_id(work, order).await? else { return Ok(()) };
    let id = entry(work, &at_order(device, order)).await?.id;
    put(work, id, Some(order), &row.account, &Detail::of(device, saves, 0), now).await
}

/// Says at the order what of a tablet's work waits there now, after somebody decided on some of it: the entries that are
/// open say that, and are closed where nothing waits any more.
pub(super) async fn waits_now(
    work: &mut Work,
    device: &DeviceRow,
    order: OrderId,
    saves: Vec<Save>,
    by: &Closing<'_>,
) -> Result<(), ServiceError> {
    let Some(row) = orders::by_id(work, order).await? else { return Ok(()) };
    let Some(open) = entry(work, &at_order(device, order)).await?.open else { return Ok(()) };
    if !saves.is_empty() {
        return put(work, open.id, Some(order), &row.account, &Detail::of(device, saves, 0), by.now).await;
    }
    if let (true, Some(detail)) = (by.sets_aside, Detail::read(&open)) {
        put(work, open.id, Some(order), &row.account, &Detail { set_aside: true, ..detail }, by.now).await?;
    }
    Ok(exceptions::resolve(work, open.id, by.now, by.person, by.why).await?)
}

/// Opens what was set aside again: in its own entry, or in the one that is open for later work at the same order.
/// Gives the entry.
pub(super) async fn waits_again(
    work: &mut Work,
    device: &DeviceRow,
    closed: &ExceptionRow,
    order: OrderId,
    saves: Vec<Save>,
    now: Micros,
) -> Result<Uuid, ServiceError> {
    let open = entry(work, &at_order(device, order)).await?.open;
    if let (Some(_), Some(detail)) = (&open, Detail::read(closed)) {
        put(work, closed.id, Some(order), &closed.account, &Detail { set_aside: false, ..detail }, now).await?;
    }
    let id = open.map_or(closed.id, |open| open.id);
    exceptions::open_again(work, id, now + LOOK_WITHIN).await?;
    put(work, id, Some(order), &closed.account, &Detail::of(device, saves, 0), now).await?;
    Ok(id)
}

/// Who closes an entry, and why.
pub(super) struct Closing<'c> {
    pub(super) person: Option<Uuid>,
    pub(super) why: &'c str,
    /// The work is kept and can be looked at again.
    pub(super) sets_aside: bool,
    pub(super) now: Micros,
}

fn at_order(device: &DeviceRow, order: OrderId) -> String {
    format!("{}:{order}", device.id)
}

/// Says that something stays on the tablet, where that is news: the tablet tries again and again.
pub(super) async fn holds_back(
    work: &mut Work,
    device: &DeviceRow,
    pieces: &[String],
    now: Micros,
) -> Result<(), ServiceError> {
    if news(work, device, pieces).await?.is_none() {
        return Ok(());
    }
    // Whoever closes an entry takes the feed's number first, so what is read from here on holds.
    feed::append(work, now, "exception", &device.id.to_string(), &serde_json::json!({})).await?;
    if let Some((id, detail)) = news(work, device, pieces).await? {
        put(work, id, None, "", &detail, now).await?;
    }
    Ok(())
}

/// The entry with what it says now; none where these pieces were told of before.
async fn news(
    conn: &mut Conn,
    device: &DeviceRow,
    pieces: &[String],
) -> Result<Option<(Uuid, HeldBack)>, ServiceError> {
    if pieces.is_empty() {
        return Ok(None);
    }
    let read = |row: &ExceptionRow| serde_json::from_str::<HeldBack>(&row.detail).ok();
    let Entry { id, open, closed } = entry(conn, &format!("{}:held-back", device.id)).await?;
    let decided: BTreeSet<String> = closed.iter().filter_map(read).flat_map(|closed| closed.held_back).collect();
    let before = open.as_ref().and_then(read);
    let mut detail = before.clone().unwrap_or_else(|| HeldBack {
        tablet: device.name.clone(),
        revoked_at_us: device.revoked_at_us,
        held_back: Vec::new(),
        more: 0,
    });
    let mut unlisted = 0;
    for piece in pieces.iter().filter(|piece| !decided.contains(*piece)) {
        if detail.held_back.contains(piece) {
            continue;
        }
        if detail.held_back.len() < HELD_BACK_LISTED {
            detail.held_back.push(piece.clone());
        } else {
            unlisted += 1;
        }
    }
    detail.more = detail.more.max(unlisted);
    let is_news = !detail.held_back.is_empty() && before.as_ref() != Some(&detail);
    Ok(is_news.then_some((id, detail)))
}

/// An entry by its name.
struct Entry {
    /// The open one's, or the next one's: what was decided stays decided, and what came after it is a question of its
    /// own.
    id: Uuid,
    open: Option<ExceptionRow>,
    closed: Vec<ExceptionRow>,
}

async fn entry(conn: &mut Conn, name: &str) -> Result<Entry, ServiceError> {
    let mut closed = Vec::new();
    loop {
        let id = Uuid::new_v5(
            &IN_QUARANTINE,
            match closed.len() {
                0 => name.to_owned(),
                n => format!("{name}:{n}"),
            }
            .as_bytes(),
        );
        match exceptions::by_id(conn, id).await? {
            Some(row) if row.state == "open" => return Ok(Entry { id, open: Some(row), closed }),
            Some(row) => closed.push(row),
            None => return Ok(Entry { id, open: None, closed }),
        }
    }
}

async fn put(
    work: &mut Work,
    id: Uuid,
    order: Option<OrderId>,
    account: &str,
    detail: &impl Serialize,
    now: Micros,
) -> Result<(), ServiceError> {
    let detail = serde_json::to_string(detail).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    // What can be taken in a supervisor decides; for what stays on a tablet dispatch has to get hold of it.
    let owner = if order.is_some() { Role::Supervisor } else { Role::Dispatcher };
    let raised = NewException {
        id,
        kind: ExceptionKind::QuarantinedFact.code(),
        order,
        account,
        cause: None,
        detail: &detail,
        owner_role: owner.code(),
        due_at: now + LOOK_WITHIN,
    };
    Ok(exceptions::raise(work, &raised, now).await?)
}
