// The desks: live fragments, search as you type, consequences before the last key, everything by keyboard.
// Pages work without it; it only saves reloads and keystrokes.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const spanish = document.documentElement.lang === "es";
  const say = (english, inSpanish) => (spanish ? inSpanish : english);

  // ---- Fragments: fetch HTML of our own server, put in only what changed, tint it for two seconds. ----
  async function fetchFragment(url, options = {}) {
    const answer = await fetch(url, {
      credentials: "same-origin",
      headers: { "X-Curbstop-Fragment": "1", Accept: "text/html" },
      ...options,
    });
    if (answer.status === 401) { location.assign("/?next=" + encodeURIComponent(location.pathname + location.search)); }
    return { ok: answer.ok, status: answer.status, html: await answer.text(), url: answer.headers.get("X-Curbstop-Location") };
  }
  function parsed(html) { return new DOMParser().parseFromString(html, "text/html").body; }
  // What a person opened or is typing stays as it is.
  const bare = (node) => node.outerHTML
    .replace(/ (open|data-arrived|data-selected|viewBox|data-whole|style)="[^"]*"/g, "")
    // What was said of a row stands in it beside what the server says.
    .replace(/<div data-said="">.*?<\/div>/gs, "")
    // Each drawing gives a form another key.
    .replace(/(name="key" value=)"[^"]*"/g, "$1");
  const filledIn = (field) => {
    if (field.type === "hidden") return false;
    if (field.tagName === "SELECT") return field.selectedIndex !== Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  };
  const busyWith = (node) => {
    const active = document.activeElement;
    return (node.contains(active) && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName)) || $$("input, textarea, select", node).some(filledIn);
  };
  // Only the form that somebody types in stays as it is: what stands around it is as the server says, and where the server
  // has that form no more, it goes.
  function aroundWhatIsTyped(old, fresh) {
    if (old.matches("form")) return;
    const called = (node) => [node.tagName, node.id, node.getAttribute("aria-labelledby"), node.getAttribute("action"), node.dataset.key].join("|");
    const before = [...old.children].filter(busyWith);
    const kept = [];
    const nodes = [...fresh.childNodes].map((is) => {
      const was = is.nodeType === 1 && before.find((one) => !kept.includes(one) && called(one) === called(is));
      if (!was) return is.cloneNode(true);
      kept.push(was);
      if (bare(was) !== bare(is)) patch(was, is);
      return was;
    });
    // What is kept is not moved: a field that leaves the page for a moment loses its place.
    for (const node of [...old.childNodes]) if (!kept.includes(node)) node.remove();
    let at = null;
    for (const node of nodes.reverse()) { if (!kept.includes(node)) old.insertBefore(node, at); at = node; }
  }
  function patch(old, fresh) {
    const keyed = [...fresh.children].length && [...fresh.children].every((child) => child.dataset.key);
    if (!keyed) {
      const some = $("[data-key]", fresh);
      if (some && old.children.length === fresh.children.length) {
        for (let i = 0; i < fresh.children.length; i += 1) {
          const [was, is] = [old.children[i], fresh.children[i]];
          if (bare(was) === bare(is)) continue;
          if (was.tagName === is.tagName && $("[data-key]", is)) patch(was, is);
          else if (!busyWith(was)) was.replaceWith(is.cloneNode(true));
          else if (was.tagName === is.tagName) aroundWhatIsTyped(was, is);
        }
      } else if (bare(old) !== bare(fresh)) {
        if (!busyWith(old)) old.replaceChildren(...[...fresh.childNodes].map((node) => node.cloneNode(true)));
        else aroundWhatIsTyped(old, fresh);
      }
      return;
    }
    const before = new Map([...old.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
    let cursor = old.firstElementChild;
    for (const is of [...fresh.children]) {
      const was = before.get(is.dataset.key);
      before.delete(is.dataset.key);
      let node = was;
      if (!was || (bare(was) !== bare(is) && !busyWith(was))) {
        node = is.cloneNode(true);
        if (was) {
          if (was.hasAttribute("open")) node.setAttribute("open", "");
          for (const inner of $$("[data-key]", node)) {
            const same = $$("[data-key]", was).find((candidate) => candidate.dataset.key === inner.dataset.key);
            if (same && bare(same) !== bare(inner)) inner.dataset.arrived = "";
          }
          const hadFocus = was.contains(document.activeElement);
          was.replaceWith(node);
          if (was === cursor) cursor = node;
          if (hadFocus) $("summary, a, button", node)?.focus();
        }
        if (!was || !$("[data-arrived]", node)) node.dataset.arrived = "";
      }
      if (node !== cursor) old.insertBefore(node, cursor);
      else cursor = cursor.nextElementSibling;
    }
    for (const gone of before.values()) gone.remove();
    for (const child of [...old.children]) if (!child.dataset.key) child.remove();
    setTimeout(() => $$("[data-arrived]", old).forEach((node) => delete node.dataset.arrived), 2000);
  }
  // What a button in a row came to is said in that row, however often the row is drawn anew; where the row is gone, above.
  const notes = new Map();
  const NOTED_MS = 60000;
  function note() {
    for (const [key, { html, until }] of notes) {
      const row = $$("[data-key]").find((candidate) => candidate.dataset.key === key);
      if (Date.now() > until) { notes.delete(key); if (row) $("[data-said]", row)?.remove(); continue; }
      if (!row || $("[data-said]", row)) continue;
      const said = document.createElement("div");
      said.dataset.said = "";
      said.append(...parsed(html).childNodes);
      (row.matches("tr") ? row.lastElementChild : row).append(said);
    }
  }
  function show(said) {
    said.tabIndex = -1;
    said.focus({ preventScroll: true });
    said.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("patched", () => note());
  async function refresh(live) {
    if (live.refreshing) { live.again = true; return; }
    live.refreshing = true;
    try {
      const fragment = await fetchFragment(live.dataset.live);
      if (fragment.ok) {
        const fresh = $("[data-live]", parsed(fragment.html)) || parsed(fragment.html);
        patch(live, fresh);
        live.dispatchEvent(new CustomEvent("patched", { bubbles: true }));
        heard();
      }
    } catch { broken(); }
    live.refreshing = false;
    if (live.again) { live.again = false; refresh(live); }
  }
  const refreshAll = () => Promise.all($$("[data-live]").map(refresh));

  // ---- Live: the server says that something happened; the page asks for what it shows. ----
  const light = $("#live");
  let lastHeard = Date.now();
  const clock = (ms) => new Date(ms).toLocaleTimeString(spanish ? "es" : "en-GB", { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.zone });
  function heard() {
    lastHeard = Date.now();
    if (light) { light.dataset.state = "live"; light.textContent = say("Live", "En vivo"); }
  }
  function broken() {
    if (!light) return;
    light.dataset.state = "waiting";
    light.textContent = say(`Not connected. Shown: ${clock(lastHeard)}. Trying again`, `Sin conexión. Datos de las ${clock(lastHeard)}. Reintentando`);
  }
  let soon = null;
  const later = () => { if (!soon) soon = setTimeout(() => { soon = null; refreshAll(); }, 250); };
  if (light && window.EventSource) {
    // Only what somebody looks at listens: a browser has six lines to a server, and a page that was left, or a tab behind
    // another, would keep one of them.
    let events = null;
    let missed = false;
    const listen = () => {
      if (events || document.hidden) return;
      events = new EventSource("/api/v1/events");
      events.onopen = () => { heard(); if (missed) { missed = false; refreshAll(); } };
      events.onerror = () => {
        missed = true;
        broken();
        // Refused (nobody is signed in any more), it would never try again by itself; somebody may sign in in another tab.
        if (events && events.readyState === EventSource.CLOSED) { events = null; setTimeout(listen, 10000); }
      };
      for (const kind of ["message", "changed", "lagged"]) events.addEventListener(kind, later);
    };
    const leave = () => { if (events) { events.close(); events = null; missed = true; } };
    document.addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", listen);
    listen();
    // Ages and deadlines move on even where nothing happens.
    setInterval(() => { if (!document.hidden) refreshAll(); }, 30000);
  }

  // ---- Search as you type. ----
  for (const box of $$("[data-search]")) {
    const list = $("#" + box.getAttribute("aria-controls"));
    let asked = 0;
    let timer = null;
    const links = () => $$("a", list);
    const select = (n) => {
      const all = links();
      if (!all.length) {
        // "Nobody matches" is no choice, but it is read out.
        const said = $("[role=option]", list);
        if (said) box.setAttribute("aria-activedescendant", said.id); else box.removeAttribute("aria-activedescendant");
        return;
      }
      const at = (n + all.length) % all.length;
      all.forEach((link, i) => link.setAttribute("aria-selected", i === at ? "true" : "false"));
      box.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    };
    const selected = () => links().findIndex((link) => link.getAttribute("aria-selected") === "true");
    const close = () => { list.hidden = true; box.setAttribute("aria-expanded", "false"); };
    const ask = async () => {
      const words = box.value.trim();
      const mine = (asked += 1);
      if (words.length < 2) { close(); return false; }
      list.setAttribute("aria-busy", "true");
      try {
        const fragment = await fetchFragment(box.dataset.search + encodeURIComponent(words));
        if (mine !== asked) return false;
        list.replaceChildren(...parsed(fragment.html).childNodes);
      } catch {
        if (mine === asked) list.innerHTML = `<p class="empty" id="found-none" role="option" aria-disabled="true" aria-selected="false">${say("No connection. Press Enter to try again.", "Sin conexión. Presione Enter para reintentar.")}</p>`;
      }
      list.removeAttribute("aria-busy");
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
      select(0);
      return true;
    };
    let shownFor = "";
    const askFor = async () => { const words = box.value; if (await ask()) shownFor = words; };
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(askFor, 120); });
    box.addEventListener("focus", () => { if (box.value && links().length) { list.hidden = false; } });
    box.addEventListener("keydown", async (event) => {
      // Nothing is typed and nothing is found: the page's own keys are meant.
      if (!box.value && !links().length && ["ArrowDown", "Escape", "?"].includes(event.key)) {
        event.preventDefault();
        box.blur();
        if (event.key === "ArrowDown") move(1);
        if (event.key === "?") help?.showModal();
        return;
      }
      if (event.key === "ArrowDown") { event.preventDefault(); select(selected() + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); select(selected() - 1); }
      else if (event.key === "Escape") { if (list.hidden) box.value = ""; close(); }
      else if (event.key === "Enter") {
        event.preventDefault();
        // Faster than the answer: wait for it, so that Enter never opens what was found for half a word.
        if (shownFor !== box.value) { clearTimeout(timer); await askFor(); }
        const link = links()[Math.max(selected(), 0)];
        if (link) location.assign(link.href);
      }
    });
    document.addEventListener("click", (event) => { if (!event.target.closest(".find")) close(); });
  }

  // ---- A form that shows its consequences before its last key: data-preview is where it asks. ----
  for (const form of $$("form[data-preview]")) {
    const target = $("#" + form.dataset.target);
    const last = $("button.act", form);
    // What is asked about before it is recorded: Space ticks it, Enter records.
    const doubt = () => $("input[name=another]:not(:checked)", target);
    let mine = 0;
    let timer = null;
    let tooSoon = false;
    const preview = async () => {
      const number = (mine += 1);
      last.disabled = true;
      // What is not filled in yet is waited for; what can't be right the server says in its own words.
      if ([...form.elements].some((field) => field.required && !field.value.trim())) { target.replaceChildren(...parsed(target.dataset.empty || "").childNodes); return; }
      target.setAttribute("aria-busy", "true");
      try {
        const fragment = await fetchFragment(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (number !== mine) return;
        const held = target.contains(document.activeElement) ? document.activeElement.name : "";
        target.replaceChildren(...parsed(fragment.html).childNodes);
        if (held) $(`[name="${held}"]`, target)?.focus();
        else if (tooSoon) doubt()?.focus();
        last.disabled = !fragment.ok;
        if (fragment.ok) {
          const note = document.createElement("p");
          note.textContent = say("Nothing is recorded yet: Enter records it.", "Aún no se registró nada: Enter lo registra.");
          note.className = tooSoon ? "say wait" : "soft";
          target.prepend(note);
          tooSoon = false;
        }
      } catch {
        if (number !== mine) return;
        target.textContent = say("No connection: nothing was recorded.", "Sin conexión: no se registró nada.");
      }
      target.removeAttribute("aria-busy");
    };
    form.addEventListener("input", () => { mine += 1; last.disabled = true; clearTimeout(timer); timer = setTimeout(preview, 200); });
    // Faster than the answer: nobody may believe that this Enter recorded something.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      if (last.disabled) { tooSoon = true; doubt()?.focus(); return; }
      if (event.target.name === "another") { event.preventDefault(); form.requestSubmit(last); }
    });
    preview();
  }

  // ---- A chosen file says by its headings what it is; what somebody has filled in already stays. ----
  for (const input of $$("input[data-like]")) {
    const [kind, source, note] = [$("#kind"), $("#source"), $("#like")];
    source.addEventListener("input", () => { source.dataset.typed = ""; });
    input.addEventListener("change", async () => {
      const file = input.files[0];
      if (!file) return;
      try {
        const answer = await fetch(input.dataset.like, {
          method: "POST", credentials: "same-origin", body: /\.xlsx$/i.test(file.name) ? file : file.slice(0, 65536),
          headers: { "X-Curbstop-Fragment": "1", "Content-Type": "application/octet-stream" },
        });
        const like = answer.ok ? await answer.json() : null;
        if (!like) { note.textContent = say("Its headings are not known: say what it is.", "Sus encabezados no se conocen: diga qué es."); kind.focus(); return; }
        kind.value = like.kind;
        if (like.source && !("typed" in source.dataset)) source.value = like.source;
        note.textContent = say(`Looks like: ${like.mapping}.`, `Parece: ${like.mapping}.`) + (like.source ? say(` From ${like.source}, as the last one.`, ` De ${like.source}, como el último.`) : "");
      } catch { /* The server finds it out again when the file is sent. */ }
    });
  }

  // ---- Forms that answer in place. ----
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-into]")) return;
    event.preventDefault();
    const target = $("#" + form.dataset.into);
    const button = event.submitter;
    // Where on the list somebody works: what is settled goes, and the keyboard stays at its place.
    const place = rows().findIndex((row) => row.contains(form));
    const goOn = () => {
      const all = rows();
      if (place >= 0 && all.length && document.activeElement === document.body) stand(all[Math.min(place, all.length - 1)]);
    };
    const upload = form.enctype === "multipart/form-data";
    const data = new FormData(form);
    if (button?.name) data.set(button.name, button.value);
    $$("button", form).forEach((other) => { other.disabled = true; });
    target.setAttribute("aria-busy", "true");
    try {
      const fragment = await fetchFragment(form.action, { method: "POST", body: upload ? data : new URLSearchParams(data) });
      if (fragment.url) { location.assign(fragment.url); return; }
      const row = "note" in form.dataset && form.closest("[data-key]:is(tr, li)");
      if (row) {
        notes.set(row.dataset.key, { html: fragment.html, until: Date.now() + NOTED_MS });
        const live = row.closest("[data-live]");
        if (live) await refresh(live);
        note();
        const drawn = $$("[data-key]").find((candidate) => candidate.dataset.key === row.dataset.key);
        const said = drawn && $("[data-said]", drawn);
        target.replaceChildren(...(said ? [] : parsed(fragment.html).childNodes));
        show(said?.firstElementChild || target.firstElementChild || target);
        $$("button", form).forEach((other) => { other.disabled = false; });
        target.removeAttribute("aria-busy");
        goOn();
        return;
      }
      target.replaceChildren(...parsed(fragment.html).childNodes);
      // Answered: what was typed there is said, and holds nothing up.
      if (fragment.ok && form.closest("[data-live]") && !form.contains(target)) form.reset();
      // Done: what was asked for is not asked for twice.
      if (form.contains(target) && $("[data-next]", target)) {
        // Nor is there anything left to cancel.
        $$("button.act, button.act ~ a.button", form).forEach((last) => { if (!target.contains(last)) last.hidden = true; });
        // A form that can be sent once goes: what is left of it would ask for what is done.
        if ("once" in form.dataset) [...form.children].forEach((part) => { if (!part.contains(target)) part.hidden = true; });
      }
      // Enter does the next obvious thing.
      ($("[data-next]", target) || $("input[name=another]:not(:checked)", target) || $("button.act, a.button.act", target))?.focus();
      refreshAll().then(goOn);
    } catch {
      target.textContent = say("No connection: nothing was done. Try again.", "Sin conexión: no se hizo nada. Intente de nuevo.");
    }
    target.removeAttribute("aria-busy");
    $$("button", form).forEach((other) => { other.disabled = false; });
  });

  // ---- The map: moved with the pointer, nearer and farther with buttons and Ctrl and the wheel. A refresh keeps the view. ----
  let mapView = null;
  const mapOf = () => $("[data-map] > svg");
  const frameOf = (svg) => svg.getAttribute("viewBox").split(" ").map(Number);
  function lookAt(svg, view) {
    mapView = view;
    svg.dataset.whole ??= svg.getAttribute("viewBox");
    const before = Number(svg.dataset.whole.split(" ")[2]);
    svg.setAttribute("viewBox", view.join(" "));
    // Marks and names keep their size on the screen.
    svg.style.setProperty("--unit", (Number(svg.dataset.unit) * view[2]) / before);
  }
  const sizeMarks = (svg) => svg.style.setProperty("--unit", svg.dataset.unit);
  function zoom(svg, by, at = [0.5, 0.5]) {
    const [x, y, width, height] = frameOf(svg);
    const whole = (svg.dataset.whole ?? svg.getAttribute("viewBox")).split(" ").map(Number);
    const next = Math.min(Math.max(width * by, whole[2] / 40), whole[2] * 4);
    const ratio = next / width;
    lookAt(svg, [x + width * at[0] * (1 - ratio), y + height * at[1] * (1 - ratio), next, height * ratio]);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    const svg = button && mapOf();
    if (!svg) return;
    if (button.dataset.zoom === "all") { if (svg.dataset.whole) lookAt(svg, svg.dataset.whole.split(" ").map(Number)); mapView = null; }
    else zoom(svg, button.dataset.zoom === "in" ? 0.6 : 1 / 0.6);
  });
  document.addEventListener("wheel", (event) => {
    const svg = event.target.closest?.("[data-map] > svg");
    if (!svg || !event.ctrlKey) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    zoom(svg, event.deltaY < 0 ? 0.8 : 1.25, [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  }, { passive: false });
  let dragged = null;
  document.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest?.("[data-map] > svg");
    if (svg && event.button === 0) dragged = { svg, x: event.clientX, y: event.clientY, from: frameOf(svg), far: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged || !dragged.svg.isConnected) { dragged = null; return; }
    const [x, y] = [event.clientX - dragged.x, event.clientY - dragged.y];
    if (!dragged.far && Math.hypot(x, y) < 5) return;
    dragged.far = true;
    const scale = 1 / dragged.svg.getScreenCTM().a;
    lookAt(dragged.svg, [dragged.from[0] - x * scale, dragged.from[1] - y * scale, dragged.from[2], dragged.from[3]]);
  });
  // Whoever moved the map did not mean the stop under the pointer.
  let movedAt = 0;
  document.addEventListener("pointerup", (event) => { if (dragged?.far) movedAt = event.timeStamp; dragged = null; });
  document.addEventListener("click", (event) => { if (event.timeStamp - movedAt < 100 && event.target.closest("[data-map]")) event.preventDefault(); }, true);
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-map]")) event.preventDefault(); });
  const drawMap = () => { const svg = mapOf(); if (!svg) return; if (mapView) lookAt(svg, mapView); else sizeMarks(svg); };
  document.addEventListener("patched", drawMap);
  drawMap();

  // ---- Keys. ----
  const help = $("#keys");
  const rows = () => $$("[data-row]").filter((row) => row.offsetParent !== null);
  const stand = (next) => {
    rows().forEach((row) => row.toggleAttribute("data-selected", row === next));
    ($("summary", next) || $("a", next) || next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => "selected" in row.dataset);
    stand(all[Math.min(Math.max(now + by, 0), all.length - 1)]);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, textarea, select");
    if (typing) { if (event.key === "Escape" && !event.target.matches("[data-search]")) event.target.blur(); return; }
    const go = { o: "/office", d: "/dispatch", r: "/reports" };
    if (waitingForGo && go[event.key] && $(`nav a[href="${go[event.key]}"]`)) { location.assign(go[event.key]); return; }
    switch (event.key) {
      case "/": { const box = $("[data-search]"); if (box) { event.preventDefault(); box.focus(); box.select(); } break; }
      case "?": event.preventDefault(); help?.showModal(); break;
      case "j": case "ArrowDown": event.preventDefault(); move(1); break;
      case "k": case "ArrowUp": event.preventDefault(); move(-1); break;
      case "p": { const amount = $("input[name=amount]"); if (amount) { event.preventDefault(); amount.focus(); amount.select(); } break; }
      case "1": case "2": case "3": { const step = $$(".steps a")[Number(event.key) - 1]; if (!step) break;
        event.preventDefault();
        // A step that is open already is gone into, not closed.
        if (step.getAttribute("aria-expanded") === "true") ($(".panel [data-next]") || $(".panel :is(input, select):not([type=hidden]), .panel button.act, .panel a"))?.focus();
        else step.click();
        break;
      }
      case "c": case "h": case "r": case "t": { const link = $(`[data-shortcut="${event.key}"]`); if (link) { event.preventDefault(); link.click(); } break; }
    }
    waitingForGo = event.key === "g";
  });
  let waitingForGo = false;
  $$("[data-opens]").forEach((button) => button.addEventListener("click", () => $("#" + button.dataset.opens)?.showModal()));
  // The day's picker needs no button of its own.
  $$("input[data-submits]").forEach((input) => input.addEventListener("change", () => input.form.requestSubmit()));
})();
