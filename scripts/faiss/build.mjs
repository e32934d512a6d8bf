import { spawnSync } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const SUFFIX = process.platform === "darwin" ? "dylib" : "so";

export function libraryOf(variant) {
  return `libfaiss_c${ending(variant)}`;
}

function ending(variant) {
  return `${variant === "generic" ? "" : `_${variant}`}.${SUFFIX}`;
}

/**
 * Configure and compile one variant, about six minutes of a processor, and put it into `lib`. make compiles what is not
 * compiled yet, so an interrupted build goes on.
 */
export function buildVariant({ source, folder, lib, variant, jobs }) {
  const build = join(folder, "build");
  mkdirSync(build, { recursive: true });
  const target = variant === "generic" ? "faiss_c" : `faiss_c_${variant}`;
  const began = Date.now();
  process.stdout.write(`building ${target} with ${jobs} jobs\n`);
  run(join(build, "configure.log"), "cmake", [
    ...["-S", source, "-B", build, "-G", "Unix Makefiles"],
    ...["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON", "-DBUILD_TESTING=OFF"],
    ...["-DFAISS_ENABLE_GPU=OFF", "-DFAISS_ENABLE_PYTHON=OFF", "-DFAISS_ENABLE_EXTRAS=OFF", "-DFAISS_ENABLE_C_API=ON"],
    // The level decides what is built by default and what is installed; targets of all levels are there.
    `-DFAISS_OPT_LEVEL=${process.arch === "x64" ? "avx512" : "generic"}`,
    // The two libraries find each other wherever their folder is moved to.
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    `-DCMAKE_INSTALL_RPATH=${process.platform === "darwin" ? "@loader_path" : "$ORIGIN"}`,
  ]);
  const { status } = spawnSync("cmake", ["--build", build, "--parallel", String(jobs), "--target", target], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`${target} could not be compiled: run this again, it goes on where it was`);
  // The C library comes last: where it is, all is.
  install(join(build, "faiss"), lib, `libfaiss${ending(variant)}`);
  install(join(build, "c_api"), lib, libraryOf(variant));
  process.stdout.write(`${target} is built, ${Math.round((Date.now() - began) / 1000)} s\n`);
}

/** Renamed in place: who has the old library loaded keeps it. */
function install(from, lib, name) {
  mkdirSync(lib, { recursive: true });
  const aside = join(lib, `${name}.${process.pid}.tmp`);
  copyFileSync(join(from, name), aside);
  renameSync(aside, join(lib, name));
}

/** Run with the output in a log; its end tells what failed. */
function run(log, program, args) {
  const out = openSync(log, "w");
  const { status, signal, error } = spawnSync(program, args, { stdio: ["ignore", out, out] });
  closeSync(out);
  if (status === 0) return;
  const said = readFileSync(log, "utf8").trimEnd().split("\n").slice(-25).join("\n");
  throw new Error(`${program} ended with ${error?.message ?? signal ?? `code ${status}`}\n${said}`);
}
