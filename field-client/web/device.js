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
  // Before a tablet is enrolled there is none, and making a formatter holds up the first screen.
  if (!zone) return -new Date(ms).getTimezoneOffset();
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

// The languages that the device's owner reads, the liked best first.
export const languages = () => (navigator.languages ?? [navigator.language]).join();

let listening = false;

// Hears from the office that there is something to fetch, until the line or the token ends; the next answer of the office
// begins anew. Losing it costs the pause between two questions and nothing else.
export async function listen(path, token, pull) {
  if (listening) return;
  listening = true;
  try {
    const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
    const answer = await fetch(path, { headers, cache: "no-store", credentials: "omit" });
    if (!answer.ok || !answer.headers.get("content-type")?.startsWith("text/event-stream")) return;
    const reader = answer.body.getReader();
    const text = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (text.decode(value, { stream: true }).includes("event: pull")) pull();
    }
  } catch {
    // The line is gone.
  } finally {
    listening = false;
  }
}

// A request to our own server; never longer than `seconds`. Status 0: the server was not reached.
export async function post(path, type, body, token, seconds, abort = new AbortController()) {
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

// The call under way.
let calling = null;

// As `post`, for what is asked again and again, until `giveUpCall`.
export function call(path, type, body, token, seconds) {
  calling = new AbortController();
  return post(path, type, body, token, seconds, calling);
}

// The line that it went out on is gone.
export function giveUpCall() {
  calling?.abort();
}

// The photo under way.
let upload = null;

// What is kept of a photo when it breaks off, also behind a proxy that passes requests on only when they are whole.
const PIECE_BYTES = 65536;

// Sends a photo to its address at our own server, from where the last try broke off, for at most `seconds` and until `breakOffUpload`.
// 201: it has the very bytes. 202: broken off. 404: no act there names it. Status 0: no signal.
export async function sendPhoto(path, bytes, authorization, seconds) {
  const abort = upload = new AbortController();
  const timer = setTimeout(() => abort.abort(), seconds * 1000);
  const ask = (method, headers, body) => fetch(path, {
    method, body, signal: abort.signal, cache: "no-store", credentials: "omit",
    headers: { ...headers, authorization },
  });
  const piece = (from, to) => ask("PUT", { "upload-offset": String(from) }, bytes.slice(from, to));
  try {
    const here = await ask("HEAD", {});
    if (here.status === 404) {
      // The answer to a HEAD has no words; an older server, or somebody else's, answers 404 as well.
      const why = await (await piece(0, 0)).json();
      return why.code === "photo_not_named" ? 404 : 503;
    }
    if (!here.ok) return here.status;
    if (here.headers.get("upload-complete") === "?1") return 201;
    let offset = Number(here.headers.get("upload-offset"));
    for (;;) {
      const answer = await piece(offset, offset + PIECE_BYTES);
      const arrived = Number(answer.headers.get("upload-offset"));
      if (answer.status !== 202) return answer.status;
      if (!(arrived > offset)) return 503;
      offset = arrived;
    }
  } catch {
    return abort.signal.aborted ? 202 : 0;
  } finally {
    clearTimeout(timer);
    upload = null;
  }
}

// Somebody has something more urgent to say.
export function breakOffUpload() {
  upload?.abort();
}

// The camera on the back, shown in a video element. Rejects where there is none or the crew may not use it.
export async function openCamera(video) {
  const wanted = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  await video.play();
}

export function closeCamera(video) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}

// Longest side of a photo that is kept: a lock's number can be read, and it goes through a bad line.
const LONGEST_SIDE = 1600;

// What the camera shows, or a file that another camera made, as [JPEG bytes, their SHA-256].
export async function picture(source) {
  const image = source instanceof HTMLVideoElement ? source : await createImageBitmap(source, { imageOrientation: "from-image" });
  const [width, height] = [image.videoWidth ?? image.width, image.videoHeight ?? image.height];
  if (!width || !height) throw new Error("no picture yet");
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return kept(canvas, "image/jpeg");
}

// A canvas as [bytes, their SHA-256].
async function kept(canvas, type) {
  const blob = await new Promise((done) => canvas.toBlob(done, type, 0.82));
  if (!blob) throw new Error("no picture");
  const bytes = await blob.arrayBuffer();
  return [new Uint8Array(bytes), new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];
}

// Less ink than this, in the canvas's own pixels, is a touch by mistake.
const LEAST_INK = 60;

