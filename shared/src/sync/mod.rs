//! What travels between tablet and server, and the gate that believes none of it.

pub mod gate;
pub mod proofs;
pub mod reencode;
pub mod wire;
