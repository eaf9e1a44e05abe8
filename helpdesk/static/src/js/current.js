// Links inside data-behaviour="current-links" show which one is open after the address changed without a page load.
import { all } from "./behaviours.js";

function mark() {
  for (const list of all("current-links")) for (const link of list.querySelectorAll("a[href]")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
for (const name of ["htmx:after:history:push", "htmx:after:history:replace", "htmx:after:history:update", "popstate"]) addEventListener(name, () => setTimeout(mark));
// A list that was asked for before the address changed would mark the one that was open then.
document.addEventListener("htmx:after:swap", mark);
