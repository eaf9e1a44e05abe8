// Files by choosing, dropping or pasting, with thumbnails. They live in the form's own file input, so the form posts them as they are.
import { eachNew, within } from "./behaviours.js";

const size = bytes => bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
const inputOf = form => form.querySelector("[type=file]");

function put(form, files) {
  const transfer = new DataTransfer();
  files.slice(0, Number(inputOf(form).dataset.maxFiles)).forEach(file => transfer.items.add(file));
  inputOf(form).files = transfer.files;
  draw(form);
}

function draw(form) {
  const box = form.querySelector(".attachments"), { files, dataset } = inputOf(form);
  box.querySelectorAll("img").forEach(({ src }) => URL.revokeObjectURL(src));
  box.replaceChildren(...[...files].map((file, i) => tile(form, file, i, file.size > Number(dataset.maxBytes) ? `Too large: ${size(Number(dataset.maxBytes))} at most` : size(file.size))));
  const tooLarge = box.querySelector(".attachment--bad");
  inputOf(form).setCustomValidity(tooLarge ? "One of the files is too large." : "");
}

function tile(form, file, i, words) {
  const box = Object.assign(document.createElement("span"), { className: "attachment" });
  const picture = file.type.startsWith("image/") ? Object.assign(new Image(), { src: URL.createObjectURL(file), alt: "" }) : Object.assign(document.createElement("span"), { className: "attachment__kind", textContent: file.name.split(".").pop().slice(0, 4) });
  const text = document.createElement("span");
  text.append(line("attachment__name cut", file.name), line("attachment__size", words));
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "icon-button attachment__remove", textContent: "×" });
  remove.setAttribute("aria-label", `Remove ${file.name}`);
  remove.onclick = () => put(form, [...inputOf(form).files].filter((_, j) => j !== i));
  box.classList.toggle("attachment--bad", words.startsWith("Too"));
  box.append(picture, text, remove);
  return box;
}
const line = (className, textContent) => Object.assign(document.createElement("span"), { className, textContent });

eachNew("attachments", form => {
  const more = files => files.length && put(form, [...inputOf(form).files, ...files]);
  let held = [];
  inputOf(form).addEventListener("click", () => { held = [...inputOf(form).files]; });
  inputOf(form).addEventListener("change", () => put(form, [...held, ...inputOf(form).files]));
  form.addEventListener("paste", event => { if (event.clipboardData.files.length) { event.preventDefault(); more([...event.clipboardData.files]); } });
  form.addEventListener("dragover", event => { event.preventDefault(); form.classList.add("composer--drop"); });
  form.addEventListener("dragleave", ({ relatedTarget }) => form.contains(relatedTarget) || form.classList.remove("composer--drop"));
  form.addEventListener("drop", event => { event.preventDefault(); form.classList.remove("composer--drop"); more([...event.dataTransfer.files]); });
  form.addEventListener("composer:sent", () => put(form, []));
  form.addEventListener("composer:restored", ({ detail: { files } }) => put(form, files));
});
document.addEventListener("click", ({ target }) => {
  const opener = target instanceof Element && target.closest("[data-choose-files]");
  if (opener) inputOf(within(opener, "attachments"))?.click();
});
