// Builds what browsers load: `npm run build` fills helpdesk/static/dist and writes its manifest.
//
// manifest.json: {"js/console.js": {"file": "js/console-3F2A91BC.js", "preload": ["js/chunk-….js"]}, …}
// Every file carries the hash of its content in its name and has a .gz beside it.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { emojiGroups } from "./emoji.mjs";
import { inter } from "./fonts.mjs";
import { place } from "./placing.mjs";
import { facesSprite, iconsSprite } from "./sprites.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, "src"), dist = join(here, "dist"), fresh = join(here, "dist.new");
const packages = createRequire(import.meta.url);

const PAGES = ["js/console.js", "js/messenger.js", "js/reports.js", "js/sessions.js", "css/app.css"];
const common = { bundle: true, minify: true, metafile: true, target: "es2022", sourcemap: "linked", logLevel: "warning", outbase: src };

const fonts = {
  name: "fonts",
  setup(on) {
    on.onResolve({ filter: /^font:/ }, async ({ path }) => ({ path: await inter(path.slice("font:".length), packages) }));
  },
};

const emoji = {
  name: "emoji",
  setup(on) {
    on.onResolve({ filter: /^emoji:/ }, ({ path }) => ({ path, namespace: "emoji" }));
    on.onLoad({ filter: /.*/, namespace: "emoji" }, async () => ({ contents: await emojiGroups(packages), loader: "json" }));
  },
};

async function buildPages() {
  const { metafile } = await build({
    ...common,
    entryPoints: PAGES.map(name => join(src, name)),
    outdir: fresh, format: "esm", splitting: true,
    entryNames: "[dir]/[name]-[hash]", chunkNames: "js/chunk-[hash]", assetNames: "fonts/[name]-[hash]",
    loader: { ".woff2": "file" }, plugins: [fonts, emoji],
  });
  return { ...entries(metafile), ...fontsOf(metafile) };
}

// A shared worker is one classic script: it can't share chunks with a page.
async function buildWorker() {
  const { metafile } = await build({
    ...common,
    entryPoints: [join(src, "js/live-worker.js")],
    outdir: fresh, format: "iife", entryNames: "[dir]/[name]-[hash]",
  });
  return entries(metafile);
}

function entries({ outputs }) {
  const found = Object.entries(outputs).filter(([, output]) => output.entryPoint);
  return Object.fromEntries(found.map(([path, output]) => [
    relative(src, output.entryPoint), { file: inDist(path), preload: [...chunksOf(path, outputs)].map(inDist) },
  ]));
}

function chunksOf(path, outputs, seen = new Set()) {
  for (const { path: next, kind } of outputs[path].imports)
    if (kind === "import-statement" && !seen.has(next)) chunksOf(next, outputs, seen.add(next));
  return seen;
}

function fontsOf({ outputs }) {
  const files = Object.keys(outputs).filter(path => path.endsWith(".woff2"));
  return Object.fromEntries(files.map(path => [inDist(path).replace(/-[0-9A-Z]{8}\./, "."), { file: inDist(path), preload: [] }]));
}

const inDist = path => relative(fresh, path);

async function writeHashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const file = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  await writeFile(join(fresh, file), content);
  return { [name]: { file, preload: [] } };
}

async function gzipEverything() {
  for (const { name, parentPath } of (await readdir(fresh, { recursive: true, withFileTypes: true })).filter(e => e.isFile())) {
    if (/\.(woff2|gz)$/.test(name)) continue;
    const path = join(parentPath, name);
    await writeFile(path + ".gz", gzipSync(await readFile(path), { level: 9 }));
  }
}

// Built beside the old files and put among them at the end, so that a running server never sees half of it.
await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
const manifest = {
  ...await buildPages(),
  ...await buildWorker(),
  ...await writeHashed("icons.svg", await iconsSprite(join(src, "icons"), dirname(packages.resolve("lucide-static/package.json")))),
  ...await writeHashed("faces.svg", facesSprite()),
};
await gzipEverything();
await writeFile(join(fresh, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
await place(fresh, dist);
console.log(`built ${Object.keys(manifest).length} entries into ${relative(process.cwd(), dist)}`);
