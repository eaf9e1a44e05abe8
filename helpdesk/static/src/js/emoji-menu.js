// What the emoji menu holds: those used last, then every group; letters find signs by what they are called.
import groups from "emoji:groups";
import { finding } from "./emoji-search.js";
import { recent, remember } from "./emoji-recent.js";
import { onKey } from "./emoji-keys.js";

const all = groups.flatMap(({ signs }) => signs);
const known = new Map(all.map(each => [each[0], each]));

export function show(menu) {
  const field = menu.querySelector("input"), signs = menu.querySelector(".emoji__signs");
  if (!signs.firstChild) fill(menu, field, signs);
  field.value = "";
  narrow(menu, "");
  signs.scrollTop = 0;
  if (matchMedia("(pointer: fine)").matches) field.focus();
}

function fill(menu, field, signs) {
  signs.append(part("Recent", []), ...groups.map(({ name, signs }) => part(name, signs)), part("Found", []));
  const parts = [...signs.children].slice(0, -1);
  menu.querySelector(".emoji__groups").append(...parts.map(each => tab(each, () => (field.value = "", narrow(menu, ""), each.scrollIntoView()))));
  field.addEventListener("input", () => narrow(menu, field.value));
  menu.addEventListener("keydown", onKey);
  menu.addEventListener("click", ({ target }) => target.dataset.insert && remember(target.dataset.insert));
  for (const name of ["mouseover", "focusin"]) menu.addEventListener(name, ({ target }) => target.dataset.insert && say(menu, target.title));
}

function narrow(menu, typed) {
  const parts = [...menu.querySelectorAll(".emoji__part")], found = typed.trim() ? finding(all, typed) : [];
  parts.forEach(each => { each.hidden = Boolean(typed.trim()) !== (each === parts.at(-1)); });
  put(parts[0], recent().flatMap(sign => known.has(sign) ? [known.get(sign)] : []));
  put(parts.at(-1), found);
  say(menu, !typed.trim() || found.length ? "" : `Nothing is called “${typed.trim()}”`);
}

const make = (tag, className, more = {}) => Object.assign(document.createElement(tag), { className, ...more });
const say = (menu, words) => { menu.querySelector(".emoji__name").textContent = words; };

function put(part, signs) {
  const made = signs.map(button);
  // Tab goes from group to group, the arrow keys along the signs.
  if (made[0]) made[0].tabIndex = 0;
  part.lastChild.replaceChildren(...made);
}

function part(name, signs) {
  const section = make("section", "emoji__part", { role: "group", ariaLabel: name });
  section.append(make("p", "emoji__head", { textContent: name, ariaHidden: "true" }), make("div", "emoji__grid"));
  put(section, signs);
  return section;
}

function button([sign, label]) {
  const made = make("button", "emoji__sign", { type: "button", tabIndex: -1, title: label, ariaLabel: label, textContent: sign });
  made.dataset.insert = sign;
  return made;
}

function tab(part, press) {
  const name = part.ariaLabel;
  return make("button", "emoji__group", { type: "button", title: name, ariaLabel: name, textContent: part.querySelector(".emoji__sign")?.textContent ?? "🕘", onclick: press });
}
