// Shows an order as it changes: the mall's events say that something happened, the page's own part is asked for again.
let source = null;

function part() {
  return document.querySelector("[data-live]");
}

async function refresh() {
  const old = part();
  if ("reload" in old.dataset) {
    location.reload();
    return;
  }
  const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  // Somebody who is writing a reason just now is not disturbed.
  if (fresh && !old.querySelector("details[open] :focus")) old.replaceWith(fresh);
}

function follow() {
  const here = part();
  if (!here || source) return;
  source = new EventSource(here.dataset.live);
  source.addEventListener("status", (event) => {
    const told = JSON.parse(event.data);
    if (told.version > Number(part().dataset.version)) refresh();
  });
}

window.addEventListener("pageshow", follow);
window.addEventListener("pagehide", () => {
  source?.close();
  source = null;
});
follow();