// Takes the ink of one finger or pen on white, as paper is; asked again, it begins anew. The canvas keeps its own measure,
// so what is signed stays as it is when the tablet is turned.
export function ink(canvas) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  Object.assign(pen, { strokeStyle: "#111", lineWidth: 6, lineCap: "round", lineJoin: "round" });
  canvas.dataset.ink = 0;
  let last = null;
  const spot = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) * canvas.width) / width, ((clientY - top) * canvas.height) / height];
  };
  canvas.onpointerdown = (event) => {
    if (!event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    last = spot(event);
  };
  canvas.onpointermove = (event) => {
    if (!last || !event.isPrimary) return;
    const spots = event.getCoalescedEvents?.() ?? [];
    for (const next of (spots.length ? spots : [event]).map(spot)) {
      pen.beginPath();
      pen.moveTo(...last);
      pen.lineTo(...next);
      pen.stroke();
      canvas.dataset.ink = Number(canvas.dataset.ink) + Math.hypot(next[0] - last[0], next[1] - last[1]);
      last = next;
    }
  };
  // A stroke that ends quickly is no fling: the browser would take the next tap for the end of it.
  canvas.ontouchstart = canvas.ontouchmove = (event) => event.preventDefault();
  canvas.onpointerup = canvas.onpointercancel = () => { last = null; };
}

// What was signed, as [PNG bytes, their SHA-256]. Rejects where nobody has.
export async function signature(canvas) {
  if (!(canvas.dataset.ink > LEAST_INK)) throw new Error("no ink");
  return kept(canvas, "image/png");
}

// The kinds of code that stand on meters, locks and boxes.
const CODES = ["code_128", "code_39", "ean_13", "qr_code", "data_matrix", "itf"];

// Which of them this browser reads by itself; asked once.
let formats = null;

function readable() {
  const asked = async () => (await BarcodeDetector.getSupportedFormats()).filter((format) => CODES.includes(format));
  return (formats ??= "BarcodeDetector" in window ? asked().catch(() => []) : Promise.resolve([]));
}

export const canScan = async () => (await readable()).length > 0;

// What the codes say that the camera sees, one a line, as soon as it sees any. Rejects when the camera is closed before.
export async function scan(video) {
  const detector = new BarcodeDetector({ formats: await readable() });
  while (video.srcObject) {
    // A frame that can't be read is followed by the next one.
    const codes = await detector.detect(video).catch(() => []);
    if (codes.length && video.srcObject) return codes.map(({ rawValue }) => rawValue).join("\n");
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error("closed");
}

// The file that was chosen in an input; the same one may be chosen again.
export async function chosenPicture(input) {
  const [file] = input.files;
  input.value = "";
  if (!file) throw new Error("no file");
  return picture(file);
}

// Shows bytes as an image until the next ones.
export function showPicture(image, bytes) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
}

// Shows bytes as a picture over the whole page, until the button is tapped or the crew goes back.
export function showLarge(bytes, name, back) {
  const [page, image, button] = ["dialog", "img", "button"].map((name) => document.createElement(name));
  page.className = "camera";
  page.dataset.test = "photo-large";
  page.ariaLabel = image.alt = name;
  showPicture(image, bytes);
  button.className = "primary";
  button.dataset.test = "photo-close";
  button.textContent = back;
  const close = () => page.close();
  page.onclose = () => {
    removeEventListener("popstate", close);
    URL.revokeObjectURL(image.src);
    page.remove();
  };
  button.onclick = close;
  addEventListener("popstate", close);
  page.append(image, button);
  document.body.append(page);
  page.showModal();
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

// How often a new build is looked for at most.
const LOOK_EVERY_MS = 3600000;

// Calls back when a new build of the app is installed and waits. A browser looks for one when a page is opened, and the
// app stays open for days: it looks when somebody takes the tablet up again.
export async function onUpdate(callback) {
  const registration = await navigator.serviceWorker?.ready;
  if (!registration) return;
  let looked = performance.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || performance.now() - looked < LOOK_EVERY_MS) return;
    looked = performance.now();
    // Without a signal there is none.
    registration.update().catch(() => {});
  });
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

// What is pasted or scanned may hold characters that nobody types and that the office would refuse: they are dropped
// before anybody reads the field.
addEventListener("input", ({ target }) => {
  const typed = target.value?.replace(/[\0-\x08\x0b-\x1f]/g, "");
  if (typed !== undefined && typed !== target.value) target.value = typed;
}, true);
