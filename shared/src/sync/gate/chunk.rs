//! The look at the raw bytes of a change before anything decodes them: a walk without allocation.
//!
//! Automerge's decoder trusts run lengths (275 bytes make it allocate 262 MB), does not verify checksums and takes
//! numbers in more than one spelling. So the chunk's shape is checked first, strictly: what a change that adds facts
//! looks like is known exactly.
//!
//! ```text
//! magic 85 6f 4a 83 | checksum 4 | type 1 | length | body
//! body: dependencies (32 B each, sorted) | actor | seq | start_op | time | message | other actors | columns | data
//! ```
//! The hash is SHA-256 over type, length and body; the checksum is its first four bytes.

use super::{Fault, caps};
use crate::sync::wire::RefusalCode::{BadChunk, Expands, ForbiddenOperation, TooLarge};
use automerge::ChangeHash;
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Chunk types: 0 document, 1 change, 2 deflated change, 3 bundle. Only plain changes come from a tablet.
const PLAIN_CHANGE: u8 = 1;

/// The columns of a change that only adds to maps, in their order: object (actor, counter), key (text), insert,
/// action, value (metadata, bytes), predecessors (their number). A column is its id times 16 plus its type.
const COLUMNS: [u64; 8] = [0x01, 0x02, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70];
/// Columns that a change of any kind has: the eight, two more of keys and predecessors each, two of marks.
const MAX_COLUMNS: usize = 14;
/// Set in a column's number where its bytes are deflated.
const DEFLATED: u64 = 0x08;

/// What the bytes say about themselves, nothing decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    /// Its number among the changes of its actor, as it says.
    pub seq: u64,
    /// How many operations it has.
    pub rows: usize,
    /// The column of keys.
    keys: &'a [u8],
}

/// Checks the body of a chunk that [`open`] gave.
pub(super) fn look_at(body: &[u8]) -> Result<Chunk<'_>, Fault> {
    let mut body = Reader(body);
    let (seq, others) = check_header(&mut body)?;
    let columns = split_columns(&mut body)?;
    let [object_actor, object_counter, keys, insert, action, meta, value, pred] = columns;

    let rows = check_keys(keys)?;
    if rows == 0 {
        return Err(Fault::new(ForbiddenOperation, "It adds no fact: nothing was saved in it."));
    }
    let same = [
        // Index 0 is the change's own actor, 1 the other: the one that made `/facts`.
        numbers(object_actor, |number| number <= others)?,
        numbers(object_counter, |number| number >= 1 && u32::try_from(number).is_ok())?,
        one_run_of_false(insert)?,
        // 0 makes a map, 1 puts a value.
        numbers(action, |number| number <= 1)?,
        check_values(meta, value)?,
        // Nothing is replaced, so nothing has predecessors.
        numbers(pred, |number| number == 0)?,
    ];
    if same.iter().any(|other| *other != rows) {
        return Err(Fault::new(BadChunk, "Its columns are of different length: it was damaged, encode it again."));
    }
    Ok(Chunk { seq, rows, keys })
}

impl<'a> Chunk<'a> {
    /// The keys of its operations, fact ids and field names alike.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut reader = Reader(self.keys);
        let mut left = 0_u64;
        std::iter::from_fn(move || {
            if left == 0 {
                left = reader.signed().ok()?.unsigned_abs();
            }
            left = left.checked_sub(1)?;
            let len = usize::try_from(reader.unsigned().ok()?).ok()?;
            std::str::from_utf8(reader.take(len).ok()?).ok()
        })
    }
}

/// The hash and the body of a plain change chunk whose checksum is right.
pub(super) fn open(bytes: &[u8]) -> Result<(ChangeHash, &[u8]), Fault> {
    let mut reader = Reader(bytes);
    if reader.take(4)? != MAGIC {
        return Err(Fault::new(BadChunk, "It is not a change at all: encode it again."));
    }
    let checksum = reader.take(4)?;
    let hashed = reader.0;
    if reader.take(1)? != [PLAIN_CHANGE] {
        return Err(Fault::new(
            BadChunk,
            "It is a document, a bundle or compressed: send plain changes (`raw_bytes`), one by one.",
        ));
    }
    let length = reader.unsigned()?;
    if usize::try_from(length) != Ok(reader.0.len()) {
        return Err(Fault::new(BadChunk, "It is cut off or has bytes after its end: send it again."));
    }
    let hash: [u8; 32] = Sha256::digest(hashed).into();
    if hash[..4] != *checksum {
        return Err(Fault::new(BadChunk, "Its checksum is wrong: it was damaged, send it again."));
    }
    Ok((ChangeHash(hash), reader.0))
}

