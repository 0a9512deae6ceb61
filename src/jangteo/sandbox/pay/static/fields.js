// The card form: what is typed goes to the processor only; the shop's page is told a token and nothing else.
"use strict";

const form = document.getElementById("card");
const message = document.getElementById("message");
const inputs = { number: form.number, expiry_month: form.expiry, expiry_year: form.expiry, cvc: form.cvc };
const shop = form.dataset.origin;

function tell(type, data) {
  window.parent.postMessage({ type: `sandbox.${type}`, ...data }, shop);
}

function fail(code, field) {
  const input = inputs[field];
  const byField = { number: "card_number_invalid", expiry_month: "card_expired", expiry_year: "card_expired", cvc: "cvc_invalid" };
  message.textContent = form.dataset[code] || form.dataset[byField[field]] || form.dataset.failed;
  if (input) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }
  tell("error", { code, field: field || null });
}

async function submit() {
  message.textContent = "";
  for (const input of Object.values(inputs)) input.removeAttribute("aria-invalid");
  const [month, year] = form.expiry.value.split("/");
  const card = {
    number: form.number.value,
    expiry_month: Number(month) || 0,
    expiry_year: 2000 + (Number(year) || 0),
    cvc: form.cvc.value,
  };
  const button = form.querySelector("button[type=submit]");
  if (button) button.disabled = true;
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("/v1/tokens", { method: "POST", headers, body: JSON.stringify(card) });
    const answer = await response.json();
    if (response.ok) {
      tell("token", answer);
    } else {
      fail(answer.code, answer.errors && answer.errors[0] && answer.errors[0].field);
    }
  } catch {
    fail("failed");
  } finally {
    if (button) button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.number.addEventListener("input", () => {
  const digits = form.number.value.replace(/\D/g, "").slice(0, 19);
  form.number.value = digits.replace(/(\d{4})(?=\d)/g, "$1 ");
});
form.expiry.addEventListener("input", () => {
  const digits = form.expiry.value.replace(/\D/g, "").slice(0, 4);
  form.expiry.value = digits.length > 2 ? `${digits.slice(0, 2)}/${digits.slice(2)}` : digits;
});
for (const button of document.querySelectorAll(".fill")) {
  button.addEventListener("click", () => {
    form.number.value = button.dataset.number;
    form.number.dispatchEvent(new Event("input"));
    form.expiry.value = "12/40";
    form.cvc.value = /^3[47]/.test(button.dataset.number) ? "1234" : "123";
    message.textContent = "";
  });
}
window.addEventListener("message", (event) => {
  if (event.origin === shop && event.data && event.data.type === "sandbox.submit") submit();
});
new ResizeObserver(() => tell("height", { height: document.body.offsetHeight })).observe(document.body);
tell("ready", {});
