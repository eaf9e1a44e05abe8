// data-behaviour="countdown" data-until: "Sending in 8 s" is counted down; then the buttons beside it go.
import { all } from "./behaviours.js";

const skew = document.body.dataset.now ? Date.parse(document.body.dataset.now) - Date.now() : 0;

function tick(words) {
  const seconds = Math.ceil((Date.parse(words.dataset.until) - Date.now() - skew) / 1000);
  const text = seconds > 0 ? `Sending in ${seconds} s` : "Sending";
  if (words.textContent !== text) words.textContent = text;
  if (seconds > 0) return;
  words.removeAttribute("data-until");
  words.removeAttribute("data-behaviour");
  while (words.nextSibling) words.nextSibling.remove();
}

const tickAll = () => all("countdown").forEach(tick);
setInterval(tickAll, 250);
document.addEventListener("htmx:after:swap", tickAll);
