//! Turns bindings and shell into what a web server hands out: names that change with their content, a service worker
//! that knows every file, brotli beside each.
//!
//! The contract with whoever serves `target/client-dist/`: everything under `assets/` has its hash in its name and
//! may be cached for ever; `index.html`, `sw.js` and `manifest.webmanifest` must be asked for anew each time.

use super::fingerprint::hex;
use crate::Failure;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Files that keep their names, since browsers ask for them by name.
const FIXED_NAMES: [&str; 3] = ["index.html", "manifest.webmanifest", "sw.js"];
/// Where the hashed files go.
const ASSETS: &str = "assets/";
/// Stands for the build's id in `index.html` and `sw.js`.
const BUILD_TOKEN: &str = "CURBSTOP_BUILD";
/// Stands for the list of files in `sw.js`: an array with this one text.
const FILES_TOKEN: &str = "[\"CURBSTOP_FILES\"]";
/// Files that may name other files.
const TEXT: [&str; 6] = ["css", "html", "js", "json", "svg", "webmanifest"];
/// Files that are compressed already.
const COMPRESSED: [&str; 4] = ["jpg", "png", "webp", "woff2"];
/// Hex digits of a hash in a file's name: 48 bits, far more than a few hundred files need.
const NAME_DIGITS: usize = 12;

/// How much time compression may take.
#[derive(Clone, Copy)]
pub enum Effort {
    /// For the inner loop.
    Quick,
    /// For tablets.
    Small,
}

/// What came out.
pub struct Built {
    /// Changes with any byte of any file.
    pub id: String,
    /// Files, without their compressed twins.
    pub files: usize,
    /// Their size.
    pub bytes: usize,
    /// What goes over the air: brotli where there is a twin.
    pub brotli_bytes: usize,
}

/// Writes `out` anew from the bindings and the shell.
///
/// # Errors
/// When files can't be read or written, when two files want one name, when files refer to each other in a circle, or
/// when the service worker lacks its tokens.
pub fn assemble(bindings: &Path, shell: &Path, out: &Path, effort: Effort) -> Result<Built, Failure> {
    let sources = gather(bindings, shell)?;
    let mut finished = finish(&sources)?;
    let id = build_id(&finished);
    stamp(&mut finished, &id)?;

    let fresh = out.with_extension("new");
    remove(&fresh)?;
    let mut built = Built { id, files: finished.len(), bytes: 0, brotli_bytes: 0 };
    for (name, bytes) in &finished {
        built.bytes += bytes.len();
        built.brotli_bytes += write_with_brotli(&fresh.join(name), bytes, effort)?;
    }
    let old = out.with_extension("old");
    remove(&old)?;
    if out.exists() {
        fs::rename(out, &old).map_err(Failure::io(out.display()))?;
    }
    fs::rename(&fresh, out).map_err(Failure::io(out.display()))?;
    remove(&old)?;
    Ok(built)
}

/// All files by their path, as they refer to each other before they get their final names. A module of the shell that
/// Rust imports has become one of wasm-bindgen's snippets and isn't taken twice.
fn gather(bindings: &Path, shell: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut sources = BTreeMap::new();
    read_into(bindings, "", &mut sources)?;
    let mut from_shell = BTreeMap::new();
    read_into(shell, "", &mut from_shell)?;
    for (path, bytes) in from_shell {
        let imported = |source: &String| source.starts_with("snippets/") && source.ends_with(&format!("/web/{path}"));
        if sources.keys().any(imported) {
            continue;
        }
        if sources.insert(path.clone(), bytes).is_some() {
            return Err(Failure::Shell(format!("{path} has the name of a file that wasm-bindgen writes: rename it")));
        }
    }
    for (path, bytes) in &mut sources {
        if extension_is_in(path, &["js"])
            && let Ok(text) = str::from_utf8(bytes)
        {
            *bytes = without_comments(text).into_bytes();
        }
    }
    Ok(sources)
}

