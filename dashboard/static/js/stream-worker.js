// One event stream for all tabs of a session. Over HTTP/1.1 a browser has six connections to a server for all of its
// tabs: with a stream in each, the seventh page would never load. Tabs say which topics they show; a tab that is gone
// or hidden lets go, and without tabs there is no stream. A shared worker lives as long as a tab that knows it.

const EVENTS = ["alive", "snapshot", "alarm", "ticket", "station", "my"];
const TOPIC_OF = { snapshot: "snapshot", alarm: "alarms", ticket: "tickets", my: "my" };
const TAB_LIFE_MS = 180_000; // hidden tabs may speak once a minute; one that crashed says no goodbye
const MOST_TOPICS = 64;
const CALM_MS = 150;

const tabs = new Map();
let source = null;
let asked = "";
let timer = 0;
let newest = 0;
let alive = null;

function topics() {
  const shown = [...tabs.values()].filter((tab) => tab.visible).flatMap((tab) => tab.topics);
  return [...new Set(shown)].sort().slice(0, MOST_TOPICS).join(",");
}

function tell(message, topic) {
  for (const [port, tab] of tabs) {
    if (tab.visible && (!topic || tab.topics.includes(topic))) port.postMessage(message);
  }
}

function topicOf(name, data) {
  if (name === "alive") return null;
  return name === "station" ? `station:${data.station_id}` : TOPIC_OF[name];
}

function received(name, text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    tell({ kind: "gap" });
    return;
  }
  newest = Math.max(newest, data.sequence ?? 0);
  if (name === "alive") alive = { kind: "event", name, data };
  tell({ kind: "event", name, data }, topicOf(name, data));
}

// The new stream is opened before the old one is closed: nothing falls between them, and tabs drop what comes twice.
function open(wanted) {
  const before = source;
  const mine = new EventSource(`/api/v1/stream?topics=${encodeURIComponent(wanted)}`);
  source = mine;
  asked = wanted;
  let greeted = false;
  for (const name of EVENTS) mine.addEventListener(name, (event) => received(name, event.data));
  mine.addEventListener("hello", (event) => {
    before?.close();
    const said = JSON.parse(event.data);
    const started = said.sequence < newest; // a server that counts from another clock: old numbers mean nothing
    if (started) newest = said.sequence;
    if ((greeted || !before) && said.reset) tell({ kind: "gap", first: !greeted }); // a page just opened missed nothing
    tell({ kind: "hello", restarted: started });
    greeted = true;
  });
  mine.addEventListener("error", () => {
    before?.close();
    // The browser connects again by itself unless the answer was an error; then try again after a while.
    if (mine.readyState !== EventSource.CLOSED || source !== mine) return;
    source = null;
    asked = "";
    setTimeout(follow, 5_000 + Math.random() * 5_000);
  });
}

function follow() {
  const wanted = topics();
  if (wanted === asked && source) return;
  if (wanted) {
    open(wanted);
    return;
  }
  source?.close();
  source = null;
  asked = "";
}

function followSoon() {
  clearTimeout(timer);
  timer = setTimeout(follow, CALM_MS);
}

self.addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => {
    if (data.kind === "bye") tabs.delete(port);
    else {
      if (data.visible && !tabs.get(port)?.visible && alive && source) port.postMessage(alive);
      tabs.set(port, { topics: data.topics, visible: data.visible, heardAt: Date.now() });
    }
    followSoon();
  });
  port.start();
});

setInterval(() => {
  const oldest = Date.now() - TAB_LIFE_MS;
  for (const [port, tab] of tabs) if (tab.heardAt < oldest) tabs.delete(port);
  follow();
}, 20_000);
