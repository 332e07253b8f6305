// Every desk page: the stream, the keys, the clock, forms that send themselves, the count of alarms in the header.

import { start as startLive } from "./live.js";
import { start as startKeys } from "./keyboard.js";
import { start as startForms } from "./forms.js";

const zone = document.body.dataset.zone;
const clockFormat = new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function showClock(moment) {
  const clock = document.querySelector("[data-clock]");
  if (clock) clock.textContent = clockFormat.format(moment);
}

function showLive(frame) {
  if (!frame) return;
  if (frame.t) showClock(new Date(frame.t));
  const count = document.querySelector('[data-badge]');
  const open = frame.open_alarms ?? frame.overview?.open_alarms;
  if (count && open) count.textContent = open.P1 + open.P2 || "";
}

document.addEventListener("live:alive", (event) => showLive(event.detail));
document.addEventListener("live:snapshot", (event) => showLive(event.detail));

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (form && event.target.matches("select")) form.requestSubmit();
});
document.addEventListener("desk:new", () => {
  const box = document.getElementById("household-search");
  if (box) { box.value = ""; box.focus(); } else location.assign("/hotline");
});

startLive();
startKeys();
startForms();
