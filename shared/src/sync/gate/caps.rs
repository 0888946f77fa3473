//! The caps of the gate, each beside its reason. A tablet's outbox keeps to the same numbers.

/// Body of one request after decompression: a day of 100 visits is 120 KB, so this is a month of them.
pub const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Changes of one document in one request: five busy days of one crew.
pub const MAX_CHANGES_PER_BATCH: usize = 512;

/// Operations of all changes of one document in one request: ten for a fact give 3,000 facts, six busy days. It is
/// what keeps the worst request near 50 ms and within 16 MB, since operations may be as short as three bytes.
pub const MAX_OPERATIONS_PER_BATCH: usize = 30_000;

/// Bytes of one change: the largest honest one, a visit with 64 facts and long notes, has some 20 KB.
pub const MAX_CHANGE_BYTES: usize = 64 * 1024;

/// Operations of one change: one for a fact and one for each of its fields.
pub const MAX_OPERATIONS_PER_CHANGE: usize = 2_000;

/// Facts of one change: a visit to a premise with a dozen meters, a reading and photos for each.
pub const MAX_FACTS_PER_CHANGE: usize = 64;

/// Fields of one fact: a visit, the largest, has some twenty. Fields are kept in order, so that adding them costs the
/// square of their number.
pub const MAX_FIELDS_PER_FACT: usize = 64;

/// Dependencies of one change: heads are as many as writers who have not seen each other.
pub const MAX_DEPENDENCIES: usize = 64;

/// Heads that a tablet may name for one document. Heads are as many as writers who have not seen each other: a crew's
/// tablets and the server's instances. They are stored for each tablet and document.
pub const MAX_HEADS_PER_DOCUMENT: usize = 256;

/// Bytes of an actor: the server issues 16.
pub const MAX_ACTOR_BYTES: usize = 64;

/// Bytes of a key: a fact id has 26 or 36, the longest field name 15.
pub const MAX_KEY_BYTES: usize = 64;

/// Longest chain of corrections of corrections that is followed to the fact that was corrected first.
pub const MAX_CORRECTIONS_IN_A_ROW: usize = 16;

/// Latest moment in a change's header, in seconds; the earliest is 1970. Automerge keeps the differences between the
/// moments of successive changes: far apart, they overflow, and storing the next honest change panics (seen).
pub const MAX_HEADER_TIME_S: i64 = 1 << 40;
