//! How a desk speaks: the language, and moments and amounts as people of the utility write them.

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Timelike};
use chrono_tz::Tz;
use curbstop_shared::{
    language::Language,
    readings::ReadingWarning,
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason, ReversalReason},
};

/// Who is spoken to, where and when: everything that a sentence about times needs.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    /// The language.
    pub language: Language,
    /// The utility's time zone.
    pub zone: Tz,
    /// Now.
    pub now: Micros,
}

const DAYS: [(&str, &str); 7] =
    [("Mon", "lun"), ("Tue", "mar"), ("Wed", "mié"), ("Thu", "jue"), ("Fri", "vie"), ("Sat", "sáb"), ("Sun", "dom")];
const MONTHS: [(&str, &str); 12] = [
    ("Jan", "ene"),
    ("Feb", "feb"),
    ("Mar", "mar"),
    ("Apr", "abr"),
    ("May", "may"),
    ("Jun", "jun"),
    ("Jul", "jul"),
    ("Aug", "ago"),
    ("Sep", "sep"),
    ("Oct", "oct"),
    ("Nov", "nov"),
    ("Dec", "dic"),
];
/// Within so many days a weekday alone says which day is meant.
const WEEKDAY_DAYS: i64 = 6;

impl Voice {
    /// The text of its language.
    #[must_use]
    pub const fn pick<'t>(&self, english: &'t str, spanish: &'t str) -> &'t str {
        self.language.pick(english, spanish)
    }

    /// Why a reading should be looked at, by its code.
    #[must_use]
    pub fn reading_check(&self, code: &str) -> String {
        use ReadingWarning as W;
        let Ok(check) = code.parse::<ReadingWarning>() else { return code.replace('_', " ") };
        match check {
            W::SerialMismatch => self.pick("another meter", "otro medidor"),
            W::InTheFuture => self.pick("dated in the future", "fecha futura"),
            W::OlderThanLast => self.pick("older than the last", "anterior a la última"),
            W::Rollover => self.pick("gone over the top", "dio la vuelta"),
            W::WentBack => self.pick("gone back", "retrocedió"),
            W::Low => self.pick("less than expected", "menos de lo esperado"),
            W::High => self.pick("more than expected", "más de lo esperado"),
            W::ZeroUsage => self.pick("no use while on", "sin consumo estando activo"),
            W::UsageOnOffAccount => self.pick("used while off", "consumo estando cortado"),
        }
        .to_owned()
    }

    fn local(&self, at: Micros) -> DateTime<Tz> {
        self.zone.timestamp_micros(at.0).single().unwrap_or_else(|| self.zone.timestamp_nanos(0))
    }

