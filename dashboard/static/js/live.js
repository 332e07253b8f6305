// One event stream a page: connection state, gaps, and events for the rest of the page.
// Announces on `document`: live:TOPIC (detail: the frame), live:gap (frames were missed: fetch again).

const LAGGING_MS = 20_000;
const LOST_MS = 60_000;
// «alive» comes on every stream, whatever its topics: the time of the data and the open alarms.
const TOPIC_OF = { alive: "alive", snapshot: "snapshot", alarm: "alarms", ticket: "tickets", station: "station", my: "my" };

let lastHeard = Date.now();
const lastOfTopic = new Map();
let source = null;
let greeted = false;

export function durationText(seconds) {
  const words = document.body.dataset;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return words.textSeconds.replace("{n}", whole);
  if (whole < 3600) return words.textMinutes.replace("{n}", Math.floor(whole / 60));
  if (whole < 172_800) return words.textHours.replace("{n}", Math.floor(whole / 3600));
  return words.textDays.replace("{n}", Math.floor(whole / 86_400));
}

function announce(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

function heard() {
  lastHeard = Date.now();
  showConnection();
}

// A wall that slept, or a laptop lid: the clock alone tells how old the page is.
function showConnection() {
  const silentMs = Date.now() - lastHeard;
  const state = silentMs > LOST_MS ? "lost" : silentMs > LAGGING_MS ? "lagging" : "live";
  document.body.dataset.connection = state;
  const banner = document.querySelector(".connection");
  if (!banner || state === "live") return;
  const text = banner.dataset[state].replace("{age}", durationText(silentMs / 1000));
  if (banner.textContent !== text) banner.textContent = text;
}

// A frame names the one before it in its own topic: another one than we saw means that we missed something.
function missed(name, frame) {
  const before = lastOfTopic.get(name);
  lastOfTopic.set(name, frame.sequence);
  return before !== undefined && frame.previous > before;
}

function receive(name, event) {
  heard();
  let frame = null;
  try {
    frame = event.data ? JSON.parse(event.data) : null;
  } catch (error) {
    console.warn("live: a frame is no JSON", name, error);
    announce("live:gap", {});
    return;
  }
  if (frame === null) return;
  if (frame.sequence !== undefined && missed(name, frame)) announce("live:gap", {});
  announce(`live:${TOPIC_OF[name]}`, frame);
}

function open(topics) {
  source?.close();
  source = new EventSource(`/api/v1/stream?topics=${encodeURIComponent(topics.join(","))}`);
  source.addEventListener("open", heard);
  for (const name of Object.keys(TOPIC_OF)) source.addEventListener(name, (event) => receive(name, event));
  // «hello» comes first on every connection; with reset, frames were lost since the last one.
  source.addEventListener("hello", (event) => {
    heard();
    const again = greeted;
    greeted = true;
    if (again && JSON.parse(event.data).reset) announce("live:gap", {});
  });
  // The browser reconnects by itself unless the answer was an error; then try again after a while.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => open(topics), 5_000 + Math.random() * 5_000);
  });
}

export function start() {
  const topics = (document.body.dataset.topics || "").split(",").map((t) => t.trim()).filter(Boolean);
  if (!topics.length) return;
  open(topics);
  setInterval(showConnection, 1_000);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) { open(topics); announce("live:gap", {}); } });
}
