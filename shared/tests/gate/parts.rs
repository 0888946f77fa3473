//! A change chunk taken apart and put together again with a right checksum: what an attacker does with a text editor
//! for bytes.

use sha2::{Digest, Sha256};

/// The fields of a change chunk, as they stand in the bytes.
#[derive(Debug, Clone)]
pub struct Parts {
    pub deps: Vec<Vec<u8>>,
    pub actor: Vec<u8>,
    pub seq: u64,
    pub start_op: u64,
    pub time: i64,
    pub message: Vec<u8>,
    pub others: Vec<Vec<u8>>,
    /// Column number and bytes.
    pub columns: Vec<(u64, Vec<u8>)>,
    pub extra: Vec<u8>,
}

impl Parts {
    /// Takes an honest chunk apart.
    pub fn of(chunk: &[u8]) -> Self {
        let mut rest = &chunk[9..];
        unsigned(&mut rest);
        let deps = (0..unsigned(&mut rest)).map(|_| take(&mut rest, 32)).collect();
        let actor = prefixed(&mut rest);
        let (seq, start_op) = (unsigned(&mut rest), unsigned(&mut rest));
        let time = i64::try_from(unsigned(&mut rest)).unwrap();
        let message = prefixed(&mut rest);
        let others = (0..unsigned(&mut rest)).map(|_| prefixed(&mut rest)).collect();
        let heads: Vec<_> = (0..unsigned(&mut rest)).map(|_| (unsigned(&mut rest), unsigned(&mut rest))).collect();
        let columns = heads
            .into_iter()
            .map(|(column, length)| (column, take(&mut rest, usize::try_from(length).unwrap())))
            .collect();
        Self { deps, actor, seq, start_op, time, message, others, columns, extra: rest.to_vec() }
    }

    /// Puts it together again.
    pub fn chunk(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend(dep));
        put_prefixed(&mut body, &self.actor);
        put(&mut body, self.seq);
        put(&mut body, self.start_op);
        put_signed(&mut body, self.time);
        put_prefixed(&mut body, &self.message);
        put(&mut body, self.others.len() as u64);
        self.others.iter().for_each(|other| put_prefixed(&mut body, other));
        put(&mut body, self.columns.len() as u64);
        for (column, bytes) in &self.columns {
            put(&mut body, *column);
            put(&mut body, bytes.len() as u64);
        }
        self.columns.iter().for_each(|(_, bytes)| body.extend(bytes));
        body.extend(&self.extra);
        sealed(1, &body)
    }
}

/// A body as a chunk of the given type with its length and checksum.
pub fn sealed(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    put(&mut hashed, body.len() as u64);
    hashed.extend(body);
    let checksum = Sha256::digest(&hashed);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend(&checksum[..4]);
    chunk.extend(hashed);
    chunk
}

/// The body of a chunk: all after the header.
pub fn body(chunk: &[u8]) -> &[u8] {
    let mut rest = &chunk[9..];
    unsigned(&mut rest);
    rest
}

pub fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
}

pub fn put_signed(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let byte = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}

/// A run-length column that says one value very often.
pub fn run(times: i64, value: &[u8]) -> Vec<u8> {
    let mut column = Vec::new();
    put_signed(&mut column, times);
    column.extend(value);
    column
}

fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend(bytes);
}

fn take(rest: &mut &[u8], length: usize) -> Vec<u8> {
    let (taken, left) = rest.split_at(length);
    *rest = left;
    taken.to_vec()
}

fn prefixed(rest: &mut &[u8]) -> Vec<u8> {
    let length = usize::try_from(unsigned(rest)).unwrap();
    take(rest, length)
}

fn unsigned(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    for place in 0.. {
        let byte = rest[0];
        *rest = &rest[1..];
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}
