// The list of stations: the line of the last day is asked for after the list was painted, some stations at a time.

import "./refresh.js";

const AT_ONCE = 25;
let busy = false;

function empty() {
  return [...document.querySelectorAll("[data-spark]")].filter((cell) => !cell.querySelector("[data-spark-done]"));
}

async function fill() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    for (let cells = empty(); cells.length; cells = empty()) {
      const ids = cells.slice(0, AT_ONCE).map((cell) => cell.dataset.spark);
      const answer = await fetch(`/stations/sparks?ids=${encodeURIComponent(ids.join(","))}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const drawn = await answer.json();
      for (const id of ids) {
        for (const cell of document.querySelectorAll(`[data-spark="${CSS.escape(id)}"]`)) {
          cell.innerHTML = drawn[id] ?? '<span data-spark-done>—</span>';
        }
      }
    }
  } catch (error) {
    console.warn("stations: the lines of the last day did not load", error);
  } finally {
    busy = false;
  }
}

document.addEventListener("htmx:after:swap", fill);
fill();
