// Letters in their order, anywhere; what begins with them, or has them together, comes first.
export function score(text, typed) {
  const words = text.toLowerCase(), letters = typed.toLowerCase();
  if (words.startsWith(letters)) return 3;
  if (words.includes(letters)) return 2;
  let at = -1;
  return [...letters].every(letter => (at = words.indexOf(letter, at + 1)) >= 0) ? 1 : 0;
}

export const ranked = (items, typed, text) => items
  .map(item => ({ item, score: score(text(item), typed) }))
  .filter(({ score }) => score)
  .sort((a, b) => b.score - a.score)
  .map(({ item }) => item);

/** `text` as nodes with the part that was typed in <mark>. */
export function marked(text, typed) {
  const at = text.toLowerCase().indexOf(typed.toLowerCase());
  if (!typed || at < 0) return [text];
  const mark = Object.assign(document.createElement("mark"), { textContent: text.slice(at, at + typed.length) });
  return [text.slice(0, at), mark, text.slice(at + typed.length)];
}