/// A script without the lines that are nothing but a comment, and without what it is indented by: who works on it reads
/// it in the repository, and every tablet would load them over the air. No text of ours goes over several lines.
fn without_comments(script: &str) -> String {
    let mut in_comment = false;
    let mut is_code = |line: &&str| {
        let begins = line.starts_with("/*");
        let is_comment = in_comment || begins || line.starts_with("//");
        in_comment = (in_comment || begins) && !line.contains("*/");
        !is_comment
    };
    script.split_inclusive('\n').map(str::trim_start).filter(|line| is_code(line)).collect()
}

/// Gives every file its final name and text; `sw.js` is left for [`stamp`].
fn finish(sources: &BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut naming = Naming { sources, names: BTreeMap::new(), finished: BTreeMap::new(), path: Vec::new() };
    for source in sources.keys() {
        naming.settle(source)?;
    }
    Ok(naming.finished)
}

/// A walk through the files, those that are referred to before those that refer to them.
struct Naming<'a> {
    sources: &'a BTreeMap<String, Vec<u8>>,
    names: BTreeMap<String, String>,
    finished: BTreeMap<String, Vec<u8>>,
    path: Vec<String>,
}

impl Naming<'_> {
    fn settle(&mut self, source: &str) -> Result<(), Failure> {
        if self.names.contains_key(source) {
            return Ok(());
        }
        if self.path.iter().any(|visited| visited == source) {
            return Err(Failure::Shell(format!(
                "{} -> {source}: files that refer to each other can't have hashed names",
                self.path.join(" -> ")
            )));
        }
        self.path.push(source.to_owned());
        let mut bytes = self.sources[source].clone();
        let fixed = FIXED_NAMES.contains(&source);
        if let (true, Ok(mut text)) = (extension_is_in(source, &TEXT), String::from_utf8(bytes.clone())) {
            for other in self.sources.keys().filter(|other| *other != source && !FIXED_NAMES.contains(&other.as_str()))
            {
                let spellings = spellings(&relative(source, other));
                if spellings.iter().any(|spelling| references(&text, spelling).next().is_some()) {
                    self.settle(other)?;
                    let from = if fixed { "" } else { ASSETS };
                    let reference = relative(from, &self.names[other]);
                    let reference = if fixed { reference } else { format!("./{reference}") };
                    for spelling in &spellings {
                        text = replace_references(&text, spelling, &quoted_like(spelling, &reference));
                    }
                }
            }
            bytes = text.into_bytes();
        }
        let name = if fixed { source.to_owned() } else { hashed_name(source, &bytes) };
        self.names.insert(source.to_owned(), name.clone());
        self.finished.insert(name, bytes);
        self.path.pop();
        Ok(())
    }
}

/// How a reference may be written: quoted, or in CSS's `url(...)`, with or without a leading `./`.
fn spellings(reference: &str) -> Vec<String> {
    ["\"", "'", "(", "`"]
        .into_iter()
        .flat_map(|open| {
            let close = if open == "(" { ")" } else { open };
            ["", "./"].map(|here| format!("{open}{here}{reference}{close}"))
        })
        .collect()
}

/// Where a spelling stands as a reference. As the key of an object it is a name and no address: wasm-bindgen hands
/// imports to the module under the name that the module was compiled with.
fn references<'a>(text: &'a str, spelling: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(spelling).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].trim_end().chars().next_back();
        let after = text[at + spelling.len()..].trim_start().chars().next();
        !(matches!(before, Some('{' | ',')) && after == Some(':'))
    })
}

/// The text with every reference of that spelling replaced.
fn replace_references(text: &str, spelling: &str, reference: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for at in references(text, spelling) {
        replaced.push_str(&text[done..at]);
        replaced.push_str(reference);
        done = at + spelling.len();
    }
    replaced.push_str(&text[done..]);
    replaced
}

/// `reference` within the quotes of `spelling`.
fn quoted_like(spelling: &str, reference: &str) -> String {
    let (open, close) = (&spelling[..1], &spelling[spelling.len() - 1..]);
    format!("{open}{reference}{close}")
}

/// The path that leads from the file `from` to the file `to`.
fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let to: Vec<&str> = to.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut steps = vec![".."; from.len() - shared];
    steps.extend(&to[shared..]);
    steps.join("/")
}

fn hashed_name(source: &str, bytes: &[u8]) -> String {
    let file = source.rsplit('/').next().unwrap_or(source);
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, "bin"));
    format!("{ASSETS}{stem}-{}.{extension}", &hex(&Sha256::digest(bytes))[..NAME_DIGITS])
}

