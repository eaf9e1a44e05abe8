// Arrow keys in the emoji menu: from the field into the signs, along them, and between rows of eight. Letters go to the field.
const ROW = 8;

const rows = menu => [...menu.querySelectorAll(".emoji__part:not([hidden]) .emoji__grid")].flatMap(({ children }) =>
  Array.from({ length: Math.ceil(children.length / ROW) }, (_, row) => [...children].slice(row * ROW, row * ROW + ROW)));

export function onKey(event) {
  const menu = event.currentTarget, isField = event.target.matches("input"), inGrid = event.target.matches(".emoji__sign");
  if (!isField && !inGrid || event.isComposing) return;
  if (inGrid && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
    event.stopPropagation();
    menu.querySelector("input").focus();
    return;
  }
  const next = isField ? fromField(menu, event.key) : fromSign(menu, event.target, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (isField && event.key === "Enter") next.click();
}

function fromField(menu, key) {
  return key === "ArrowDown" || key === "Enter" ? rows(menu)[0]?.[0] : undefined;
}

function fromSign(menu, sign, key) {
  const all = rows(menu), row = all.findIndex(each => each.includes(sign)), column = all[row].indexOf(sign), flat = all.flat(), at = flat.indexOf(sign);
  const inRow = each => each?.[Math.min(column, each.length - 1)];
  switch (key) {
    case "ArrowUp": return row ? inRow(all[row - 1]) : menu.querySelector("input");
    case "ArrowDown": return inRow(all[row + 1]);
    case "ArrowRight": return flat[at + 1];
    case "ArrowLeft": return flat[at - 1];
    case "Home": return flat[0];
    case "End": return flat.at(-1);
  }
}
