/* Small help on account pages: the secret of a mail's link goes into its form, a password says how strong it is. */

/** Return 0 (too short) to 4: length counts most, kinds of letters and their variety a little. */
function strength(text) {
  if (text.length < 8) return 0;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^\x00-\x7f]/, /[^A-Za-z0-9\x80-\uffff]/].filter((kind) => kind.test(text)).length;
  const variety = new Set(text.toLowerCase()).size / text.length;
  const points = (text.length >= 12 ? 2 : 1) + (text.length >= 16 ? 1 : 0) + (kinds >= 3 ? 1 : 0);
  return Math.max(1, Math.min(4, variety < 0.4 ? 1 : points));
}

for (const line of document.querySelectorAll("[data-strength]")) {
  const field = document.getElementById(line.dataset.strength);
  const meter = line.querySelector("meter");
  const words = line.querySelector("span");
  field.addEventListener("input", () => {
    const points = strength(field.value);
    line.hidden = field.value === "";
    meter.value = points;
    words.textContent = line.getAttribute(`data-say-${points}`);
  });
}

// On a phone the menu is one line to be swiped: it begins where one is.
const here = document.querySelector(".account-menu [aria-current]");
const menu = here?.closest(".account-menu");
if (menu) menu.scrollLeft = here.offsetLeft - 16;

const box = document.querySelector("[data-link-token]");
const found = new URLSearchParams(location.hash.slice(1)).get("token");
if (box && found) {
  box.querySelector("input").value = found;
  box.hidden = true;
  // Nobody who looks over a shoulder, and no bookmark, has it.
  history.replaceState(null, "", location.pathname + location.search);
}
