// Keys of the desk. Nothing happens while somebody writes, composes Chinese, or holds Ctrl, Alt or Meta.

let goPressedAt = 0;

function writing(event) {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return true;
  return event.target.matches?.("input, textarea, select, [contenteditable]");
}

function rows() {
  return [...document.querySelectorAll("[data-rows] [data-href]")].filter((row) => row.offsetParent !== null);
}

export function selectedRow() {
  return document.querySelector('[data-rows] [data-selected="true"]');
}

function select(step) {
  const all = rows();
  if (!all.length) return;
  const before = all.indexOf(selectedRow());
  const next = all[Math.min(all.length - 1, Math.max(0, before === -1 ? (step > 0 ? 0 : all.length - 1) : before + step))];
  for (const row of all) delete row.dataset.selected;
  next.dataset.selected = "true";
  next.scrollIntoView({ block: "nearest" });
  (next.querySelector("a") || next).focus({ preventScroll: true });
}

function openRow() {
  const row = selectedRow();
  if (!row) return false;
  const link = row.querySelector("a[hx-get]");
  if (link) link.click();
  else location.assign(row.dataset.href);
  return true;
}

function go(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (link) link.click();
}

// A page without a search of its own leads to the one that has it.
function search() {
  const box = document.querySelector("[data-search]");
  const elsewhere = document.body.dataset.searchPage;
  if (!box) { if (elsewhere) location.assign(`${elsewhere}#search`); return; }
  box.focus();
  box.select();
}

const actions = {
  "/": search,
  "?": () => document.getElementById("keys-help")?.showModal(),
  j: () => select(1),
  k: () => select(-1),
  a: () => document.dispatchEvent(new CustomEvent("desk:act", { detail: "acknowledge" })),
  s: () => document.dispatchEvent(new CustomEvent("desk:act", { detail: "shelve" })),
  t: () => document.dispatchEvent(new CustomEvent("desk:ticket")),
  n: () => document.dispatchEvent(new CustomEvent("desk:new")),
};

function pressed(event) {
  if (writing(event) || document.querySelector("dialog[open]")) return;
  if (event.key === "g") { goPressedAt = Date.now(); return; }
  if (Date.now() - goPressedAt < 1_500 && event.key.length === 1) {
    goPressedAt = 0;
    event.preventDefault();
    go(event.key);
    return;
  }
  if (event.key === "Enter") {
    if (event.target.matches("a, button, summary")) return;
    if (openRow()) event.preventDefault();
    return;
  }
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

export function start() {
  if (location.hash === "#search") search();
  document.addEventListener("keydown", pressed);
  // Escape leaves a search field, so that the keys work again.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && event.target.matches("[data-search]")) event.target.blur();
  });
}
