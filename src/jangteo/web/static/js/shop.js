// What pages can do better with a script than without: everything here only improves what works already.

// The suggestions below the search field: arrow keys go through them, Escape closes them.
document.addEventListener("keydown", (event) => {
  const search = event.target.closest?.(".search");
  if (!search) return;
  const links = [...search.querySelectorAll(".suggestions a")];
  const place = links.indexOf(document.activeElement);
  if (event.key === "Escape") {
    search.querySelector(".suggestions").replaceChildren();
    search.querySelector("input").focus();
  } else if (event.key === "ArrowDown" && links.length) {
    event.preventDefault();
    links[Math.min(place + 1, links.length - 1)].focus();
  } else if (event.key === "ArrowUp" && place >= 0) {
    event.preventDefault();
    (links[place - 1] ?? search.querySelector("input")).focus();
  }
});

// A form is sent once, however often its button is pressed; the server knows a repeated one, too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
});

// A panel that is a <details> closes when one clicks beside it.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.office-who[open], details.pops[open]").forEach((open) => {
    if (!open.contains(event.target)) open.open = false;
  });
});

// An installed shop has a page for when there is no network.
if ("serviceWorker" in navigator && window.isSecureContext) {
  window.addEventListener("load", () => navigator.serviceWorker.register("/service-worker.js").catch(() => {}));
}

// A list's address says only what it is narrowed to.
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, verb } = event.detail;
  if (verb !== "get" || !event.detail.elt.matches?.(".filter-form")) return;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === "") delete parameters[name];
  }
});

// Filters that are open on a phone stay so while one narrows the list.
let wereOpen = false;
document.addEventListener("htmx:beforeSwap", () => {
  wereOpen = document.querySelector("details.filters")?.open ?? false;
});
document.addEventListener("htmx:afterSwap", () => {
  const filters = document.querySelector("details.filters");
  if (filters && wereOpen) filters.open = true;
});

// On a phone the menus are one line to be swiped: they begin where one is.
for (const here of document.querySelectorAll(".side [aria-current], .departments [aria-current]")) {
  const line = here.closest("ul");
  line.scrollLeft = here.offsetLeft - line.offsetLeft - 16;
}