/// Gives its number and the number of other actors, 0 or 1.
fn check_header(body: &mut Reader<'_>) -> Result<(u64, u64), Fault> {
    let dependencies = body.unsigned()?;
    if dependencies > caps::MAX_DEPENDENCIES as u64 {
        return Err(Fault::new(TooLarge, "It builds on more than 64 changes: sync first, then encode it again."));
    }
    let mut before: &[u8] = &[];
    for _ in 0..dependencies {
        let dependency = body.take(32)?;
        if dependency <= before {
            return Err(Fault::new(BadChunk, "Its dependencies are not sorted: encode it again."));
        }
        before = dependency;
    }
    body.actor()?;
    let (seq, start_op) = (body.unsigned()?, body.unsigned()?);
    let time_s = body.signed()?;
    if seq == 0 || start_op == 0 || !(0..=caps::MAX_HEADER_TIME_S).contains(&time_s) {
        return Err(Fault::new(BadChunk, "Its header has an impossible number: encode it again."));
    }
    if body.unsigned()? != 0 {
        return Err(Fault::new(BadChunk, "It carries a message: write a note instead, and encode it again."));
    }
    match body.unsigned()? {
        0 => Ok((seq, 0)),
        1 => body.actor().map(|()| (seq, 1)),
        _ => Err(Fault::new(ForbiddenOperation, "It touches what several others wrote: a save only adds facts.")),
    }
}

fn split_columns<'a>(body: &mut Reader<'a>) -> Result<[&'a [u8]; 8], Fault> {
    let not_ours = || Fault::new(ForbiddenOperation, "It does something other than add facts: encode it again.");
    let count = usize::try_from(body.unsigned()?).unwrap_or(usize::MAX);
    if count > MAX_COLUMNS {
        return Err(not_ours());
    }
    let mut columns = [(0, 0, &[][..]); MAX_COLUMNS];
    let columns = &mut columns[..count];
    for (column, length, _) in &mut *columns {
        *column = body.unsigned()?;
        *length = usize::try_from(body.unsigned()?).unwrap_or(usize::MAX);
        if *column & DEFLATED != 0 {
            return Err(Fault::new(BadChunk, "Its columns are compressed: send plain changes."));
        }
    }
    for (_, length, bytes) in &mut *columns {
        *bytes = body.take(*length)?;
    }
    if !body.0.is_empty() {
        return Err(Fault::new(BadChunk, "It has bytes after its end: encode it again."));
    }
    if !columns.iter().map(|(column, ..)| *column).eq(COLUMNS) {
        // Refused in any case; one that would have cost the decoder its memory is called by its name.
        let bomb =
            columns.iter().find_map(|(column, _, bytes)| walk(*column, bytes).err().filter(|f| f.code == Expands));
        return Err(bomb.unwrap_or_else(not_ours));
    }
    let mut ours = [&[][..]; COLUMNS.len()];
    for (ours, (_, _, bytes)) in ours.iter_mut().zip(columns) {
        *ours = bytes;
    }
    Ok(ours)
}

/// Walks a column of any kind that has run lengths.
fn walk(column: u64, bytes: &[u8]) -> Result<usize, Fault> {
    match column & 0x07 {
        0 | 1 | 2 | 6 => runs(bytes, |reader, _| reader.unsigned().map(|_| ())),
        3 => runs(bytes, |reader, _| reader.signed().map(|_| ())),
        5 => runs(bytes, |reader, _| {
            let length = reader.unsigned()?;
            reader.take(usize::try_from(length).unwrap_or(usize::MAX)).map(|_| ())
        }),
        _ => Ok(0),
    }
}

/// Walks a run-length column: a positive count repeats one value, a negative one is followed by as many values.
/// `value` reads one and is told how often it stands there. Gives the number of rows.
fn runs<'a>(
    column: &'a [u8],
    mut value: impl FnMut(&mut Reader<'a>, usize) -> Result<(), Fault>,
) -> Result<usize, Fault> {
    let mut reader = Reader(column);
    let mut rows = 0_usize;
    while !reader.0.is_empty() {
        let count = reader.signed()?;
        let length = if count == 0 { reader.unsigned()? } else { count.unsigned_abs() };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > caps::MAX_OPERATIONS_PER_CHANGE - rows {
            return Err(Fault::new(Expands, "A few of its bytes stand for more operations than a save may have."));
        }
        rows += length;
        match count {
            0 => {
                return Err(Fault::new(ForbiddenOperation, "An operation lacks its key, object or value."));
            }
            1.. => value(&mut reader, length)?,
            _ => {
                for _ in 0..length {
                    value(&mut reader, 1)?;
                }
            }
        }
    }
    Ok(rows)
}

