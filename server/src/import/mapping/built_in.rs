//! The mappings that every installation has; a source's own come before them.

use super::Mapping;

/// The built-in mappings as files, the particular ones before the plain ones.
const FILES: &[&str] = &[
    include_str!("built_in/premises_meters.json"),
    include_str!("built_in/holds.json"),
    include_str!("built_in/water_cutoff_report.json"),
    include_str!("built_in/electric_disconnect.json"),
    include_str!("built_in/cable_equipment_pickup.json"),
    include_str!("built_in/payment_journal.json"),
    include_str!("built_in/plain_premises.json"),
    include_str!("built_in/plain_holds.json"),
    include_str!("built_in/plain_listing.json"),
    include_str!("built_in/plain_payments.json"),
];

/// Every built-in mapping.
#[must_use]
pub fn built_in() -> Vec<Mapping> {
    // A mapping that does not parse is left out here and fails the test below.
    FILES.iter().filter_map(|file| serde_json::from_str(file).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_mapping_reads_and_has_what_its_kind_needs() {
        for file in FILES {
            let mapping: Mapping = serde_json::from_str(file).unwrap();
            for field in mapping.kind.required() {
                assert!(mapping.columns.contains_key(field), "{} lacks {field:?}", mapping.name);
            }
        }
        assert_eq!(built_in().len(), FILES.len());
    }
}
