// Keeps the app on the tablet, whole or not at all, and lets go of an old build only when the new one has run.
//
// Rules, each learned from somebody's lost day:
// - all files of a build or none: a build is installed only when every file is in its cache;
// - never take over by itself: the page asks with {kind: "take-over"} when no draft is open and nothing is uploading;
// - the build before stays until a page of this build has reported {kind: "started"};
// - only the app's own files are answered here: the API and everything else go to the network untouched.
const BUILD = "CURBSTOP_BUILD";
const FILES = ["CURBSTOP_FILES"];

const CACHES = "curbstop-field-";
const CACHE = CACHES + BUILD;
const SCOPE = self.registration.scope;
const URLS = new Set(FILES.map((file) => new URL(file, SCOPE).href));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (event.data?.kind === "take-over") event.waitUntil(self.skipWaiting());
  if (event.data?.kind === "started" && event.data.build === BUILD) event.waitUntil(dropOtherBuilds());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(SCOPE)) return;
  const url = new URL(request.url);
  url.search = url.hash = "";
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (URLS.has(url.href) || url.href.startsWith(new URL("assets/", SCOPE).href)) event.respondWith(file(url.href, request));
});

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all([...URLS].map(async (url) => {
    // A hashed name has the same content in every build, and in an install that a lost signal cut short.
    const hashed = url.includes("/assets/");
    const kept = hashed ? await caches.match(url) : undefined;
    const answer = kept ?? (await fetch(url, { cache: hashed ? "default" : "no-cache" }));
    if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
    await cache.put(url, answer);
  }));
}

async function page(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(SCOPE)) ?? fetch(request);
}

// Other builds' files too: a page that was opened before an update may still ask for them.
async function file(url, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(url)) ?? (await caches.match(url)) ?? fetch(request);
}

async function dropOtherBuilds() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(CACHES) && name !== CACHE).map((name) => caches.delete(name)));
}
