//! What an order asks its crew to bring back, and why some of it may be missing: never a reason to hold work back.

use crate::{
    facts::{FactBody, Visit},
    ids::LineId,
    language::Language,
    ordered::Set,
    route_document::PublishedOrder,
    vocabulary::{Asked, EvidenceKind, Lack, Met, NotTakenWhy, OrderKind, Outcome},
};

/// What work of a kind asks for where the utility says nothing else. Written into each order as it is published
/// ([`written`]): tablets and the office go by what stands there.
#[must_use]
pub const fn asked_for(kind: OrderKind) -> &'static [Asked] {
    use OrderKind as K;
    match kind {
        K::TurnOff | K::MeterLock | K::MeterRemove => &[Asked::Photo, Asked::Position, Asked::Reading],
        K::Reconnect | K::Unlock | K::MoveInOn | K::MoveOutOff | K::MeterSet => &[Asked::Position, Asked::Reading],
        K::EquipmentPickup => &[Asked::Signature, Asked::Position],
        K::MeterExchange | K::TheftCheck | K::TamperInvestigation => &[Asked::Photo, Asked::Position, Asked::Reading],
        K::DoorNotice => &[Asked::Photo, Asked::Position],
        K::Reread => &[Asked::Reading],
    }
}

/// A list as an order says it: "photo,position".
#[must_use]
pub fn written(asked: &[Asked]) -> String {
    asked.iter().map(|what| what.code()).collect::<Vec<_>>().join(",")
}

/// Whether an order asks for it. Something that this build has no word for it can't bring; an order published before
/// orders said so asks for a reading, as it always was.
#[must_use]
pub fn asks(asks_for: Option<&str>, what: Asked) -> bool {
    asks_for.map_or(what == Asked::Reading, |list| list.split(',').any(|word| word.trim() == what.code()))
}

/// What the order asked of work that was done, and that the visit neither brought nor explained. `found` is everything
/// else that was recorded on the visit. Of a photo or signature it is enough that a fact names it: its bytes come later.
///
/// Nothing is asked where the work was stopped or could not be done, of a sheet of paper, of whoever gives service back
/// on the very order of the cut, and by an order that was published before orders said what they ask for.
#[must_use]
pub fn lacking(order: &PublishedOrder, visit: &Visit, found: &[&FactBody]) -> Set<Lack> {
    let any = |is: &dyn Fn(&FactBody) -> bool| found.iter().any(|body| is(body));
    let gave_back = order.kind.may_end_in_a_cut()
        && any(&|body| matches!(body, FactBody::Work(work) if work.action.restores()))
        && !any(&|body| matches!(body, FactBody::Work(work) if work.action.cuts()));
    let is_done = visit.outcome == Outcome::Done && visit.paper != Some(true);
    let Some(list) = order.asks_for.as_deref().filter(|_| is_done && !gave_back) else { return Set::new() };

    let is_named = |what: EvidenceKind| any(&|body| matches!(body, FactBody::Evidence(named) if named.what == what));
    let is_here = |what: Asked| match what {
        Asked::Photo => is_named(EvidenceKind::Photo),
        Asked::Signature => is_named(EvidenceKind::Signature),
        Asked::Position => visit.lat_e7.is_some(),
        // A reading says itself why there is none.
        Asked::Reading => {
            let reads = !matches!(order.kind, OrderKind::EquipmentPickup | OrderKind::DoorNotice);
            order
                .lines
                .iter()
                .filter(|line| reads && line.has_meter())
                .all(|line| any(&|body| matches!(body, FactBody::Reading(reading) if reading.line == line.id)))
        }
    };
    let is_explained = |what: Asked| any(&|body| matches!(body, FactBody::NotTaken(word) if word.what == what));
    let asked = Asked::ALL.iter().copied().filter(|what| asks(Some(list), *what));
    let mut lacking: Set<Lack> = asked.filter(|what| !is_here(*what) && !is_explained(*what)).map(lack).collect();
    let is_told = |line: &LineId| any(&|body| matches!(body, FactBody::Equipment(seen) if seen.line == *line));
    if order.kind == OrderKind::EquipmentPickup && !order.lines.iter().all(|line| is_told(&line.id)) {
        lacking.insert(Lack::Box);
    }
    lacking
}

