// Arrow keys inside a menu, focus on its first item when it opens by key, and closed once something was chosen.
import { within } from "./behaviours.js";

const items = menu => [...menu.querySelectorAll("a[href], button:not(:disabled), input:not([type=hidden])")];

document.addEventListener("toggle", ({ target, newState }) => {
  if (newState !== "open" || !within(target, "menu")) return;
  (target.querySelector("[autofocus], [aria-current]") ?? items(target)[0])?.focus();
}, true);
document.addEventListener("keydown", event => {
  const menu = within(event.target, "menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const all = items(menu), at = all.indexOf(document.activeElement);
  const next = { ArrowDown: (at + 1) % all.length, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  all.at(next)?.focus();
});
document.addEventListener("click", ({ target }) => {
  const item = target instanceof Element && target.closest(".menu__item");
  if (item) setTimeout(() => item.closest("[popover]:popover-open")?.hidePopover());
});
document.addEventListener("submit", ({ target }) => {
  within(target, "menu")?.hidePopover();
  // After htmx has read it: what was typed is not to stand there again.
  if (within(target, "menu")) setTimeout(() => target.reset(), 100);
});
