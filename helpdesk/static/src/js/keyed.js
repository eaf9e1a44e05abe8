// Swap style "keyed": a row that is there is morphed in place, a new one or one whose data-at changed goes where that puts it.
let api;

function after(list, row) {
  const at = Number(row.dataset.at);
  return [...list.children].findLast(other => Number(other.dataset.at) <= at);
}

function insert(list, row) {
  const before = after(list, row);
  row.classList.add("message--new");
  before ? before.after(row) : list.prepend(row);
  return row;
}

function morph(list, old, row) {
  const fragment = document.createDocumentFragment(), moves = row.dataset.at !== old.dataset.at;
  fragment.append(row);
  api.morph(old, fragment, false);
  if (!moves) return old;
  old.remove();
  const before = after(list, old);
  before ? before.after(old) : list.prepend(old);
  return old;
}

htmx.registerExtension("keyed", {
  init(given) { api = given; },
  handle_swap(style, list, fragment) {
    if (style !== "keyed") return false;
    return [...fragment.children].map(row => {
      const old = row.id && document.getElementById(row.id);
      return old ? morph(list, old, row) : insert(list, row);
    });
  },
});
