// The clerk's console: search while typing (also with an input method), Enter opens the first hit, `t` goes to the intake.
// Hits carry the words they were found for: those of other words are never opened, and are gone when no answer comes.

import "./refresh.js";

const LONGEST_MS = 8_000;
const box = document.getElementById("household-search");
const hits = document.getElementById("hits");
let timer = 0;
let flight = null;
let opening = null;

function words() {
  return box.value.trim();
}

function found() {
  return hits.dataset.query === words();
}

function openFirst() {
  opening = null;
  const first = hits.querySelector("[data-href]");
  if (first) location.assign(first.dataset.href);
}

function show(text, html) {
  flight = null;
  hits.removeAttribute("aria-busy");
  hits.innerHTML = html;
  hits.dataset.query = text;
  if (opening === text && found()) openFirst();
}

function sayUnreachable(text) {
  const said = document.createElement("p");
  said.className = "note danger";
  said.textContent = hits.dataset.unreachable;
  show(text, said.outerHTML);
}

async function search() {
  clearTimeout(timer);
  const text = words();
  if (flight?.text === text) return;
  flight?.stop.abort();
  const mine = flight = { text, stop: new AbortController() };
  const late = setTimeout(() => mine.stop.abort(), LONGEST_MS);
  hits.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/hotline/search?q=${encodeURIComponent(text)}`, { signal: mine.stop.signal, headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (mine !== flight) return;
    if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    else if (answer.ok) show(text, html);
    else sayUnreachable(text);
  } catch {
    if (mine === flight) sayUnreachable(text);
  } finally {
    clearTimeout(late);
  }
}

function searchSoon(afterMs) {
  clearTimeout(timer);
  if (!found()) hits.setAttribute("aria-busy", "true");
  timer = setTimeout(search, afterMs);
}

// While an input method composes, the letters are not yet what the clerk means.
box?.addEventListener("input", (event) => { if (!event.isComposing) searchSoon(60); });
box?.addEventListener("compositionend", () => searchSoon(0));
box?.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (found()) {
    openFirst();
    return;
  }
  opening = words();
  search();
});
box?.addEventListener("keydown", (event) => {
  if (event.isComposing || event.key !== "ArrowDown" || !found()) return;
  event.preventDefault();
  hits.querySelector("a")?.focus();
});
document.addEventListener("desk:ticket", () => {
  const form = document.getElementById("intake");
  form?.scrollIntoView({ block: "nearest" });
  form?.querySelector("input[type=radio]:checked, input[type=radio]")?.focus();
});
// A card with no field in use is read, not written: the keys of the desk work without leaving the search first.
if (document.querySelector("[data-household]")) box?.blur();
