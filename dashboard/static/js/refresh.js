// Parts of a page that are fetched again when their topic speaks: <… data-refresh="alarms" data-refresh-every="2">.
// At most once in so many seconds, never while hidden, and never while somebody types or has a dialog open in it.

const waiting = new Map();

function busy(part) {
  const active = document.activeElement;
  return part.contains(active) && active.matches("input, textarea, select");
}

function refresh(part) {
  if (document.hidden || busy(part)) {
    schedule(part, 2_000);
    return;
  }
  part.dataset.refreshedAt = Date.now();
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
    if (topic && !part.dataset.refresh.split(" ").includes(topic)) continue;
    const every = Number(part.dataset.refreshEvery || 5) * 1_000;
    const since = Date.now() - Number(part.dataset.refreshedAt || 0);
    schedule(part, Math.max(150, every - since));
  }
}

for (const topic of ["snapshot", "alarms", "tickets", "station", "my"]) {
  document.addEventListener(`live:${topic}`, () => wanted(topic));
}
document.addEventListener("live:gap", () => wanted(null));
document.addEventListener("visibilitychange", () => { if (!document.hidden) wanted(null); });
