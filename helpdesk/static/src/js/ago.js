// <time data-behaviour="ago" datetime>: "4 min", kept true; the full instant is in its title.
import { all } from "./behaviours.js";
import { duration } from "./clock.js";

const tell = () => all("ago").forEach(time => {
  const passed = Date.now() - Date.parse(time.dateTime);
  const words = passed < 60_000 ? "now" : duration(passed);
  if (time.textContent !== words) time.textContent = words;
});
setInterval(tell, 15_000);
document.addEventListener("htmx:after:swap", tell);
tell();
