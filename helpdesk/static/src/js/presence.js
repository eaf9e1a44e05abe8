// data-behaviour="presence" data-presence-url: tells every 20 s, and when it changes, whether somebody reads or writes here.
import { all, post } from "./behaviours.js";

let told = "", at = 0;
const doing = () => document.hidden ? "away" : document.querySelector("#composer")?.elements.body.value && document.activeElement?.name === "body" ? "writing" : "reading";

function tell(every) {
  const url = all("presence")[0]?.dataset.presenceUrl, state = doing(), key = url + state;
  if (!url || (key === told && (state === "away" || Date.now() - at < every))) return;
  [told, at] = [key, Date.now()];
  post(url, { state }).catch(() => {});
}
setInterval(tell, 1000, 20_000);
document.addEventListener("visibilitychange", () => tell(0));
