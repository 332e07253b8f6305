// The resident's phone: a stream that says when something changed, and the sections fetched again then.

import { start } from "./live.js";
import { start as startForms } from "./forms.js";

let waiting = 0;

async function refresh() {
  waiting = 0;
  const home = document.getElementById("my-home");
  if (!home || home.contains(document.activeElement)) return;
  const answer = await fetch("/my/sections", { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.status === 401) location.assign("/login?next=/my");
  if (!answer?.ok || home.contains(document.activeElement)) return;
  const chosen = home.querySelector("input[type=radio]:checked");
  const text = home.querySelector("textarea")?.value;
  if (chosen || text) return;
  home.innerHTML = await answer.text();
}

function soon() {
  if (!waiting && !document.hidden) waiting = setTimeout(refresh, 3_000 + Math.random() * 4_000);
}

for (const name of ["live:my", "live:gap"]) document.addEventListener(name, soon);
document.addEventListener("visibilitychange", soon);
start();
startForms();
