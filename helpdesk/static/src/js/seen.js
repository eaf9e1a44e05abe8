// data-behaviour="seen" data-seen-url: what came last was seen, once the page is; told once for each last message.
import { all, post } from "./behaviours.js";

let told = "";
function tell() {
  const list = all("seen")[0], last = list?.querySelector(".message--in:last-of-type, .message:last-of-type")?.id;
  const key = list?.dataset.seenUrl + last;
  if (!list || document.hidden || key === told) return;
  told = key;
  post(list.dataset.seenUrl, { last: last ?? "" }).catch(() => {});
}
document.addEventListener("visibilitychange", tell);
document.addEventListener("htmx:after:swap", tell);
tell();
