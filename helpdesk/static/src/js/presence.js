// data-behaviour="presence" data-presence-url: tells every 20 s, and when it changes, whether somebody reads or writes here.
// Away is who looks at something else, or has not touched anything for two minutes.
import { all, post } from "./behaviours.js";

const IDLE = 120_000;
let told = "", at = 0, touched = Date.now();
const doing = () => document.hidden || Date.now() - touched > IDLE ? "away" : document.querySelector("#composer")?.elements.body.value && document.activeElement?.name === "body" ? "writing" : "reading";

function tell(every) {
  const url = all("presence")[0]?.dataset.presenceUrl, state = doing(), key = url + state;
  if (!url || (key === told && (state === "away" || Date.now() - at < every))) return;
  [told, at] = [key, Date.now()];
  post(url, { state }).catch(() => {});
}
setInterval(tell, 1000, 20_000);
document.addEventListener("visibilitychange", () => tell(0));
for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) addEventListener(sign, () => touched = Date.now(), { passive: true, capture: true });
