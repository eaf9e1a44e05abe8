// data-behaviour="shown" on a list that asks what changed: it tells which rows it shows, and how they looked.
import { within } from "./behaviours.js";

const MOST = 200;

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const list = within(ctx.sourceElement, "shown");
  if (list !== ctx.sourceElement || !list) return;
  const links = [...list.querySelectorAll(".ticket-row__link[data-digest]")].slice(0, MOST);
  const url = new URL(ctx.request.action, location.href);
  url.searchParams.set("shown", links.map(link => `${link.parentElement.id.slice(7)}.${link.dataset.digest}`).join("-"));
  ctx.request.action = url.pathname + url.search;
});
