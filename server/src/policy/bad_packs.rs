//! Whatever can be wrong with a pack is told with its place, its rule and what to do.

use super::{Fault, load, report};
use std::{fs, path::Path};

const GOOD: &str = r#"id = "our-town"
version = "1"
title_en = "Our town"
title_es = "Nuestro pueblo"

[[rule]]
id = "hours"
kind = "cut_hours"
citation = "Resolution 12"
en = "From eight to four."
es = "De ocho a cuatro."
begins = "08:00"
ends = "16:00"

[[rule.case]]
says = "Early"
at = "2026-11-24T07:59"
expect = "refused"
opens_next = "2026-11-24T08:00"

[[rule.case]]
says = "In time"
at = "2026-11-24T08:00"
expect = "allowed"

[[rule.case]]
says = "Late"
at = 2026-11-24T16:00:00
expect = "refused"
"#;

/// Another rule of a kind, without cases: that is a fault of its own, which is left out of what is told.
fn with_rule(lines: &str) -> String {
    format!(
        "{GOOD}\n[[rule]]\nid = \"more\"\ncitation = \"Resolution 13\"\nen = \"More.\"\nes = \"Más.\"\n{lines}\n{}",
        "[[rule.case]]\nsays = \"a\"\nat = 2026-11-24T10:00\nexpect = \"allowed\"\n".repeat(2)
    )
}

fn told(folder: &Path, faults: Vec<Fault>) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
}

/// Everything that is wrong with a folder of packs, of which `pack.toml` is read.
fn wrong_in(files: &[(&str, &[u8])]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    match load(&folder.path().join("pack.toml").display().to_string()) {
        Ok(_) => Vec::new(),
        Err(faults) => told(folder.path(), faults),
    }
}

fn wrong(pack: &str) -> Vec<String> {
    wrong_in(&[("pack.toml", pack.as_bytes())])
}

/// What is wrong with the good pack where one text of it is another one.
fn edited(text: &str, by: &str) -> Vec<String> {
    assert!(GOOD.contains(text), "{text}");
    wrong(&GOOD.replacen(text, by, 1))
}

/// What is wrong with a further rule, but for its cases.
fn of_rule(lines: &str) -> Vec<String> {
    let told = wrong(&with_rule(lines)).into_iter();
    told.filter(|fault| !fault.contains("golden cases")).map(|fault| fault.replace("pack.toml:", "")).collect()
}

