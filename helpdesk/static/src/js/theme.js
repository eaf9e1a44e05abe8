// data-behaviour="theme" on a control with the value light, dark or "" (as the system); kept in a cookie, so that the server draws it next time.
import { within } from "./behaviours.js";

function wear(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}
document.addEventListener("change", ({ target }) => within(target, "theme") && wear(target.value));
document.addEventListener("click", ({ target }) => { const button = within(target, "theme"); if (button?.matches("button")) wear(button.value); });
