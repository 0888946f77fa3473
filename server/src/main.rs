//! The binary `curbstop`.
fn main() {}