#[test]
fn a_good_pack_has_no_fault() {
    assert_eq!(wrong(GOOD), [] as [&str; 0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack.toml");
    fs::write(&path, GOOD).unwrap();
    assert!(report::of(&load(&path.display().to_string()).unwrap()).ok);
}

#[test]
fn what_is_missing_unknown_or_of_another_type_is_told_with_its_place() {
    assert_eq!(
        edited("begins", "beginns"),
        [
            "pack.toml:6:1: rule \"hours\": begins is missing. It has to be a time of the day, as 08:00",
            "pack.toml:12:1: rule \"hours\": \"beginns\" is no key of a rule. Keys here are begins, case, citation, classes, days, en, ends, es, flags, from, id, kind, orders, products, seen, until"
        ]
    );
    assert_eq!(
        edited("version = \"1\"", "version = 1"),
        ["pack.toml:2:11: version is 1. It has to be a text in quotes"]
    );
    assert_eq!(
        edited("\"cut_hours\"", "\"cut_houres\""),
        [
            "pack.toml:8:8: rule \"hours\": \"cut_houres\" is no kind of rule. It has to be one of cut_days, cut_hours, last_hour, holidays, blackout, weather, temperature, notice, third_party_notice, tenants_notice, medical, approval, minimum_to_restore, reconnect, after_hours, fees, money_at_door, permit, retention"
        ]
    );
    assert_eq!(
        edited("citation = \"Resolution 12\"\n", ""),
        [
            "pack.toml:6:1: rule \"hours\": citation is missing. Say where it comes from: the section of the law, the resolution"
        ]
    );
    assert_eq!(
        edited("\"De ocho a cuatro.\"", "\" \""),
        ["pack.toml:11:6: rule \"hours\": es is empty. Say in Spanish what it means to a crew or clerk"]
    );
    assert_eq!(
        edited("en = \"From eight to four.\"\n", ""),
        ["pack.toml:6:1: rule \"hours\": en is missing. Say in English what it means to a crew or clerk"]
    );
    assert_eq!(
        edited("id = \"hours\"", "id = \"Our hours\""),
        [
            "pack.toml:7:6: rule \"Our hours\": \"Our hours\" is no id. Write small letters, digits and hyphens, at most 60"
        ]
    );
    assert_eq!(
        edited("begins = ", "days = [\"mon\", \"frii\"]\nproducts = [\"watter\"]\nbegins = "),
        [
            "pack.toml:12:16: rule \"hours\": \"frii\" can't be used. It has to be one of mon, tue, wed, thu, fri, sat, sun",
            "pack.toml:13:13: rule \"hours\": \"watter\" can't be used. It has to be one of water, irrigation, electric, gas, sewer, internet, video"
        ]
    );
    assert_eq!(
        edited("begins = \"08:00\"", "begins = \"8 am\""),
        ["pack.toml:12:10: rule \"hours\": \"8 am\" can't be used. It has to be a time of the day, as 08:00"]
    );
}

#[test]
fn dates_and_hours_that_contradict_each_other_are_told() {
    assert_eq!(
        edited("begins = ", "from = 2026-11-01\nuntil = 2026-10-31\nbegins = "),
        ["pack.toml:13:9: rule \"hours\": until 2026-10-31 comes before from 2026-11-01. Turn the dates round"]
    );
    assert_eq!(
        edited("begins = ", "from = \"soon\"\nbegins = "),
        ["pack.toml:12:8: rule \"hours\": from is \"soon\". It has to be a date, as 2026-11-25"]
    );
    assert_eq!(
        edited("\"16:00\"", "\"08:00\""),
        [
            "pack.toml:13:8: rule \"hours\": it ends at 08:00, which is not after 08:00. Hours lie within one day; write two rules, or turn them round"
        ]
    );
}

#[test]
fn each_kind_tells_what_it_lacks() {
    for (lines, told) in [
        (
            "kind = \"cut_days\"",
            "days is missing. It has to be a list of days, each one of mon, tue, wed, thu, fri, sat, sun",
        ),
        ("kind = \"last_hour\"", "not_after is missing. It has to be a time of the day, as 08:00"),
        ("kind = \"holidays\"", "calendar is missing. Name the file with the holidays beside the pack"),
        ("kind = \"permit\"", "minutes is missing. It has to be a whole number from 1 to 1440"),
        ("kind = \"money_at_door\"", "allowed is missing. It has to be true or false"),
        ("kind = \"approval\"", "persons is missing. It has to be a whole number from 1 to 3"),
        ("kind = \"notice\"", "least_days is missing. It has to be a whole number from 0 to 400"),
        ("kind = \"fees\"", "charged is missing. It has to be a list, which may be empty"),
        (
            "kind = \"weather\"",
            "called is missing. It has to be a list, each one of freeze, heat_advisory, storm, flood, smoke",
        ),
        (
            "kind = \"reconnect\"",
            "a reconnect has either hours or told_by and closes. Write hours = 24, or told_by = \"12:30\" with closes = \"17:00\"",
        ),
    ] {
        assert_eq!(of_rule(lines), [format!("31:1: rule \"more\": {told}")], "{lines}");
    }
    for (lines, told) in [
        (
            "kind = \"permit\"\nminutes = 0",
            "37:11: rule \"more\": minutes is 0. It has to be a whole number from 1 to 1440",
        ),
        (
            "kind = \"cut_days\"\ndays = []",
            "37:8: rule \"more\": days is empty. Write at least one of mon, tue, wed, thu, fri, sat, sun",
        ),
        (
            "kind = \"notice\"\nleast_days = 3\nleast_working_days = 2",
            "31:1: rule \"more\": least_days and least_working_days contradict each other. Keep one of them",
        ),
        (
            "kind = \"reconnect\"\ntold_by = \"15:00\"\ncloses = \"12:00\"",
            "31:1: rule \"more\": closes at 12:00 comes before told_by. The day closes after the hour by which somebody is told",
        ),
        (
            "kind = \"blackout\"\nfirst = \"12-24\"\nlast = \"02-30\"",
            "38:8: rule \"more\": \"02-30\" can't be used. It has to be a day of the year, as 12-24",
        ),
        (
            "kind = \"holidays\"\ncalendar = \"gone.csv\"",
            "31:1: rule \"more\": the calendar gone.csv can't be read: there is no such file. Put the file with its holidays beside the pack, or name us-federal-2026-2030.csv",
        ),
        (
            "kind = \"holidays\"\ncalendar = \"../secret.csv\"",
            "31:1: rule \"more\": the calendar ../secret.csv can't be read: it is no name of a file beside the pack. Put the file with its holidays beside the pack, or name us-federal-2026-2030.csv",
        ),
    ] {
        assert_eq!(of_rule(lines), [told], "{lines}");
    }
    let money = "kind = \"minimum_to_restore\"\nfee = \"25.005\"";
    let told = of_rule(money);
    assert_eq!(told[0], "37:7: rule \"more\": \"25.005\" has more decimals than USD. Write an amount, as \"25.00\"");
}

#[test]
fn a_rule_needs_three_cases_and_one_on_each_side() {
    let fewer = GOOD.rsplit_once("\n[[rule.case]]").unwrap().0;
    assert_eq!(
        wrong(fewer),
        [
            "pack.toml:6:1: rule \"hours\": the rule has 2 golden cases, and needs at least 3. Add [[rule.case]] tables: one inside, one outside, and one at the boundary"
        ]
    );
    assert_eq!(
        edited("expect = \"allowed\"", "expect = \"refused\""),
        [
            "pack.toml:6:1: rule \"hours\": none of its golden cases is allowed. Add a case on the other side of the rule, so that it can be seen to decide"
        ]
    );
    assert_eq!(
        wrong(&GOOD.replace("\"refused\"", "\"allowed\"")),
        [
            "pack.toml:6:1: rule \"hours\": all of its golden cases are allowed. Add a case on the other side of the rule, so that it can be seen to decide"
        ]
    );
}

#[test]
fn a_case_that_says_too_little_or_nonsense_is_told() {
    assert_eq!(
        edited("says = \"Early\"\n", ""),
        ["pack.toml:15:1: rule \"hours\": says is missing. Tell the situation in one sentence"]
    );
    assert_eq!(
        edited("at = \"2026-11-24T07:59\"\n", ""),
        ["pack.toml:15:1: rule \"hours\": at is missing in a case. Say when it is, as at = \"2026-11-25T12:30\""]
    );
    assert_eq!(
        edited("\"2026-11-24T07:59\"", "\"tomorrow\""),
        ["pack.toml:17:6: rule \"hours\": \"tomorrow\" is no date and time. Write it as 2026-11-25T12:30"]
    );
    assert_eq!(
        edited("\"2026-11-24T07:59\"", "\"2026-11-24T07:59:00-05:00\""),
        [
            "pack.toml:17:6: rule \"hours\": \"2026-11-24T07:59:00-05:00\" has an offset, and the case no time zone. Add time_zone = \"America/New_York\", or write the time on the wall"
        ]
    );
    assert_eq!(
        edited("expect = \"allowed\"", "expect = \"maybe\""),
        [
            "pack.toml:24:10: rule \"hours\": \"maybe\" can't be used. It has to be \"allowed\", \"refused\", \"approval\" or \"notice\""
        ]
    );
    assert_eq!(
        edited("expect = \"allowed\"", "expect = \"yes\""),
        [
            "pack.toml:24:10: rule \"hours\": a rule of this kind is never \"yes\". Expect \"allowed\", \"refused\", \"approval\" or \"notice\""
        ]
    );
    assert_eq!(
        edited(
            "says = \"Early\"",
            "says = \"Early\"\nnotices = [{ way = \"mail\" }]\nweather = [{ called = \"freeze\" }]"
        ),
        [
            "pack.toml:17:12: rule \"hours\": the notice has no day. Write on = 2026-11-10, or days_before = 15",
            "pack.toml:18:12: rule \"hours\": the weather says nothing of a day. Write { called = \"heat_advisory\", on = 2026-07-13 } or { high_f = 32, on = 2026-01-19 }"
        ]
    );
    assert_eq!(
        edited("says = \"Early\"", "says = \"Early\"\nlanguage = \"fr\"\nclas = \"residential\"")[0],
        "pack.toml:17:12: rule \"hours\": \"fr\" is no language. It has to be en or es"
    );
}

#[test]
fn all_faults_of_a_pack_are_told_and_not_only_the_first() {
    let bad = GOOD.replace("version = \"1\"\n", "").replace("\"08:00\"\nends", "\"25:00\"\nends").replace("Early", "");
    assert_eq!(
        wrong(&bad),
        [
            "pack.toml:1:1: version is missing. Say which edition it is, as version = \"2026-11\"",
            "pack.toml:11:10: rule \"hours\": \"25:00\" can't be used. It has to be a time of the day, as 08:00",
        ]
    );
    let two = format!("{GOOD}\n[[rule]]\n{}", GOOD.split_once("[[rule]]\n").unwrap().1);
    assert_eq!(
        wrong(&two),
        ["pack.toml:31:1: rule \"hours\": the pack has two rules of this id. Give each an id of its own"]
    );
}

#[test]
fn a_file_that_is_no_pack_is_told() {
    let long = format!("# {}\n{GOOD}", "x".repeat(1_000_000));
    assert_eq!(
        wrong(&long),
        ["pack.toml:1:1: the file has 1000001 bytes, and a pack has at most 1000000. Is this the right file?"]
    );
    let latin = [GOOD.as_bytes(), b"# Avenida Espa\xf1a\n"].concat();
    assert_eq!(
        wrong_in(&[("pack.toml", &latin)]),
        ["pack.toml:30:15: the file is not UTF-8 from here on. Save it as UTF-8"]
    );
    let gone = wrong_in(&[]);
    assert!(gone[0].starts_with("policy:1:1: pack.toml can't be read: "), "{gone:?}");
    assert!(gone[0].ends_with(
        ". Name a file, or one of the packs that are built in: strict, sample-new-york, sample-ohio, sample-texas"
    ));
    let broken = wrong(&GOOD.replace("id = \"our-town\"", "id = \"our-town"));
    assert!(broken[0].starts_with("pack.toml:1:"), "{broken:?}");
    assert_eq!(
        wrong("id = \"a\"\nversion = \"1\"\ntitle_en = \"a\"\ntitle_es = \"a\"\n"),
        ["pack.toml:1:1: the pack has no rules. Write [[rule]] tables, or extends = \"strict\""]
    );
}

#[test]
fn packs_that_build_on_each_other_in_a_circle_are_told_with_the_circle() {
    let on = |other: &str| GOOD.replace("version", &format!("extends = \"{other}\"\nversion"));
    let files = [("pack.toml", on("b.toml")), ("b.toml", on("c.toml")), ("c.toml", on("b.toml"))];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    assert_eq!(
        wrong_in(&files),
        [
            "c.toml:2:11: the packs build on each other in a circle: b.toml -> c.toml -> b.toml. Take one of these extends out"
        ]
    );
    let gone = wrong(&on("strickt"));
    assert!(gone[0].starts_with("pack.toml:2:11: strickt can't be read: "), "{gone:?}");
}

#[test]
fn a_line_of_a_calendar_that_is_no_holiday_is_told() {
    let pack = with_rule("kind = \"holidays\"\ncalendar = \"town.csv\"");
    let calendar = "date,name\n2026-07-04,Independence Day\n26.12.2026,Boxing Day\n2026-11-26\n2026-07-04,Again\n";
    let told = wrong_in(&[("pack.toml", pack.as_bytes()), ("town.csv", calendar.as_bytes())]);
    let told: Vec<&String> = told.iter().filter(|fault| fault.starts_with("town.csv")).collect();
    assert_eq!(
        told,
        [
            "town.csv:3:1: \"26.12.2026\" is no date. Write lines as 2026-11-26,Thanksgiving Day,Día de Acción de Gracias",
            "town.csv:4:1: the holiday of 2026-11-26 has no name. Write its name behind the date and a comma",
            "town.csv:5:1: 2026-07-04 stands there twice. Keep one line for each date",
        ]
    );
}

/// A town that builds on the usual pack, with hours of its own and a permit of 30 minutes.
#[test]
fn a_rule_of_the_same_id_takes_the_place_of_the_one_before_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack.toml");
    let permit =
        "id = \"permit\"\nkind = \"permit\"\nminutes = 30\ncitation = \"Resolution 13\"\nen = \"30.\"\nes = \"30.\"\n";
    let case = "[[rule.case]]\nsays = \"Any day\"\nat = 2026-11-24T10:00\nexpect = 30\n".repeat(3);
    let usual = "[usual]\nnotices = [{ days_before = 3 }]\n";
    let pack = GOOD.replace("\n[[rule]]\n", &format!("extends = \"strict\"\n{usual}\n[[rule]]\n"));
    fs::write(&path, format!("{pack}\n[[rule]]\n{permit}{case}")).unwrap();
    let town = load(&path.display().to_string()).unwrap();
    let strict = load("strict").unwrap();
    assert_eq!(town.policy.id, "our-town");
    assert_eq!(town.policy.rules.len(), strict.policy.rules.len() + 1);
    let report = report::of(&town);
    assert!(report.ok, "{report}");
    let permit = report.rules.iter().find(|rule| rule.id == "permit").unwrap();
    assert_eq!((permit.pack.as_str(), permit.cases[0].own.came.as_str()), ("our-town", "30"));
    // At midnight a notice of the day before is good by strict's rule; the town's hours are stricter, and that is told.
    let notice = report.rules.iter().find(|rule| rule.id == "notice-proven").unwrap();
    assert_eq!((notice.pack.as_str(), notice.cases[0].own.came.as_str()), ("strict", "allowed"));
    assert_eq!(notice.cases[0].whole.as_ref().map(|whole| whole.by.clone()), Some(vec!["hours".to_owned()]));
}

#[test]
fn a_case_that_another_rule_decides_or_that_comes_out_otherwise_fails_with_the_situation_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack.toml");
    let days = "kind = \"cut_days\"\ndays = [\"tue\"]\n[[rule.case]]\nsays = \"Tuesday night\"\nat = 2026-11-24T20:00\nexpect = \"refused\"\n";
    let early = GOOD.replace("expect = \"allowed\"", "flags = [\"sensitive\"]\nexpect = \"allowed\"");
    let pack = with_rule(days).replace(GOOD, &early).replace("08:00\"\nends", "09:00\"\nends");
    fs::write(&path, pack).unwrap();
    let report = report::of(&load(&path.display().to_string()).unwrap());
    let text = report.to_string();
    assert!(!report.ok);
    for line in [
        "  FAILED  In time: expected allowed; came refused by hours, opens 2026-11-24T09:00 (line 21). On Tuesday 2026-11-24 at 08:00, turn_off for non_pay, water; flags sensitive.",
        "  FAILED  Early: expected refused, opens 2026-11-24T08:00; came refused by hours, opens 2026-11-24T09:00 (line 15). On Tuesday 2026-11-24 at 07:59, turn_off for non_pay, water.",
        "  FAILED  Tuesday night: expected refused; came refused by hours",
        "  FAILED  None of its cases came out as it did because of this rule: they say nothing about it.",
        "hours of our-town, always in force\n  From eight to four.\n  Source: Resolution 12 (not verified)\n",
        "2 rules, 2 not verified; 6 golden cases, 3 failed; 1 rules decide none of their cases",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}
