// Parts of a page that are fetched again when a topic speaks: <… data-refresh="alarms:2 alive:30"> means at most
// every 2 s when an alarm changes and every 30 s while the line lives. Never while hidden, nor while somebody types in it.

const waiting = new Map();
const fetchedAt = new Map();
const openedAt = Date.now();
const SLOW = new Set(["alive", "snapshot", "station"]); // speak all the time: they only mark it

function busy(part) {
  const active = document.activeElement;
  return part.contains(active) && active.matches("input, textarea, select");
}

function refresh(part) {
  if (document.hidden || busy(part)) {
    schedule(part, 2_000);
    return;
  }
  fetchedAt.set(part.id, Date.now());
  part.dispatchEvent(new CustomEvent("refresh", { bubbles: false }));
}

function schedule(part, afterMs) {
  if (waiting.has(part.id)) return;
  waiting.set(part.id, setTimeout(() => {
    waiting.delete(part.id);
    const now = document.getElementById(part.id);
    if (now) refresh(now);
  }, afterMs));
}

function wanted(topic) {
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const paces = Object.fromEntries(part.dataset.refresh.split(" ").map((pace) => pace.split(":")));
    if (topic && !(topic in paces)) continue;
    const every = (topic ? Number(paces[topic]) : 1) * 1_000;
    const last = fetchedAt.get(part.id) ?? openedAt;
    if (SLOW.has(topic) && Date.now() - last < every) continue;
    schedule(part, Math.max(150, every - (Date.now() - last)));
  }
}

for (const topic of ["alive", "snapshot", "alarms", "tickets", "station", "my"]) {
  document.addEventListener(`live:${topic}`, () => wanted(topic));
}
document.addEventListener("live:gap", () => wanted(null));
document.addEventListener("visibilitychange", () => { if (!document.hidden) wanted(null); });
