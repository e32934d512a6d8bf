// Completes package-lock.json with the platform packages that it lacks: `node scripts/complete-lockfile.mjs`.
//
// A registry mirror may not have an optional package for every platform (biome and buf have one for each). npm then leaves
// it out of the lockfile, and `npm ci` refuses such a lockfile everywhere, although the package is not for this machine.
// Each missing one is entered with the exact version that its parent names.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const added = [];
for (const [parent, entry] of Object.entries(lock.packages)) {
  if (parent === "") continue;
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const candidates = [`${parent}/node_modules/${name}`, `node_modules/${name}`];
    if (candidates.some((path) => lock.packages[path])) continue;
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(range)) throw new Error(`${name}: expected an exact version, got ${range}`);
    const { dev } = entry;
    lock.packages[`node_modules/${name}`] = { version: range, dev, optional: true, ...platformOf(name) };
    added.push(`${name}@${range}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(added.length > 0 ? `added ${added.join(", ")}\n` : "complete\n");

/** What npm writes of a package for one platform, read from its name. */
function platformOf(name) {
  if (name.endsWith("-wasm32-wasi")) return { cpu: ["wasm32"] };
  const systems = /(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|aix)-([a-z0-9]+)/;
  const [os, cpu] = systems.exec(name)?.slice(1) ?? [];
  if (!os || !cpu) throw new Error(`${name}: expected a platform in its name`);
  return { cpu: [cpu === "armv7" ? "arm" : cpu], os: [os] };
}
