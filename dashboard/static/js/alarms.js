// The alarm console: which alarm is meant, the dialogs, and sending an action. The list itself is fetched as HTML.

import "./refresh.js";
import { selectedRow } from "./keyboard.js";

let target = null;

function meant() {
  return selectedRow() ?? document.querySelector("#alarm-detail [data-alarm]");
}

// Lengths beyond what the rules allow for a priority are not offered; the longest that is left is chosen when needed.
function offerPossible(select, priority) {
  if (!select) return;
  const longest = JSON.parse(select.dataset.longest)[priority] ?? Infinity;
  for (const option of select.options) option.disabled = option.hidden = Number(option.value) > longest;
  if (select.selectedOptions[0]?.disabled) select.value = [...select.options].filter((o) => !o.disabled).at(-1).value;
}

function open(action, alarm) {
  const dialog = document.getElementById(`act-${action}`);
  if (!dialog || !alarm || !alarm.dataset.actions.split(" ").includes(action)) return;
  target = alarm.dataset.alarm;
  dialog.querySelector("[data-alarm-name]").textContent = `P${alarm.dataset.priority} ${alarm.dataset.name}`;
  dialog.querySelector("form").reset();
  offerPossible(dialog.querySelector("[data-longest]"), alarm.dataset.priority);
  dialog.showModal();
}

function tell(kind, detail) {
  const box = document.getElementById("action-result");
  box.hidden = false;
  box.className = kind === "done" ? "note" : "note danger";
  box.textContent = detail ? `${box.dataset[kind]} · ${detail}` : box.dataset[kind];
  box.scrollIntoView({ block: "nearest" });
  if (kind === "done") setTimeout(() => { box.hidden = true; }, 4_000);
}

async function send(action, form) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const address = `/alarms/${encodeURIComponent(target)}/${action}`;
  let answer;
  try {
    answer = await fetch(address, { method: "POST", headers: { "X-CSRF-Token": token }, body: new FormData(form) });
  } catch {
    tell("unreachable");
    return;
  }
  if (!answer.ok) {
    const said = answer.headers.get("Content-Type")?.startsWith("text/plain");
    tell("refused", said ? await answer.text() : String(answer.status));
    return;
  }
  tell("done");
  document.dispatchEvent(new CustomEvent("live:gap", { detail: {} }));
  const detail = document.querySelector("#alarm-detail [data-alarm]");
  if (detail) htmx.ajax("GET", `/alarms/${encodeURIComponent(detail.dataset.alarm)}/detail`, { target: "#alarm-detail", swap: "innerHTML" });
}

document.addEventListener("desk:ticket", () => {
  const way = document.querySelector("#alarm-detail [data-ticket]");
  if (way) location.assign(way.href);
});
document.addEventListener("desk:act", (event) => open(event.detail, meant()));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) open(button.dataset.act, button.closest("[data-alarm]"));
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-action]");
  if (form && event.submitter?.value === "send") send(form.dataset.action, form);
});
