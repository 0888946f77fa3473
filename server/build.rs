//! Rebuilds the binary when a migration is added: the release build carries them inside.
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
