//! Bytes that are no plain change: too large, damaged, packed, with passengers.

use super::*;

#[test]
fn a_change_that_was_cut_off_or_damaged_is_to_be_sent_again() {
    let mut day = Day::begins();
    let change = day.crew_saves(&turn_off(100)).raw_bytes().to_vec();
    let mut longer = change.clone();
    longer.push(0);
    let mut damaged = change.clone();
    damaged[200] ^= 1;
    let mut checksum = change.clone();
    checksum[5] ^= 1;
    for bytes in [change[..change.len() - 1].to_vec(), longer, damaged, checksum, b"hello".to_vec(), vec![]] {
        assert_eq!(only(day.gate_says(&[Bytes(bytes)])).0, RefusalCode::BadChunk);
    }
}

#[test]
fn documents_bundles_and_compressed_changes_are_not_opened() {
    let mut day = Day::begins();
    let mut change = day.crew_saves(&turn_off(100));
    let compressed = change.bytes().into_owned();
    assert_eq!(compressed[8], 2, "automerge deflates changes above 256 bytes");
    let document = day.tablet.save();
    let mut bundle = change.raw_bytes().to_vec();
    bundle[8] = 3;
    for bytes in [compressed, document, bundle] {
        let (code, detail, _) = only(day.gate_says(&[Bytes(bytes)]));
        assert_eq!(code, RefusalCode::BadChunk);
        assert!(detail.contains("send plain changes"), "{detail}");
    }
}

#[test]
fn a_save_of_more_than_64_kilobytes_or_64_facts_is_too_large() {
    let mut day = Day::begins();
    let long = "x".repeat(4000);
    let notes: Vec<_> = (0..20).map(|n| note(100 + n, &long)).collect();
    let change = day.crew_saves(&notes);
    assert!(change.raw_bytes().len() > caps::MAX_CHANGE_BYTES);
    let refused = day.gate_says(&raw(std::slice::from_ref(&change))).unwrap_err().refusals;
    assert_eq!(refused[0].code, RefusalCode::TooLarge);
    assert_eq!(refused[0].hash.0, change.hash().0, "the tablet can tell which it is");

    let mut day = Day::begins();
    let notes: Vec<_> = (0..65).map(|n| note(100 + n, "dog")).collect();
    let change = day.crew_saves(&notes);
    assert_eq!(only(day.gate_says(&raw(&[change]))).0, RefusalCode::TooLarge);
}

#[test]
fn more_than_512_changes_at_once_are_to_be_sent_in_parts() {
    let mut day = Day::begins();
    let change = day.crew_saves(&turn_off(100));
    let batch = vec![Bytes(change.raw_bytes().to_vec()); caps::MAX_CHANGES_PER_BATCH + 1];
    assert!(codes(day.gate_says(&batch)).iter().all(|code| *code == RefusalCode::TooLarge));
}

#[test]
fn messages_and_extra_bytes_are_no_place_for_notes() {
    assert_eq!(forged_refused(|change| change.message = Some("call me".into())).0, RefusalCode::BadChunk);
    assert_eq!(forged_refused(|change| change.extra_bytes = vec![1, 1, 7]).0, RefusalCode::BadChunk);
}

#[test]
fn a_header_time_of_the_far_future_would_make_the_next_change_fail() {
    // Seen: applied after it, a change of the far past overflows a subtraction inside automerge and panics.
    assert_eq!(forged_refused(|change| change.time = i64::MAX).0, RefusalCode::BadChunk);
    assert_eq!(forged_refused(|change| change.time = -1).0, RefusalCode::BadChunk);
}
