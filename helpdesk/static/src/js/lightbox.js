// A photo opens large over the page; without script the link leads to it.
import { within } from "./behaviours.js";

document.addEventListener("click", event => {
  const link = within(event.target, "lightbox"), box = document.querySelector("#lightbox");
  if (!link || !box || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { alt } = link.querySelector("img");
  Object.assign(box.querySelector("img"), { src: link.href, alt });
  box.querySelector("figcaption").textContent = alt;
  box.showModal();
});
