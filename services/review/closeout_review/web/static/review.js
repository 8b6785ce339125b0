// The review page, saved as one types. Without this file the page works as a form does.
//
// Several people write at once. Each field remembers the words that the server had in it when it was shown or last
// agreed (`base`). A save sends them along, so that the server sees what *this* page has changed, and does that to
// what is there. Its answer is the whole form: what others have changed is taken over, what was typed meanwhile stays.
"use strict";

const base = new WeakMap(); // field → words of the server
let sent = null; // what the request under way has sent: field → words; empty where it only looks
const LOOK_EVERY_MS = 3000;

const form = () => document.getElementById("draft");
const fields = () => [...form().elements].filter(isField);
const isField = (one) => one.name && !["hidden", "submit", "button"].includes(one.type) && one.form?.id === "draft";
const words = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);
const shown = (field) =>
  field.type === "checkbox" ? String(field.defaultChecked)
  : field.type === "select-one" ? ([...field.options].find((one) => one.defaultSelected)?.value ?? "")
  : field.defaultValue;
const was = (field) => base.get(field) ?? shown(field);
const isReason = (field) => /^dismissals-.*-reason$/.test(field?.name ?? "");
// Words that the next save would take in: not those that wait for a choice, or for the end of a reason.
const isDirty = () => fields().some(
  (field) => words(field) !== was(field) && !field.hasAttribute("data-conflict") && !isReason(field));

function put(field, text) {
  if (field.type === "checkbox") { field.checked = text === "true"; field.toggleAttribute("checked", field.checked); return; }
  if (field.type === "select-one") {
    for (const one of field.options) one.toggleAttribute("selected", one.value === text);
    return;
  }
  field.value = text;
  if (field.type === "text") field.setAttribute("value", text); else field.textContent = text;
}

// The form as it was when its words were agreed with the server last.
function agreed() {
  const told = new URLSearchParams();
  for (const one of form().elements) {
    if (!one.name || one.type === "submit") continue;
    if (one.type === "hidden") told.append(one.name, one.value);
    else if (one.type !== "checkbox") told.append(one.name, was(one));
    else if (was(one) === "true") told.append(one.name, one.value);
  }
  return told.toString();
}

// One field meets its next self: whose words stand in it then?
function meet(field, fresh) {
  const local = words(field), told = shown(fresh), before = sent?.get(field) ?? was(field);
  if ("held" in fresh.dataset && !("held" in field.dataset)) {
    // Something was taken out of it: what is saved stands, and what the page had is in a box of its own.
    base.set(field, told);
    const box = fresh.getRootNode().querySelector(`[name='held-${fresh.name}']`);
    if (box && local !== before) put(box, local);
    return;
  }
  if (fresh.hasAttribute("data-conflict") && local !== told || local !== before) {
    if (told === before) base.set(field, told);
    else if (!base.has(field)) base.set(field, shown(field));
    put(fresh, local);
  } else {
    base.set(field, told);
    if (local !== told) changed.push(field.id);
  }
}

let changed = [];

// A page with words that the server has not seen stays as old as they are: they may say what was taken out meanwhile.
const isAhead = () => fields().some((field) => words(field) !== (sent?.get(field) ?? was(field)));

Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
  if (old instanceof HTMLInputElement && old.name === "revision" && isAhead()) fresh.setAttribute("value", old.value);
  if (old instanceof HTMLElement && isField(old) && old.type === fresh.type) meet(old, fresh);
  // What was asked for beside a field stays until it is asked for anew.
  if (old instanceof HTMLElement && old.classList.contains("promised-before")) return false;
  // A section that somebody has opened stays open; one with something to look at opens.
  if (old instanceof HTMLDetailsElement) fresh.toggleAttribute("open", old.open || "look" in fresh.dataset);
  return true;
};

