//! Files as billing systems export them, against what a right import makes of each: line for line, cent for cent.

use chrono::NaiveDate;
use curbstop_server::{
    import::{
        Imported, Options, Register, Report,
        holds::{HoldRow, read_holds},
        listing::{ListingRow, read_listing},
        payments::{PaymentRow, against_listings, read_payments},
        premises::{PremiseRow, read_premises},
        register::HoldInForce,
        report::Exclusion,
        summary::{HoldsSummary, ListingSummary, PremisesSummary, Summary},
    },
    planning::counted::Kept,
};
use curbstop_shared::{money::Currency, vocabulary::HoldReason};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::LazyLock,
};

pub fn file(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn expected(name: &str) -> Value {
    serde_json::from_slice(&file(&format!("{name}.EXPECTED.json"))).unwrap()
}

pub fn options() -> Options {
    Options {
        source: "tessel creek".to_owned(),
        as_of: NaiveDate::from_ymd_opt(2026, 10, 14).unwrap(),
        currency: Currency::USD,
        encoding: None,
        mappings: Vec::new(),
    }
}

/// The town of the files: its premises and holds, read once.
pub struct Town {
    pub premises: Imported<PremiseRow>,
    pub holds: Imported<HoldRow>,
    pub register: Register,
}

pub static TOWN: LazyLock<Town> = LazyLock::new(|| {
    let premises = read_premises(&file("premises_meters.csv"), &options()).unwrap();
    let mut register = Register::new();
    for row in &premises.rows {
        register.add_account(&row.account, &row.premise, row.is_sensitive());
        if let Some(meter) = &row.meter {
            register.add_meter(&meter.serial, &row.account, &row.premise, row.product);
        }
    }
    let holds = read_holds(&file("holds.csv"), &options(), &register).unwrap();
    for row in holds.rows.iter().filter(|row| row.term.in_force_on(options().as_of)) {
        register.add_hold(&row.account, HoldInForce { hold: row.hold.clone(), kind: row.kind });
    }
    Town { premises, holds, register }
});

fn water() -> Imported<ListingRow> {
    read_listing(&file("water_cutoff_listing.csv"), &options(), &TOWN.register).unwrap()
}

fn cable() -> Imported<ListingRow> {
    read_listing(&file("cable_equipment_pickup.xlsx"), &options(), &TOWN.register).unwrap()
}

fn electric() -> Imported<ListingRow> {
    read_listing(&file("electric_disconnect.txt"), &options(), &TOWN.register).unwrap()
}

/// SHA-256 of texts, each once, sorted, joined with line feeds.
fn digest(texts: impl IntoIterator<Item = String>) -> String {
    let sorted: BTreeSet<String> = texts.into_iter().collect();
    let joined = sorted.into_iter().collect::<Vec<_>>().join("\n");
    Sha256::digest(joined.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares everything that every kind of file has: counts, refusals by line, column, value and code, duplicates.
#[track_caller]
fn same_fates(report: &Report, expected: &Value) {
    assert_eq!(json!(report.counts), expected["counts"]);
    assert_eq!(json!(report.refused_by_code), expected["refused_by_code"]);
    let refused: Vec<Value> = report
        .refused
        .iter()
        .map(|r| {
            let mut said = json!({"line": r.line, "column": r.column, "column_no": r.column_no, "code": r.code});
            if let Some(cell) = r.cell() {
                said["cell"] = json!(cell);
            }
            said
        })
        .collect();
    let wanted: Vec<Value> =
        expected["refused"].as_array().unwrap().iter().map(|r| without(r, &["value", "text", "hint"])).collect();
    assert_eq!(refused, wanted);
    for (refused, wanted) in report.refused.iter().zip(expected["refused"].as_array().unwrap()) {
        if wanted["column"] != "*" {
            assert_eq!(json!(refused.value), wanted["value"], "line {}", refused.line);
        }
        if let Some(hint) = wanted.get("hint") {
            assert_eq!(json!(refused.hint(curbstop_shared::language::Language::En)), *hint, "line {}", refused.line);
        }
    }
    let duplicates: Vec<Value> = report.duplicates.iter().map(|d| json!([d.line, d.of_line, d.key])).collect();
    let key = |d: &Value| ["meter", "serial", "hold", "receipt"].iter().find_map(|key| d.get(key)).cloned();
    let wanted: Vec<Value> =
        expected["duplicates"].as_array().unwrap().iter().map(|d| json!([d["line"], d["of_line"], key(d)])).collect();
    assert_eq!(duplicates, wanted);
    for (duplicate, wanted) in report.duplicates.iter().zip(expected["duplicates"].as_array().unwrap()) {
        if let Some(account) = wanted.get("account") {
            assert_eq!(json!(duplicate.account), *account);
        }
        if let Some(differ) = wanted.get("amounts_differ") {
            assert_eq!(json!(duplicate.amounts_differ), *differ, "line {}", duplicate.line);
        }
    }
    if let Some(not_data) = expected.get("not_data_records") {
        assert_eq!(json!(report.not_data_records), *not_data);
    }
}

fn without(value: &Value, keys: &[&str]) -> Value {
    let mut value = value.clone();
    for key in keys {
        value.as_object_mut().unwrap().remove(*key);
    }
    value
}

#[test]
fn every_service_of_the_town_is_read_from_the_premises_file() {
    let expected = expected("premises_meters");
    let report = &TOWN.premises.report;
    same_fates(report, &expected);
    let Summary::Premises(PremisesSummary { accounts, premises, service_points, meters, without_location, by_service }) =
        &report.summary
    else {
        panic!("not a summary of premises")
    };
    assert_eq!(json!(accounts), expected["accounts"]);
    assert_eq!(json!(premises), expected["premises"]);
    assert_eq!(json!(service_points), expected["service_points"]);
    assert_eq!(json!(meters), expected["meters"]);
    assert_eq!(json!(without_location), expected["without_location"]);
    let services =
        [("water", "WATER"), ("irrigation", "IRRIG"), ("electric", "ELEC"), ("internet", "NET"), ("video", "VIDEO")];
    for (product, theirs) in services {
        assert_eq!(json!(by_service)[product], expected["by_service"][theirs]);
    }
    let rows = &TOWN.premises.rows;
    assert_eq!(json!(digest(rows.iter().map(|row| row.account.clone()))), expected["accounts_sha256"]);
    let serials = rows.iter().filter_map(|row| row.meter.as_ref()).map(|meter| meter.serial.clone());
    assert_eq!(json!(digest(serials)), expected["meters_sha256"]);
}

#[test]
fn holds_are_in_force_from_their_first_day_through_their_last() {
    let expected = expected("holds");
    let report = &TOWN.holds.report;
    same_fates(report, &expected);
    let Summary::Holds(HoldsSummary {
        accepted_by_kind,
        in_force_on_as_of,
        in_force_by_kind,
        accounts_held,
        pledged_minor,
        until_lifted,
    }) = &report.summary
    else {
        panic!("not a summary of holds")
    };
    assert_eq!(json!(accepted_by_kind), expected["accepted_by_kind"]);
    assert_eq!(json!(in_force_on_as_of), expected["in_force_on_as_of"]);
    assert_eq!(json!(in_force_by_kind), expected["in_force_by_kind"]);
    assert_eq!(json!(accounts_held), expected["accounts_held"]);
    assert_eq!(json!(pledged_minor), expected["pledged_cents"]);
    assert_eq!(json!(until_lifted), expected["until_lifted"]);
    let day = options().as_of;
    let in_force = TOWN.holds.rows.iter().filter(|row| row.term.in_force_on(day)).map(|row| row.hold.clone());
    assert_eq!(json!(digest(in_force)), expected["in_force_sha256"]);
}

#[track_caller]
fn same_listing(listing: &Imported<ListingRow>, expected: &Value) {
    let report = &listing.report;
    same_fates(report, expected);
    let Summary::Listing(ListingSummary {
        order_kinds,
        orders,
        order_lines,
        accounts_with_several_lines,
        past_due_minor,
        total_due_minor,
        by_reason,
        notices,
        excluded_by_reason,
        sensitive_accounts,
        ..
    }) = &report.summary
    else {
        panic!("not a summary of a listing")
    };
    assert_eq!(json!(order_kinds), json!([expected["order_kind"]]));
    assert_eq!(json!(orders), expected["orders"]);
    assert_eq!(json!(order_lines), expected["order_lines"]);
    assert_eq!(json!(accounts_with_several_lines), expected["accounts_with_several_lines"]);
    assert_eq!(json!(past_due_minor), expected["accepted_past_due_cents"]);
    assert_eq!(json!(total_due_minor), expected["accepted_total_due_cents"]);
    assert_eq!(json!(by_reason), expected["accepted_by_reason"]);
    let by_notice: BTreeMap<String, usize> = notices.iter().map(|n| (n.notice_date.to_string(), n.rows)).collect();
    assert_eq!(json!(by_notice), expected["accepted_by_notice_date"]);
    assert_eq!(json!(excluded_by_reason), expected["excluded_by_reason"]);
    assert_eq!(json!(sensitive_accounts), expected["orders_at_sensitive_premises"]);

    let excluded: Vec<Value> = report
        .excluded
        .iter()
        .map(|e| {
            let mut said = json!({"line": e.line, "account": e.account, "meter": e.meter, "reason": e.reason, "past_due_cents": e.past_due_minor});
            if !e.holds.is_empty() {
                said["holds"] = json!(e.holds);
            }
            said
        })
        .collect();
    assert_eq!(json!(excluded), expected["excluded"]);

    let printed = report.printed.unwrap();
    assert_eq!(json!(printed.rows), expected["printed"]["rows"]);
    for (sum, name) in [(printed.past_due_minor, "past_due_cents"), (printed.total_due_minor, "total_due_cents")] {
        assert_eq!(json!(sum), expected["printed"].get(name).cloned().unwrap_or(Value::Null));
    }
    assert_eq!(json!(digest(listing.rows.iter().map(|row| row.account.clone()))), expected["accepted_accounts_sha256"]);
    let lines = listing.rows.iter().map(|r| format!("{} {} {} {}", r.line, r.account, r.meter, r.past_due.minor()));
    assert_eq!(json!(digest(lines)), expected["accepted_lines_sha256"]);
    for sample in expected["samples"].as_array().unwrap() {
        let row = listing.rows.iter().find(|row| json!(row.line) == sample["line"]).unwrap();
        let said = json!({
            "line": row.line, "acct": row.account, "name": row.name, "serial": row.meter,
            "past_due": row.past_due.minor(), "total_due": row.total_due.map(|m| m.minor()),
            "notice_date": row.notice_date, "reason": row.reason, "comment": row.comment,
        });
        assert_eq!(said, *sample);
    }
}

#[test]
fn the_water_cut_off_report_becomes_orders_and_its_totals_no_accounts() {
    same_listing(&water(), &expected("water_cutoff_listing"));
}

#[test]
fn the_electric_list_becomes_orders_though_nothing_stands_around_its_text() {
    same_listing(&electric(), &expected("electric_disconnect"));
}

#[test]
fn the_cable_workbook_becomes_one_order_for_each_account_with_a_line_for_each_box() {
    let expected = expected("cable_equipment_pickup");
    let listing = cable();
    same_fates(&listing.report, &expected);
    assert_eq!(json!(listing.report.sheet), expected["sheet"]);
    let Summary::Listing(summary) = &listing.report.summary else { panic!("not a summary of a listing") };
    assert_eq!(json!(summary.order_kinds), json!([expected["order_kind"]]));
    assert_eq!(json!(summary.orders), expected["orders"]);
    assert_eq!(json!(summary.order_lines), expected["order_lines"]);
    assert_eq!(json!(summary.accounts_with_several_lines), expected["accounts_with_several_lines"]);
    assert_eq!(json!(summary.by_reason), expected["accepted_by_reason"]);
    assert_eq!(json!(summary.past_due_minor), expected["accepted_past_due_cents"], "once for each account");
    assert_eq!(json!(summary.total_due_minor), expected["accepted_unreturned_cents"]);
    assert_eq!(json!(summary.excluded_by_reason), expected["excluded_by_reason"]);
    let excluded = listing.report.excluded.iter();
    let excluded =
        excluded.map(|e| json!({"line": e.line, "account": e.account, "serial": e.meter, "reason": e.reason}));
    assert_eq!(json!(excluded.collect::<Vec<_>>()), expected["excluded"]);
    let charge = |row: &ListingRow| row.total_due.map_or(0, |charge| charge.minor());
    assert_eq!(json!(digest(listing.rows.iter().map(|row| row.account.clone()))), expected["accepted_accounts_sha256"]);
    let lines = listing.rows.iter().map(|row| format!("{} {} {} {}", row.line, row.account, row.meter, charge(row)));
    assert_eq!(json!(digest(lines)), expected["accepted_lines_sha256"]);
    for sample in expected["samples"].as_array().unwrap() {
        let row = listing.rows.iter().find(|row| json!(row.line) == sample["line"]).unwrap();
        let equipment = row.equipment.clone().unwrap();
        assert!(equipment.starts_with(sample["equipment"].as_str().unwrap()), "{equipment}");
        assert!(equipment.ends_with(sample["mac"].as_str().unwrap()), "{equipment}");
        let said = json!({
            "line": row.line, "acct": row.account, "name": row.name, "serial": row.meter,
            "equipment": sample["equipment"], "mac": sample["mac"], "unreturned": charge(row),
            "disc_date": row.notice_date, "reason": row.reason,
        });
        assert_eq!(said, *sample);
    }
}

#[test]
fn a_box_is_fetched_whatever_is_owed_and_stays_only_where_a_court_says_so() {
    let accepted = cable().report.counts.accepted;
    let account = "801286167236";
    let held = |kind| {
        let mut register = TOWN.register.clone();
        register.add_hold(account, HoldInForce { hold: "H-1".to_owned(), kind });
        read_listing(&file("cable_equipment_pickup.xlsx"), &options(), &register).unwrap().report
    };
    assert_eq!(held(HoldReason::Medical).counts.accepted, accepted);
    let bankrupt = held(HoldReason::Bankruptcy);
    assert_eq!(bankrupt.counts.accepted, accepted - 2, "both boxes of the account");
    let why: Vec<_> = bankrupt.excluded.iter().filter(|row| row.account == account).map(|row| row.reason).collect();
    assert_eq!(why, [Exclusion::Hold, Exclusion::Hold]);
}

#[test]
fn a_medical_hold_of_another_account_at_the_premise_is_said_with_the_row() {
    let Summary::Listing(summary) = water().report.summary else { panic!("not a summary of a listing") };
    assert_eq!(summary.medical_premise_accounts, ["16-0890-02"]);
}

#[test]
fn the_morning_s_payments_stop_the_cuts_that_they_cover() {
    let expected = expected("payments_morning");
    let journal = read_payments(&file("payments_morning.csv"), &options(), &TOWN.register).unwrap();
    same_fates(&journal.report, &expected);
    let Summary::Payments(summary) = &journal.report.summary else { panic!("not a summary of payments") };
    assert_eq!(json!(summary.payments), expected["payments"]);
    assert_eq!(json!(summary.payments_minor), expected["payments_cents"]);
    assert_eq!(json!(summary.reversals), expected["reversals"]);
    assert_eq!(json!(summary.reversals_minor), expected["reversals_cents"]);
    assert_eq!(json!(summary.net_minor), expected["net_cents"]);

    let mut past_due: BTreeMap<String, i64> = BTreeMap::new();
    for row in water().rows.iter().chain(&electric().rows) {
        *past_due.entry(row.account.clone()).or_default() += row.past_due.minor();
    }
    let against = against_listings(&journal.rows, &past_due);
    let expected = &expected["against_listings"];
    assert_eq!(json!(against.past_due_covered.keys().collect::<Vec<_>>()), expected["past_due_covered_accounts"]);
    assert_eq!(json!(against.past_due_covered.len()), expected["past_due_covered"]);
    let paid: i64 = against.past_due_covered.values().map(|of| of.paid_minor).sum();
    assert_eq!(json!(paid), expected["past_due_covered_cents"]);
    let partial: Vec<String> = against
        .partial
        .iter()
        .map(|(account, of)| format!("{account} paid {} of {}", of.paid_minor, of.past_due_minor))
        .collect();
    assert_eq!(json!(partial), expected["partial_accounts"]);
    assert_eq!(json!(against.paid_then_reversed), expected["paid_then_reversed_today"]);
    assert_eq!(json!(against.reversal_of_an_earlier_payment), expected["reversal_of_an_earlier_payment"]);
    assert_eq!(json!(against.on_no_listing.len()), expected["paid_but_on_no_listing"]);
}

#[test]
fn a_receipt_of_an_earlier_file_is_no_second_payment() {
    let mut register = TOWN.register.clone();
    let first = read_payments(&file("payments_morning.csv"), &options(), &register).unwrap();
    for row in &first.rows {
        let kept = Kept { account: row.account.clone(), amount_minor: row.amount.minor(), is_typed: false };
        register.add_receipt(&row.receipt, kept);
    }
    let again: Imported<PaymentRow> = read_payments(&file("payments_morning.csv"), &options(), &register).unwrap();
    assert_eq!(again.report.counts.accepted, 0);
    assert_eq!(again.report.counts.duplicates, first.report.counts.accepted + first.report.counts.duplicates);
}
