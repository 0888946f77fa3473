//! A list of rows as a file that spreadsheets open: UTF-8 with a byte order mark, CRLF, safe cells.

use super::{results, safe_cell};
use crate::moment::Moment;
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;

/// The rows with these of their fields as columns. With a time zone a field called `at` or `..._at` is a moment and is written
/// in it; `true` is `yes`, and what is not there is empty.
///
/// # Errors
/// When a row can't be written, which a growing buffer does not cause.
pub fn write<T: Serialize>(columns: &[&str], rows: &[T], zone: Option<Tz>) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(columns)?;
    for row in rows {
        let fields = serde_json::to_value(row).unwrap_or_default();
        let cells = columns.iter().map(|column| cell(column, &fields[*column], zone));
        writer.write_record(cells.map(|cell| safe_cell(&cell).into_owned()))?;
    }
    writer.into_inner().map_err(|bad| csv::Error::from(bad.into_error()))
}

fn cell(column: &str, value: &Value, zone: Option<Tz>) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::String(text) => {
            match Moment::parse(text).filter(|_| column == "at" || column.ends_with("_at")).zip(zone) {
                Some((at, zone)) => results::moment(at.0, zone).0,
                None => text.clone(),
            }
        }
        Value::Array(items) => items.iter().map(|item| cell("", item, zone)).collect::<Vec<_>>().join(","),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_are_the_utilitys_and_formulas_stay_texts() {
        let rows = [json!({
            "account": "0012", "raised_at": "2026-11-24T17:00:00.000Z", "note": "=1+1", "late": true, "found": false,
            "visits": 3, "codes": ["dog", "refused"], "crew": null,
        })];
        let columns = ["account", "raised_at", "note", "late", "found", "visits", "codes", "crew"];
        let text = String::from_utf8(write(&columns, &rows, Some(chrono_tz::America::Denver)).unwrap()).unwrap();
        let second = text.lines().nth(1).unwrap();
        assert_eq!(second, "0012,2026-11-24T10:00:00-07:00,'=1+1,yes,,3,\"dog,refused\",");
        assert!(text.starts_with('\u{feff}') && text.ends_with("\r\n"));
    }
}
