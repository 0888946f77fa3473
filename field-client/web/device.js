// What the app asks of the device beside its disk: clock texts, the network, position, durability, updates.

// Minutes east of UTC in a time zone at a moment; the device's own where the zone is unknown to it.
export function offsetMinutes(ms, zone) {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    }).formatToParts(new Date(ms));
    const part = (name) => Number(parts.find(({ type }) => type === name).value);
    const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return Math.round((local - ms) / 60000);
  } catch {
    return -new Date(ms).getTimezoneOffset();
  }
}

// "10:52", or "Tue 10:52" where it is not today.
export function timeText(ms, zone, language) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = (when) => new Date(when).toLocaleDateString("en-CA", zoned({}, zone));
  if (day(ms) !== day(Date.now())) options.weekday = "short";
  return new Date(ms).toLocaleTimeString(language, zoned(options, zone));
}

// "Tue 24 Nov" of a calendar day YYYY-MM-DD.
export function dayText(day, language) {
  return new Date(`${day}T12:00:00Z`)
    .toLocaleDateString(language, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" })
    .replace(",", "");
}

function zoned(options, zone) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return { ...options, timeZone: zone };
  } catch {
    return options;
  }
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
