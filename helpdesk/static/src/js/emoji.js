// The emoji menu is filled when it first opens; a press puts the sign where the caret of the composer is.
import { within } from "./behaviours.js";

document.addEventListener("toggle", async ({ target, newState }) => {
  if (newState === "open" && within(target, "emoji")) (await import("./emoji-menu.js")).show(target);
}, true);

document.addEventListener("click", ({ target }) => {
  const sign = target.closest?.("#emoji [data-insert]")?.dataset.insert;
  const field = sign && document.querySelector("#composer")?.elements.body;
  if (!field) return;
  document.querySelector("#emoji").hidePopover();
  field.focus();
  document.execCommand("insertText", false, sign);
});
