// One key, one thing to do: it presses (or focuses) the element that says data-shortcut="r"; g and a letter goes where data-go says.
import { all } from "./behaviours.js";

const typing = target => target.matches?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll(".ticket-row__link")];
let going = -Infinity;

function move(step) {
  const list = rows(), at = list.indexOf(document.activeElement);
  const from = at >= 0 ? at : list.findIndex(row => row.hasAttribute("aria-current"));
  const next = list[Math.min(list.length - 1, Math.max(0, from + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function press(selector) {
  const target = [...document.querySelectorAll(selector)].find(element => !element.disabled);
  if (!target) return false;
  if (typing(target)) target.focus();
  else if (target.getAttribute("popovertarget")) document.getElementById(target.getAttribute("popovertarget")).togglePopover({ source: target });
  else target.click();
  return true;
}

function leave(field) {
  field.blur();
  (document.querySelector(".ticket-row__link[aria-current]") ?? document.querySelector("#main"))?.focus();
}

document.addEventListener("keydown", event => {
  if (!all("keyboard").length || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog:modal")) return;
  if (typing(event.target)) return event.key === "Escape" && !document.querySelector(":popover-open, #canned") ? leave(event.target) : undefined;
  const went = event.timeStamp - going < 1200;
  going = !went && event.key === "g" ? event.timeStamp : -Infinity;
  const key = CSS.escape(event.key.toLowerCase());
  const done = went ? press(`[data-go="${key}"]`)
    : event.key === "j" || event.key === "k" ? (move(event.key === "j" ? 1 : -1), true)
    : event.key === "?" ? (document.querySelector("#shortcuts")?.showModal(), true)
    : event.key.length === 1 && going < 0 && press(`[data-shortcut="${key}"]`);
  if (done) event.preventDefault();
});
