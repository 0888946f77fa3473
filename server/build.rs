//! Rebuilds the binary when a migration is added or the tablet's app changes: the release build carries them inside.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=../target/client-dist");
    // A build without the app is a build all the same; but where the folder is missing while compiling, a debug build
    // would not look there later either.
    if let Err(error) = std::fs::create_dir_all("../target/client-dist") {
        println!("cargo:warning=target/client-dist can't be made ({error}): the tablet's app will be missing");
    }
}
