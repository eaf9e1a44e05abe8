// Ctrl/⌘+K: everything by name. Commands stand in the page; with data-search-url tickets and people are asked for as one types.
import { marked, ranked } from "./fuzzy.js";

const palette = () => document.querySelector("#palette");
const list = () => palette().querySelector("[role=listbox]");
const options = () => [...list().querySelectorAll("[role=option]")];
let asked;

function open() {
  palette().showModal();
  palette().querySelector("input").value = "";
  draw("");
}

function draw(typed) {
  const commands = document.querySelector("#palette-commands").content.cloneNode(true);
  for (const group of groups(commands)) {
    const kept = ranked(group.options, typed, option => option.dataset.label);
    group.options.forEach(option => kept.includes(option) || option.remove());
    if (!kept.length) group.head?.remove();
    for (const option of kept) option.querySelector(".palette__label").replaceChildren(...marked(option.dataset.label, typed));
  }
  list().replaceChildren(commands);
  choose(options()[0]);
  ask(typed);
}

function groups(fragment) {
  const found = [];
  for (const row of fragment.children) {
    if (row.matches(".palette__group")) found.push({ head: row, options: [] });
    else (found.at(-1) ?? (found.push({ options: [] }), found.at(-1))).options.push(row);
  }
  return found;
}

function ask(typed) {
  clearTimeout(asked);
  const { searchUrl } = palette().dataset;
  if (!searchUrl || typed.length < 2) return;
  asked = setTimeout(async () => {
    const answer = await fetch(`${searchUrl}?${new URLSearchParams({ q: typed })}`, { headers: { "HX-Request-Type": "partial" } });
    if (!answer.ok || palette().querySelector("input").value !== typed) return;
    list().append(...new DOMParser().parseFromString(await answer.text(), "text/html").body.children);
    if (!list().querySelector('[aria-selected="true"]')) choose(options()[0]);
  }, 150);
}

function choose(option) {
  options().forEach((other, i) => { other.id = `palette-${i}`; other.setAttribute("aria-selected", String(other === option)); });
  palette().querySelector("input").setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

function run(option) {
  palette().close();
  if (option.dataset.click) document.querySelector(option.dataset.click)?.click();
  else location.assign(option.href);
}

document.addEventListener("keydown", event => {
  if (!palette()) return;
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); palette().open ? palette().close() : open(); }
  if (!palette().open || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  event.preventDefault();
  const all = options(), at = all.findIndex(option => option.ariaSelected === "true");
  if (event.key === "Enter") return all[at] && run(all[at]);
  choose(all.at((at + (event.key === "ArrowDown" ? 1 : -1)) % all.length));
});
document.addEventListener("input", ({ target }) => target.closest("#palette") && draw(target.value));
document.addEventListener("click", event => {
  const option = event.target.closest?.("#palette [role=option]");
  if (option) { event.preventDefault(); run(option); }
  if (event.target.closest?.("[data-open-palette]")) open();
});
