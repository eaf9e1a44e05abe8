// Where a browser can't size a field by its content, the height follows the text.
import { within } from "./behaviours.js";

if (!CSS.supports("field-sizing", "content"))
  document.addEventListener("input", ({ target }) => {
    if (!target.matches("textarea") || !within(target, "autogrow")) return;
    target.style.blockSize = "auto";
    target.style.blockSize = `${target.scrollHeight}px`;
  });
