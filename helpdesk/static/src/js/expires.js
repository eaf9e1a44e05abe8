// data-behaviour="expires" data-expires="8": gone after so many seconds, unless the server has renewed it.
import { all } from "./behaviours.js";

const until = new WeakMap();
document.addEventListener("htmx:after:swap", () => all("expires").forEach(renew));

function renew(element) {
  clearTimeout(until.get(element));
  until.set(element, setTimeout(() => element.remove(), 1000 * Number(element.dataset.expires)));
}
all("expires").forEach(renew);
