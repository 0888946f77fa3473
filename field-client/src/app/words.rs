//! Every text of the app in English and Spanish, in one table. What the rules say comes from `curbstop_shared`.

mod codes;

pub use codes::*;

use curbstop_shared::language::Language;

/// A text in both languages.
#[derive(Debug, Clone, Copy)]
pub struct Text(&'static str, &'static str);

impl Text {
    /// In one language.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        language.pick(self.0, self.1)
    }

    /// With what stands at `{}`.
    #[must_use]
    pub fn with(self, language: Language, what: impl ToString) -> String {
        self.text(language).replacen("{}", &what.to_string(), 1)
    }
}

macro_rules! table {
    ($($name:ident: $english:literal, $spanish:literal;)+) => {
        $(#[doc = $english] pub const $name: Text = Text($english, $spanish);)+
    };
}

table! {
    NOT_SAVED: "Not saved: the tablet's disk refused. Nothing is lost on this screen; try again.", "No se guardó: el disco de la tableta lo rechazó. No se pierde nada en esta pantalla; intente de nuevo.";
    UNREADABLE_TITLE: "This tablet's disk can't be read just now.", "Ahora no se puede leer el disco de esta tableta.";
    UNREADABLE: "Your work is still on it: nothing was deleted, and nothing is written until it can be read.", "Su trabajo sigue en él: no se borró nada, y no se escribe nada hasta que se pueda leer.";
    UNREADABLE_DO: "Try again. If that does not help, close Curbstop and open it again, then restart the tablet. If it still can't be read, call dispatch. Do not clear this site's data.", "Intente de nuevo. Si no ayuda, cierre Curbstop y ábralo otra vez; después reinicie la tableta. Si aún no se puede leer, llame a despacho. No borre los datos de este sitio.";
    TRY_AGAIN: "Try again", "Intentar de nuevo";
    HANDED_IN_1: "Handed in {}: 1 entry, dispatch decides.", "Entregado {}: 1 registro, despacho decide.";
    HANDED_IN_N: "Handed in {}: {} entries, dispatch decides.", "Entregado {}: {} registros, despacho decide.";
    HANDED_IN_PHOTOS: " Photos handed in: {} of {}.", " Fotos entregadas: {} de {}.";
    NOT_IN_SERVICE: "Out of service", "Fuera de servicio";
    HANDED_IN_ALL: "Everything handed in", "Todo entregado";
    HANDED_IN_LEFT: "Nothing is left on this tablet: all of it was handed in.", "No queda nada en esta tableta: todo se entregó.";
    OUT_OF_SERVICE: "No route: this tablet is out of service.", "Sin ruta: esta tableta está fuera de servicio.";
    OUT_OF_SERVICE_WHY: "Routes come again when dispatch has given it a new code.", "Volverá a recibir rutas cuando despacho le dé un código nuevo.";
    NO_NEW_STOPS: "This tablet is out of service: begin no new stop with it. Call dispatch.", "Esta tableta está fuera de servicio: no empiece otra parada con ella. Llame a despacho.";
    WORKED_HANDED_IN: "You worked this at {}. It was handed in, and dispatch has not taken it in: call before you do it again.", "Usted trabajó aquí a las {}. Se entregó y despacho aún no lo ha aceptado: llame antes de hacerlo otra vez.";
    WORKED_REFUSED: "You worked this at {}. The office did not take it: see what is not sent before you do it again.", "Usted trabajó aquí a las {}. La oficina no lo aceptó: vea lo que falta por enviar antes de hacerlo otra vez.";
    TURNED_OFF_WITH: "Turned off by us", "Cortado por nosotros";
    LOCK: "lock {}", "candado {}";
    SEAL: "seal {}", "sello {}";
    READ: "read {}", "lectura {}";
    DISK_FULL: "This tablet's disk is full: nothing more can be saved on it, not even what the office says. Delete files or apps you don't need, never this site's data.", "El disco de esta tableta está lleno: no se puede guardar nada más, ni lo que dice la oficina. Borre archivos o aplicaciones que no necesite, nunca los datos de este sitio.";
    DISK_LITTLE: "Only {} MB are left on this tablet's disk. Find a signal, so that photos are sent; delete files or apps you don't need, never this site's data.", "Solo quedan {} MB en el disco de esta tableta. Busque señal para que se envíen las fotos; borre archivos o aplicaciones que no necesite, nunca los datos de este sitio.";
    DISK_ILL: "This tablet's disk does not keep what is written to it. Restart the tablet. If that does not help, write on paper and call dispatch.", "El disco de esta tableta no conserva lo que se escribe. Reinicie la tableta. Si no ayuda, anote en papel y llame a despacho.";
    OTHER_TAB: "Curbstop is open in another tab, which does the writing. This one only shows: its buttons for work are off.", "Curbstop está abierto en otra pestaña, que es la que escribe. Esta solo muestra: sus botones de trabajo están apagados.";
    WORK_HERE: "Work here", "Trabajar aquí";
    UPDATE_READY: "A new version of Curbstop is ready.", "Hay una nueva versión de Curbstop.";
    UPDATE_NOW: "Start it now", "Iniciarla ahora";
    UPDATE_AFTER: "It starts when the stop at hand is saved.", "Se iniciará cuando guarde la parada en curso.";
    DISOWNED: "The office no longer knows this tablet. Your work stays here: ask dispatch for a new code, or export it.", "La oficina ya no reconoce esta tableta. Su trabajo queda aquí: pida un código nuevo a despacho o expórtelo.";
    ENTER_CODE: "Enter a new code", "Escribir un código nuevo";

    ENROL_TITLE: "Connect this tablet", "Conectar esta tableta";
    ENROL_WHY: "Dispatch gives you a code for your crew. You need a signal for this once.", "Despacho le da un código para su cuadrilla. Solo esta vez necesita señal.";
    ENROL_CODE: "Code from dispatch", "Código de despacho";
    ENROL_NAME: "Name of this tablet", "Nombre de esta tableta";
    ENROL_NAME_HINT: "As it is written on the back, for example T-12", "Como está escrito atrás, por ejemplo T-12";
    ENROL_DO: "Connect", "Conectar";
    ENROL_BUSY: "Connecting…", "Conectando…";
    ENROL_OFFLINE: "The office can't be reached. Find a signal and try again.", "No se puede contactar a la oficina. Busque señal e intente de nuevo.";
    ENROL_REFUSED: "This code is wrong, used or too old. Ask dispatch for a new one.", "El código es incorrecto, usado o vencido. Pida uno nuevo a despacho.";
    ENROL_FAILED: "The office could not connect this tablet. Try again, or call dispatch.", "La oficina no pudo conectar esta tableta. Intente de nuevo o llame a despacho.";
    WHO: "Who are you?", "¿Quién es usted?";
    WHO_WHY: "What you record carries your name.", "Lo que registre llevará su nombre.";
    WHO_KEPT: "What you record carries your name. The stop that is open stays as it was left.", "Lo que registre llevará su nombre. La parada abierta queda como se dejó.";
    WHO_NOBODY: "Nobody rides with this crew yet. Call dispatch: names come by themselves with the next signal.", "Todavía nadie va con esta cuadrilla. Llame a despacho: los nombres llegan solos con la próxima señal.";
    WHO_LAST: "was here last", "estuvo aquí por última vez";
    PIN: "Your PIN", "Su PIN";
    PIN_CHECK: "Check the PIN", "Comprobar el PIN";
    PIN_CHECKING: "Checking…", "Comprobando…";
    PIN_WRONG: "That is not {}'s PIN. Try again.", "Ese no es el PIN de {}. Intente de nuevo.";
    PIN_WAIT: "Too many wrong PINs. Try again in {}, or go on without it.", "Demasiados PIN equivocados. Intente de nuevo en {} o siga sin él.";
    PIN_NOT_CHECKED: "This browser can't check a PIN. Go on without it, and tell dispatch.", "Este navegador no puede comprobar un PIN. Siga sin él y avise a despacho.";
    PIN_OTHER: "Somebody else", "Otra persona";
    PIN_WITHOUT: "Go on without PIN as {}", "Seguir sin PIN como {}";
    PIN_WITHOUT_WHY: "Forgotten? The work goes on, and the office sees \"signed without PIN\". Dispatch gives you a new one.", "¿Lo olvidó? El trabajo sigue y la oficina verá «firmado sin PIN». Despacho le da uno nuevo.";
    NO_PIN: "no PIN", "sin PIN";
    CHANGE_PERSON: "Change person", "Cambiar persona";

    ONLINE: "Online", "En línea";
    OFFLINE: "No signal", "Sin señal";
    NO_ANSWER: "No answer since {}", "Sin respuesta desde {}";
    TROUBLE: "Office not answering", "La oficina no responde";
    CONNECTING: "Connecting", "Conectando";
    DATA_NEW: "data just in", "datos al momento";
    DATA_MIN: "data {} min old", "datos de hace {} min";
    DATA_HOURS: "data {} h old", "datos de hace {} h";
    DATA_UNKNOWN: "no data from the office yet", "aún sin datos de la oficina";
    ALL_SENT: "Everything sent", "Todo enviado";
    NOT_SENT: "{} not sent", "{} sin enviar";
    ACT: "act", "acto";
    ACTS: "acts", "actos";
    CLAIM: "claim", "alegato";
    CLAIMS: "claims", "alegatos";
    OPEN_1: "1 stop open", "1 parada abierta";
    OPEN_N: "{} stops open", "{} paradas abiertas";
    ACK: "recall seen", "retiro visto";
    ACKS: "recalls seen", "retiros vistos";
    PHOTO: "photo", "foto";
    PHOTOS: "photos", "fotos";
    PHOTO_N: "Photo {}", "Foto {}";
    PHOTO_TAKE: "Take a photo", "Tomar una foto";
    PHOTO_SHOOT: "Take it", "Tomarla";
    PHOTO_USE: "Use this photo", "Usar esta foto";
    PHOTO_AGAIN: "Again", "Otra vez";
    PHOTO_CANCEL: "No photo", "Sin foto";
    PHOTO_DROP: "Throw away", "Descartar";
    PHOTO_DROP_YES: "Yes, throw it away", "Sí, descartarla";
    PHOTO_STAYS: "Keep it", "Conservarla";
    PHOTO_LOOK: "Look at it", "Verla";
    PHOTO_KEPT: "{} KB · on this tablet", "{} KB · en esta tableta";
    PHOTO_SAVED: "Photo saved on this tablet", "Foto guardada en esta tableta";
    PHOTO_OPENING: "The camera is opening…", "Abriendo la cámara…";
    PHOTO_NO_CAMERA: "The camera can't be shown here. Choose a photo instead; what you have entered is saved.", "No se puede mostrar la cámara aquí. Elija una foto; lo que anotó está guardado.";
    PHOTO_CHOOSE: "Choose or take a photo", "Elegir o tomar una foto";
    PHOTO_HELPS: "The reading is unusual: a photo of the dials spares somebody a second trip.", "La lectura es inusual: una foto del medidor le ahorra a alguien otro viaje.";
    PHOTO_NOT_READ: "That file can't be read as a picture. Choose another one.", "Ese archivo no se puede leer como imagen. Elija otro.";
    PHOTO_NO_ACT: "The office has no act for this photo. Keep it while dispatch still decides about this stop.", "La oficina no tiene ningún trabajo para esta foto. Guárdela mientras despacho decida sobre esta parada.";
    PHOTOS_TITLE: "Photos", "Fotos";
    NOTE_1: "note", "nota";
    NOTES_N: "notes", "notas";
    ATTENTION_1: "1 needs you", "1 le necesita";
    ATTENTION_N: "{} need you", "{} le necesitan";

    NEXT: "Next", "Siguiente";
    GO_ON: "Go on here", "Continúe aquí";
    OF: "of", "de";
    AT_THE_DOOR: "At the door", "En la puerta";
    CONTINUE: "Continue", "Continuar";
    NAVIGATE: "Navigate", "Navegar";
    DETAILS: "Details", "Detalles";
    AHEAD: "Ahead", "Por delante";
    BEHIND: "Behind you", "Ya visitadas";
    SHOW: "Show", "Mostrar";
    HIDE: "Hide", "Ocultar";
    ALL_DONE: "Every stop is behind you.", "Ya pasó por todas las paradas.";
    ALL_DONE_WHY: "The office does not have everything yet. Find a signal; when it says \"Everything sent\", you may go home.", "La oficina aún no lo tiene todo. Busque señal; cuando diga «Todo enviado», puede irse a casa.";
    LEFT_TITLE: "Don't go home yet: something is left.", "No se vaya todavía: falta algo.";
    LEFT_TURN_ON: "Turn {} back on.", "Reconecte {}.";
    LEFT_RECALLS: "Read what was recalled, above, and tap \"Got it\": dispatch waits for it.", "Lea arriba lo que se retiró y toque «Entendido»: despacho lo espera.";
    MEANWHILE_PAID: "Paid: turn {} back on", "Pagado: reconecte {}";
    MEANWHILE_ON: "Turn {} back on", "Reconecte {}";
    RESTORE_YOURS_PAID: "It was paid for. It is on your route: turn it back on.", "Ya se pagó. Está en su ruta: reconecte.";
    RESTORE_YOURS: "It is to be on again. It is on your route: turn it back on.", "Debe tener servicio otra vez. Está en su ruta: reconecte.";
    ALL_DONE_SENT: "The office has everything. You may go home.", "La oficina lo tiene todo. Puede irse a casa.";
    NO_ROUTE: "No route on this tablet yet.", "Aún no hay ruta en esta tableta.";
    NO_ROUTE_WHY: "It comes by itself as soon as dispatch has published it and there is a signal.", "Llegará sola cuando despacho la publique y haya señal.";
    OTHER_DAY: "This route is not today's.", "Esta ruta no es la de hoy.";
    RECALLED: "Recalled", "Retirada";
    DO_NOT: "do not do it", "no la haga";
    DO_NOT_TURN_OFF: "do not turn off", "no corte";
    PAID_AT: "paid {}", "pagó {}";
    RECALLED_N: "{} stops", "{} paradas";
    GOT_IT: "Got it", "Entendido";
    ON_AGAIN: "it was turned back on: nothing more to do here", "ya se reconectó: no hay nada más que hacer aquí";
    DONE_ALREADY: "it is done already: call dispatch", "ya está hecha: llame a despacho";
    RESTORE: "Turn it back on", "Reconecte";
    RESTORE_IF_OFF: "If it is off already, turn it back on now, where it is safe.", "Si ya está cortado, reconecte ahora si es seguro.";
    RESTORE_NOW: "You entered that it is off: turn it back on now, where it is safe.", "Usted anotó que está cortado: reconecte ahora si es seguro.";
    OFF_ASK_DISPATCH: "If it is off already, call dispatch now: they decide.", "Si ya está cortado, llame ahora a despacho: allí deciden.";
    ENTERED_ASK_DISPATCH: "You entered that it is off: call dispatch now, they decide.", "Usted anotó que está cortado: llame ahora a despacho, allí deciden.";
    RESTORED_MEANWHILE: "It was turned back on at {}: leave without recording if you did nothing here.", "Se reconectó a las {}: si usted no hizo nada aquí, salga sin registrar.";
    TRIED: "Tried {}", "Se intentó a las {}";
    RESTORE_DESPITE: "It was turned off although this tablet knew that it is to stay on. Call dispatch, then turn it back on.", "Se cortó aunque esta tableta ya sabía que no debía cortarse. Llame a despacho y después reconecte.";
    RESTORE_PAID: "It was turned off before we knew of the payment. Call dispatch, then turn it back on.", "Se cortó antes de que supiéramos del pago. Llame a despacho y después reconecte.";
    RESTORE_PAID_AFTER: "Paid {}, after it was turned off: turn it back on.", "Pagó a las {}, después del corte: reconecte.";
    RESTORE_AFTER: "Released after it was turned off: turn it back on.", "Se liberó después del corte: reconecte.";
    RESTORE_RECORD: "Record: back on", "Registrar reconexión";
    RESTORE_WHY: "It was turned off before we knew that it is to stay on. Call dispatch, then turn it back on.", "Se cortó antes de que supiéramos que no debía cortarse. Llame a despacho y después reconecte.";
    RESTORE_WENT_TITLE: "Another crew has it", "Lo tiene otra cuadrilla";
    RESTORE_WENT: "It is off and to be turned back on. Dispatch gave that to another crew: leave it to them. If you are still there, call.", "Está cortado y hay que reconectar. Despacho se lo dio a otra cuadrilla: déjelo a ella. Si aún está ahí, llame.";
    CALL_DISPATCH: "Call dispatch", "Llamar a despacho";
    DUE_BY: "by {}", "antes de las {}";
    DUE_BY_DAY: "by {}", "antes del {}";
    WAS_DUE: "was due {}", "venció: {}";
    OWED_HIDDEN: "owed: hidden (policy)", "deuda: oculta (política)";
    PERMIT_LEFT: "permit {} min", "permiso {} min";
    PERMIT_OVER: "permit over: sync or go-code", "permiso vencido: sincronice o pida código";
    WORKING: "begun", "empezada";
    ATTENTION: "needs you", "le necesita";
    SKETCH: "Sketch of the route", "Croquis de la ruta";

    BACK: "Back", "Atrás";
    BACK_TO_LIST: "Back to the list", "Volver a la lista";
    SAVED_HERE: "Saved on this tablet {} · will be sent", "Guardado en esta tableta {} · se enviará";
    RECEIVED: "Received by the office {}", "Recibido por la oficina {}";
    NOTES: "Notes", "Notas";
    WRITE_NOTE: "Leave a note", "Dejar una nota";
    SAVE_NOTE: "Save note", "Guardar nota";
    OFFICE_NOTE: "From the office", "De la oficina";
    CUSTOMER: "Customer", "Cliente";
    ACCOUNT: "Account", "Cuenta";
    OWED: "Owed", "Deuda";
    HAZARD: "Hazard", "Peligro";
    VISIT_AGAIN: "Visit again", "Visitar otra vez";
    STOPPED: "Stopped", "Detenida";
    DONE: "Done", "Hecha";
    ON_SINCE: "On again since {}", "Con servicio otra vez desde las {}";
    NOT_COLLECTED: "Not collected", "No recogido";
    LEFT_OFF: "Left off, not finished", "Queda cortado, sin terminar";
    NOT_DONE: "Not done", "No hecha";

    CAN_NOT: "Can't be done", "No se puede";
    LEAVE: "Leave without recording", "Salir sin registrar";
    LEAVE_Q: "What you entered here is thrown away. Leave?", "Se descarta lo que anotó aquí. ¿Salir?";
    LEAVE_NO: "Stay here", "Seguir aquí";
    STOP_HERE: "Stop here and record", "Parar aquí y registrar";
    YOU_ENTERED: "You entered", "Usted anotó";
    AS_ENTERED_WHY: "The office sees what you answer. Whoever is off must not be forgotten.", "La oficina verá su respuesta. Nadie que esté cortado debe quedar olvidado.";
    TURNED_BACK_ON: "Turned back on", "Reconectado de nuevo";
    LACKS_GO: "Go there", "Ir allí";
    STEP_AS_ENTERED: "How it is", "Cómo está";
    STEP_PLACE: "Place", "Lugar";
    STEP_METER: "Meter", "Medidor";
    STEP_DOOR: "Knock", "Tocar";
    STEP_ASK: "Ask", "Preguntar";
    STEP_PERMIT: "Check", "Revisar";
    STEP_ACT: "Work", "Trabajo";
    STEP_READING: "Reading", "Lectura";
    STEP_EQUIPMENT: "Equipment", "Equipo";
    STEP_UNABLE: "Why", "Motivo";
    STEP_SUMMARY: "Save", "Guardar";
    PLACE_Q: "Is this the right place?", "¿Es este el lugar correcto?";
    PLACE_YES: "Yes, this is it", "Sí, es aquí";
    METER_Q: "Which serial is on the meter?", "¿Qué número de serie tiene el medidor?";
    METER_HINT: "Type what you see, not what you expect.", "Escriba lo que ve, no lo que espera.";
    METER_CHECK: "Check the serial", "Comprobar el número";
    METER_WRONG: "This is not the meter on the order.", "Este no es el medidor de la orden.";
    METER_WRONG_WHY: "On the order: {}. Look again. If it really is another meter, don't cut here: record it and go on.", "En la orden: {}. Mire otra vez. Si de verdad es otro medidor, no corte aquí: regístrelo y continúe.";
    METER_WRONG_GO_ON: "On the order: {}. Look again. If it really is another meter, go on: the office compares.", "En la orden: {}. Mire otra vez. Si de verdad es otro medidor, continúe: la oficina lo compara.";
    METER_RECORD: "It is another meter: record it", "Es otro medidor: registrarlo";
    METER_GO_ON: "It is another meter: go on", "Es otro medidor: continuar";
    METER_AGAIN: "Type it again", "Escribirlo otra vez";
    METER_NONE: "The order names no serial. Type what you see.", "La orden no indica número. Escriba lo que ve.";
    DOOR_Q: "Knock. Who answered?", "Toque a la puerta. ¿Quién abrió?";
    MINOR_WHY: "Only minors at home: no cut today, no signature.", "Solo menores en casa: hoy no se corta y no se firma.";
    ASK_Q: "Show or read this to the customer", "Muestre o lea esto al cliente";
    ASK_SCRIPT: "We are here to turn off your service because a bill is past due. If you have proof of payment, or somebody here needs the service for medical reasons, please tell us now.", "Venimos a cortar su servicio porque hay una factura vencida. Si tiene comprobante de pago, o si alguien aquí necesita el servicio por razones médicas, díganos ahora.";
    ASK_PROOF: "Shows proof of payment", "Muestra comprobante de pago";
    ASK_MEDICAL: "Medical condition", "Condición médica";
    ASK_NOTHING: "Nothing shown or claimed", "No muestra ni alega nada";
    PROOF_NUMBER: "Confirmation number on the proof (if there is one)", "Número de confirmación del comprobante (si lo hay)";
    PERMIT_Q: "May you begin?", "¿Puede empezar?";
    PERMIT_YES: "You may begin", "Puede empezar";
    PERMIT_FRESH: "The data is {} min old.", "Los datos son de hace {} min.";
    PERMIT_NO: "The data is too old to begin a cut", "Los datos son demasiado viejos para cortar";
    PERMIT_NO_WHY: "Somebody may have paid meanwhile. Find a signal, or call dispatch for a go-code.", "Quizá pagaron mientras tanto. Busque señal o llame a despacho para pedir un código.";
    STOP_WORD: "Do not turn off", "No corte";
    STOP_WORD_WHY: "Record that you stopped, and go on to the next stop.", "Registre que no cortó y siga con la próxima parada.";
    STOP_RECORD: "Leave it on and record", "Dejar conectado y registrar";
    ALREADY_CUT: "It is off already: record it", "Ya está cortado: registrarlo";
    GO_CODE: "Go-code from dispatch", "Código de despacho";
    GO_CODE_IS: "4 to 12 letters and digits, as dispatch reads it out.", "De 4 a 12 letras y números, como los dicta despacho.";
    GO_CODE_WHY: "The office checks afterwards who gave it.", "La oficina revisa después quién lo dio.";
    GO_CODE_USE: "Use the go-code", "Usar el código";
    OVERRIDE_BY: "Supervisor's name", "Nombre del supervisor";
    OVERRIDE_WHY: "Reason", "Motivo";
    OVERRIDE_USE: "Use the override", "Usar la autorización";
    SYNC_NOW: "Sync now", "Sincronizar";
    BEGIN: "Begin the work", "Empezar el trabajo";
    ASKING: "Asking the office…", "Preguntando a la oficina…";
    ACT_Q: "What did you do?", "¿Qué hizo?";
    METHOD_Q: "How?", "¿Cómo?";
    LOCK_NO_NUMBER: "No number on it", "No tiene número";
    LOCK_WRONG: "We hung another lock here: {}. Look again, and type the number that is on it.", "Aquí colgamos otro candado: {}. Mire otra vez y escriba el número que lleva.";
    LOCK_GO_ON: "It really is another lock", "De verdad es otro candado";
    LOCK_NUMBER: "Lock or seal number", "Número de candado o sello";
    SAFE_WATER: "Somebody is home, or all taps are known to be closed", "Hay alguien en casa, o se sabe que todas las llaves están cerradas";
    SAFE_ELECTRIC: "The main breaker was off before you restored", "El interruptor principal estaba apagado antes de reconectar";
    SAFE_GAS: "You are qualified for gas, and every appliance is relit", "Usted está calificado para gas y todo aparato fue reencendido";
    SAFE_OTHER: "It is safe to restore here", "Aquí es seguro reconectar";
    READING_Q: "What do the dials say?", "¿Qué marca el medidor?";
    READING_HINT: "All {} digits, zeros in front too", "Los {} dígitos, también los ceros de delante";
    READING_OK: "The reading fits.", "La lectura concuerda.";
    READING_CONFIRM: "I read it again: it says this", "Lo leí otra vez: marca esto";
    READING_DOUBT: "Look at the dials again. If they say this, tap the arrow once more.", "Mire el medidor otra vez. Si marca esto, toque la flecha una vez más.";
    READING_NOTE: "What did you see there? (note for the office)", "¿Qué vio allí? (nota para la oficina)";
    READING_NONE: "Can't read it", "No se puede leer";
    READING_NONE_Q: "Why can't it be read?", "¿Por qué no se puede leer?";
    DELETE: "Delete", "Borrar";
    EQUIPMENT_Q: "What became of the equipment?", "¿Qué pasó con el equipo?";
    BOX_WRONG: "The order is for box {}. Whose is this one? Look again.", "La orden es de la caja {}. ¿De quién es esta? Mire otra vez.";
    BOX_TAKE: "I looked again: I take this one", "Miré otra vez: me llevo esta";
    EQUIPMENT_SERIAL: "Serial on the box", "Número de serie de la caja";
    UNABLE_Q: "Why can't it be done?", "¿Por qué no se puede?";
    UNABLE_SAID: "Said or shown at the door", "Dicho o mostrado en la puerta";
    UNABLE_FOUND: "Found here", "Encontrado aquí";
    SUMMARY_Q: "Is this what happened?", "¿Esto es lo que pasó?";
    NOTE_OPTIONAL: "Note (if there is something to say)", "Nota (si hay algo que decir)";
    HOLD_SAVE: "Hold to confirm the cut", "Mantenga para confirmar el corte";
    HOLDING: "Keep holding…", "Siga manteniendo…";
    SAVE_OFF: "Save: it is still off", "Guardar: sigue cortado";
    SAVE: "Save", "Guardar";
    NEXT_STEP: "Next", "Siguiente";
    OUTCOME: "Outcome", "Resultado";
    MET_ROW: "Answered", "Abrió";
    ARRIVED: "Arrived", "Llegada";
    BEGUN_AT: "Work begun", "Trabajo empezado";
    PERMIT_ROW: "Permit", "Permiso";
    PERMIT_NONE_ROW: "none: will be looked at", "ninguno: se revisará";
    PERMIT_FRESH_ROW: "fresh data", "datos recientes";
    PERMIT_CODE_ROW: "go-code: the office checks it", "código: la oficina lo revisa";
    PERMIT_OVERRIDE_ROW: "supervisor", "supervisor";
    CONFIRMED: "confirmed", "confirmada";

    UNSENT_TITLE: "What the office does not have yet", "Lo que la oficina aún no tiene";
    UNSENT_NONE: "The office has everything.", "La oficina lo tiene todo.";
    UNSENT_WHY: "It is kept on this tablet until the office has confirmed it.", "Se guarda en esta tableta hasta que la oficina lo confirme.";
    UNSENT_DRAFTS: "Begun and not saved", "Empezadas y no guardadas";
    BEGUN_ON: "begun on the route of {}", "empezada en la ruta del {}";
    ATTENTION_TITLE: "Needs you", "Le necesita";
    ATTENTION_WHY: "The office did not take this. It stays here: record it anew, or export it and call dispatch.", "La oficina no aceptó esto. Queda aquí: regístrelo de nuevo, o expórtelo y llame a despacho.";
    ATTENTION_SETTLE: "I have dealt with it", "Ya lo resolví";
    EXPORT: "Export my outbox", "Exportar mis pendientes";
    DISK: "This tablet's disk", "Disco de esta tableta";
    DISK_KEPT: "The browser keeps it until you delete it.", "El navegador lo conserva hasta que usted lo borre.";
    DISK_MAY_GO: "The browser may clear it when space is short. Install Curbstop on the home screen.", "El navegador puede borrarlo si falta espacio. Instale Curbstop en la pantalla de inicio.";
    DISK_UNKNOWN: "The browser does not say whether it keeps it.", "El navegador no dice si lo conserva.";
    DAMAGED: "{} records could not be read. Nothing was deleted. Export and call dispatch.", "No se pudieron leer {} registros. No se borró nada. Exporte y llame a despacho.";
    SETTINGS: "This tablet", "Esta tableta";
    DARK: "Dark for the night", "Oscuro para la noche";
    SUN: "Light for the sun", "Claro para el sol";
    LEFT_HAND: "Buttons for the left hand", "Botones para la mano izquierda";
    RIGHT_HAND: "Buttons for the right hand", "Botones para la mano derecha";
    OTHER_LANGUAGE: "Español", "English";
    LAST_CONTACT: "Last contact {}", "Último contacto {}";
}
