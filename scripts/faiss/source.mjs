import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";

export const FAISS_VERSION = "1.12.0";

/** The Rust crate that carries FAISS's whole source, C API included. */
const CRATE = { name: "faiss-sys", version: "0.7.0" };
const CRATE_SHA256 = "c4a8fa67f7070bb81f41dc71c98813b3e40a66bedab12d6c2ac2af50f0837a7e";

/** A folder with FAISS's source: FAISS_SOURCE, what was unpacked before, or what cargo brings. */
export function provideSource(folder) {
  const given = process.env.FAISS_SOURCE;
  if (given && existsSync(join(given, "c_api/CMakeLists.txt"))) return resolve(given);
  const source = join(folder, "source");
  if (existsSync(join(source, "CMakeLists.txt"))) return source;
  const crate = given ?? fetchCrate();
  if (!existsSync(crate)) throw new Error(`FAISS_SOURCE is ${crate}, which is not there`);
  const sha256 = createHash("sha256").update(readFileSync(crate)).digest("hex");
  if (sha256 !== CRATE_SHA256) {
    throw new Error(`expected sha256 ${CRATE_SHA256} of ${crate}, got ${sha256}: it is damaged or another version`);
  }
  // Unpacked aside, so that an interruption leaves no half of it behind.
  const aside = `${source}.${process.pid}.tmp`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  try {
    execFileSync("tar", ["-xzf", crate, "-C", aside, "--strip-components=1", `${CRATE.name}-${CRATE.version}/faiss`]);
    renameSync(join(aside, "faiss"), source);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return source;
}

/** Have cargo fetch the crate; nothing of Rust is compiled. */
function fetchCrate() {
  process.stdout.write(`fetching FAISS's source with cargo (${CRATE.name} ${CRATE.version})\n`);
  const project = mkdtempSync(join(os.tmpdir(), "flashfit-faiss-"));
  try {
    const dependency = `[dependencies]\n${CRATE.name} = "=${CRATE.version}"\n`;
    writeFileSync(
      join(project, "Cargo.toml"),
      `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n${dependency}`,
    );
    writeFileSync(join(project, "lib.rs"), "");
    execFileSync("cargo", ["fetch", "--quiet"], { cwd: project, stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    const file = `${CRATE.name}-${CRATE.version}.crate`;
    const why = error.code === "ENOENT" ? "cargo is not installed" : "cargo could not fetch it";
    throw new Error(`${why}: install cargo 1.70 or newer, or download ${file} and set FAISS_SOURCE to that file`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
  const cache = join(process.env.CARGO_HOME ?? join(os.homedir(), ".cargo"), "registry/cache");
  for (const registry of existsSync(cache) ? readdirSync(cache) : []) {
    const crate = join(cache, registry, `${CRATE.name}-${CRATE.version}.crate`);
    if (existsSync(crate)) return crate;
  }
  throw new Error(`cargo fetched ${CRATE.name}, but it is not in ${cache}: set FAISS_SOURCE to the crate`);
}
