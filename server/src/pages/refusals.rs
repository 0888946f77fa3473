//! What services refuse, in the words of the desk and the reader's language.

use super::frame::Frame;

/// What a code of a refusal means to whoever stands at the desk; the service's own words where nothing better is known.
pub(super) fn said(f: &Frame, code: &str, detail: &str) -> String {
    match code {
        "person_not_found" => f.t(
            "This person is not here any more. Look at the list again.",
            "Esta persona ya no está. Vuelva a ver la lista.",
        ),
        "too_many_crews" => f.t(
            "Nobody rides with more than 20 crews. Take them off one first.",
            "Nadie va con más de 20 cuadrillas. Quítelo de una primero.",
        ),
        "sample_invalid" => f.t(
            "Say how many orders and by which word, or one in every how many: not both.",
            "Diga cuántas órdenes y con qué palabra, o una de cada cuántas: no ambas.",
        ),
        "order_unknown" => f.t("No order has this number.", "Ninguna orden tiene ese número."),
        "challenge_invalid" => f.t(
            "The tablet shows seven digits. Have them read out again.",
            "La tableta muestra siete números. Pida que los lean otra vez.",
        ),
        "challenge_of_another_stop" => f.t(
            "These digits were not made for this stop. Have the crew read out the stop's number and the digits again.",
            "Estos números no son de esta parada. Pida que lean otra vez el número de la parada y los de la tableta.",
        ),
        "challenge_old" => f.t(
            "The code to these digits is over. Have the crew open the permit page again: the tablet shows new ones.",
            "El código de estos números ya venció. Que la cuadrilla vuelva a abrir el permiso: la tableta muestra otros.",
        ),
        "code_used" => f.t(
            "A cut was made on this code already. The tablet makes new digits for each visit: have them read out.",
            "Ya se cortó con este código. La tableta hace números nuevos en cada visita: pida que los lean.",
        ),
        "no_permit_needed" => f.t(
            "This stop turns nothing off: it needs no code.",
            "Esta parada no corta nada: no necesita código.",
        ),
        "order_left_route" => f.t(
            "This stop is not that crew's any more. Tell them to leave it as it is, and to find a signal.",
            "Esta parada ya no es de esa cuadrilla. Dígales que la dejen como está y busquen señal.",
        ),
        "order_not_out" => f.t(
            "This stop is on no route that is out: nobody needs a code for it.",
            "Esta parada no está en ninguna ruta: nadie necesita un código.",
        ),
        "cut_stopped" | "cut_stopped_in_part" => {
            return format!("{} {detail}", f.t("No code. They must not cut:", "Sin código. No deben cortar:"));
        }
        "cut_outside_hours" => return format!("{} {detail}", f.t("No code at this hour.", "Sin código a esta hora.")),
        "person_unknown" => f.t("Nobody has this login.", "Nadie tiene ese usuario."),
        "amount_invalid" => f.t("Write the amount as 86.40.", "Escriba la cantidad como 86.40."),
        "amount_zero" | "amount_negative" => f.t(
            "The amount has to be more than zero. A returned check is a reversal of its payment.",
            "La cantidad debe ser mayor que cero. Un cheque devuelto anula su pago.",
        ),
        "paid_at_in_future" => f.t(
            "It cannot have been paid so far in the future. Check the date.",
            "No pudo pagarse tan lejos en el futuro. Revise la fecha.",
        ),
        "paid_at_ahead" => f.t(
            "It is not that late yet by this server's clock. Say that it is meant so, then record it: it counts from now.",
            "Según el reloj del servidor aún no es esa hora. Diga que es correcto y regístrelo: cuenta desde ahora.",
        ),
        "paid_at_too_old" => f.t(
            "That day is more than 400 days back. Check the date.",
            "Ese día es de hace más de 400 días. Revise la fecha.",
        ),
        "paid_at_unreadable" => f.t("Say when it was paid.", "Diga cuándo se pagó."),
        "still_off" => f.t(
            "The customer is still off because of it. Restore the service first; then it can be closed.",
            "El cliente sigue sin servicio por esto. Reconecte primero; después se puede cerrar.",
        ),
        "receipt_known" => f.t(
            "A payment with this receipt is recorded for this account already. Nothing was recorded twice.",
            "Ya hay un pago con este recibo en esta cuenta. Nada se registró dos veces.",
        ),
        "same_amount_recorded" => f.t(
            "The same amount was recorded today under another receipt. Say that it is another payment, then record it.",
            "Hoy ya se registró la misma cantidad con otro recibo. Diga que es otro pago y regístrelo.",
        ),
        "payment_unknown" => f.t(
            "There is no such payment. Look at the account again.",
            "No existe ese pago. Vuelva a ver la cuenta.",
        ),
        "hold_unknown" => f.t(
            "The office has no such hold. One of the billing system is lifted there and comes with its file.",
            "La oficina no tiene esa protección. Las del sistema de facturación se levantan allí y llegan con su archivo.",
        ),
        "unread_unknown" => f.t(
            "Nobody has to look at this row any more.",
            "Ya nadie tiene que ver esta fila.",
        ),
        "exception_closed" => f.t("This was closed already.", "Ya estaba cerrada."),
        "decision_needed" => f.t(
            "Somebody has to decide on what waits here; then it closes by itself.",
            "Alguien debe decidir sobre lo que espera aquí; después se cierra sola.",
        ),
        "not_handed_in" => f.t(
            "No tablet's work waits behind this entry.",
            "Detrás de esta entrada no espera trabajo de ninguna tableta.",
        ),
        "nothing_waits" => f.t(
            "Nothing of it waits any more. Look at the list again.",
            "Ya no espera nada. Vuelva a ver la lista.",
        ),
        "restore_missing" => f.t(
            "Service is off. Say whether to give it back or to leave it off.",
            "Está sin servicio. Diga si se reconecta o se deja cortado.",
        ),
        "stays_off_why_missing" => f.t(
            "Service is off and somebody may depend on it. Say why it is not given back.",
            "Está sin servicio y alguien puede depender de él. Diga por qué no se reconecta.",
        ),
        "claim_decided" => f.t("Somebody decided on this already.", "Alguien ya lo decidió."),
        "claim_ended" => f.t(
            "This claim is over: it was lifted or taken back. Nothing is left to decide.",
            "Este alegato ya terminó: se levantó o se anuló. No queda nada que decidir.",
        ),
        "route_unknown" => f.t("There is no such route, or not any more.", "No existe esa ruta, o ya no."),
        "own_login" => f.t(
            "Nobody lets themselves go: ask another administrator.",
            "Nadie se da de baja a sí mismo: pídalo a otra persona de administración.",
        ),
        "login_taken" => f.t("Somebody signs in with this login already.", "Alguien ya entra con este usuario."),
        "login_invalid" => f.t(detail, "El usuario lleva letras, cifras, puntos o guiones, sin espacios."),
        "crew_name_taken" => f.t("There is a crew of this name already.", "Ya existe una cuadrilla con este nombre."),
        "name_invalid" => f.t("Give a name that is not too long.", "Ponga un nombre que no sea demasiado largo."),
        "password_too_short" => f.t("A password has at least 8 characters.", "La contraseña tiene al menos 8 caracteres."),
        "password_too_long" => f.t("This password is too long.", "Esta contraseña es demasiado larga."),
        "not_found" => f.t("It is not there, or not any more.", "No está, o ya no está."),
        "internal" => f.t(
            "Something went wrong on the server; it was logged. Try again, or tell the administrator.",
            "Algo falló en el servidor y quedó anotado. Inténtelo de nuevo o avise a la administración.",
        ),
        "busy" | "timeout" | "not_stored" => f.t(
            "The server is busy and nothing was stored. Try again in a moment.",
            "El servidor está ocupado y no se guardó nada. Inténtelo de nuevo en un momento.",
        ),
        "storage_full" => f.t(
            "The server's disk is full: nothing was stored. Tell the administrator, then try again.",
            "El disco del servidor está lleno: no se guardó nada. Avise a la administración e inténtelo de nuevo.",
        ),
        "uploads_busy" => f.t(
            "Other files are just being read. Try again in a few seconds.",
            "Se están leyendo otros archivos. Inténtelo de nuevo en unos segundos.",
        ),
        "listing_withdrawn" => f.t(
            "This listing was withdrawn already. Import its file again where it is to count after all.",
            "Esta lista ya se retiró. Importe otra vez su archivo si aun así debe contar.",
        ),
        "plan_listing_withdrawn" => f.t(
            detail,
            "Una lista de este plan se retiró después de hacerlo. No se publicó nada: haga el plan de nuevo.",
        ),
        "listing_not_found" => f.t("There is no such listing.", "No existe esa lista."),
        "reason_missing" => f.t("Say what happened.", "Diga qué pasó."),
        "days_reversed" => f.t("The last day lies before the first. Swap them.", "El último día es anterior al primero. Cámbielos."),
        "days_too_many" => f.t("At most a year at once: choose fewer days.", "Un año como máximo: elija menos días."),
        "days_unreadable" => f.t("Write both days as 2026-11-24.", "Escriba los dos días como 2026-11-24."),
        "why_missing" => f.t(
            "Say in a few words why, or what was done.",
            "Diga en pocas palabras por qué, o qué se hizo.",
        ),
        // Which line or heading it is, the service says in English only; in English it is said in full.
        "file_not_text" => f.t(
            detail,
            "El archivo no es texto (¿un libro de cálculo, una imagen?): guárdelo como CSV y envíe ese.",
        ),
        "file_utf16" => f.t(detail, "El archivo está en UTF-16 (\"texto Unicode\"): guárdelo otra vez como CSV UTF-8."),
        "file_empty" => f.t(detail, "El archivo está vacío: expórtelo otra vez del sistema de facturación."),
        "no_rows" => f.t(
            detail,
            "El archivo tiene encabezados y ninguna fila: expórtelo otra vez o revise la fecha y los ciclos.",
        ),
        "role_forbids" => f.t("This is not for your role.", "Esto no es para su función."),
        "hold_reason_missing" => f.t("Choose why first.", "Elija primero por qué."),
        "good_through_missing" => f.t(
            "Say until which day it holds: a promise without a day never ends.",
            "Diga hasta qué día vale: una promesa sin fecha nunca termina.",
        ),
        "good_through_past" => f.t("That day is over. Choose a later one.", "Ese día ya pasó. Elija otro."),
        "good_through_too_far" => {
            f.t("That is more than 400 days away. Check the year.", "Faltan más de 400 días. Revise el año.")
        }
        "hold_needs_second_person" => f.t(
            "Lifting a medical hold takes a second person: a supervisor who did not set it.",
            "Levantar una protección médica requiere otra persona: un supervisor que no la haya puesto.",
        ),
        "hold_ended" => {
            f.t("This hold has ended already. Nothing was changed.", "Esta protección ya terminó. No se cambió nada.")
        }
        "nothing_to_release" => f.t(
            "Nothing of this account is off, and no cut of it is to be done. To keep it from the next one set a hold.",
            "Nada de esta cuenta está cortado y no hay un corte por hacer. Para evitar el próximo, ponga una protección.",
        ),
        "released_already" => f.t(
            "It is released already, and its reconnect is called for. Nothing was changed.",
            "Ya está liberada y su reconexión está pedida. No se cambió nada.",
        ),
        "reason_unknown" | "record_the_payment" => f.t(
            "Choose why first. Money is recorded as a payment.",
            "Elija primero por qué. El dinero se registra como pago.",
        ),
        "release_unknown" => f.t(
            "There is no such release. Look at the account again.",
            "No existe esa liberación. Vuelva a ver la cuenta.",
        ),
        "release_taken_back" => f.t(
            "This release was taken back already. Nothing was changed.",
            "Esta liberación ya se anuló. No se cambió nada.",
        ),
        "release_covered" => f.t(
            "The account has paid since, and its release stands on that money. Nothing was changed.",
            "La cuenta pagó después y su liberación se apoya en ese dinero. No se cambió nada.",
        ),
        "payment_taken_back" => f.t(
            "This payment was taken back already. Nothing was changed.",
            "Este pago ya se anuló. No se cambió nada.",
        ),
        "order_on_route" => return order_on_route(f, detail),
        "order_over" => f.t(
            "Nothing is left to do: it is on again, or the release was taken back.",
            "Ya no hay nada que hacer: el servicio volvió o la liberación se anuló.",
        ),
        "route_closed" | "route_over" | "route_replaced" => f.t(
            "This route is over or was published again. Choose another.",
            "Esta ruta terminó o se publicó de nuevo. Elija otra.",
        ),
        "crew_out" => return crew_stays_in(f, detail),
        "plan_overtaken" => f.t(
            detail,
            "Alguien publicó otro plan de este día después de hacer este. No se publicó nada: haga el plan de nuevo.",
        ),
        "crew_changed" => f.t(
            detail,
            "Lo que se dice de una cuadrilla cambió después de hacer este plan. No se publicó nada: haga el plan de nuevo.",
        ),
        "fee_doubts_changed" => f.t(
            detail,
            "Lo que está en duda sobre este cargo cambió desde que miró. No se decidió nada: mire la lista otra vez.",
        ),
        "plan_takes_off" => f.t(
            detail,
            "Este plan le quita a una cuadrilla paradas que tiene por hacer y no se las da a nadie. No se publicó nada: cargue la página para verlas.",
        ),
        "day_over" => f.t("That day is over. Nothing was changed.", "Ese día ya pasó. No se cambió nada."),
        "day_too_far" => f.t("That day is more than 400 days away. Check the year.", "Faltan más de 400 días. Revise el año."),
        "too_many_plans" => f.t(
            "Too many plans are being built already. Wait for one of them, or end its search.",
            "Ya se están haciendo demasiados planes. Espere a que termine uno, o detenga su búsqueda.",
        ),
        "text_invalid" => f.t(
            "A text holds characters that nobody types. Type it anew.",
            "Un texto tiene caracteres que nadie escribe. Escríbalo de nuevo.",
        ),
        "phone_invalid" => f.t(
            "Write the telephone with digits, spaces and + ( ) . / - only, at most 40.",
            "Escriba el teléfono solo con cifras, espacios y + ( ) . / -, 40 como máximo.",
        ),
        "crew_not_qualified" => {
            f.t("This crew may not do it. Choose another.", "Esta cuadrilla no puede hacerla. Elija otra.")
        }
        _ => detail,
    }
    .to_owned()
}

/// Which crew has it: the service says so in English, with the crew's name in it.
fn order_on_route(f: &Frame, detail: &str) -> String {
    let named = || {
        let (order, rest) = detail.split_once(" is on the route of ")?;
        let (crew, _) = rest.split_once(" already.")?.0.rsplit_once(" of ")?;
        Some((order, crew))
    };
    match named() {
        Some((order, crew)) if f.lang() == "en" => format!("{order}: {crew} has it already. Nothing was changed."),
        Some((order, crew)) => format!("{order}: ya la tiene {crew}. No se cambió nada."),
        None => detail.to_owned(),
    }
}

/// Which crew stays in.
fn crew_stays_in(f: &Frame, detail: &str) -> String {
    match detail.split_once(" stays in that day") {
        Some((crew, _)) if f.lang() == "en" => {
            format!("{crew} stays in that day. Choose another crew, or say that it goes out after all.")
        }
        Some((crew, _)) => format!("{crew} no sale ese día. Elija otra cuadrilla, o indique que sí sale."),
        None => detail.to_owned(),
    }
}
