import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";

const INSTALL =
  process.platform === "darwin"
    ? "brew install cmake libomp openblas   (or brew install faiss: its library is used as it is)"
    : "apt-get install cmake g++ make libopenblas-dev cargo";

/** What set-up builds on this kind of machine, best last. */
export function platformVariants() {
  if (process.platform === "win32") throw new Error("expected Linux or macOS; on Windows, run it in WSL");
  return process.arch === "x64" ? ["avx2", "avx512"] : ["generic"];
}

/** A sentence on what is missing and how to get it; undefined when all is there. */
export function missingTools() {
  const missing = [];
  const cmake = outputOf("cmake", ["--version"]);
  const version = /version (\d+)\.(\d+)/.exec(cmake ?? "");
  if (!cmake) missing.push("cmake");
  else if (version && Number(version[1]) === 3 && Number(version[2]) < 24) {
    missing.push(`cmake 3.24 or newer (this is ${version[1]}.${version[2]})`);
  }
  const compiler = process.env.CXX ?? "c++";
  if (outputOf(compiler, ["--version"]) === undefined) missing.push(`a C++ compiler (${compiler})`);
  else if (process.platform === "linux" && !links(compiler)) missing.push("OpenBLAS with its headers");
  if (outputOf("make", ["--version"]) === undefined) missing.push("make");
  return missing.length > 0 ? `missing: ${missing.join(", ")}. Install with: ${INSTALL}` : undefined;
}

/** Whether a program with a BLAS, which FAISS multiplies matrices with, can be linked. */
function links(compiler) {
  const folder = mkdtempSync(join(os.tmpdir(), "flashfit-blas-"));
  try {
    const source = join(folder, "blas.cpp");
    writeFileSync(source, 'extern "C" int sgemm_(...);\nint main(int n, char**) { return n > 9 ? sgemm_() : 0; }\n');
    return ["openblas", "blas"].some(
      (name) => outputOf(compiler, [source, `-l${name}`, "-o", join(folder, "blas")]) !== undefined,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outputOf(program, args) {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined; // not there, or it says no: both are what is asked
  }
}
