// Inter, cut at build time to what the first page needs. The cut file is kept beside the packages, so a second build is quick.
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import subset from "subset-font";

const characters = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));

// Latin-1, the typographic marks that our pages use, and arrows. Every other Latin letter comes from inter-latin-ext when it is met.
const LATIN = characters(0x20, 0x7e) + characters(0xa0, 0xff) + "ıŒœˆ˚˜–—‘’‚“”„†•…‰‹›€™←↑→↓↵−≤≥≈×";
const EXTENDED = characters(0x100, 0x24f) + characters(0x1e00, 0x1eff) + "₤₦₨₩₪₫₱₲₴₹₺₽№";

const CUTS = {
  "inter-latin.woff2": { from: "inter-latin-opsz-normal.woff2", text: LATIN },
  "inter-latin-ext.woff2": { from: "inter-latin-ext-opsz-normal.woff2", text: EXTENDED },
};

export async function inter(name, packages) {
  const folder = dirname(packages.resolve("@fontsource-variable/inter/package.json"));
  const { version } = packages("@fontsource-variable/inter/package.json");
  const cut = join(folder, "..", "..", ".cache", "helpdesk-fonts", version, name);
  if (!await stat(cut).catch(() => null)) {
    await mkdir(dirname(cut), { recursive: true });
    await writeFile(cut, await cutFont(join(folder, "files", CUTS[name].from), CUTS[name].text));
  }
  return cut;
}

async function cutFont(path, text) {
  return subset(await readFile(path), text, {
    targetFormat: "woff2",
    variationAxes: { wght: { min: 400, max: 700 }, opsz: { min: 14, max: 32 } },
  });
}
