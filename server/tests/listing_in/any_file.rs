//! Whatever is sent: no file brings the service down, every row has one fate, and columns may stand in any order.

use crate::samples::{TOWN, file, options};
use curbstop_server::import::{
    FileRefused, Imported, MAX_FILE_BYTES, Mapping, Options, Report,
    holds::read_holds,
    listing::{ListingRow, read_listing},
    mapping::built_in,
    payments::read_payments,
    premises::read_premises,
    text::Encoding,
};
use proptest::prelude::*;
use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _, Write as _},
    sync::LazyLock,
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

fn listing(bytes: &[u8]) -> Result<Imported<ListingRow>, FileRefused> {
    read_listing(bytes, &options(), &TOWN.register)
}

/// Reads the bytes as every kind of file and gives the reports of those that could be read.
fn as_every_kind(bytes: &[u8], options: &Options) -> Vec<Report> {
    let register = &TOWN.register;
    [
        read_premises(bytes, options).map(|i| i.report).ok(),
        read_holds(bytes, options, register).map(|i| i.report).ok(),
        read_listing(bytes, options, register).map(|i| i.report).ok(),
        read_payments(bytes, options, register).map(|i| i.report).ok(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[track_caller]
fn every_row_has_one_fate(report: &Report) {
    let counts = report.counts;
    assert_eq!(counts.data_rows, counts.accepted + counts.excluded + counts.refused + counts.duplicates);
    let fates = [
        report.accepted.iter().map(|r| r.line).collect::<Vec<_>>(),
        report.excluded.iter().map(|r| r.line).collect(),
        report.refused.iter().map(|r| r.line).collect(),
        report.duplicates.iter().map(|r| r.line).collect(),
    ];
    let sizes: Vec<usize> = fates.iter().map(Vec::len).collect();
    assert_eq!(sizes, [counts.accepted, counts.excluded, counts.refused, counts.duplicates]);
    let lines: Vec<usize> = fates.into_iter().flatten().collect();
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "a line with two fates");
}

#[test]
fn every_row_of_the_sample_files_has_exactly_one_fate() {
    for name in [
        "holds.csv",
        "water_cutoff_listing.csv",
        "electric_disconnect.txt",
        "cable_equipment_pickup.xlsx",
        "payments_morning.csv",
    ] {
        let reports = as_every_kind(&file(name), &options());
        assert_eq!(reports.len(), 1, "{name} is of one kind");
        reports.iter().for_each(every_row_has_one_fate);
    }
}

#[test]
fn what_can_t_be_read_is_refused_with_a_sentence_that_says_what_to_do() {
    let code = |bytes: &[u8]| listing(bytes).map(|_| ()).unwrap_err().code();
    assert_eq!(code(b""), "file_empty");
    assert_eq!(code(b"PK\x03\x04 a workbook"), "file_not_text");
    assert_eq!(code(&[0xFF; 64]), "headings_unknown");
    assert_eq!(code(&(0..=255).collect::<Vec<u8>>()), "file_not_text");
    let utf16: Vec<u8> =
        String::from_utf8(file("holds.csv")).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(code(&utf16), "file_utf16");
    assert_eq!(code(&vec![b'x'; MAX_FILE_BYTES + 1]), "file_too_large");
    assert_eq!(code(b"Account,Meter,Past Due,Notice Date\n"), "no_rows");
    assert_eq!(code(b"Account,Meter,Past Due,Notice Date\n1,\"2,3.00,1/1/26\n"), "quote_not_closed");
    let as_utf8 = Options { encoding: Some(Encoding::Utf8), ..options() };
    let refused = read_listing(&file("electric_disconnect.txt"), &as_utf8, &TOWN.register).map(|_| ()).unwrap_err();
    assert_eq!(refused, FileRefused::NotUtf8 { line: 12 });
    let wrong_kind = listing(&file("holds.csv")).map(|_| ()).unwrap_err().to_string();
    assert!(wrong_kind.contains("it looks like a holds file"), "{wrong_kind}");
}

/// A workbook that is one sheet of this XML.
fn workbook(sheet: &[u8]) -> Vec<u8> {
    workbook_with("xl/worksheets/sheet1.xml", sheet)
}

/// The cable company's workbook with another part in the place of its own.
fn workbook_with(part: &str, xml: &[u8]) -> Vec<u8> {
    let file = file("cable_equipment_pickup.xlsx");
    let mut from = ZipArchive::new(Cursor::new(file)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..from.len() {
        let entry = from.by_index_raw(n).unwrap();
        if entry.name().unwrap() == part {
            drop(entry);
            to.start_file(part, SimpleFileOptions::default()).unwrap();
            to.write_all(xml).unwrap();
        } else {
            to.raw_copy_file(entry).unwrap();
        }
    }
    to.finish().unwrap().into_inner()
}

/// The sheet of the cable company's workbook.
static SHEET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut sheet = Vec::new();
    let mut book = ZipArchive::new(Cursor::new(file("cable_equipment_pickup.xlsx"))).unwrap();
    book.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_end(&mut sheet).unwrap();
    sheet
});

fn sheet_of(rows: &str) -> Vec<u8> {
    format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#)
        .into_bytes()
}

#[test]
fn a_workbook_that_unpacks_to_gigabytes_or_stands_far_out_is_refused_before_it_fills_the_memory() {
    let code = |sheet: &[u8]| listing(&workbook(sheet)).map(|_| ()).unwrap_err().code();
    let bomb = [sheet_of("").as_slice(), vec![b' '; 120 * 1024 * 1024].as_slice()].concat();
    assert!(workbook(&bomb).len() < 1024 * 1024, "small to send");
    assert_eq!(code(&bomb), "file_unpacks");
    assert_eq!(code(&sheet_of(r#"<row r="900000"><c r="A900000"><v>1</v></c></row>"#)), "file_too_long");
    assert_eq!(code(&sheet_of(r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#)), "file_empty");
    assert_eq!(code(b"<worksheet><sheetData><row"), "file_not_text");

    // What is held as a whole is many times its size in memory, and the library believes what a part says of itself.
    let with = |part: &str, xml: &str| listing(&workbook_with(part, xml.as_bytes())).map(|_| ()).unwrap_err().code();
    let claims =
        r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="1000000000000"></sst>"#;
    assert_eq!(with("xl/sharedStrings.xml", claims), "file_not_text");
    assert_eq!(
        with("xl/sharedStrings.xml", &claims.replace("=\"1000000000000\"", " = '&#57;000000'")),
        "file_not_text"
    );
    assert_eq!(with("xl/sharedStrings.xml", &format!("<sst>{}</sst>", "<si/>".repeat(4_100_000))), "file_unpacks");
    assert_eq!(with("xl/styles.xml", &format!("<styleSheet>{}</styleSheet>", "<xf/>".repeat(500_000))), "file_unpacks");
}

#[test]
fn the_encoding_can_be_overridden() {
    let other = Options { encoding: Some(Encoding::Windows1252), ..options() };
    let read = read_listing(&file("water_cutoff_listing.csv"), &other, &TOWN.register).unwrap();
    assert_eq!(read.report.encoding, Encoding::Windows1252);
    assert!(read.rows.iter().any(|row| row.name.contains("Ãš")), "UTF-8 read as Windows-1252 looks like this");
}

#[test]
fn a_source_s_own_mapping_comes_before_the_built_in_ones() {
    let mut own: Mapping = built_in().into_iter().find(|m| m.name == "plain listing").unwrap();
    own.name = "Prairie billing".to_owned();
    let text = "Konto;Zaehler;past due;notice date\n01-0420-07;70680768;219.98;24/09/2026\n";
    assert_eq!(listing(text.as_bytes()).map(|_| ()).unwrap_err().code(), "headings_unknown");
    for (field, heading) in [("account", "Konto"), ("meter", "Zaehler")] {
        let field = serde_json::from_value(serde_json::json!(field)).unwrap();
        own.columns.insert(field, vec![heading.to_owned()]);
    }
    own.dates = curbstop_server::import::mapping::DateOrder::DayFirst;
    let with_own = Options { mappings: vec![own], ..options() };
    let read = read_listing(text.as_bytes(), &with_own, &TOWN.register).unwrap();
    assert_eq!(read.report.mapping, "Prairie billing");
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.rows[0].notice_date.to_string(), "2026-09-24");
}

#[test]
fn a_report_with_fewer_rows_than_it_prints_is_suspect() {
    let text = String::from_utf8(file("water_cutoff_listing.csv")).unwrap();
    let cut: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.starts_with("01-0420-07")).collect();
    let codes = |report: &Report| report.warnings.iter().map(|w| w.code).collect::<Vec<_>>();
    assert!(codes(&listing(cut.concat().as_bytes()).unwrap().report).contains(&"rows_differ_from_printed"));
    assert!(!codes(&listing(text.as_bytes()).unwrap().report).contains(&"rows_differ_from_printed"));
}

#[test]
fn a_row_whose_name_is_total_is_a_row() {
    let text =
        "Account,Name,Meter,Past Due,Notice Date\nTOTAL,GRAND TOTAL LLC,70680768,5.00,9/24/2026\nTOTAL,,,5.00,\n";
    let report = listing(text.as_bytes()).unwrap().report;
    assert_eq!((report.counts.refused, report.not_data_records), (1, 2));
}

/// The holds file with its columns in another order.
fn holds_permuted(order: &[usize]) -> Vec<u8> {
    let bytes = file("holds.csv");
    let mut out = csv::WriterBuilder::new().from_writer(Vec::new());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[3..]);
    for record in reader.records().map(Result::unwrap) {
        let cells: Vec<&str> = order.iter().map(|at| &record[*at]).collect();
        out.write_record(cells).unwrap();
    }
    out.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn columns_may_stand_in_any_order(order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle()) {
        let read = read_holds(&holds_permuted(&order), &options(), &TOWN.register).unwrap();
        prop_assert_eq!(&read.rows, &TOWN.holds.rows);
        prop_assert_eq!(&read.report.counts, &TOWN.holds.report.counts);
        prop_assert_eq!(&read.report.refused_by_code, &TOWN.holds.report.refused_by_code);
        prop_assert_eq!(&read.report.summary, &TOWN.holds.report.summary);
        for (here, there) in read.report.refused.iter().zip(&TOWN.holds.report.refused) {
            prop_assert_eq!((here.line, &here.column), (there.line, &there.column));
        }
    }

    #[test]
    fn no_bytes_bring_an_import_down(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        as_every_kind(&bytes, &options()).iter().for_each(every_row_has_one_fate);
    }

    #[test]
    fn nor_any_damage_to_a_file(
        name in prop::sample::select(vec!["holds.csv", "water_cutoff_listing.csv", "payments_morning.csv", "cable_equipment_pickup.xlsx"]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = file(name);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()));
        as_every_kind(&bytes, &options()).iter().for_each(every_row_has_one_fate);
    }

    #[test]
    fn nor_any_damage_to_what_is_in_a_workbook(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        end in any::<prop::sample::Index>(),
    ) {
        let mut sheet = SHEET.clone();
        for (at, byte) in damage {
            let at = at.index(sheet.len());
            sheet[at] = byte;
        }
        let whole = workbook(&sheet);
        sheet.truncate(end.index(sheet.len()));
        for bytes in [whole, workbook(&sheet)] {
            listing(&bytes).iter().for_each(|read| every_row_has_one_fate(&read.report));
        }
    }

    #[test]
    fn nor_rows_of_any_shape(
        rows in prop::collection::vec(prop::collection::vec("[-0-9A-Z$(),.\"/ \n=#]{0,12}", 0..8), 0..30),
        between in prop::sample::select(vec![",", ";", "\t"]),
    ) {
        let heading = ["Account", "Meter", "Past Due", "Notice Date", "Status"].join(between);
        let rows: Vec<String> = rows.iter().map(|row| row.join(between)).collect();
        let text = format!("{heading}\n{}\n", rows.join("\n"));
        as_every_kind(text.as_bytes(), &options()).iter().for_each(every_row_has_one_fate);
    }
}
