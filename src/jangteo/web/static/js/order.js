// Shows an order as it changes: the mall's events say that something happened, the page's own part is asked for again.
// One question at a time: of two at once, the older answer could be the one that stays.
const TRIES = 20;
const PAUSE_MS = 500;
let source = null;
let wanted = 0;
let asking = false;

function part() {
  return document.querySelector("[data-live]");
}

function isBehind() {
  return wanted > Number(part()?.dataset.version ?? Infinity);
}

async function refresh() {
  const old = part();
  // Somebody who is writing a reason just now is not disturbed.
  if (old.querySelector("details[open] :focus")) return;
  if ("reload" in old.dataset) {
    location.reload();
    return;
  }
  const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (fresh && !old.querySelector("details[open] :focus")) old.replaceWith(fresh);
}

async function catchUp() {
  if (asking) return;
  asking = true;
  for (let tries = 0; isBehind() && tries < TRIES; tries += 1) {
    if (tries) await new Promise((done) => { setTimeout(done, PAUSE_MS); });
    await refresh().catch(() => {}); // no network: the next try, or the next event
  }
  asking = false;
}

function follow() {
  const here = part();
  if (!here || source) return;
  source = new EventSource(here.dataset.live);
  source.addEventListener("status", (event) => {
    wanted = Math.max(wanted, JSON.parse(event.data).version);
    catchUp();
  });
}

document.addEventListener("focusout", () => { setTimeout(catchUp); });
window.addEventListener("pageshow", follow);
window.addEventListener("pagehide", () => {
  source?.close();
  source = null;
});
follow();
