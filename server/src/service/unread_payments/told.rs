//! A row that nobody could read, in words: what is wrong with it, whose it may be, who is on the way, what to do.

use super::Unread;
use crate::{moment::Moment, service::voice::Voice};
use curbstop_shared::language::Language;
use serde::Serialize;
use uuid::Uuid;

/// A row as other programs are told of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "UnreadPayment")]
pub struct UnreadView {
    /// Its id.
    pub id: Uuid,
    /// The system that sent the file.
    pub source: String,
    /// The line in the file.
    pub line: i64,
    /// The premises have this account; else it is only the one that was probably meant.
    pub account_is_sure: bool,
    /// The receipt's number; empty where it can't be read.
    pub receipt: String,
    /// The heading of the faulty column; `*` where it is the row as a whole.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// The stable code of what is wrong.
    pub code: &'static str,
    /// Rows of the file that it stands for.
    pub rows: i64,
    /// When the file came in.
    pub imported_at: Moment,
    /// What is wrong and what to do, in words.
    pub said: String,
}

/// A crew that is on its way to cut.
#[derive(Debug, Clone)]
pub struct Truck {
    /// What it is called.
    pub crew: String,
    /// Where it is reached.
    pub phone: Option<String>,
    /// Stops that it has before this one.
    pub stops_away: i64,
}

impl Unread {
    /// As other programs are told of it.
    #[must_use]
    pub fn for_others(&self, voice: &Voice) -> UnreadView {
        UnreadView {
            id: self.id,
            source: self.source.clone(),
            line: self.line,
            account_is_sure: self.account_sure,
            receipt: self.receipt.clone(),
            column: self.heading.clone(),
            value: self.value.clone(),
            code: self.code.code(),
            rows: self.meant,
            imported_at: Moment(self.kept_at),
            said: self.said(voice),
        }
    }

    /// "Line 3 of the payments file from city (10:32): Amount "12O.50". ...": what is wrong with it and what to do.
    #[must_use]
    pub fn said(&self, voice: &Voice) -> String {
        let cell = if self.heading == "*" { String::new() } else { format!(" {}", self.heading) };
        let mut said = format!(
            "{} {} {} {} ({}):{cell} \"{}\". {}",
            voice.pick("Line", "Línea"),
            self.line,
            voice.pick("of the payments file from", "del archivo de pagos de"),
            self.source,
            voice.time(self.kept_at),
            self.value,
            self.code.said(voice.language),
        );
        if !self.receipt.is_empty() {
            said.push_str(&format!(" {} {}.", voice.pick("Receipt", "Recibo"), self.receipt));
        }
        if let (Some(account), false) = (&self.account, self.account_sure) {
            said.push_str(&format!(" {} {account}.", voice.pick("Probably account", "Probablemente la cuenta")));
        }
        if self.meant > 1 {
            said.push_str(&format!(
                " {} {} {}",
                voice.pick("And", "Y"),
                self.meant - 1,
                voice.pick(
                    "more rows of this file like it: correct the file.",
                    "filas más como esta: corrija el archivo."
                )
            ));
        }
        if let Some(truck) = &self.truck {
            said.push_str(&format!(" {}", truck.said(voice)));
        }
        said.push(' ');
        said.push_str(if self.seen_with.is_some() {
            voice.pick(
                "Find out who paid and record it at the office; then mark it as seen.",
                "Averigüe quién pagó y regístrelo en la oficina; después márquelo como visto.",
            )
        } else {
            voice.pick(
                "Record the payment at the office with its receipt. If what was recorded is this money, or it is no payment, say so here.",
                "Registre el pago en la oficina con su recibo. Si lo registrado es este dinero, o no es un pago, dígalo aquí.",
            )
        });
        said
    }

    /// "Payment not read · 01-0020-01 BENDERSON, PAT".
    #[must_use]
    pub fn title(&self, voice: &Voice) -> String {
        let whose = match (&self.account, &self.name) {
            (Some(account), Some(name)) => format!("{account} {name}"),
            (Some(account), None) => account.clone(),
            (None, _) if self.account_sure => voice.pick("several accounts", "varias cuentas").to_owned(),
            (None, _) => voice.pick("no account", "sin cuenta").to_owned(),
        };
        format!("{} · {whose}", voice.pick("Payment not read", "Pago sin leer"))
    }
}

impl Truck {
    fn said(&self, voice: &Voice) -> String {
        match self.stops_away {
            0 => format!("{}: {}", self.crew, voice.pick("it is the next stop.", "es la próxima parada.")),
            1 => format!("{}, {}", self.crew, voice.pick("stop is 1 away.", "falta 1 parada.")),
            n => match voice.language {
                Language::En => format!("{}, stop is {n} away.", self.crew),
                Language::Es => format!("{}, faltan {n} paradas.", self.crew),
            },
        }
    }
}
