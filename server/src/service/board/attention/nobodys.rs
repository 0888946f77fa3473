//! Work of the day that was to be done and that no crew has: a plan that was not published, a route that was taken back.

use super::{Attention, Known, Pressing};
use crate::service::{telling::Tone, voice::Voice};

/// The orders of the day's final listings that wait and stand on no route, once the day is out.
pub(super) fn on_no_route(known: &Known<'_>, voice: &Voice) -> Option<Attention> {
    let title = match known.on_nobodys_route {
        0 => return None,
        1 => {
            voice.pick("1 order of this day is on nobody's route", "1 orden de este día no está en ninguna ruta").into()
        }
        n => {
            let said =
                voice.pick("orders of this day are on nobody's route", "órdenes de este día no están en ninguna ruta");
            format!("{n} {said}")
        }
    };
    let since = known.routes.iter().map(|route| route.published_at).max()?;
    let said = voice.pick(
        "A final listing has them, and nobody goes there. Step 2 builds the day again with them; what no crew has room for \
         waits for another day.",
        "Están en una lista final y no va nadie. El paso 2 hace el plan de nuevo con ellas; lo que no cabe espera a otro día.",
    );
    Some(waits("nobodys-route", Pressing::Silent { since }, title, said))
}

/// The orders of earlier days' listings that wait and stand on no route of the day or a later one.
pub(super) fn of_earlier(known: &Known<'_>, voice: &Voice) -> Option<Attention> {
    let title = match known.of_earlier_listings {
        0 => return None,
        1 => voice
            .pick(
                "1 order of an earlier listing is on nobody's route",
                "1 orden de una lista anterior no está en ninguna ruta",
            )
            .into(),
        n => {
            let said = voice.pick(
                "orders of earlier listings are on nobody's route",
                "órdenes de listas anteriores no están en ninguna ruta",
            );
            format!("{n} {said}")
        }
    };
    let said = voice.pick(
        "No truck came to them. A new listing that names their accounts takes them up again; else choose their listing at \
         step 2, or withdraw it.",
        "No llegó ningún camión. Una lista nueva que nombre sus cuentas las vuelve a tomar; si no, elija su lista en el paso \
         2 o retírela.",
    );
    Some(waits("earlier-listings", Pressing::Silent { since: voice.now }, title, said))
}

fn waits(key: &str, pressing: Pressing, title: String, said: &str) -> Attention {
    Attention {
        key: key.to_owned(),
        pressing,
        tone: Tone::Wait,
        title,
        said: said.to_owned(),
        phone: None,
        account: None,
        due_at: None,
        waiting: None,
        told: None,
    }
}
