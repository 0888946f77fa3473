//! What an order asks its crew to bring back, and why some of it may be missing: never a reason to hold work back.

use crate::{
    language::Language,
    vocabulary::{Asked, Met, NotTakenWhy, OrderKind},
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
