// Clocks count by themselves: data-due, data-start and data-warn (when the last quarter begins) are instants.
// data-now on <body> is the server's instant of the page, so that a wrong clock of the computer changes nothing.
import { all } from "./behaviours.js";

const skew = document.body.dataset.now ? Date.parse(document.body.dataset.now) - Date.now() : 0;
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export function duration(ms) {
  const minutes = Math.max(1, Math.floor(ms / MINUTE));
  if (minutes < 60) return `${minutes} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${String(Math.floor(ms % HOUR / MINUTE)).padStart(2, "0")}`;
  return `${Math.floor(ms / DAY)} d`;
}

function stateOf({ due, start, warn }, now) {
  if (now > due) return "over";
  return now >= (warn || due - (due - start) / 4) ? "soon" : "far";
}

function tick(clock, now) {
  const [due, start, warn] = ["due", "start", "warn"].map(name => Date.parse(clock.dataset[name] ?? ""));
  const state = stateOf({ due, start: start || due - HOUR, warn }, now);
  const words = state === "over" ? `${duration(now - due)} over` : duration(due - now + MINUTE - 1) + (clock.classList.contains("clock--chip") ? " left" : "");
  const text = clock.querySelector(".clock__text");
  if (text.textContent !== words) text.textContent = words;
  for (const each of ["far", "soon", "over"]) clock.classList.toggle(`clock--${each}`, each === state);
  const used = Math.round(100 * Math.min(1, Math.max(0, (now - start) / (due - start)))) || 0;
  if (start) clock.querySelector(".ring__used")?.setAttribute("stroke-dasharray", `${used} 100`);
}

const tickAll = () => all("clock").forEach(clock => tick(clock, Date.now() + skew));
setInterval(tickAll, 1000);
document.addEventListener("htmx:after:swap", tickAll);
tickAll();
