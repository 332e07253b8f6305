// The station page: values in the schematic from the stream, and the trend with its table.

import "./refresh.js";
import { durationText } from "./live.js";

const MISSING = "—";
const REFRESH_MS = 60_000;
const MOST_ROWS = 200;

// ---- schematic ----------------------------------------------------------------------------------------------

function stateOf(point) {
  if (point.value === null || point.value === undefined) return "missing";
  if (String(point.quality).startsWith("bad")) return "bad";
  if (point.stale) return "stale";
  return String(point.quality).startsWith("uncertain") ? "uncertain" : "good";
}

function figure(value, digits) {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  // A little below nothing is nothing: «−0» says something that is not so.
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (Number(text.replaceAll(",", "")) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

function shownValue(tag, point) {
  const words = tag.ownerSVGElement.dataset;
  if ("flag" in tag.dataset && Number.isFinite(point.value)) return point.value ? words.yes : words.no;
  return figure(point.value, Number(tag.dataset.digits));
}

// The frequency is that of the pump that runs; when none does, of the one that failed.
function followPumps(schematic, points) {
  for (const tag of schematic.querySelectorAll("[data-follows]")) {
    const pump = tag.dataset.follows;
    const says = (n, what) => {
      const point = points[`${pump}_${n}_${what}`];
      return point && ["good", "uncertain"].includes(stateOf(point)) && point.value;
    };
    const shownPump = [1, 2].find((n) => says(n, "running")) ?? [1, 2].find((n) => says(n, "fault")) ?? 1;
    const name = `${pump}_${shownPump}_frequency_hz`;
    if (tag.dataset.point === name || !points[name]) continue;
    tag.dataset.point = name;
    const label = tag.dataset.label.replace("{n}", shownPump);
    tag.querySelector(".label").textContent = label;
    tag.querySelector("title").textContent = label;
  }
}

function showPoints(schematic, points) {
  followPumps(schematic, points);
  for (const tag of schematic.querySelectorAll("[data-point]")) {
    const point = points[tag.dataset.point];
    if (!point) continue;
    const state = stateOf(point);
    tag.dataset.state = state;
    tag.querySelector("[data-value]").textContent = shownValue(tag, point);
    tag.querySelector("[data-age]").textContent =
      state !== "good" && point.age_s !== null && point.age_s !== undefined ? durationText(point.age_s) : "";
  }
  for (const pump of schematic.querySelectorAll("[data-pump]")) {
    const running = points[`${pump.dataset.pump}_running`];
    const fault = points[`${pump.dataset.pump}_fault`];
    if (!running) continue;
    const known = ["good", "uncertain"].includes(stateOf(running));
    const broken = fault && ["good", "uncertain"].includes(stateOf(fault)) && fault.value;
    pump.dataset.state = broken ? "fault" : !known ? "unknown" : running.value ? "running" : "stopped";
  }
}

document.addEventListener("live:station", (event) => {
  const points = event.detail?.points;
  // A station with several circuits has a schematic for each: its own primary side with that circuit's points.
  for (const schematic of points ? document.querySelectorAll(".schematic") : []) {
    showPoints(schematic, { ...points, ...event.detail.circuits?.[schematic.dataset.circuit] });
  }
  const age = document.querySelector("[data-station-age]");
  const seconds = event.detail?.row?.age_s;
  if (age && seconds !== null && seconds !== undefined) age.textContent = durationText(seconds);
});

// ---- trend --------------------------------------------------------------------------------------------------

const chart = document.getElementById("trend");
const note = document.getElementById("trend-note");
const made = JSON.parse(document.getElementById("trend-figure").textContent);
const zone = document.body.dataset.zone;
const local = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
let hours = 24;
let revision = 0;
let shown = null;

// The chart library knows no zones: it is given local clock times.
const clock = (ms) => local.format(ms);

// Thinned and older data lie further apart than messages do: a gap is several times the usual distance.
function gapOf(times, values, gapMs) {
  const present = times.filter((_, index) => values[index] !== null && values[index] !== undefined);
  const steps = present.slice(1).map((ms, index) => ms - present[index]).sort((a, b) => a - b);
  return Math.max(gapMs, 4 * (steps[Math.floor(steps.length / 2)] ?? 0));
}

function withGaps(times, values, messageGapMs) {
  const gapMs = gapOf(times, values, messageGapMs);
  const x = [];
  const y = [];
  let before = null;
  times.forEach((ms, index) => {
    const value = values[index];
    if (value === null || value === undefined) return;
    if (before !== null && ms - before > gapMs) { x.push(clock(before + 1)); y.push(null); }
    x.push(clock(ms));
    y.push(value);
    before = ms;
  });
  return { x, y };
}

function marks(alarms, start) {
  const colours = { 1: "#c41221", 2: "#f08a24", 3: "#f6d32d", 4: "#a5158f" };
  const symbols = { 1: "square", 2: "triangle-up", 3: "diamond", 4: "circle" };
  const kept = alarms.filter((alarm) => Date.parse(alarm.raised_at) >= start);
  return {
    type: "scatter", mode: "markers", name: made.words.alarm, yaxis: "y3", showlegend: kept.length > 0,
    x: kept.map((alarm) => clock(Date.parse(alarm.raised_at))), y: kept.map(() => 0),
    text: kept.map((alarm) => `P${alarm.priority} ${alarm.name[document.documentElement.lang === "en" ? "en" : "zh"]}`),
    hovertemplate: "%{text}<extra></extra>", cliponaxis: false,
    marker: { size: 13, symbol: kept.map((a) => symbols[a.priority]), color: kept.map((a) => colours[a.priority]), line: { width: 1, color: "#23282c" } },
  };
}

function escaped(text) {
  const cell = document.createElement("span");
  cell.textContent = text;
  return cell.innerHTML;
}

function table(trend) {
  const names = made.traces.map((trace) => trace.meta);
  const step = Math.max(1, Math.ceil(trend.time_ms.length / MOST_ROWS));
  const head = made.traces.map((trace) => `<th scope="col" class="n">${escaped(trace.name)} °C</th>`).join("");
  const rows = [];
  for (let index = trend.time_ms.length - 1; index >= 0; index -= step) {
    const cells = names.map((name) => `<td class="n">${figure(column(trend, name)?.[index] ?? null, 1)}</td>`).join("");
    rows.push(`<tr><td class="number">${clock(trend.time_ms[index])}</td>${cells}</tr>`);
  }
  return `<table><thead><tr><th scope="col">${escaped(made.words.time)}</th>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function column(trend, name) {
  return trend.columns[name] ?? (name === "outdoor" ? trend.columns.outdoor_temp_c : undefined);
}

function draw(trend, alarms) {
  revision += 1;
  const start = Date.parse(trend.start);
  const data = made.traces.map((trace) => ({ ...trace, ...withGaps(trend.time_ms, column(trend, trace.meta) ?? [], trend.gap_ms) }));
  data.push(marks(alarms, start));
  const layout = {
    ...made.layout, datarevision: revision,
    xaxis: { ...made.layout.xaxis, range: [clock(start), clock(Date.parse(trend.end))] },
    yaxis3: { domain: [0, 0.05], visible: false, range: [-1, 1], fixedrange: true },
  };
  window.Plotly.react(chart, data, layout, made.config);
  shown = trend;
  note.textContent = trend.thinned ? [made.words.thinned, made.words.resolution[trend.resolution]].join(" ") : "";
  const twin = document.getElementById("trend-table");
  if (!twin.hidden) twin.innerHTML = table(trend);
}

function loadLibrary() {
  if (window.Plotly) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = chart.dataset.library;
    script.onload = () => { if (made.locale) window.Plotly.register(made.locale); resolve(); };
    script.onerror = () => reject(new Error("the chart library did not load"));
    document.head.append(script);
  });
}

async function fetchJson(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
}

async function load() {
  const id = encodeURIComponent(chart.dataset.station);
  const end = new Date(Number(chart.dataset.nowMs) + Date.now() - openedAt);
  const start = new Date(end - hours * 3_600_000);
  const points = made.traces.map((trace) => trace.meta).join(",");
  const { circuit } = chart.dataset;
  const ofCircuit = circuit ? `&circuit=${encodeURIComponent(circuit)}` : "";
  const width = Math.min(2_000, Math.max(300, chart.clientWidth));
  if (!shown) note.textContent = chart.dataset.loading;
  try {
    const window_ = `start=${start.toISOString()}&end=${end.toISOString()}`;
    const [trend, alarms] = await Promise.all([
      fetchJson(`/api/v1/stations/${id}/trend?points=${points}&${window_}&max_points=${width}${ofCircuit}`),
      fetchJson(`/api/v1/alarms?subject=${circuit ? encodeURIComponent(circuit) : id}&since=${start.toISOString()}`),
      loadLibrary(),
    ]);
    draw(trend, alarms.items ?? []);
    if (!trend.time_ms.length) note.textContent = chart.dataset.empty;
  } catch (error) {
    console.warn("station: the trend did not load", error);
    note.textContent = chart.dataset.failed;
  }
}

const openedAt = Date.now();
document.addEventListener("click", (event) => {
  const range = event.target.closest("[data-hours]");
  if (range) {
    hours = Number(range.dataset.hours);
    for (const button of document.querySelectorAll("[data-hours]")) button.setAttribute("aria-pressed", String(button === range));
    load();
  }
  const chosen = event.target.closest("[data-trend-circuit]");
  if (chosen) {
    chart.dataset.circuit = chosen.dataset.trendCircuit;
    for (const button of document.querySelectorAll("[data-trend-circuit]")) button.setAttribute("aria-pressed", String(button === chosen));
    load();
  }
  const toggle = event.target.closest("[data-reveal]");
  if (toggle) {
    const twin = document.getElementById(toggle.dataset.reveal);
    twin.hidden = !twin.hidden;
    toggle.setAttribute("aria-expanded", String(!twin.hidden));
    if (!twin.hidden && shown) twin.innerHTML = table(shown);
  }
});
setInterval(() => { if (!document.hidden) load(); }, REFRESH_MS);
load();
