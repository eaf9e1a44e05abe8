// "2 newer above": the list is put in order when the pill is pressed, or by itself once neither pointer nor focus is in it.
import { all, eachNew } from "./behaviours.js";

const reading = list => list.matches(":hover, :focus-within");
const settle = () => all("newer").forEach(pill => {
  const list = pill.closest("section, nav, main");
  if (list && !reading(list)) pill.click();
});
let soon;
const later = () => { clearTimeout(soon); soon = setTimeout(settle, 400); };

eachNew("newer", later);
document.addEventListener("pointerout", ({ relatedTarget }) => relatedTarget?.closest?.("#tickets, #inbox") || later());
document.addEventListener("focusout", later);
