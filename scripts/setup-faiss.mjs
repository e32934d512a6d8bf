#!/usr/bin/env node
/**
 * Builds FAISS with its C API into .tools/faiss-<version>/lib, one library a processor family, for the Index's engine
 * "faiss". Run again after an interruption, it goes on where it was; when all is there, it ends at once.
 *
 *     npm run setup:faiss                       what this kind of machine can run
 *     npm run setup:faiss -- --variants avx2    only this one (avx512, avx2, generic)
 *     npm run setup:faiss -- --faiss-node       the engine "faiss-node" as well
 *     npm run setup:faiss -- --force            anew
 *
 * FAISS_SOURCE: the source, a folder or a faiss-sys-0.7.0.crate, instead of having cargo fetch it.
 * Plain JavaScript for Node 20, because set-up runs before anything else is there.
 */
import { existsSync, rmSync } from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildVariant, libraryOf } from "./faiss/build.mjs";
import { buildFaissNode } from "./faiss/faiss-node.mjs";
import { FAISS_VERSION, provideSource } from "./faiss/source.mjs";
import { missingTools, platformVariants } from "./faiss/tools.mjs";

const root = resolve(fileURLToPath(new URL("..", import.meta.url)));
const folder = join(root, ".tools", `faiss-${FAISS_VERSION}`);

try {
  main();
} catch (error) {
  process.stderr.write(`setup:faiss: ${error.message}\n`);
  process.exitCode = 1;
}

function main() {
  const { values } = parseArgs({
    options: {
      variants: { type: "string" },
      jobs: { type: "string" },
      force: { type: "boolean" },
      "faiss-node": { type: "boolean" },
    },
  });
  const variants = wantedVariants(values.variants);
  const jobs = Number(values.jobs ?? os.availableParallelism());
  if (!Number.isSafeInteger(jobs) || jobs < 1) throw new Error(`expected --jobs of 1 or more, got ${values.jobs}`);
  if (values.force) rmSync(folder, { recursive: true, force: true });

  const lib = join(folder, "lib");
  const toBuild = variants.filter((variant) => !existsSync(join(lib, libraryOf(variant))));
  if (toBuild.length > 0 || values["faiss-node"]) {
    const missing = missingTools();
    if (missing) throw new Error(missing);
  }
  if (toBuild.length > 0) {
    const source = provideSource(folder);
    for (const variant of toBuild) buildVariant({ source, folder, lib, variant, jobs });
  }
  process.stdout.write(`FAISS ${FAISS_VERSION} (${variants.join(", ")}) is in ${lib}\n`);
  // Its library is chosen now, not when it runs: the one that more processors can run.
  if (values["faiss-node"]) buildFaissNode({ root, folder, lib, variant: variants[0] });
}

function wantedVariants(list) {
  const possible = platformVariants();
  if (!list) return possible;
  const wanted = list.split(",");
  const unknown = wanted.filter((variant) => ![...possible, "generic"].includes(variant));
  if (unknown.length > 0)
    throw new Error(`expected variants of ${possible.join(", ")}, generic; got ${unknown.join(", ")}`);
  return wanted;
}
