// Forms that save something are sent by script, so that nothing is lost when no answer comes: what was written stays in
// the form, is kept for a reload or a new log-in, and the page says so. Without scripts they are plain forms.
// <form data-into="#part"> shows the answer in a part of the page instead of following it.

const LONGEST_MS = 20_000;
const KEPT_MS = 86_400_000;
const PREFIX = "unsent:";

// A phone belongs to one household; at a desk several people take turns, so a text ends with its tab there.
function shelf() {
  return document.body.classList.contains("resident") ? localStorage : sessionStorage;
}

function nameOf(form) {
  return PREFIX + new URL(form.action).pathname;
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));
}

function keep(form) {
  const chosen = fields(form).filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked);
  const values = chosen.map((field) => [field.name, field.value]);
  try { shelf().setItem(nameOf(form), JSON.stringify({ at: Date.now(), values })); } catch { /* a full or forbidden shelf: the form itself still holds it */ }
}

function say(form, text) {
  let box = form.querySelector(":scope > .form-result");
  if (!box) {
    box = document.createElement("p");
    box.className = "form-result note danger";
    box.setAttribute("role", "alert");
    form.append(box);
  }
  box.textContent = text;
  box.scrollIntoView({ block: "nearest" });
}

function restore(form) {
  const text = shelf().getItem(nameOf(form));
  if (!text) return;
  const { at, values } = JSON.parse(text);
  if (Date.now() - at > KEPT_MS) { shelf().removeItem(nameOf(form)); return; }
  for (const [name, value] of values) {
    for (const field of fields(form).filter((one) => one.name === name)) {
      if (["radio", "checkbox"].includes(field.type)) field.checked = field.value === value || field.checked;
      else field.value = value;
    }
  }
  say(form, document.body.dataset.textKept);
}

function restoreAll(within) {
  for (const form of within.querySelectorAll('form[method="post"]')) restore(form);
}

async function show(form, answer) {
  const html = await answer.text();
  if (answer.ok && form.dataset.into) {
    const part = document.querySelector(form.dataset.into);
    part.innerHTML = html;
    globalThis.htmx?.process(part);
    return;
  }
  if (answer.redirected) { location.assign(answer.url); return; }
  const main = new DOMParser().parseFromString(html, "text/html").querySelector("main:not(.alone)");
  if (main) document.querySelector("main").innerHTML = main.innerHTML;
  else say(form, document.body.dataset.textRefused.replace("{status}", answer.status));
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const buttons = [...form.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  try {
    const headers = { "HX-Request": "true" };
    const answer = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(LONGEST_MS) });
    if (answer.status === 401) {
      keep(form);
      location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (answer.ok) shelf().removeItem(nameOf(form)); else keep(form);
    await show(form, answer);
  } catch {
    keep(form);
    say(form, document.body.dataset.textUnsent);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

export function start() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest('form[method="post"]');
    if (!form || event.defaultPrevented || form.enctype === "multipart/form-data") return;
    event.preventDefault();
    send(form, event.submitter);
  });
  restoreAll(document);
}
