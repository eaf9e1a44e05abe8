// data-behaviour="drawer" data-drawer="details": opens that pane over the page where there is no room for it; Escape or a press outside closes it.
import { within } from "./behaviours.js";

const close = () => document.body.classList.remove("console--queues", "console--details", "messenger--info");
document.addEventListener("click", ({ target }) => {
  const opener = within(target, "drawer");
  if (opener) return document.body.classList.toggle(opener.dataset.drawerClass ?? `console--${opener.dataset.drawer}`);
  if (target === document.body || target.closest?.(".queue, [data-close-drawer]")) close();
});
document.addEventListener("keydown", event => { if (event.key === "Escape" && !document.querySelector("dialog:modal, :popover-open")) close(); });
