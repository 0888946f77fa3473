// What the app asks of the device beside its disk: clock texts, the network, position, durability, updates.

// Making a formatter takes far longer than using one, and a screen shows many times.
const formatters = new Map();

function formatter(language, options, zone) {
  const name = JSON.stringify([language, options, zone]);
  let made = formatters.get(name);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
    } catch {
      // The device does not know the zone, or there is none yet: its own.
      made = new Intl.DateTimeFormat(language, options);
    }
    formatters.set(name, made);
  }
  return made;
}

const TO_THE_SECOND = {
  hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
};

// Minutes east of UTC in a time zone at a moment; the device's own where the zone is unknown to it.
export function offsetMinutes(ms, zone) {
  const parts = formatter("en-US", TO_THE_SECOND, zone).formatToParts(new Date(ms));
  const part = (name) => Number(parts.find(({ type }) => type === name).value);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return Math.round((local - ms) / 60000);
}

// "10:52", or "Tue 10:52" where it is not today.
export function timeText(ms, zone, language) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = formatter("en-CA", {}, zone);
  if (day.format(ms) !== day.format(Date.now())) options.weekday = "short";
  return formatter(language, options, zone).format(ms);
}

// "Tue 24 Nov" of a calendar day YYYY-MM-DD.
export function dayText(day, language) {
  return formatter(language, { weekday: "short", day: "numeric", month: "short" }, "UTC")
    .format(new Date(`${day}T12:00:00Z`))
    .replace(",", "");
}

// A request to our own server; never longer than `seconds`. Status 0: the server was not reached.
export async function post(path, type, body, token, seconds) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), seconds * 1000);
  try {
    const headers = { "content-type": type, accept: type };
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await fetch(path, { method: "POST", headers, body, signal: abort.signal, cache: "no-store", credentials: "omit" });
    return [answer.status, new Uint8Array(await answer.arrayBuffer())];
  } catch {
    return [0, new Uint8Array()];
  } finally {
    clearTimeout(timer);
  }
}

// Whether the browser promised to keep what is stored: "kept", "may be cleared" or "unknown".
export async function persisted() {
  if (!navigator.storage?.persist) return "unknown";
  return (await navigator.storage.persist()) ? "kept" : "may be cleared";
}

// [latitude, longitude, accuracy in metres, age in seconds] or nothing; never waits longer than two seconds.
export function position() {
  if (!navigator.geolocation) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), 2000);
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) => resolve([coords.latitude, coords.longitude, coords.accuracy, (Date.now() - timestamp) / 1000]),
      () => resolve(undefined),
      { enableHighAccuracy: true, maximumAge: 60000, timeout: 2000 },
    );
  });
}

// Calls back when a new build of the app is installed and waits.
export async function onUpdate(callback) {
  const registration = await navigator.serviceWorker?.ready;
  if (!registration) return;
  if (registration.waiting) callback();
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && navigator.serviceWorker.controller) callback();
    });
  });
}

export async function takeUpdate() {
  const registration = await navigator.serviceWorker.ready;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting?.postMessage({ kind: "take-over" });
}

// Calls back once when the page has painted and has nothing else to do; soon at the latest.
export function whenIdle(callback) {
  if (window.requestIdleCallback) requestIdleCallback(callback, { timeout: 200 });
  else setTimeout(callback, 30);
}

export function vibrate(ms) {
  navigator.vibrate?.(ms);
}

export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
