// A reply that was taken back stands in the composer again, before what was begun since, with its files.
import { all } from "./behaviours.js";

const form = () => document.querySelector("#composer");
const fetched = ({ href, type, textContent: name }) => fetch(href).then(answer => answer.blob()).then(content => new File([content], name, { type }));

async function putBack(element) {
  const words = element.dataset.words, links = [...element.querySelectorAll("a")], body = form()?.elements.body;
  element.remove();
  if (!body) return;
  if (!body.value.startsWith(words)) body.value = body.value ? `${words}\n${body.value}` : words;
  form().querySelector('.composer__mode[value="reply"]').checked = true;
  body.dispatchEvent(new Event("input", { bubbles: true }));
  body.focus();
  if (links.length) form().dispatchEvent(new CustomEvent("composer:restored", { detail: { files: await Promise.all(links.map(fetched)) } }));
}

document.addEventListener("htmx:after:swap", () => all("put-back").forEach(putBack));
