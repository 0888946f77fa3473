//! One file of a pack.

use super::{
    case_tables,
    cases::{self, Came, Case},
    circumstances,
    fault::{Fault, Sheet, whole},
    kinds::{self, KINDS},
    table::{Table, one_of},
};
use curbstop_shared::{
    policy::{Applies, Citation, Class, Rule, RuleKind, Text},
    vocabulary::{OrderKind, Product},
};
use std::ops::Range;
use toml::de::DeTable;

/// A larger file is no pack.
pub const PACK_MAX_BYTES: usize = 1_000_000;
/// Fewer cases say nothing about where a rule begins and ends.
pub const CASES_MIN: usize = 3;

/// What a file says.
#[derive(Debug, Clone)]
pub(super) struct Pack {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: Text,
    /// The pack that it builds on, and where it says so.
    pub(super) extends: Option<(String, Range<usize>)>,
    pub(super) rules: Vec<(Rule, Vec<Case>, Range<usize>)>,
}

/// Reads a file. What can be read of one with faults is there as well, so that what it builds on is looked at too.
pub(super) fn read(file: &str, bytes: &[u8]) -> (Option<Pack>, Vec<Fault>) {
    if bytes.len() > PACK_MAX_BYTES {
        let wrong = format!("the file has {} bytes, and a pack has at most {PACK_MAX_BYTES}", bytes.len());
        return (None, vec![whole(file, wrong, "Is this the right file?")]);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(bad) => {
            let good = String::from_utf8_lossy(&bytes[..bad.valid_up_to()]);
            let mut sheet = Sheet::new(file.to_owned(), &good);
            sheet.fault(&(good.len()..good.len()), "the file is not UTF-8 from here on", "Save it as UTF-8");
            return (None, sheet.faults);
        }
    };
    let mut sheet = Sheet::new(file.to_owned(), text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        sheet.fault(&span, error.message().trim().to_owned(), "This is how TOML is written: https://toml.io");
    }
    let mut table = Table::new(document.get_ref(), "a pack", 0..0);
    let pack = header(&mut sheet, &mut table);
    let usual = table.table(&mut sheet, "usual", "what cases usually have");
    let usual = circumstances::usual(&mut sheet, usual);
    let rules = table.tables(&mut sheet, "rule", "a rule");
    if rules.is_empty() && pack.as_ref().is_none_or(|pack| pack.extends.is_none()) {
        sheet.fault(&(0..0), "the pack has no rules", "Write [[rule]] tables, or extends = \"strict\"");
    }
    let mut read: Vec<(Rule, Vec<Case>, Range<usize>)> = Vec::new();
    for rule in rules {
        let span = rule.span.clone();
        if let Some((rule, cases)) = self::rule(&mut sheet, rule, &usual) {
            if read.iter().any(|(known, ..)| known.id == rule.id) {
                sheet.rule = Some(rule.id.clone());
                sheet.fault(&span, "the pack has two rules of this id", "Give each an id of its own");
            }
            read.push((rule, cases, span));
        }
        sheet.rule = None;
    }
    table.done(&mut sheet);
    sheet.faults.sort_by_key(|fault| (fault.line, fault.column));
    (pack.map(|pack| Pack { rules: read, ..pack }), sheet.faults)
}

fn header(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<Pack> {
    let id = table.needed(sheet, "id", "Give the pack a short name, as id = \"our-town\"");
    let version = table.needed(sheet, "version", "Say which edition it is, as version = \"2026-11\"");
    let title_en = table.needed(sheet, "title_en", "Say what it is in English");
    let title_es = table.needed(sheet, "title_es", "Say what it is in Spanish");
    let extends = table.text(sheet, "extends").map(|it| (it.value.to_owned(), it.span));
    let own = |it: Option<super::table::Found<&str>>| it.map_or(String::new(), |it| it.value.to_owned());
    if let Some(id) = &id
        && !is_name(id.value)
    {
        sheet.fault(&id.span, format!("\"{}\" is no id", id.value), NAMES);
    }
    let title = Text { en: own(title_en), es: own(title_es) };
    Some(Pack { id: own(id), version: own(version), title, extends, rules: Vec::new() })
}

const NAMES: &str = "Write small letters, digits and hyphens, at most 60";

fn is_name(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=60).contains(&text.len()) && text.bytes().all(fine)
}

