// Swap style "keyed": a row that is there is morphed in place, a new one goes where its data-at puts it.
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

function morph(old, row) {
  const fragment = document.createDocumentFragment();
  fragment.append(row);
  api.morph(old, fragment, false);
  return old;
}

htmx.registerExtension("keyed", {
  init(given) { api = given; },
  handle_swap(style, list, fragment) {
    if (style !== "keyed") return false;
    return [...fragment.children].map(row => {
      const old = row.id && document.getElementById(row.id);
      return old ? morph(old, row) : insert(list, row);
    });
  },
});
