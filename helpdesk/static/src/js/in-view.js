// A line of links that is wider than the page begins where the current one can be seen.
import { eachNew } from "./behaviours.js";

eachNew("in-view", line => {
  const current = line.querySelector("[aria-current]")?.getBoundingClientRect();
  if (current) line.scrollLeft += Math.max(0, current.right + 16 - line.getBoundingClientRect().right);
});
