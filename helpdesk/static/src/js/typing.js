// data-typing-url on the composer: a member who writes says so at most every 4 s.
import { within, post } from "./behaviours.js";

let last = -Infinity;
document.addEventListener("input", ({ target, timeStamp }) => {
  const url = within(target, "composer")?.dataset.typingUrl;
  if (!url || !target.value || timeStamp - last < 4000) return;
  last = timeStamp;
  post(url, {}).catch(() => {});
});
