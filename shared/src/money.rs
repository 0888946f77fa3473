//! Money: whole minor units (cents) with a currency. Never a float.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An ISO 4217 code and how many decimals its minor unit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
    decimals: u32,
}

impl Currency {
    /// US dollars.
    pub const USD: Self = Self { code: *b"USD", decimals: 2 };

    /// The code's three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// Digits after the point.
    #[must_use]
    pub const fn decimals(&self) -> u32 {
        self.decimals
    }
}

/// The currencies that a utility can be set up with.
const CURRENCIES: &[(&str, u32)] =
    &[("USD", 2), ("CAD", 2), ("MXN", 2), ("EUR", 2), ("GBP", 2), ("AUD", 2), ("NZD", 2), ("JPY", 0)];

impl FromStr for Currency {
    type Err = BadMoney;
    fn from_str(text: &str) -> Result<Self, BadMoney> {
        CURRENCIES
            .iter()
            .find(|(code, _)| *code == text)
            .and_then(|(code, decimals)| Some(Self { code: code.as_bytes().try_into().ok()?, decimals: *decimals }))
            .ok_or_else(|| BadMoney::Currency(text.chars().take(20).collect()))
    }
}

impl TryFrom<String> for Currency {
    type Error = BadMoney;
    fn try_from(text: String) -> Result<Self, BadMoney> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// Why a text is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// Nothing there.
    #[error("no amount")]
    Missing,
    /// Not a number.
    #[error("\"{0}\" is not an amount of money")]
    Unreadable(String),
    /// More digits after the point than the currency has.
    #[error("\"{0}\" has more decimals than {1}")]
    Precision(String, String),
    /// Beyond what any bill could say.
    #[error("\"{0}\" is too large for an amount")]
    TooLarge(String),
    /// An unknown currency code.
    #[error("\"{0}\" is not a currency that Curbstop knows")]
    Currency(String),
}

/// An exact amount of one currency, in its minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Largest amount accepted, in minor units: a thousand million dollars. More is a slip of the keyboard.
const MAX_MINOR: i64 = 100_000_000_000;

impl Money {
    /// An amount from minor units (cents).
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The amount in minor units (cents).
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Its currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Reads a plain amount as an API or a form sends it: an optional minus, digits, an optional point with no more
    /// decimals than the currency has. No symbols and no grouping; files of billing systems have a reader of their own.
    ///
    /// # Errors
    /// [`BadMoney`] says which of these it breaks.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, BadMoney> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadMoney::Missing);
        }
        let shown = || text.chars().take(40).collect::<String>();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && digits.bytes().filter(|b| *b == b'.').count() <= 1
            && digits.bytes().next().is_some_and(|b| b.is_ascii_digit())
            && digits.bytes().last().is_some_and(|b| b.is_ascii_digit());
        if !plain {
            return Err(BadMoney::Unreadable(shown()));
        }
        let amount = Decimal::from_str(text).map_err(|_| BadMoney::TooLarge(shown()))?;
        Self::from_decimal(amount, currency).map_err(|bad| match bad {
            BadMoney::Precision(_, code) => BadMoney::Precision(shown(), code),
            _ => BadMoney::TooLarge(shown()),
        })
    }

    /// An exact amount from a decimal number of the major unit.
    ///
    /// # Errors
    /// [`BadMoney::Precision`] or [`BadMoney::TooLarge`].
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, BadMoney> {
        let written = amount.normalize();
        // Written decimals count, not their value: 84.100 has one too many only where the third is not zero.
        if written.scale() > currency.decimals {
            return Err(BadMoney::Precision(amount.to_string(), currency.code().to_owned()));
        }
        let mut minor = written;
        minor.rescale(currency.decimals);
        let minor = i64::try_from(minor.mantissa()).map_err(|_| BadMoney::TooLarge(amount.to_string()))?;
        if minor.abs() > MAX_MINOR {
            return Err(BadMoney::TooLarge(amount.to_string()));
        }
        Ok(Self { minor, currency })
    }

    /// The sum, where both are of one currency and it can be said in 64 bits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self { minor, currency: self.currency })
    }
}

impl fmt::Display for Money {
    /// `86.40`: the plain amount, as an API or a CSV says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::from_i128_with_scale(i128::from(self.minor), self.currency.decimals).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cents(text: &str) -> Result<i64, BadMoney> {
        Money::parse(text, Currency::USD).map(Money::minor)
    }

    #[test]
    fn amounts_are_exact_and_refused_with_a_reason() {
        assert_eq!(cents("86.40"), Ok(8640));
        assert_eq!(cents("86.4"), Ok(8640));
        assert_eq!(cents("-0.01"), Ok(-1));
        assert_eq!(cents("84.100"), Ok(8410));
        assert_eq!(cents(""), Err(BadMoney::Missing));
        assert!(matches!(cents("84.105"), Err(BadMoney::Precision(..))));
        for bad in ["1O4.22", "$5", "1,000.00", "1e3", ".", "5.", ".5", "--5", "#REF!", "٣"] {
            assert!(matches!(cents(bad), Err(BadMoney::Unreadable(_))), "{bad}");
        }
        assert!(matches!(cents("99999999999999999999999999999999"), Err(BadMoney::TooLarge(_))));
        assert!(matches!(cents("1000000000.01"), Err(BadMoney::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(minor in -MAX_MINOR..=MAX_MINOR) {
            let money = Money::from_minor(minor, Currency::USD);
            prop_assert_eq!(Money::parse(&money.to_string(), Currency::USD), Ok(money));
        }
    }
}
