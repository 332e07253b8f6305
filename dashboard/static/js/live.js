// The live line of a page: connection state, gaps, and events for the rest of the page.
// Announces on `document`: live:TOPIC (detail: the frame), live:gap (frames were missed: fetch again).
// Tabs of one session share one stream (stream-worker.js); where there are no shared workers each visible tab has one.

const LAGGING_MS = 20_000;
const LOST_MS = 60_000;
const HIDDEN_MS = 60_000;
// «alive» comes on every stream, whatever its topics: the time of the data and the open alarms.
const TOPIC_OF = { alive: "alive", snapshot: "snapshot", alarm: "alarms", ticket: "tickets", station: "station", my: "my" };

let lastHeard = Date.now();
const lastOfTopic = new Map();
let greeted = false;
let letGo = false;

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

// A frame names the one before it in its own topic: another one than we saw means that we missed something. One that we
// have seen comes again when the shared stream changes hands.
function receive(name, frame) {
  heard();
  if (frame.sequence !== undefined) {
    const before = lastOfTopic.get(name);
    if (before !== undefined && frame.sequence <= before) return;
    lastOfTopic.set(name, frame.sequence);
    if (before !== undefined && frame.previous > before) announce("live:gap", {});
  }
  announce(`live:${TOPIC_OF[name]}`, frame);
}

function follow(message) {
  if (message.kind === "event") receive(message.name, message.data);
  else if (message.kind === "hello") {
    heard();
    if (message.restarted) lastOfTopic.clear();
  } else if (message.first && !greeted) return;
  else announce("live:gap", {});
  greeted = true;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    console.warn("live: a frame is no JSON", error);
    announce("live:gap", {});
    return null;
  }
}

// ---- one stream for all tabs --------------------------------------------------------------------------------

function share(topics, script) {
  // Named by the session: tabs of another person in this browser never get its frames.
  const name = document.querySelector('meta[name="csrf-token"]').content;
  const worker = new SharedWorker(script, { name });
  const { port } = worker;
  const say = () => port.postMessage({ topics, visible: !letGo });
  port.addEventListener("message", (event) => { if (!letGo) follow(event.data); });
  port.start();
  say();
  setInterval(say, 30_000);
  addEventListener("pagehide", () => port.postMessage({ kind: "bye" }));
  return say;
}

// ---- a stream of its own ------------------------------------------------------------------------------------

function own(topics) {
  let source = null;
  function open() {
    source = new EventSource(`/api/v1/stream?topics=${encodeURIComponent(topics.join(","))}`);
    source.addEventListener("open", heard);
    for (const name of Object.keys(TOPIC_OF)) {
      source.addEventListener(name, (event) => {
        const data = read(event.data);
        if (data) follow({ kind: "event", name, data });
      });
    }
    // «hello» comes first on every connection; with reset, frames were lost since the last one.
    source.addEventListener("hello", (event) => {
      const said = JSON.parse(event.data);
      const known = Math.max(0, ...lastOfTopic.values());
      if (greeted && said.reset) follow({ kind: "gap" });
      follow({ kind: "hello", restarted: said.sequence < known });
    });
    // The browser reconnects by itself unless the answer was an error; then try again after a while.
    const mine = source;
    source.addEventListener("error", () => {
      if (mine.readyState === EventSource.CLOSED) setTimeout(() => { if (source === mine && !letGo) open(); }, 5_000 + Math.random() * 5_000);
    });
  }
  open();
  addEventListener("pagehide", () => source.close());
  return () => {
    source.close();
    if (!letGo) open();
  };
}

// A hidden tab lets go after a while: it shows nothing, and what it missed is fetched when it is seen again.
function letGoWhileHidden(change) {
  let timer = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => { letGo = true; change(); }, HIDDEN_MS);
    else if (letGo) resume(change);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) resume(change); });
}

function resume(change) {
  letGo = false;
  heard();
  change();
  announce("live:gap", {});
}

export function start() {
  const { topics: listed, streamWorker } = document.body.dataset;
  const topics = (listed || "").split(",").map((t) => t.trim()).filter(Boolean);
  if (!topics.length) return;
  const shared = typeof SharedWorker === "function" && streamWorker;
  letGoWhileHidden(shared ? share(topics, streamWorker) : own(topics));
  setInterval(() => { if (!document.hidden) showConnection(); }, 1_000);
}
