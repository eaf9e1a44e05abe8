// A quiet bar while the server can't be reached; it goes by itself with the first answer.
import { all } from "./behaviours.js";
import { announce } from "./notices.js";

function show() {
  for (const bar of all("offline")) {
    if (!bar.hidden) continue;
    bar.querySelector("[data-since-words]").textContent = ` since ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
    bar.hidden = false;
  }
}
const hide = () => all("offline").forEach(bar => { bar.hidden = true; });

addEventListener("offline", show);
addEventListener("online", () => { hide(); announce({ name: "hello" }); });
document.addEventListener("htmx:error", ({ detail: { error } }) => error instanceof TypeError && show());
document.addEventListener("htmx:after:request", hide);
document.addEventListener("connected", hide);
let away;
document.addEventListener("disconnected", () => { away ??= setTimeout(show, 4000); });
document.addEventListener("connected", () => { clearTimeout(away); away = undefined; });
document.addEventListener("click", ({ target }) => target.closest?.("[data-try-now]") && announce({ name: "hello" }));