let pressed = null; // the button that no request has taken along yet
document.addEventListener("click", ({ target }) => {
  pressed = target.closest?.("#draft button[name='do']")?.value ?? pressed;
}, true);

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id === "others") { sent = new Map(); return; }
  if (detail.elt.id !== "draft") return;
  sent = new Map(fields().map((field) => [field, words(field)]));
  detail.parameters.was = agreed();
  // A button is pressed once, by whichever request goes out next: another may have taken the place of its own.
  delete detail.parameters.do;
  if (pressed !== null) detail.parameters.do = pressed;
  pressed = null;
  // A reason that is still being written is no reason yet: it would close the finding while one types.
  const here = document.activeElement;
  if (isReason(here) && detail.triggeringEvent?.type !== "change" && !("do" in detail.parameters)) {
    delete detail.parameters[here.name];
    sent.set(here, was(here));
  }
  say("Saving …");
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.isTold) return; // it is said of each part that was swapped in
  detail.isTold = true;
  if (detail.requestConfig?.elt.id === "draft")
    say(detail.target.id === "draft" ? "Saved." : "Not saved: it is said above why.");
  if (changed.length) {
    const told = changed.map((id) => document.getElementById(id)).filter(Boolean);
    for (const field of told) {
      field.classList.remove("fresh"); void field.offsetWidth; field.classList.add("fresh");
    }
    if (detail.requestConfig?.elt.id === "others" && told.length) {
      const names = told.map((field) => field.labels?.[0]?.firstChild?.textContent.trim()).filter(Boolean);
      document.getElementById("told").textContent = `Changed by somebody else: ${[...new Set(names)].join(", ")}.`;
    }
  }
  changed = [];
  document.getElementById("refused")?.focus();
});

for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
  document.addEventListener(failed, ({ detail }) => {
    if (detail.requestConfig?.elt.id === "draft")
      say(`Not saved: ${whyNot(detail.xhr)} What you typed is still here and is sent again.`);
  });

// An answer that refuses says why; whoever is not signed in any more can sign in beside this page.
function whyNot(xhr) {
  if (xhr?.status === 401) return "you are not signed in any more. Sign in in another tab.";
  let told = null;
  try { told = JSON.parse(xhr.responseText).detail; } catch { /* it is no problem in JSON, or no answer at all */ }
  return told ?? "the server does not answer.";
}

function say(text) {
  const place = document.getElementById("saving");
  if (place) place.textContent = text;
}

// Others' changes come while the page is looked at; what is typed without a pause, or could not be saved, is sent.
setInterval(() => {
  // What waits behind a request under way may be a button: nothing is to take its place.
  if (document.visibilityState !== "visible" || !form() || form().classList.contains("htmx-request")) return;
  if (isDirty()) htmx.trigger("#draft", "again");
  // What was held back stands on this page alone, and goes along with what is sent.
  else if (!form().querySelector("[name^='held-']")) htmx.trigger("#others", "look");
}, LOOK_EVERY_MS);

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || !form()) return;
  if (event.key === "s") { event.preventDefault(); htmx.trigger("#draft", "submit"); }
  // Ctrl+Enter in a field that does not pass: take over the rewrite that stands beside it.
  if (event.key === "Enter") {
    const mend = document.activeElement?.closest(".of-one, fieldset")?.querySelector("button[value^='mend:']");
    if (mend) { event.preventDefault(); mend.click(); }
  }
});

// What is led to is seen: sections around it open.
function reveal() {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let one = place?.closest("details:not([open])"); one; one = one.closest("details:not([open])")) one.open = true;
  place?.scrollIntoView();
}
window.addEventListener("hashchange", reveal);
window.addEventListener("DOMContentLoaded", reveal);

// An entry that was loaded meanwhile is on this page: its link need not lead away.
document.addEventListener("click", (event) => {
  const place = event.target.closest?.("a[href*='#entry-']")?.hash;
  if (place && document.getElementById(place.slice(1))) { event.preventDefault(); location.hash = place; }
});

window.addEventListener("beforeunload", (event) => { if (form() && isDirty()) event.preventDefault(); });
