//! Names and telephones as people give them: what a board, a tablet and a printed sheet show as it was typed.

use super::ServiceError;
use curbstop_shared::facts::turns_direction;

/// Longest name, in bytes: it stands in each answer about a crew's day.
const NAME_MAX_BYTES: usize = 80;
/// Longest telephone.
const PHONE_MAX_BYTES: usize = 40;

/// A name without spaces around it.
///
/// # Errors
/// 422 `name_invalid`.
pub(super) fn name(text: &str) -> Result<String, ServiceError> {
    let name = text.trim();
    let shows = |c: char| !c.is_control() && !turns_direction(c);
    if name.is_empty() || name.len() > NAME_MAX_BYTES || !name.chars().all(shows) {
        let detail = format!("name must be 1 to {NAME_MAX_BYTES} bytes of characters that show.");
        return Err(ServiceError::invalid("name_invalid", detail));
    }
    Ok(name.to_owned())
}

/// A telephone without spaces around it; none where it is empty.
///
/// # Errors
/// 422 `phone_invalid`.
pub(super) fn phone(text: Option<&str>) -> Result<Option<String>, ServiceError> {
    let Some(phone) = text.map(str::trim).filter(|phone| !phone.is_empty()) else { return Ok(None) };
    let dialled = |byte: u8| byte.is_ascii_digit() || b"+()./ -".contains(&byte);
    if phone.len() > PHONE_MAX_BYTES || !phone.bytes().all(dialled) {
        let detail = format!("phone must be at most {PHONE_MAX_BYTES} digits, spaces and + ( ) . / -");
        return Err(ServiceError::invalid("phone_invalid", detail));
    }
    Ok(Some(phone.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_telephones_are_what_shows() {
        assert_eq!(name(" María José O\u{2019}Neill ").unwrap(), "María José O\u{2019}Neill");
        for bad in ["", "  ", "Truck\0 12", "Truck\n12", "Truck \u{202e}21", &"é".repeat(41)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        for good in ["555-0112", "+52 (55) 1234.5678", "555-0112/13"] {
            assert_eq!(phone(Some(good)).unwrap().as_deref(), Some(good));
        }
        assert_eq!(phone(Some("  ")).unwrap(), None);
        for bad in ["555-0112 ext 3", "javascript:1", "555\0 0112", &"5".repeat(41)] {
            assert!(phone(Some(bad)).is_err(), "{bad:?}");
        }
    }
}
