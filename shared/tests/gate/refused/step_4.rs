//! A change's place: whose it is, its number, and what it builds on.

use super::*;

#[test]
fn another_tablets_actor_is_not_this_tablets() {
    let mut day = Day::begins();
    let change = day.crew_saves(&turn_off(100));
    let issued = ActorId::from([0x78; 16]);
    let (code, detail, facts) = only(day.gate_says_as(&issued, &raw(&[change])));
    assert_eq!(code, RefusalCode::WrongActor);
    assert_eq!(facts.len(), 5);
    assert!(detail.contains("encode it again"));
}

#[test]
fn a_tablet_restored_from_a_backup_writes_the_same_number_twice() {
    let mut day = Day::begins();
    let backup = day.tablet.clone();
    let first = day.crew_saves(&turn_off(100));
    day.sends(&[first]).unwrap();
    day.tablet = backup;
    let other = day.crew_saves(&turn_off(200));
    let next = day.crew_saves(&[note(300, "later")]);
    let says = day.gate_says(&raw(&[other, next])).unwrap_err();
    assert_eq!(says.refusals[0].code, RefusalCode::DuplicateSeq);
    assert!(says.refusals[0].detail.contains("backup"), "{}", says.refusals[0].detail);
    assert!(says.refusals.iter().all(|refusal| !refusal.code.is_about_the_fact()), "nothing is lost");
}

#[test]
fn a_gap_is_named_and_never_queued() {
    let mut day = Day::begins();
    let first = day.crew_saves(&turn_off(100));
    let second = day.crew_saves(&[note(200, "second")]);
    let (code, detail, _) = only(day.gate_says(&raw(std::slice::from_ref(&second))));
    assert_eq!(code, RefusalCode::MissingDependency);
    assert!(detail.contains("number 2"), "{detail}");
    assert_eq!(codes(day.gate_says(&raw(&[second, first]))), [RefusalCode::MissingDependency], "order matters");
}

#[test]
fn a_change_on_something_that_the_server_never_saw_waits_for_that() {
    let mut day = Day::begins();
    let elsewhere = day.tablet.add_facts_now(&ActorId::from([9; 16]), &[note(1, "another tablet")]).unwrap();
    let change = day.crew_saves(&turn_off(100));
    let (code, detail, _) = only(day.gate_says(&raw(&[change])));
    assert_eq!(code, RefusalCode::MissingDependency);
    assert!(detail.contains(&elsewhere.hash().to_string()), "{detail}");
}

#[test]
fn a_change_that_forgets_the_tablets_own_last_one_is_refused() {
    let mut day = Day::begins();
    let opened = day.tablet.heads();
    let first = day.crew_saves(&turn_off(100));
    day.sends(&[first]).unwrap();
    let mut second = day.crew_saves(&[note(200, "second")]).decode();
    let counter = second.start_op.get();
    second.deps = opened;
    second.start_op = NonZeroU64::new(day.server.clocks().max_op_of(&second.deps[0]).unwrap() + 1).unwrap();
    let shift = counter - second.start_op.get();
    for op in &mut second.operations {
        if let ObjectId::Id(OpId(ctr, actor)) = &mut op.obj
            && *actor == tablet_actor()
        {
            *ctr -= shift;
        }
    }
    let bytes = raw(&[Change::from(second)]);
    assert_eq!(only(day.gate_says(&bytes)).0, RefusalCode::MissingDependency);
}

#[test]
fn a_huge_first_operation_number_would_make_the_next_honest_writer_fail() {
    let (code, detail) = forged_refused(|change| {
        let shift = 4_294_967_000 - change.start_op.get();
        change.start_op = NonZeroU64::new(4_294_967_000).unwrap();
        for op in &mut change.operations {
            if let ObjectId::Id(OpId(counter, actor)) = &mut op.obj
                && *actor == tablet_actor()
            {
                *counter += shift;
            }
        }
    });
    assert_eq!(code, RefusalCode::BadChunk);
    assert!(detail.contains("operation numbers"), "{detail}");
}

#[test]
fn a_change_on_nothing_is_refused() {
    assert_eq!(forged_refused(|change| change.deps.clear()).0, RefusalCode::MissingDependency);
}
