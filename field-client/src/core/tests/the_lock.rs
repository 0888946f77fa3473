//! The lock that a crew hangs: whoever takes it off has to find it by its number.

use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::{Draft, Lacking, TabletError};
use curbstop_shared::vocabulary::{Action, Method};

fn locks(crew: &mut Crew, method: Method, say: impl FnOnce(&mut Draft)) -> Result<(), TabletError> {
    let order = order_id(1);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(method);
        draft.lines[0].digits = Some("036500".into());
        say(draft);
    });
    crew.try_run(|tablet, now, dice| tablet.save(order, now, dice))
}

fn lacks_its_number(saved: Result<(), TabletError>) -> bool {
    matches!(saved, Err(TabletError::Incomplete(Lacking::Lock)))
}

#[test]
fn a_locked_curb_stop_is_saved_with_the_locks_number_or_the_word_that_it_has_none() {
    for method in [Method::CurbStopLocked, Method::LockRing] {
        let crew = || Crew::of(&mut Office::new());
        assert!(lacks_its_number(locks(&mut crew(), method, |_| {})), "{method:?}");
        assert!(lacks_its_number(locks(&mut crew(), method, |draft| draft.lines[0].lock = Some("  ".into()))));
        locks(&mut crew(), method, |draft| draft.lines[0].lock = Some("L-7".into())).unwrap();
        locks(&mut crew(), method, |draft| draft.lines[0].lock_unnumbered = true).unwrap();
    }
    locks(&mut Crew::of(&mut Office::new()), Method::CurbStopOff, |_| {}).unwrap();
}
