// Signs in which every typed word begins one of theirs: those called so first, then those that have to do with it.
const SHOWN_AT_MOST = 64;

export function finding(all, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean), begins = (text, word) => ` ${text.toLowerCase()}`.includes(` ${word}`);
  const called = all.filter(([, label]) => words.every(word => begins(label, word)));
  const about = all.filter(([, label, more]) => words.every(word => begins(`${label} ${more}`, word)));
  return [...new Set([...called, ...about])].slice(0, SHOWN_AT_MOST);
}