fn rule(sheet: &mut Sheet<'_>, mut table: Table<'_>, usual: &circumstances::Usual) -> Option<(Rule, Vec<Case>)> {
    let name = table.get("id").and_then(|id| id.get_ref().as_str());
    sheet.rule = name.map(|id| id.chars().take(60).collect());
    let id = table.needed(sheet, "id", "Give the rule a short name, as id = \"no-fridays\"");
    if let Some(id) = &id
        && !is_name(id.value)
    {
        sheet.fault(&id.span, format!("\"{}\" is no id", id.value), NAMES);
    }
    let citation = table.needed(sheet, "citation", "Say where it comes from: the section of the law, the resolution");
    let seen = table.yes_or_no(sheet, "seen").is_some_and(|it| it.value);
    let en = table.needed(sheet, "en", "Say in English what it means to a crew or clerk");
    let es = table.needed(sheet, "es", "Say in Spanish what it means to a crew or clerk");
    let (from, until) = (table.date(sheet, "from"), table.date(sheet, "until"));
    if let (Some(from), Some(until)) = (&from, &until)
        && until.value < from.value
    {
        let wrong = format!("until {} comes before from {}", until.value, from.value);
        sheet.fault(&until.span, wrong, "Turn the dates round");
    }
    let name = kind_name(sheet, &mut table);
    let kind = name.and_then(|name| kinds::kind(sheet, &mut table, name));
    let applies = applies(sheet, &mut table, name);
    let told = table.tables(sheet, "case", "a golden case");
    let (count, span) = (told.len(), table.span.clone());
    if name.is_some() {
        // Which keys there are, only the kind tells.
        table.done(sheet);
    }
    let kind = kind?;
    let cases: Vec<Case> = told.into_iter().filter_map(|case| case_tables::case(sheet, case, usual, &kind)).collect();
    enough(sheet, &span, &kind, count, &cases);
    let citation = Citation { text: citation?.value.to_owned(), seen };
    let sentence = Text { en: en?.value.to_owned(), es: es?.value.to_owned() };
    let (from, until) = (from.map(|it| it.value), until.map(|it| it.value));
    Some((Rule { id: id?.value.to_owned(), citation, from, until, applies, sentence, kind }, cases))
}

fn kind_name<'t>(sheet: &mut Sheet<'_>, table: &mut Table<'t>) -> Option<&'t str> {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let known = format!("It has to be {}", one_of(&names));
    let name = table.needed(sheet, "kind", &known)?;
    if names.contains(&name.value) {
        return Some(name.value);
    }
    sheet.fault(&name.span, format!("\"{}\" is no kind of rule", name.value), known);
    None
}

fn applies(sheet: &mut Sheet<'_>, table: &mut Table<'_>, kind: Option<&str>) -> Applies {
    let flags = table.texts(sheet, "flags").map(|texts| texts.into_iter().map(|it| it.value.to_owned()).collect());
    let usual = || match kind {
        Some("third_party_notice") => vec!["third_party".to_owned()],
        Some("tenants_notice") => vec!["landlord_account".to_owned()],
        _ => Vec::new(),
    };
    Applies {
        products: table.codes(sheet, "products", &one_of(Product::ALL)).unwrap_or_default(),
        classes: table.codes(sheet, "classes", &one_of(Class::ALL)).unwrap_or_default(),
        kinds: table.codes(sheet, "orders", &one_of(OrderKind::ALL)).unwrap_or_default(),
        flags: flags.unwrap_or_else(usual),
    }
}

/// Three cases, and where it judges cuts one on each side.
fn enough(sheet: &mut Sheet<'_>, span: &Range<usize>, kind: &RuleKind, count: usize, cases: &[Case]) {
    if count < CASES_MIN {
        let wrong = format!("the rule has {count} golden cases, and needs at least {CASES_MIN}");
        sheet.fault(span, wrong, "Add [[rule.case]] tables: one inside, one outside, and one at the boundary");
    } else if cases::judges(kind) && cases.len() == count {
        let allowed = cases.iter().filter(|case| case.expect == Came::Allowed).count();
        if allowed == 0 || allowed == count {
            let which = if allowed == 0 {
                "none of its golden cases is allowed"
            } else {
                "all of its golden cases are allowed"
            };
            sheet.fault(span, which, "Add a case on the other side of the rule, so that it can be seen to decide");
        }
    }
}
