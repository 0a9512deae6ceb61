// The card is typed into the provider's own frame; this page gets a token for it and nothing else.
// Where the frame does not come up, the form is sent without a token, and the server leads to the provider's page.
const form = document.querySelector("form[data-card-form]");
const box = form?.querySelector("[data-card]");

function begin() {
  const address = new URL(box.dataset.src);
  const kind = box.dataset.provider;
  const token = box.querySelector("[name=card_token]");
  const error = box.querySelector("[data-card-error]");
  const frame = document.createElement("iframe");
  let ready = false;
  let waiting = false;

  function tell(text) {
    error.textContent = text;
    error.hidden = !text;
  }

  function wait(on) {
    waiting = on;
    form.setAttribute("aria-busy", String(on));
    form.querySelectorAll("[data-pay]").forEach((button) => { button.disabled = on; });
  }

  frame.title = box.dataset.title;
  frame.src = address.href;
  frame.referrerPolicy = "no-referrer";
  box.querySelector("[data-card-next]").before(frame);
  frame.hidden = true;

  window.addEventListener("message", (event) => {
    if (event.origin !== address.origin || event.source !== frame.contentWindow) return;
    const said = event.data ?? {};
    if (said.type === `${kind}.ready`) {
      ready = true;
      frame.hidden = false;
      box.querySelector("[data-card-next]").hidden = true;
    } else if (said.type === `${kind}.height`) {
      frame.style.height = `${Math.min(Math.max(Number(said.height) || 0, 180) + 28, 1200)}px`;
    } else if (said.type === `${kind}.token` && waiting) {
      token.value = said.token;
      form.submit();
    } else if (said.type === `${kind}.error`) {
      wait(false);
    }
  });

  form.addEventListener("submit", (event) => {
    if (!ready || event.submitter?.name === "reprice") return;
    event.preventDefault();
    if (waiting) return;
    tell("");
    wait(true);
    frame.contentWindow.postMessage({ type: `${kind}.submit` }, address.origin);
  });

  // Back from the next page: what was sent is no longer under way, and its token is spent.
  window.addEventListener("pageshow", () => {
    token.value = "";
    wait(false);
  });
}

if (box) begin();