    /// The utility's day now.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.local(self.now).date_naive()
    }

    /// Seconds after local midnight.
    #[must_use]
    pub fn second_of_day(&self, at: Micros) -> i64 {
        i64::from(self.local(at).num_seconds_from_midnight())
    }

    /// "10:32", "Tue 10:32" within a week, else "Tue 3 Nov 10:32", with the year where it is another.
    #[must_use]
    pub fn time(&self, at: Micros) -> String {
        let clock = self.clock(at);
        let date = self.local(at).date_naive();
        if date == self.today() { clock } else { format!("{} {clock}", self.day(date)) }
    }

    /// As [`Self::time`], but that the day's first moment is said without an hour: a file that tells the day of a payment
    /// and no hour puts it there.
    #[must_use]
    pub fn paid(&self, at: Micros) -> String {
        if self.second_of_day(at) > 0 { self.time(at) } else { self.day(self.local(at).date_naive()) }
    }

    /// "10:32", on whatever day.
    #[must_use]
    pub fn clock(&self, at: Micros) -> String {
        let local = self.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// "at 10:32", "on Fri 10:32": after a verb.
    #[must_use]
    pub fn when(&self, at: Micros) -> String {
        self.language.when(&self.time(at))
    }

    /// "Tue" within a week, else "Tue 3 Nov"; "today" is for the caller to say.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> String {
        let days_off = (date - self.today()).num_days().abs();
        if days_off <= WEEKDAY_DAYS {
            let (english, spanish) = DAYS[date.weekday().num_days_from_monday() as usize];
            return self.pick(english, spanish).to_owned();
        }
        self.full_day(date)
    }

    /// "Tue 3 Nov", with the year where it is not this one.
    #[must_use]
    pub fn full_day(&self, date: NaiveDate) -> String {
        let (en_day, es_day) = DAYS[date.weekday().num_days_from_monday() as usize];
        let (en_month, es_month) = MONTHS[date.month0() as usize];
        let (day, month) = (self.pick(en_day, es_day), self.pick(en_month, es_month));
        if date.year() == self.today().year() {
            format!("{day} {} {month}", date.day())
        } else {
            format!("{day} {} {month} {}", date.day(), date.year())
        }
    }

    /// Everything about a moment, for those who look twice: "Tue 3 Nov 2026 10:32:07 CST".
    #[must_use]
    pub fn exact(&self, at: Micros) -> String {
        let local = self.local(at);
        let (day, month) = (local.weekday().num_days_from_monday() as usize, local.month0() as usize);
        format!(
            "{} {} {} {} {}",
            self.pick(DAYS[day].0, DAYS[day].1),
            local.day(),
            self.pick(MONTHS[month].0, MONTHS[month].1),
            local.year(),
            local.format("%H:%M:%S %Z")
        )
    }

    /// The value of an input of type `datetime-local`, to the minute.
    #[must_use]
    pub fn form_value(&self, at: Micros) -> String {
        self.local(at).format("%Y-%m-%dT%H:%M").to_string()
    }

    /// Reads what such an input sends. In the hour that the autumn repeats, the later one is meant: a payment that is
    /// taken as too late restores just the same, one taken as too early would blame a crew.
    #[must_use]
    pub fn from_form_value(&self, text: &str) -> Option<Micros> {
        let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
            .or_else(|_| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
            .ok()?;
        Some(Micros(self.zone.from_local_datetime(&naive).latest()?.timestamp_micros()))
    }

    /// How long ago: "now", "4 min", "3 h 10 min", "2 days".
    #[must_use]
    pub fn age(&self, at: Micros) -> String {
        self.span(self.now - at)
    }

    /// A span as people say it; none below a minute.
    #[must_use]
    pub fn span(&self, span: Span) -> String {
        let minutes = span.whole_seconds().max(0) / 60;
        match (minutes / 60, minutes % 60) {
            (0, 0) => self.pick("under a minute", "menos de un minuto").to_owned(),
            (0, min) => format!("{min} min"),
            (h @ 1..=23, 0) => format!("{h} h"),
            (h @ 1..=23, min) => format!("{h} h {min} min"),
            (h, _) => match h / 24 {
                1 => self.pick("1 day", "1 día").to_owned(),
                days => format!("{days} {}", self.pick("days", "días")),
            },
        }
    }

    /// Seconds after local midnight as a time of day: "10:40"; "+1" follows where it is after midnight.
    #[must_use]
    pub fn clock_of_day(&self, seconds: i64) -> String {
        let minutes = seconds.div_euclid(60);
        let (days, minutes) = (minutes.div_euclid(24 * 60), minutes.rem_euclid(24 * 60));
        let clock = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        if days == 0 { clock } else { format!("{clock} {days:+}") }
    }

    /// "Payment (cash), receipt 8812"; the amount is for a page, which knows the currency.
    #[must_use]
    pub fn payment(&self, tender: &str, confirmation: &str) -> String {
        self.money_moved(self.pick("Payment", "Pago"), tender, confirmation)
    }

    /// "Payment taken back: returned check (check), receipt 8812": which payment, and why.
    #[must_use]
    pub fn payment_taken_back(&self, tender: &str, receipt: &str, because: Option<&str>) -> String {
        let what = match because.and_then(|code| code.parse().ok()) {
            Some(ReversalReason::ReturnedCheck) => {
                self.pick("Payment taken back: returned check", "Pago devuelto: cheque devuelto")
            }
            Some(ReversalReason::ChargeBack) => {
                self.pick("Payment taken back: charge-back", "Pago devuelto: contracargo")
            }
            Some(ReversalReason::Error) => {
                self.pick("Payment taken back: entered by mistake", "Pago anulado: registrado por error")
            }
            None => self.pick("Payment taken back", "Pago anulado"),
        };
        self.money_moved(what, tender, receipt)
    }

    fn money_moved(&self, what: &str, tender: &str, confirmation: &str) -> String {
        let tender = if tender.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.tender(tender).map_or_else(|| tender.replace('_', " "), str::to_lowercase))
        };
        let receipt = if confirmation.is_empty() {
            String::new()
        } else {
            format!(", {} {confirmation}", self.pick("receipt", "recibo"))
        };
        format!("{what}{tender}{receipt}")
    }

    /// How somebody paid, where it is one of the ways that the desk knows.
    #[must_use]
    pub fn tender(&self, code: &str) -> Option<&'static str> {
        Some(match code {
            "cash" => self.pick("Cash", "Efectivo"),
            "card" => self.pick("Card", "Tarjeta"),
            "check" => self.pick("Check", "Cheque"),
            "money_order" => self.pick("Money order", "Giro"),
            "online" => self.pick("Online", "En línea"),
            _ => return None,
        })
    }

    /// A kind of order in the trade's words, as an instruction.
    #[must_use]
    pub const fn kind(&self, kind: OrderKind) -> &'static str {
        let language = self.language;
        match kind {
            OrderKind::TurnOff => language.pick("Turn off", "Cortar"),
            OrderKind::MeterLock => language.pick("Lock meter", "Poner candado"),
            OrderKind::Reconnect => language.pick("Reconnect", "Reconectar"),
            OrderKind::Unlock => language.pick("Unlock", "Quitar candado"),
            OrderKind::EquipmentPickup => language.pick("Pick up equipment", "Recoger equipo"),
            OrderKind::DoorNotice => language.pick("Door notice", "Aviso en la puerta"),
            OrderKind::TheftCheck => language.pick("Theft check", "Revisar robo"),
            OrderKind::MeterExchange => language.pick("Exchange meter", "Cambiar medidor"),
            OrderKind::MeterSet => language.pick("Set meter", "Poner medidor"),
            OrderKind::MeterRemove => language.pick("Remove meter", "Quitar medidor"),
            OrderKind::Reread => language.pick("Read again", "Leer de nuevo"),
            OrderKind::TamperInvestigation => language.pick("Tamper investigation", "Investigar manipulación"),
            OrderKind::MoveInOn => language.pick("Move-in, turn on", "Entrada, activar"),
            OrderKind::MoveOutOff => language.pick("Move-out, turn off", "Salida, cortar"),
        }
    }

    /// Why an order exists.
    #[must_use]
    pub const fn reason(&self, reason: Reason) -> &'static str {
        let language = self.language;
        match reason {
            Reason::NonPay => language.pick("not paid", "sin pago"),
            Reason::BrokenArrangement => language.pick("arrangement broken", "plan incumplido"),
            Reason::ChargeBack => language.pick("charge-back", "contracargo"),
            Reason::ReturnedCheck => language.pick("returned check", "cheque devuelto"),
            Reason::FailedDeposit => language.pick("deposit not paid", "depósito sin pagar"),
            Reason::Tamper => language.pick("tampering", "manipulación"),
            Reason::Vacant => language.pick("vacant", "desocupado"),
            Reason::CustomerRequest => language.pick("customer's request", "a petición del cliente"),
            Reason::PaymentReceived => language.pick("paid", "pagado"),
            Reason::Agreement => language.pick("agreement", "acuerdo"),
            Reason::Pledge => language.pick("pledge", "compromiso de ayuda"),
            Reason::Medical => language.pick("medical", "motivo médico"),
            Reason::Dispute => language.pick("dispute", "disputa"),
            Reason::Ordered => language.pick("ordered", "por orden"),
            Reason::BillingError => language.pick("billing error", "error de facturación"),
            Reason::WrongfulCut => language.pick("should not be off", "no debió cortarse"),
        }
    }

    /// What is delivered.
    #[must_use]
    pub const fn product(&self, product: Product) -> &'static str {
        let language = self.language;
        match product {
            Product::Water => language.pick("Water", "Agua"),
            Product::Irrigation => language.pick("Irrigation", "Riego"),
            Product::Electric => language.pick("Electricity", "Electricidad"),
            Product::Gas => language.pick("Gas", "Gas"),
            Product::Sewer => language.pick("Sewer", "Alcantarillado"),
            Product::Internet => language.pick("Internet", "Internet"),
            Product::Video => language.pick("Video", "Video"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(language: Language) -> Voice {
        let zone = chrono_tz::America::Chicago;
        let now = zone.with_ymd_and_hms(2026, 11, 24, 11, 0, 0).unwrap().timestamp_micros();
        Voice { language, zone, now: Micros(now) }
    }

    fn at(text: &str) -> Micros {
        voice(Language::En).from_form_value(text).unwrap()
    }

    #[test]
    fn a_time_says_its_day_where_it_is_not_today() {
        let said = |language: Language| {
            ["2026-11-24T09:05", "2026-11-23T16:40", "2026-11-03T08:00", "2025-12-31T23:59"]
                .map(|text| voice(language).time(at(text)))
        };
        assert_eq!(said(Language::En), ["09:05", "Mon 16:40", "Tue 3 Nov 08:00", "Wed 31 Dec 2025 23:59"]);
        assert_eq!(said(Language::Es), ["09:05", "lun 16:40", "mar 3 nov 08:00", "mié 31 dic 2025 23:59"]);
    }

    #[test]
    fn ages_are_said_in_the_largest_unit_that_matters() {
        let minutes = |minutes| voice(Language::En).span(Span::minutes(minutes));
        assert_eq!(
            [0, 41, 60, 190, 1_500, 4_400].map(minutes),
            ["under a minute", "41 min", "1 h", "3 h 10 min", "1 day", "3 days"]
        );
    }

    #[test]
    fn the_repeated_hour_of_autumn_is_the_later_one() {
        let voice = voice(Language::En);
        let read = voice.from_form_value("2026-11-01T01:30").unwrap();
        assert_eq!(voice.exact(read), "Sun 1 Nov 2026 01:30:00 CST");
        assert_eq!(voice.from_form_value("2026-03-08T02:30"), None, "that minute never was");
    }
}
