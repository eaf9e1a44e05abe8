// The signs of the emoji menu, from emojibase: those that systems have drawn since 2021, without skin tones.
import { readFile } from "node:fs/promises";

const NEWEST = 14;
const GROUPS = { 0: "Smileys", 1: "People", 3: "Animals and nature", 4: "Food and drink", 5: "Travel", 6: "Activities", 7: "Objects", 8: "Symbols", 9: "Flags" };

/** JSON: [{name, signs: [[sign, what it is called, further words to find it by]]}] */
export async function emojiGroups(packages) {
  const known = JSON.parse(await readFile(packages.resolve("emojibase-data/en/data.json"), "utf8"));
  const signs = known.filter(({ group, version }) => group in GROUPS && version <= NEWEST).sort((a, b) => a.order - b.order);
  return JSON.stringify(Object.entries(GROUPS).map(([number, name]) => ({
    name, signs: signs.filter(({ group }) => group === Number(number)).map(each => [plain(each.emoji), each.label, furtherWords(each)]),
  })));
}

// Emojibase adds the selector for a coloured picture also where the sign is one by itself.
const plain = sign => sign.replace(/^(\p{Emoji_Presentation})\uFE0F$/u, "$1");
const furtherWords = ({ label, tags = [] }) => tags.filter(tag => !label.split(" ").includes(tag)).join(" ");
