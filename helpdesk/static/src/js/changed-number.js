// A live number that changed is tinted for a moment: data-behaviour="changed-number".
import { all } from "./behaviours.js";

const values = new Map();
function look() {
  for (const number of all("changed-number")) {
    const before = values.get(number.id);
    if (before !== undefined && before !== number.textContent) {
      number.classList.remove("changed-number");
      requestAnimationFrame(() => number.classList.add("changed-number"));
    }
    values.set(number.id, number.textContent);
  }
}
document.addEventListener("htmx:after:swap", look);
look();
