//! What stands in the utility's own files, for people who read another language.

use crate::language::Language;

/// What utilities write most of hazards and of where a meter is, and what happens to crews, in Spanish; each in the words of their files, in small
/// letters.
const WRITTEN: [(&str, &str); 26] = [
    ("aggressive dog", "perro agresivo"),
    ("alley", "callejón"),
    ("basement", "sótano"),
    ("bees", "abejas"),
    ("confined space", "espacio confinado"),
    ("curb", "banqueta"),
    ("damage", "daño"),
    ("dog", "perro"),
    ("dog bite", "mordida de perro"),
    ("dogs", "perros"),
    ("fire or shock", "fuego o descarga eléctrica"),
    ("garage", "garaje"),
    ("gas smell", "olor a gas"),
    ("gate", "portón"),
    ("ice", "hielo"),
    ("injury", "lesión"),
    ("left of drive", "a la izquierda de la entrada"),
    ("locked gate", "portón con llave"),
    ("needles", "jeringas"),
    ("right of drive", "a la derecha de la entrada"),
    ("sidewalk pit", "registro en la banqueta"),
    ("snakes", "serpientes"),
    ("steep", "pendiente"),
    ("threat", "amenaza"),
    ("traffic", "tráfico"),
    ("wasps", "avispas"),
];

/// A hazard of a premise, or the place of its meter, as it stands in the utility's files, without its underscores. What
/// is not known stays in the utility's own words: it is better read in another language than not at all.
#[must_use]
pub fn as_written(written: &str, language: Language) -> String {
    let said = written.split(',').map(|part| {
        let part = part.trim().replace('_', " ");
        let known = WRITTEN.iter().find(|(english, _)| part.eq_ignore_ascii_case(english));
        known.filter(|_| language == Language::Es).map_or(part, |(_, spanish)| (*spanish).to_owned())
    });
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_stays_as_the_utility_wrote_it() {
        assert_eq!(as_written("DOG", Language::Es), "perro");
        assert_eq!(as_written("curb, left_of_drive", Language::Es), "banqueta, a la izquierda de la entrada");
        assert_eq!(as_written("left_of_drive", Language::En), "left of drive");
        assert_eq!(as_written("llama", Language::Es), "llama");
    }
}
