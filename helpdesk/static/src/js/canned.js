// "/" at the start of a word opens the prepared replies; letters after it narrow them; the one put in can be undone.
import { within } from "./behaviours.js";
import { marked, ranked } from "./fuzzy.js";

const word = field => field.value.slice(0, field.selectionStart).match(/(?:^|\s)\/([\w-]*)$/);
const panel = () => document.querySelector("#canned");
const chosen = () => panel()?.querySelector('[aria-selected="true"]:not([hidden])');
let closedAt = "";

async function open(field) {
  const answer = await fetch(field.dataset.cannedUrl, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
  const section = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#canned");
  // Asked at each letter until one answer is here: by now another may have been shown, and even used.
  if (!section || panel() || !word(field)) return;
  field.form.before(document.adoptNode(section));
  narrow(field);
}

function close() {
  panel()?.remove();
  document.querySelector("[data-canned-url]")?.removeAttribute("aria-activedescendant");
}

function narrow(field) {
  const options = [...panel()?.querySelectorAll("[role=option]") ?? []], typed = word(field)?.[1] ?? "";
  const kept = ranked(options, typed, option => option.dataset.name);
  options.forEach(option => {
    option.hidden = !kept.includes(option);
    option.querySelector(".canned__name").replaceChildren("/", ...marked(option.dataset.name, typed));
  });
  panel()?.querySelector("[role=listbox]").append(...kept);
  if (panel()) panel().querySelector("[data-count-words]").textContent = `${kept.length} canned ${kept.length === 1 ? "reply" : "replies"}`;
  choose(field, kept[0]);
}

function choose(field, option) {
  panel()?.querySelectorAll("[role=option]").forEach(other => other.setAttribute("aria-selected", String(other === option)));
  panel()?.querySelector(".canned__preview").replaceChildren(...option ? [option.querySelector("template").content.cloneNode(true)] : []);
  option ? field.setAttribute("aria-activedescendant", option.id) : field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function putIn(field, option, send) {
  const typed = word(field)?.[0].trimStart().length ?? 0;
  field.setSelectionRange(field.selectionStart - typed, field.selectionStart);
  document.execCommand("insertText", false, option.dataset.body);
  if (field.form.elements.canned) field.form.elements.canned.value = option.id.replace("canned-", "");
  close();
  if (send) field.form.requestSubmit();
}

document.addEventListener("input", ({ target: field }) => {
  if (!field.dataset?.cannedUrl) return;
  if (!word(field)) return (closedAt = "", close());
  if (closedAt) return;
  panel() ? narrow(field) : open(field);
});

document.addEventListener("keydown", event => {
  const field = event.target;
  if (!field.dataset?.cannedUrl || !panel() || event.isComposing) return;
  if (!word(field)) return close(); // the caret has left the shortcut
  const shown = [...panel().querySelectorAll("[role=option]:not([hidden])")], at = shown.indexOf(chosen());
  if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(field, shown.at((at + (event.key === "ArrowDown" ? 1 : -1)) % shown.length));
  else if ((event.key === "Enter" || event.key === "Tab") && chosen()) putIn(field, chosen(), event.ctrlKey || event.metaKey);
  else if (event.key === "Escape") (closedAt = "closed", close());
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("click", ({ target }) => {
  const option = target.closest?.(".canned__option"), opener = target.closest?.("[data-open-canned]");
  if (option) { const field = document.querySelector("[data-canned-url]"); field.focus(); putIn(field, option, false); }
  if (!opener) return;
  const field = within(opener, "canned").elements.body;
  field.focus();
  document.execCommand("insertText", false, /\S$/.test(field.value.slice(0, field.selectionStart)) ? " /" : "/");
});
