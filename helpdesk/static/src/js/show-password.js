// The eye beside a password shows what was typed.
import { within } from "./behaviours.js";

document.addEventListener("click", ({ target }) => {
  const eye = within(target, "show-password");
  if (!eye) return;
  const field = document.getElementById(eye.getAttribute("aria-controls")), shown = field.type === "text";
  field.type = shown ? "password" : "text";
  eye.setAttribute("aria-pressed", String(!shown));
});