fn numbers(column: &[u8], allowed: impl Fn(u64) -> bool) -> Result<usize, Fault> {
    runs(column, |reader, _| {
        if allowed(reader.unsigned()?) {
            Ok(())
        } else {
            Err(Fault::new(ForbiddenOperation, "It changes or deletes something: a save only adds facts."))
        }
    })
}

/// Keys are fact ids and field names. Two equal ones never follow each other, so that the number of operations is
/// bounded by the bytes that were sent.
fn check_keys(column: &[u8]) -> Result<usize, Fault> {
    runs(column, |reader, times| {
        let length = reader.unsigned()?;
        if length == 0 || length > caps::MAX_KEY_BYTES as u64 {
            return Err(Fault::new(ForbiddenOperation, "A key in it is no fact id and no name of a field."));
        }
        let key = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        if times > 1 || std::str::from_utf8(key).is_err() {
            return Err(Fault::new(ForbiddenOperation, "A key in it stands twice or is not text."));
        }
        Ok(())
    })
}

fn one_run_of_false(column: &[u8]) -> Result<usize, Fault> {
    let mut reader = Reader(column);
    let length = usize::try_from(reader.unsigned()?).unwrap_or(usize::MAX);
    if length > caps::MAX_OPERATIONS_PER_CHANGE {
        return Err(Fault::new(Expands, "A few of its bytes stand for more operations than a save may have."));
    }
    if reader.0.is_empty() {
        Ok(length)
    } else {
        Err(Fault::new(ForbiddenOperation, "It inserts into a list: a save only adds facts."))
    }
}

/// Each row's metadata is a length times 16 plus a type; the lengths add up to the column of values.
fn check_values(meta: &[u8], value: &[u8]) -> Result<usize, Fault> {
    let mut values = Reader(value);
    let rows = runs(meta, |reader, times| {
        let meta = reader.unsigned()?;
        let (length, kind) = (usize::try_from(meta >> 4).unwrap_or(usize::MAX), meta & 0x0f);
        for _ in 0..times {
            let bytes = values.take(length)?;
            let right = match kind {
                // None (of a map that is made), false, true.
                0..=2 => length == 0,
                // A whole number with a sign.
                4 => {
                    let mut number = Reader(bytes);
                    number.signed().is_ok() && number.0.is_empty()
                }
                6 => std::str::from_utf8(bytes).is_ok(),
                7 => true,
                _ => {
                    return Err(Fault::new(
                        ForbiddenOperation,
                        "A value in it is no whole number, yes or no, text or bytes: encode it again.",
                    ));
                }
            };
            if !right {
                return Err(Fault::new(BadChunk, "A value in it does not read: it was damaged, encode it again."));
            }
        }
        Ok(())
    })?;
    if values.0.is_empty() {
        Ok(rows)
    } else {
        Err(Fault::new(BadChunk, "It has values that belong to nothing: encode it again."))
    }
}

/// What is left to read. Numbers are LEB128 and only in their shortest form: one change has one spelling.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        match self.0.split_at_checked(length) {
            Some((taken, rest)) => {
                self.0 = rest;
                Ok(taken)
            }
            None => Err(Fault::new(BadChunk, "It is cut off: send it again.")),
        }
    }

    fn actor(&mut self) -> Result<(), Fault> {
        let length = self.unsigned()?;
        if length == 0 || length > caps::MAX_ACTOR_BYTES as u64 {
            return Err(Fault::new(BadChunk, "An actor in it is not one that this server issues."));
        }
        self.take(usize::try_from(length).unwrap_or(usize::MAX)).map(|_| ())
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.take(1).map(|byte| byte[0])
    }

    fn unsigned(&mut self) -> Result<u64, Fault> {
        let mut number = 0_u64;
        for place in 0..10_u32 {
            let byte = self.byte()?;
            // The tenth byte holds only the topmost bit.
            if place == 9 && byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                if byte == 0 && place > 0 {
                    break;
                }
                return Ok(number);
            }
        }
        Err(misspelt())
    }

    fn signed(&mut self) -> Result<i64, Fault> {
        let mut number = 0_i64;
        let mut before = 0_u8;
        for place in 0..10_u32 {
            let byte = self.byte()?;
            // The tenth byte holds only the sign.
            if place == 9 && byte != 0 && byte != 0x7f {
                break;
            }
            number |= i64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                let repeats_the_sign = (byte == 0 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0);
                if place > 0 && repeats_the_sign {
                    break;
                }
                if place < 9 && byte & 0x40 != 0 {
                    number |= -1 << (7 * (place + 1));
                }
                return Ok(number);
            }
            before = byte;
        }
        Err(misspelt())
    }
}

fn misspelt() -> Fault {
    Fault::new(BadChunk, "A number in it is not in its shortest form: encode it again.")
}
