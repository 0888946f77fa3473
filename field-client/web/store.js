// The tablet's disk: one IndexedDB store of records that are added once and never overwritten.
//
// Rules, each learned from somebody's lost day:
// - "saved" is said only when the one strict transaction is complete, never when a request has succeeded;
// - records are *added*: a key that is taken fails the whole write, so no tab can overwrite another's work;
// - one tab writes (Web Locks); the others show, and are told when something changed;
// - browsers close connections of pages in the background: forget them, open anew, try once more;
// - a schema upgrade only adds, and no build asks for a version: a release can be put back to the one before.
const NAME = "curbstop-field";
const RECORDS = "records";
const KEYS = "keys";
const PHOTOS = "photos";
const WRITER = "curbstop-field-writer";
const CHANNEL = new BroadcastChannel("curbstop-field");

const STORES = [RECORDS, KEYS, PHOTOS];

let connecting = null;

function connect() {
  connecting ??= opened().catch((error) => {
    connecting = null;
    throw error;
  });
  return connecting;
}

// Opens the disk as it is: a later release may have added to it and was put back, or is open in another tab.
async function opened(version) {
  const db = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, version);
    opening.onupgradeneeded = () => {
      for (const store of STORES) if (!opening.result.objectStoreNames.contains(store)) opening.result.createObjectStore(store);
    };
    opening.onblocked = () => reject(new Error("another tab keeps an older version open: close it"));
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const forget = () => { connecting = null; };
      opening.result.onclose = forget;
      // What is being written is finished first; the next write opens anew, at whatever version is there then.
      opening.result.onversionchange = () => { opening.result.close(); forget(); };
      resolve(opening.result);
    };
  });
  if (STORES.every((store) => db.objectStoreNames.contains(store))) return db;
  db.close();
  return opened(db.version + 1);
}

// What a connection that was closed behind our back answers with, and a disk that another tab has just added to.
const GONE = ["InvalidStateError", "UnknownError", "VersionError"];

async function withConnection(work) {
  try {
    return await work(await connect());
  } catch (error) {
    if (!GONE.includes(error?.name)) throw error;
    connecting = null;
    return work(await connect());
  }
}

function transaction(db, stores, mode, work) {
  return new Promise((resolve, reject) => {
    const tx = db.transaction(stores, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
    let result;
    tx.oncomplete = () => resolve(result?.result);
    // One that nobody gave a reason for was on a connection that the browser has closed.
    tx.onabort = () => reject(tx.error ?? new DOMException("the tablet's disk refused to write", "UnknownError"));
    tx.onerror = () => {}; // an abort follows
    try {
      result = work(...[stores].flat().map((name) => tx.objectStore(name)));
    } catch (error) {
      reject(error);
      try { tx.abort(); } catch { /* it is over already */ }
    }
  });
}

// All records as [key, bytes], in the order of their keys.
export async function readAll() {
  return withConnection((db) => new Promise((resolve, reject) => {
    const tx = db.transaction(RECORDS, "readonly");
    const store = tx.objectStore(RECORDS);
    const keys = store.getAllKeys();
    const values = store.getAll();
    tx.oncomplete = () => resolve(keys.result.map((key, n) => [key, values.result[n]]));
    tx.onabort = () => reject(tx.error);
  }));
}

// Adds and removes records, and the photos that they name, in one transaction. Resolves when they are on the disk,
// rejects when none is. A photo's name is the hash of its bytes: putting it twice changes nothing.
export async function write(keys, values, remove, photos, pictures, removePhotos) {
  let tried = false;
  await withConnection(async (db) => {
    // The first try may have been complete although its connection died: then our own records are there.
    if (tried && keys.length && await present(db, keys[0], values[0])) return;
    tried = true;
    if (!photos.length && !removePhotos.length) {
      return transaction(db, RECORDS, "readwrite", (store) => {
        keys.forEach((key, n) => store.add(values[n], key));
        remove.forEach((key) => store.delete(key));
      });
    }
    await transaction(db, [RECORDS, PHOTOS], "readwrite", (records, kept) => {
      keys.forEach((key, n) => records.add(values[n], key));
      remove.forEach((key) => records.delete(key));
      photos.forEach((name, n) => kept.put(pictures[n], name));
      removePhotos.forEach((name) => kept.delete(name));
    });
  });
  CHANNEL.postMessage("changed");
}

// The bytes of a photo; nothing where it is gone.
export async function readPhoto(name) {
  return withConnection((db) => transaction(db, PHOTOS, "readonly", (store) => store.get(name)));
}

async function present(db, key, value) {
  const stored = await transaction(db, RECORDS, "readonly", (store) => store.get(key));
  return stored?.length === value.length && stored.every((byte, n) => byte === value[n]);
}

// Below this much room the crew is told: a day's photos are some tens of megabytes. Chromium tells no page how full the
// disk is: there it is known when a write is refused.
const LITTLE_MB = 100;

// Writes something, reads it back, and asks how much room is left: megabytes where it is little, -1 where all is well, -2
// where something else came back. Rejects as `write` does.
export async function checkDisk() {
  const mark = crypto.getRandomValues(new Uint8Array(64));
  await withConnection((db) => transaction(db, KEYS, "readwrite", (store) => store.put(mark, "check")));
  const kept = await withConnection((db) => transaction(db, KEYS, "readonly", (store) => store.get("check")));
  if (String(kept) !== String(mark)) return -2;
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  const left = Math.floor((quota - usage) / 1e6);
  return left < LITTLE_MB ? left : -1;
}

// Ends the hold of the lock, where this tab has it.
let release = null;

const held = () => new Promise((done) => { release = done; });

// Whether this tab is the one that writes. The lock is held until `letGo`, or as long as the tab lives.
export function becomeWriter() {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(WRITER, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : held();
    });
  });
}

// Calls back when this tab has become the one that writes: the other was closed, or has let go.
export function onWriterGone(callback) {
  navigator.locks.request(WRITER, () => { callback(); return held(); });
}

// Asks the tab that writes to let go.
export function askToWrite() {
  CHANNEL.postMessage("let go");
}

export function letGo() {
  release?.();
}

// Calls back at another tab's word: true where it asks to write, false where it has written.
export function onWord(callback) {
  CHANNEL.onmessage = ({ data }) => callback(data === "let go");
}

// The device's own key: its private half never leaves the browser.
async function keyPair() {
  const kept = await withConnection((db) => transaction(db, KEYS, "readonly", (store) => store.get("device")));
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  await withConnection((db) => transaction(db, KEYS, "readwrite", (store) => store.put(made, "device")));
  return made;
}

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export async function publicKey() {
  return base64url(await crypto.subtle.exportKey("raw", (await keyPair()).publicKey));
}

// Slow on purpose: who tries PINs waits as long for each.
export async function derive(pin, salt, rounds) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, key, 256));
}

export async function sign(text) {
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return base64url(await crypto.subtle.sign(algorithm, (await keyPair()).privateKey, new TextEncoder().encode(text)));
}
