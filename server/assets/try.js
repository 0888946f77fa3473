// The page to try the API: sends what was filled in, and shows what comes back as it comes.
"use strict";
(() => {
  const page = document.querySelector(".try");
  const token = page.querySelector("[data-token]");
  const said = (form) => form.querySelector("output");

  // A page that is not on https (nor on this machine) has no randomUUID.
  function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // What a form asks for: address, headers and body.
  function request(form) {
    let path = form.dataset.path;
    const query = new URLSearchParams();
    const headers = new Headers();
    for (const field of form.querySelectorAll("[data-in]")) {
      const value = field.value.trim();
      if (field.dataset.in === "path") path = path.replace("{" + field.name + "}", encodeURIComponent(value));
      else if (field.dataset.in === "query" && value) query.set(field.name, value);
      else if (field.name === "Idempotency-Key") headers.set(field.name, value || newKey());
      else if (value) headers.set(field.name, value);
    }
    let body;
    const text = form.elements.namedItem("body");
    const file = form.elements.namedItem("file");
    if (text) { body = text.value; headers.set("Content-Type", "application/json"); }
    if (file) { body = file.files[0]; headers.set("Content-Type", file.dataset.kind); }
    const bearer = token.elements.token.value.trim();
    if (bearer && !("open" in form.dataset)) headers.set("Authorization", "Bearer " + bearer);
    const credentials = bearer ? "omit" : "same-origin";
    const asked = query.toString();
    return [asked ? path + "?" + asked : path, { method: form.dataset.method, headers, body, credentials, cache: "no-store" }];
  }

  // JSON is set out in lines; a stream of events is shown as it comes; bytes are only counted.
  async function show(answer, pre) {
    const kind = answer.headers.get("Content-Type") || "";
    if (!answer.body) return;
    if (!/json|^text\//.test(kind)) {
      pre.textContent = (await answer.arrayBuffer()).byteLength + " bytes of " + (kind || "something");
      return;
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      pre.textContent = text;
    }
    if (/json/.test(kind) && text) pre.textContent = JSON.stringify(JSON.parse(text), null, 2);
  }

  async function send(form) {
    const [pre, stop, output] = [form.querySelector(".answer"), form.querySelector("[data-stop]"), said(form)];
    const abort = new AbortController();
    pre.textContent = "";
    pre.hidden = stop.hidden = false;
    stop.onclick = () => abort.abort();
    output.textContent = "…";
    const began = performance.now();
    try {
      const [address, options] = request(form);
      const answer = await fetch(address, { ...options, signal: abort.signal });
      const told = ["Retry-After", "Idempotent-Replayed", "Upload-Offset", "Upload-Complete"]
        .filter((name) => answer.headers.has(name)).map((name) => name + ": " + answer.headers.get(name));
      output.textContent = [answer.status + " " + answer.statusText, Math.round(performance.now() - began) + " ms", ...told].join(" · ");
      await show(answer, pre);
    } catch (fault) {
      if (fault.name !== "AbortError") output.textContent = String(fault);
    } finally {
      stop.hidden = true;
      pre.hidden = !pre.textContent;
    }
  }

  async function signIn() {
    const { login, password } = Object.fromEntries(new FormData(token));
    const body = JSON.stringify({ login, password });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/api/v1/session", { method: "POST", headers, body, credentials: "omit" });
    const given = await answer.json();
    if (answer.ok) { token.elements.token.value = given.access_token; token.elements.password.value = ""; }
    said(token).textContent = answer.ok ? "Signed in as " + given.person.name + ", " + given.person.role + "." : given.detail;
  }

  token.hidden = false;
  for (const part of page.querySelectorAll(".send")) part.hidden = false;
  page.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target === token) signIn().catch((fault) => { said(token).textContent = String(fault); });
    else send(event.target);
  });
  // An address that names a call opens it.
  const open = () => {
    const call = location.hash && document.getElementById(location.hash.slice(1));
    if (call && call.tagName === "DETAILS") { call.open = true; call.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
})();