fn build_id(finished: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in finished {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(Sha256::digest(bytes));
    }
    hex(&hash.finalize())[..NAME_DIGITS].to_owned()
}

/// Writes the build's id and the list of files into `index.html` and `sw.js`. The list comes from what was built,
/// never from a hand: a file that is missing in it is missing on a tablet without a signal.
fn stamp(finished: &mut BTreeMap<String, Vec<u8>>, id: &str) -> Result<(), Failure> {
    let mut files: Vec<&str> = finished.keys().map(String::as_str).filter(|name| *name != "sw.js").collect();
    if let Some(page) = files.iter_mut().find(|name| **name == "index.html") {
        *page = "./";
    }
    let list = serde_json::json!(files).to_string();
    for (name, tokens) in
        [("index.html", vec![(BUILD_TOKEN, id)]), ("sw.js", vec![(BUILD_TOKEN, id), (FILES_TOKEN, &list)])]
    {
        let bytes = finished.get_mut(name).ok_or_else(|| Failure::Shell(format!("{name} is missing")))?;
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for (token, value) in tokens {
            if !text.contains(token) {
                return Err(Failure::Shell(format!("{name} must contain {token}, which this build replaces")));
            }
            text = text.replace(token, value);
        }
        *bytes = text.into_bytes();
    }
    Ok(())
}

/// Writes a file and, unless it is compressed already, its twin `.br`; answers the smaller size.
fn write_with_brotli(path: &Path, bytes: &[u8], effort: Effort) -> Result<usize, Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Failure::io(folder.display()))?;
    }
    fs::write(path, bytes).map_err(Failure::io(path.display()))?;
    if extension_is_in(&path.to_string_lossy(), &COMPRESSED) {
        return Ok(bytes.len());
    }
    let quality = match effort {
        Effort::Quick => 1,
        Effort::Small => 11,
    };
    let mut compressed = Vec::new();
    {
        let mut writer = brotli::CompressorWriter::new(&mut compressed, 1 << 16, quality, 22);
        writer.write_all(bytes).map_err(Failure::io("compressing"))?;
    }
    let mut twin = path.as_os_str().to_owned();
    twin.push(".br");
    fs::write(PathBuf::from(twin), &compressed).map_err(Failure::io(path.display()))?;
    Ok(compressed.len())
}

