//! What can be told from an address: its street, and the number on it.

/// "114 ALDER ST", "114B Alder St": 114, and the street as it is written. None where it does not begin with a number.
#[must_use]
pub fn number_and_street(address: &str) -> Option<(u32, &str)> {
    let (number, street) = address.trim().split_once(' ')?;
    let letters = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = letters.len() < number.len() && letters.len() <= 1 && letters.chars().all(char::is_alphabetic);
    let digits = number.get(..number.len() - letters.len())?;
    Some((digits.parse().ok()?, street.trim())).filter(|(_, street)| is_number && !street.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_before_its_street() {
        let told = [
            ("114 ALDER ST", Some((114, "ALDER ST"))),
            (" 12B Elm  St ", Some((12, "Elm  St"))),
            ("12-14 ELM ST", None),
            ("RURAL BOX 7", None),
            ("99999999999 ELM ST", None),
            ("12 ", None),
            ("", None),
        ];
        for (address, parts) in told {
            assert_eq!(number_and_street(address), parts, "{address:?}");
        }
    }
}
