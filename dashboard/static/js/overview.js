// The overview and the wall: figures from the snapshot every second; map and lists are fetched as one piece, seldom.

import "./refresh.js";
import { durationText } from "./live.js";

const MISSING = "—";

function at(path, tree) {
  return path.split(".").reduce((node, key) => (node === null || node === undefined ? undefined : node[key]), tree);
}

function figure(value, digits) {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  // A little below nothing is nothing: «−0» says something that is not so.
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (Number(text.replaceAll(",", "")) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show(overview) {
  const ratio = overview.pass_rate;
  if (ratio) ratio.pct = ratio.denominator ? (100 * ratio.numerator) / ratio.denominator : null;
  if (overview.stations) overview.stations.silent = overview.stations.denominator - overview.stations.numerator;
  for (const element of document.querySelectorAll("main [data-live]")) {
    const value = at(element.dataset.live, overview);
    if (value === undefined) continue;
    const digits = element.dataset.digits;
    write(element, digits === "age" ? (value === null ? MISSING : durationText(value)) : figure(value, Number(digits || 0)));
  }
  for (const element of document.querySelectorAll("main [data-partial]")) {
    element.toggleAttribute("data-is-partial", Boolean(overview[element.dataset.partial]?.partial));
  }
  for (const element of document.querySelectorAll("main [data-live-point]")) {
    const point = overview[element.dataset.livePoint];
    const number = element.querySelector(".number");
    if (!point || !number) continue;
    write(number, figure(point.value, Number(element.dataset.digits)));
    number.classList.toggle("stale", point.value !== null && (point.stale || String(point.quality).startsWith("bad")));
  }
}

document.addEventListener("live:snapshot", (event) => { if (event.detail?.overview) show(event.detail.overview); });
