// A half-written reply is kept: on the server a moment after the last key, in the browser when the server is away.
import { all, post, within } from "./behaviours.js";

const waiting = new Map();
const place = form => "draft:" + form.dataset.draftUrl;
const fields = form => ({ body: form.elements.body.value, mode: form.elements.mode?.value ?? "reply" });

function save(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  localStorage.setItem(place(form), form.elements.body.value);
  post(form.dataset.draftUrl, fields(form)).then(({ ok }) => ok && localStorage.removeItem(place(form)), () => {});
}

function restore(form) {
  const kept = localStorage.getItem(place(form));
  if (!kept || form.elements.body.value) return;
  form.elements.body.value = kept;
  form.elements.body.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", ({ target }) => {
  const form = within(target, "drafts");
  if (!form?.dataset.draftUrl || target.name !== "body") return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(save, 800, form));
});
const saveAll = () => [...waiting.keys()].forEach(save);
document.addEventListener("htmx:before:swap", () => [...waiting.keys()].filter(form => !form.contains(document.activeElement)).forEach(save));
addEventListener("pagehide", saveAll);
document.addEventListener("htmx:after:swap", () => all("drafts").forEach(restore));
all("drafts").forEach(restore);
