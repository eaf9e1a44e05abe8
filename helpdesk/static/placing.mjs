// Puts a build beside the one that is served, under which pages stay open and servers go on until they are restarted:
// what the new build no longer has is kept for a while.
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const KEPT_MS = 14 * 24 * 3600 * 1000;

// What the last build was made of. An older file's time says since when it has not been part of one.
const RECORD = ".built.json";

// The manifest comes last: it names nothing that is not there.
export async function place(fresh, dist, { now = Date.now() } = {}) {
  const built = (await filesIn(fresh)).sort((a, b) => (a === "manifest.json") - (b === "manifest.json"));
  const before = await filesIn(dist), last = new Set(await recorded(dist) ?? before);
  for (const name of built) {
    await mkdir(dirname(join(dist, name)), { recursive: true });
    await rename(join(fresh, name), join(dist, name));
  }
  const gone = before.filter(name => !built.includes(name));
  for (const name of gone) await (last.has(name) ? replaced(join(dist, name), now) : removedIfOld(join(dist, name), now));
  await writeFile(join(dist, RECORD), JSON.stringify(built));
  await rm(fresh, { recursive: true });
}

const replaced = (path, now) => utimes(path, now / 1000, now / 1000);

async function removedIfOld(path, now) {
  if (now - (await stat(path)).mtimeMs > KEPT_MS) await rm(path);
}

async function recorded(dist) {
  try {
    return JSON.parse(await readFile(join(dist, RECORD), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return null;
    throw error;
  }
}

// Without those that begin with a dot: they are of whoever builds, not of the build.
async function filesIn(folder) {
  await mkdir(folder, { recursive: true });
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter(entry => entry.isFile() && !entry.name.startsWith(".")).map(entry => relative(folder, join(entry.parentPath, entry.name)));
}
