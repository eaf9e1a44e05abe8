// What is sent stands in the conversation at once and comes back, with the same key, when it could not be sent.
import { within } from "./behaviours.js";

const formOf = ctx => ctx?.sourceElement?.matches?.('[data-behaviour~="composer"]') ? ctx.sourceElement : null;
const composer = () => document.querySelector("#composer");
const arrived = key => key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);

function pendingRow(key, text) {
  const template = document.querySelector("#pending-message");
  if (!template) return null;
  const row = template.content.firstElementChild.cloneNode(true);
  row.id = "sending-" + key;
  row.dataset.at = "Infinity";
  row.querySelector(".bubble").textContent = text;
  document.querySelector("#messages").append(row);
  return row;
}

function write(form, text) {
  form.elements.body.value = text;
  form.elements.body.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("keydown", event => {
  const form = within(event.target, "composer");
  if (!form || event.isComposing || event.defaultPrevented || event.key !== "Enter" || !event.target.matches("textarea")) return;
  const plain = form.matches('[data-behaviour~="enter-sends"]') && !event.shiftKey && matchMedia("(hover: hover)").matches;
  if (!plain && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = formOf(ctx);
  if (!form) return;
  const body = ctx.request.body, key = body.get("key"), text = body.get("body"), note = body.get("mode") === "note";
  if (note && form.dataset.noteAction) ctx.request.action = form.dataset.noteAction;
  const files = [...form.querySelector("[type=file]")?.files ?? []];
  ctx.sent = { key, text, files, row: note ? null : pendingRow(key, text || files.map(file => file.name).join("\n")) };
  form.elements.key.value = crypto.randomUUID();
  write(form, "");
  form.dispatchEvent(new CustomEvent("composer:sent"));
});

document.addEventListener("htmx:after:swap", () => {
  for (const row of document.querySelectorAll("[id^=sending-]")) if (arrived(row.id.slice(8))) row.remove();
  const form = composer();
  if (!form || !arrived(form.elements.key.value)) return;
  form.elements.key.value = crypto.randomUUID();
  write(form, "");
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!ctx?.sent) return;
  const { key, text, files, row } = ctx.sent, form = composer();
  row?.remove();
  if (!form || arrived(key) || (ctx.response?.status < 400 && !ctx.response.raw.redirected)) return;
  if (form.elements.body.value && form.elements.body.value !== text) return write(form, text + "\n" + form.elements.body.value);
  form.elements.key.value = key;
  write(form, text);
  form.dispatchEvent(new CustomEvent("composer:restored", { detail: { files } }));
});

document.addEventListener("click", event => {
  const mode = event.target instanceof Element && event.target.closest(".composer__mode");
  if (mode) mode.form.elements.body.focus();
  const more = event.target instanceof Element && event.target.closest("[data-more]");
  if (more) more.form.classList.toggle("composer--open");
});
