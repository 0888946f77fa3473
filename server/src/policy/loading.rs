//! A pack together with what it builds on and the calendars that its rules name.

use super::{
    Layer, Loaded, RuleCases,
    built_in::{CALENDARS, PACKS, text},
    calendars,
    fault::{Fault, Sheet, whole},
    pack::{self, PACK_MAX_BYTES, Pack},
};
use curbstop_shared::policy::{Calendar, Policy, RuleKind, Text};
use std::{
    fs,
    io::Read as _,
    ops::Range,
    path::{Path, PathBuf},
};

/// More packs than this don't build on each other.
const LAYERS_MAX: usize = 10;

/// Reads a pack by its built-in id or its path, with all that it builds on.
///
/// # Errors
/// Everything that is wrong with it, in the order of its places.
pub fn load(name_or_path: &str) -> Result<Loaded, Vec<Fault>> {
    let mut files = Vec::new();
    let mut faults = Vec::new();
    let mut next = Some(Place::of(name_or_path));
    // Where the pack that is read next was named, to tell a fault of that name.
    let mut named: Option<(Read, Range<usize>)> = None;
    while let Some(place) = next.take() {
        if let Err(fault) = may_be_read(&files, &place) {
            faults.push(fault_at(&named, fault));
            break;
        }
        let bytes = match place.bytes() {
            Ok(bytes) => bytes,
            Err(why) => {
                faults.push(fault_at(&named, why));
                break;
            }
        };
        let (pack, wrong) = pack::read(&place.shown(), &bytes);
        faults.extend(wrong);
        let Some(pack) = pack else { break };
        if let Some((other, span)) = &pack.extends {
            next = Some(place.beside(other));
            named = Some((Read { place: place.clone(), bytes: bytes.clone() }, span.clone()));
        }
        files.push((Read { place, bytes }, pack));
    }
    // The one that builds on nothing comes first.
    files.reverse();
    let loaded = joined(files, &mut faults);
    if faults.is_empty() { Ok(loaded) } else { Err(faults) }
}

/// Where a pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    BuiltIn(String),
    File(PathBuf),
}

/// A file that was read.
#[derive(Debug, Clone)]
struct Read {
    place: Place,
    bytes: Vec<u8>,
}

/// What is wrong with a name, and what to do.
type Wrong = (String, String);

impl Place {
    fn of(name: &str) -> Self {
        if text(PACKS, name).is_some() { Self::BuiltIn(name.to_owned()) } else { Self::File(PathBuf::from(name)) }
    }