const fn lack(what: Asked) -> Lack {
    match what {
        Asked::Photo => Lack::Photo,
        Asked::Signature => Lack::Signature,
        Asked::Position => Lack::Position,
        Asked::Reading => Lack::Reading,
    }
}

/// What lacks, as it stands in a list: "photo".
#[must_use]
pub const fn lack_said(what: Lack, language: Language) -> &'static str {
    match what {
        Lack::Photo => language.pick("photo", "foto"),
        Lack::Signature => language.pick("signature", "firma"),
        Lack::Position => language.pick("position", "posición"),
        Lack::Reading => language.pick("reading", "lectura"),
        Lack::Box => language.pick("number of the box", "número del equipo"),
    }
}

/// Why it may be missing, as a crew chooses from; what the tablet says by itself is [`nobody_signs`].
#[must_use]
pub const fn reasons(what: Asked) -> &'static [NotTakenWhy] {
    use NotTakenWhy as W;
    match what {
        Asked::Photo => &[W::CameraBroken, W::TooDark, W::NotSafe, W::NotAllowed],
        Asked::Signature => &[W::Refused, W::Nobody, W::CanNotSign, W::ScreenBroken],
        Asked::Position => &[W::NoFix, W::NotSafe],
        // Of a meter that can't be read the reading itself says why.
        Asked::Reading => &[],
    }
}

/// Why nobody signs at a door where nobody of age is (rule 12: only minors at home, no signature).
#[must_use]
pub const fn nobody_signs(met: Option<Met>) -> Option<NotTakenWhy> {
    match met {
        Some(Met::Nobody) => Some(NotTakenWhy::Nobody),
        Some(Met::Minor) => Some(NotTakenWhy::MinorOnly),
        Some(Met::Customer | Met::Adult) | None => None,
    }
}

/// Whether a reason is one for this.
#[must_use]
pub fn explains(why: NotTakenWhy, what: Asked) -> bool {
    reasons(what).contains(&why) || (what == Asked::Signature && why == NotTakenWhy::MinorOnly)
}

/// A reason in a few words, as a crew chooses it and the office reads it.
#[must_use]
pub const fn why_not_taken(why: NotTakenWhy, language: Language) -> &'static str {
    use NotTakenWhy as W;
    match why {
        W::CameraBroken => language.pick("the camera does not work", "la cámara no funciona"),
        W::TooDark => language.pick("too dark or too wet", "demasiado oscuro o mojado"),
        W::NotSafe => language.pick("not safe to stay", "no es seguro quedarse"),
        W::NotAllowed => language.pick("somebody there does not want it", "alguien allí no lo quiere"),
        W::Refused => language.pick("would not sign", "no quiso firmar"),
        W::Nobody => language.pick("nobody there to sign", "no hay nadie que firme"),
        W::MinorOnly => language.pick("only minors at home", "solo menores en casa"),
        W::CanNotSign => language.pick("can't sign", "no puede firmar"),
        W::ScreenBroken => language.pick("the screen takes no ink", "la pantalla no toma la firma"),
        W::NoFix => language.pick("the tablet does not find it", "la tableta no la encuentra"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_asks_for_what_is_written_in_it() {
        for kind in OrderKind::ALL {
            let list = written(asked_for(*kind));
            for what in Asked::ALL {
                assert_eq!(asks(Some(&list), *what), asked_for(*kind).contains(what), "{kind}: {what}");
            }
        }
        assert!(!asks(Some(""), Asked::Reading), "a utility that wants nothing gets nothing");
        assert!(asks(Some("hologram,photo"), Asked::Photo), "a newer office's word takes no other with it");
        assert_eq!((asks(None, Asked::Reading), asks(None, Asked::Photo)), (true, false));
    }

    #[test]
    fn everything_that_may_be_missing_has_its_reasons_and_no_others() {
        for what in Asked::ALL {
            assert_eq!(reasons(*what).is_empty(), *what == Asked::Reading);
            assert!(reasons(*what).iter().all(|why| explains(*why, *what)));
        }
        assert!(!explains(NotTakenWhy::Refused, Asked::Photo));
        assert!(Met::ALL.iter().filter_map(|met| nobody_signs(Some(*met))).all(|why| explains(why, Asked::Signature)));
    }
}
