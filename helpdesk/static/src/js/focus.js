// A browser that can't move nodes without removing them loses focus in a re-sorted list: it is put back by id.
let focused;
if (!("moveBefore" in Element.prototype)) {
  document.addEventListener("htmx:before:swap", () => { focused = document.activeElement?.id; });
  document.addEventListener("htmx:after:swap", () => {
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
  });
}
