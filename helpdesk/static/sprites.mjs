// Two sprites: icons (Lucide by name, and our own drawings) and the sample faces of demo and tests.
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { FACES, drawFace } from "./src/icons/faces.mjs";

const sprite = symbols => `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;

function symbol(id, svg) {
  const viewBox = svg.match(/viewBox="([^"]+)"/)[1];
  const drawing = svg.replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1].replace(/\s+/g, " ").replace(/> </g, "><").trim();
  return `<symbol id="${id}" viewBox="${viewBox}">${drawing}</symbol>`;
}

export async function iconsSprite(folder, lucide) {
  const names = (await readFile(join(folder, "lucide.txt"), "utf8")).split(/\s+/).filter(Boolean).sort();
  const own = (await readdir(folder)).filter(name => name.endsWith(".svg")).sort();
  return sprite([
    ...await Promise.all(names.map(async name => symbol(name, await readFile(join(lucide, "icons", `${name}.svg`), "utf8")))),
    ...await Promise.all(own.map(async name => symbol(basename(name, ".svg"), await readFile(join(folder, name), "utf8")))),
  ]);
}

export const facesSprite = () => sprite(FACES.map((face, i) => symbol(`face-${i + 1}`, drawFace(face))));
