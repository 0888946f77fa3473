//! What is asked before a visit from paper is recorded: is it another one than those that are there, is the reading
//! right, was it turned off whatever was said at the door.

use super::filled::Filled;
use crate::{
    service::{ServiceError, telling::action_said, voice::Voice},
    store::facts::FactRow,
};
use curbstop_shared::{
    disposition::PAPER_UNCERTAINTY,
    facts::{FactBody, Visit},
    ids::PersonId,
    language::Language,
    readings::ReadingWarning,
    time::{Micros, Span},
    vocabulary::UnableCode,
};
use std::collections::BTreeMap;

/// Two sheets, or two readers of one sheet, say the same time: to the minute.
const SAME_TIME: Span = Span::minutes(1);

/// The questions, each a sentence.
pub(super) fn questions(
    filled: &Filled,
    recorded: &[FactRow],
    people: &BTreeMap<PersonId, String>,
    voice: &Voice,
) -> Result<Vec<String>, ServiceError> {
    let mut questions = Vec::new();
    for (row, visit) in visits(recorded)? {
        let is_same = visit.paper == Some(true) && (Micros(row.at_us) - filled.at).abs() < SAME_TIME;
        let said = visit_said(row, &visit, recorded, people, voice)?;
        questions.push(if is_same {
            format!(
                "{} {said}. {}",
                voice.pick("This visit is keyed in already:", "Esta visita ya está capturada:"),
                voice.pick("Record it only if there were two.", "Regístrela solo si fueron dos.")
            )
        } else {
            format!(
                "{} {said}. {}",
                voice.pick("A visit is recorded there already:", "Ya hay una visita registrada:"),
                voice.pick("Record this one only if it is another.", "Registre esta solo si es otra.")
            )
        });
    }
    let claimed = filled.code.filter(|code| filled.cuts() && curbstop_shared::facts::claim(*code, None).is_some());
    if let Some(code) = claimed {
        let name = curbstop_shared::disposition::sentences::unable_name(code, voice.language);
        questions.push(match voice.language {
            Language::En => format!("The sheet says that it was turned off although {name}: is that so?"),
            Language::Es => format!("La hoja dice que se cortó aunque {name}: ¿es así?"),
        });
    }
    if filled.code == Some(UnableCode::Recalled) && !was_told_to_stop(filled.at, recorded)? {
        questions.push(
            voice
                .pick(
                    "The sheet says that it was recalled, and nobody here had recalled it by then: is that so?",
                    "La hoja dice que se retiró, y aquí nadie la había retirado para entonces: ¿es así?",
                )
                .to_owned(),
        );
    }
    let done = filled.lines.iter().any(|line| line.done.action.is_some());
    let part = filled.code.filter(|code| done && curbstop_shared::facts::claim(*code, None).is_none());
    if let Some(code) = part {
        let name = curbstop_shared::disposition::sentences::unable_name(code, voice.language);
        questions.push(match voice.language {
            Language::En => format!(
                "The sheet says what was done to a line and that the rest could not be done because {name}: is that so?"
            ),
            Language::Es => {
                format!("La hoja dice qué se hizo en una línea y que lo demás no se pudo porque {name}: ¿es así?")
            }
        });
    }
    for line in &filled.lines {
        for warning in &line.warnings {
            if *warning == ReadingWarning::SerialMismatch {
                questions.push(format!(
                    "{}: {}",
                    line.serial_seen,
                    voice.pick(
                        "that is not the meter on the sheet. Record it only if the crew wrote it so.",
                        "ese no es el medidor de la hoja. Regístrelo solo si la cuadrilla lo escribió así.",
                    )
                ));
                continue;
            }
            let digits = line.done.digits.as_deref().unwrap_or_default();
            questions.push(format!("{} {digits}: {}", line.meter, warning.sentence(voice.language)));
        }
    }
    Ok(questions)
}

/// Whether the office had said by then, as far as a time on paper is good, that it is not to be done.
fn was_told_to_stop(at: Micros, recorded: &[FactRow]) -> Result<bool, ServiceError> {
    for row in recorded.iter().filter(|row| Micros(row.at_us) <= at + PAPER_UNCERTAINTY) {
        if matches!(row.fact()?.body, FactBody::Recall(_) | FactBody::Release(_) | FactBody::Hold(_)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The visits of an order, in words.
pub(super) fn visits_said(
    recorded: &[FactRow],
    people: &BTreeMap<PersonId, String>,
    voice: &Voice,
) -> Result<Vec<String>, ServiceError> {
    visits(recorded)?.iter().map(|(row, visit)| visit_said(row, visit, recorded, people, voice)).collect()
}

fn visits(recorded: &[FactRow]) -> Result<Vec<(&FactRow, Visit)>, ServiceError> {
    let mut visits = Vec::new();
    for row in recorded {
        if let FactBody::Visit(visit) = row.fact()?.body {
            visits.push((row, visit));
        }
    }
    Ok(visits)
}

/// "09:10, Maria Reyes, from the tablet: turned off".
fn visit_said(
    row: &FactRow,
    visit: &Visit,
    recorded: &[FactRow],
    people: &BTreeMap<PersonId, String>,
    voice: &Voice,
) -> Result<String, ServiceError> {
    let who = row.by_person.and_then(|person| people.get(&PersonId(person)));
    let from = if visit.paper == Some(true) {
        voice.pick("from paper", "de papel")
    } else {
        voice.pick("from a tablet", "de una tableta")
    };
    let mut done = Vec::new();
    for part in recorded.iter().filter(|part| part.visit.as_deref() == Some(row.id.as_str())) {
        if let FactBody::Work(work) = part.fact()?.body {
            done.push(action_said(work.action, voice));
        }
    }
    if let Some(code) = visit.code {
        done.push(curbstop_shared::disposition::sentences::unable_name(code, voice.language));
    }
    let who = who.map(|who| format!(", {who}")).unwrap_or_default();
    let done = if done.is_empty() { String::new() } else { format!(": {}", done.join(", ")) };
    Ok(format!("{}{who}, {from}{done}", voice.time(Micros(row.at_us))))
}
