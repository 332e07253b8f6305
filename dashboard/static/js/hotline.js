// The clerk's console: search while typing (also with an input method), Enter opens the first hit, `t` goes to the intake.

import "./refresh.js";

const box = document.getElementById("household-search");
let timer = 0;

function lookUp(afterMs) {
  clearTimeout(timer);
  timer = setTimeout(() => box.dispatchEvent(new CustomEvent("lookup")), afterMs);
}

// While an input method composes, the letters are not yet what the clerk means.
box?.addEventListener("input", (event) => { if (!event.isComposing) lookUp(60); });
box?.addEventListener("compositionend", () => lookUp(0));
box?.form.addEventListener("submit", (event) => {
  const first = document.querySelector("#hits [data-href]");
  if (!first) return;
  event.preventDefault();
  location.assign(first.dataset.href);
});
box?.addEventListener("keydown", (event) => {
  if (event.isComposing || event.key !== "ArrowDown") return;
  event.preventDefault();
  document.querySelector("#hits a")?.focus();
});
document.addEventListener("desk:ticket", () => {
  const form = document.getElementById("intake");
  form?.scrollIntoView({ block: "nearest" });
  form?.querySelector("input[type=radio]:checked, input[type=radio]")?.focus();
});
