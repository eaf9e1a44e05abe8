// "Dana wrote while you were typing": the reply waits until the agent has looked. What one had seen when one began to write
// goes with the reply, so that the server knows.
import { all } from "./behaviours.js";

const form = () => document.querySelector("#composer");
const guard = () => all("guard")[0];
let began = false;

function clear() {
  guard()?.remove();
  form()?.querySelector("#send")?.removeAttribute("disabled");
}

function stop() {
  if (!guard() || guard().dataset.met) return;
  guard().dataset.met = "yes";
  form().elements.seen.value = guard().dataset.seen;
  form().querySelector("#send")?.setAttribute("disabled", "");
  guard().querySelector('[data-guard="change"]').focus();
}

function newest() {
  const ids = [...document.querySelectorAll("#messages > .message--in[id^=message-]")].map(row => Number(row.id.slice(8)));
  return Math.max(0, ...ids);
}

document.addEventListener("input", ({ target }) => {
  if (target.name !== "body" || !target.form?.elements.seen) return;
  if (!began && target.value && !guard()) target.form.elements.seen.value = newest();
  began = target.value !== "";
});
document.addEventListener("click", ({ target }) => {
  const choice = target instanceof Element && target.closest("[data-guard]")?.dataset.guard;
  if (!choice) return;
  if (choice !== "send") clear();
  if (choice === "change") form().elements.body.focus();
  if (choice === "keep") document.querySelector(".ticket-row__link[aria-current]")?.focus();
});
document.addEventListener("keydown", event => {
  if (!guard() || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.closest("#composer")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => ctx.sourceElement === form() && clear());
for (const name of ["htmx:after:swap", "htmx:finally:request"]) document.addEventListener(name, () => setTimeout(stop));
stop();