    /// The pack that this one names: a built-in one, or a file beside it.
    fn beside(&self, name: &str) -> Self {
        match (Self::of(name), self) {
            (Self::File(path), Self::File(own)) => Self::File(own.parent().unwrap_or(Path::new("")).join(path)),
            (place, _) => place,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::BuiltIn(name) => format!("{name}.toml (built in)"),
            Self::File(path) => path.display().to_string(),
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, Wrong> {
        match self {
            Self::BuiltIn(name) => Ok(text(PACKS, name).unwrap_or("").as_bytes().to_vec()),
            Self::File(path) => file(path).map_err(|why| {
                let names: Vec<&str> = PACKS.iter().map(|pack| pack.name).collect();
                let wrong = format!("{} can't be read: {why}", path.display());
                (wrong, format!("Name a file, or one of the packs that are built in: {}", names.join(", ")))
            }),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(two)) => match (fs::canonicalize(one), fs::canonicalize(two)) {
                (Ok(one), Ok(two)) => one == two,
                _ => one == two,
            },
            _ => self == other,
        }
    }
}

/// At most a byte more than a pack may have: that it is too long is said by whoever reads it.
fn file(path: &Path) -> std::io::Result<Vec<u8>> {
    // A pipe would be waited for, for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(PACK_MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn may_be_read(files: &[(Read, Pack)], place: &Place) -> Result<(), Wrong> {
    let Some(first) = files.iter().position(|(read, _)| read.place.is(place)) else {
        return match files.len() < LAYERS_MAX {
            true => Ok(()),
            false => Err((format!("more than {LAYERS_MAX} packs build on each other"), "Join some of them".to_owned())),
        };
    };
    let circle = files[first..].iter().map(|(read, _)| read.place.shown()).chain([place.shown()]);
    let circle: Vec<String> = circle.collect();
    let wrong = format!("the packs build on each other in a circle: {}", circle.join(" -> "));
    Err((wrong, "Take one of these extends out".to_owned()))
}

/// A fault of a pack's name, where it was named; of the first one, at its beginning.
fn fault_at(named: &Option<(Read, Range<usize>)>, (wrong, remedy): Wrong) -> Fault {
    match named {
        Some((read, span)) => read.fault(span, wrong, remedy),
        None => whole("policy", wrong, remedy),
    }
}

impl Read {
    fn fault(&self, span: &Range<usize>, wrong: String, remedy: String) -> Fault {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut sheet = Sheet::new(self.place.shown(), &text);
        sheet.fault(span, wrong, remedy);
        sheet.faults.remove(0)
    }
}

/// The rules of all packs: one of the same id takes the place of the one before it.
fn joined(files: Vec<(Read, Pack)>, faults: &mut Vec<Fault>) -> Loaded {
    let empty = || Text { en: String::new(), es: String::new() };
    let mut policy =
        Policy { id: String::new(), version: String::new(), title: empty(), calendars: Vec::new(), rules: Vec::new() };
    let (mut layers, mut cases) = (Vec::new(), Vec::<RuleCases>::new());
    for (layer, (read, pack)) in files.into_iter().enumerate() {
        (policy.id, policy.version, policy.title) = (pack.id, pack.version, pack.title);
        for (mut rule, own, span) in pack.rules {
            if let Some(name) = calendar_of(&mut rule.kind) {
                match calendar(&read.place, &policy.id, name) {
                    Ok(calendar) => {
                        name.clone_from(&calendar.id);
                        if !policy.calendars.contains(&calendar) {
                            policy.calendars.push(calendar);
                        }
                    }
                    Err(NoCalendar::Unreadable((wrong, remedy))) => {
                        let fault = read.fault(&span, wrong, remedy);
                        faults.push(Fault { rule: Some(rule.id.clone()), ..fault });
                    }
                    Err(NoCalendar::Faults(wrong)) => {
                        // Two rules may name the same file.
                        let new = wrong.into_iter().filter(|fault| !faults.contains(fault)).collect::<Vec<_>>();
                        faults.extend(new);
                    }
                }
            }
            let of_rule = RuleCases { rule: rule.id.clone(), layer, cases: own };
            match policy.rules.iter().position(|known| known.id == rule.id) {
                Some(at) => (policy.rules[at], cases[at]) = (rule, of_rule),
                None => {
                    policy.rules.push(rule);
                    cases.push(of_rule);
                }
            }
        }
        layers.push(Layer { file: read.place.shown(), policy: policy.clone() });
    }
    // A calendar that only a replaced rule named is of no use.
    let named: Vec<String> = policy.rules.iter_mut().filter_map(|it| calendar_of(&mut it.kind).cloned()).collect();
    policy.calendars.retain(|calendar| named.contains(&calendar.id));
    Loaded { policy, layers, cases }
}

/// Why there is no calendar.
enum NoCalendar {
    Unreadable(Wrong),
    Faults(Vec<Fault>),
}

/// A calendar beside a pack, or a built-in one.
fn calendar(place: &Place, pack: &str, name: &str) -> Result<Calendar, NoCalendar> {
    let unreadable = |why: String| {
        let remedy = "Put the file with its holidays beside the pack, or name us-federal-2026-2030.csv";
        NoCalendar::Unreadable((format!("the calendar {name} can't be read: {why}"), remedy.to_owned()))
    };
    if Path::new(name).components().count() != 1 {
        return Err(unreadable("it is no name of a file beside the pack".to_owned()));
    }
    let beside = match place {
        Place::File(own) => Some(own.parent().unwrap_or(Path::new("")).join(name)).filter(|path| path.exists()),
        Place::BuiltIn(_) => None,
    };
    let Some(path) = beside else {
        let text = text(CALENDARS, name).ok_or_else(|| unreadable("there is no such file".to_owned()))?;
        return calendars::read(name, name, text).map_err(NoCalendar::Faults);
    };
    let bytes = file(&path).map_err(|why| unreadable(why.to_string()))?;
    if bytes.len() > PACK_MAX_BYTES {
        return Err(unreadable(format!("it has more than {PACK_MAX_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    // Another pack may have a file of the same name with other holidays.
    calendars::read(&format!("{pack}/{name}"), &path.display().to_string(), &text).map_err(NoCalendar::Faults)
}

fn calendar_of(kind: &mut RuleKind) -> Option<&mut String> {
    match kind {
        RuleKind::Holidays { calendar, .. } => Some(calendar),
        RuleKind::LastHour { service: open, .. }
        | RuleKind::Reconnect { open, .. }
        | RuleKind::Notice { working: Some(open), .. } => open.calendar.as_mut(),
        _ => None,
    }
}