fn extension_is_in(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

fn read_into(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for entry in folder.read_dir().map_err(Failure::io(folder.display()))? {
        let entry = entry.map_err(Failure::io(folder.display()))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            read_into(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(&path).map_err(Failure::io(path.display()))?);
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(Failure::io(folder.display())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(shell: &[(&str, &str)]) -> (tempfile::TempDir, Result<Built, Failure>) {
        let place = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "bindings/app.js",
            "import { put } from './snippets/field-1f/web/store.js'; new URL('app_bg.wasm', import.meta.url)",
        );
        write("bindings/app_bg.wasm", "wasm");
        write("bindings/snippets/field-1f/web/store.js", "export const put = 1;");
        write("shell/store.js", "export const put = 1;");
        write("shell/sw.js", "const B = \"CURBSTOP_BUILD\"; const F = [\"CURBSTOP_FILES\"];");
        write("shell/index.html", "<script src=\"boot.js\"></script><meta content=\"CURBSTOP_BUILD\">");
        write("shell/boot.js", "import init from \"./app.js\"; navigator.serviceWorker.register(\"sw.js\");");
        for (path, text) in shell {
            write(&format!("shell/{path}"), text);
        }
        let out = place.path().join("dist");
        let result = assemble(&place.path().join("bindings"), &place.path().join("shell"), &out, Effort::Quick);
        (place, result)
    }

    fn read(place: &tempfile::TempDir, start: &str) -> String {
        let dist = place.path().join("dist");
        let (folder, start) =
            start.rsplit_once('/').map_or((dist.clone(), start), |(folder, file)| (dist.join(folder), file));
        let named = |path: &PathBuf| {
            path.file_name().unwrap().to_str().unwrap().starts_with(start) && !path.to_str().unwrap().ends_with(".br")
        };
        // A folder is not in order: of the app's files the script is meant.
        let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(named);
        let path = files.max_by_key(|path| path.extension().is_some_and(|extension| extension == "js")).unwrap();
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn every_reference_leads_to_a_file_that_exists() {
        let (place, result) = built(&[("icons/drop.svg", "<svg/>"), ("app.css", "a{background:url(icons/drop.svg)}")]);
        result.unwrap();
        let mut texts = vec![("", read(&place, "index.html"))];
        texts.extend(["assets/boot", "assets/app-"].map(|start| ("assets", read(&place, start))));
        let mut followed = 0;
        for (folder, text) in texts {
            for reference in
                text.split(['"', '\'', '(', ')']).filter(|piece| piece.contains('-') && piece.contains('.'))
            {
                assert!(place.path().join("dist").join(folder).join(reference).is_file(), "{reference} in {text}");
                followed += 1;
            }
        }
        assert!(followed >= 4, "boot.js, app.js, the module and the store are referred to; followed {followed}");
        assert!(read(&place, "assets/boot").contains("register(\"sw.js\")"), "the service worker keeps its name");
    }

    #[test]
    fn the_name_under_which_the_module_imports_a_file_keeps_its_spelling() {
        let text = "import * as import1 from \"./web/store.js\"\nreturn {\n  __proto__: null,\n  \"./web/store.js\": import1,\n};\nlet one = here ? \"./web/store.js\" : null;";
        let replaced = replace_references(text, "\"./web/store.js\"", "\"./store-1f.js\"");
        assert_eq!(
            replaced,
            "import * as import1 from \"./store-1f.js\"\nreturn {\n  __proto__: null,\n  \"./web/store.js\": import1,\n};\nlet one = here ? \"./store-1f.js\" : null;"
        );
    }

    #[test]
    fn the_service_worker_knows_every_file_of_the_build() {
        let (place, result) = built(&[]);
        let built = result.unwrap();
        let worker = read(&place, "sw.js");
        let list = worker.split("const F = ").nth(1).unwrap().trim_end_matches(';');
        let list: Vec<String> = serde_json::from_str(list).unwrap();
        assert_eq!(list.len(), built.files - 1, "all but the worker itself: {list:?}");
        assert!(list.contains(&"./".to_owned()));
        assert_eq!(
            list.iter().filter(|name| name.contains("store")).count(),
            1,
            "a module that Rust imports is there once"
        );
        for name in list.iter().filter(|name| *name != "./") {
            assert!(place.path().join("dist").join(name).is_file(), "{name}");
            assert!(place.path().join("dist").join(format!("{name}.br")).is_file(), "{name}.br");
        }
        assert!(worker.contains(&built.id) && read(&place, "index.html").contains(&built.id));
    }

    #[test]
    fn a_change_of_one_file_renames_it_and_those_that_refer_to_it_and_no_other() {
        let names = |shell: &[(&str, &str)]| {
            let (place, result) = built(shell);
            result.unwrap();
            let mut names: Vec<_> =
                place.path().join("dist/assets").read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = names(&[("app.css", "a{}")]);
        let after = names(&[("app.css", "b{}")]);
        let changed: Vec<_> = after.iter().filter(|name| !before.contains(name)).collect();
        assert_eq!(changed.len(), 2, "app.css and its brotli twin: {changed:?}");
    }

    #[test]
    fn files_that_refer_to_each_other_are_refused_with_their_names() {
        let (_place, result) = built(&[("a.js", "import './b.js'"), ("b.js", "import './a.js'")]);
        let text = result.err().unwrap().to_string();
        assert!(text.contains("a.js -> b.js -> a.js"), "{text}");
    }

    #[test]
    fn comments_stay_in_the_repository() {
        let script = "// Why.\nlet a = 1; // here\n  // and why\n  /**\n   * @returns {a}\n   */\n  /* b */\n\n  const url = `https://b`;\n";
        assert_eq!(without_comments(script), "let a = 1; // here\nconst url = `https://b`;\n");
    }

    #[test]
    fn a_service_worker_without_its_tokens_is_refused() {
        let (_place, result) = built(&[("sw.js", "self.x = 1")]);
        assert!(result.err().unwrap().to_string().contains("CURBSTOP_BUILD"));
    }
}
