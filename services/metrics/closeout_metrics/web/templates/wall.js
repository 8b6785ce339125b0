// The wall is read anew in its place. A browser that reloaded it would stay for ever at what a proxy answers while no
// replica is ready, and nobody stands before a screen in a corridor.
"use strict";
const ANEW_MS = 60000, STALE_MS = 2 * ANEW_MS;
let read = Date.now();

async function again() {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(ANEW_MS / 2) });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A page to sign in at, say, is no wall.
    if (answer.ok && fresh.getElementById("wall")) {
      for (const part of ["style", "#wall"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
      read = Date.now();
    }
  } catch { /* Nobody answers: what is shown stays, and says that it is old. */ }
  const said = document.querySelector("#wall header p");
  if (Date.now() - read > STALE_MS && said.className !== "stale") {
    said.className = "stale";
    said.prepend("These numbers are old. ");
  }
}

setInterval(again, ANEW_MS);
