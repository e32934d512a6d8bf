import { existsSync, statSync, utimesSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { launch } from "./lib/launch.mjs";
import { withLock } from "./lib/lock.mjs";
import { findNode24, installNode24 } from "./lib/node24.mjs";
import { installPackages, packagesAreInstalled } from "./lib/packages.mjs";
import { root, toolsFolder } from "./lib/paths.mjs";
import { runQuietly, SetUpError } from "./lib/run-quietly.mjs";

// Plain JavaScript without dependencies, for any Node from 20 on: this runs before anything is installed.

const envoyApiGenerator = `${root}scripts/gen-envoy-api.mjs`;
const envoyApiStamp = `${root}gen/envoy-api/.stamp`;

/**
 * Makes the checkout runnable: packages, a Node that runs TypeScript, and the generated Envoy API. What is there
 * already is left alone; two terminals at once take turns.
 *
 * @param {{ quiet?: boolean }} options `quiet`: no line about waiting for another terminal.
 * @returns {Promise<{ node: string }>} The Node to go on with.
 * @throws {SetUpError} with a message that says what to do.
 */
export async function ready({ quiet = false } = {}) {
  const found = findNode24();
  if (found !== undefined && packagesAreInstalled() && envoyApiIsGenerated()) return { node: found };
  const onWait = (pid) => quiet || process.stderr.write(`  waiting for process ${pid}, which is setting up …\n`);
  return withLock(
    `${toolsFolder}bootstrap.lock`,
    async () => {
      if (!packagesAreInstalled()) await installPackages();
      const node = findNode24() ?? (await installNode24());
      if (!envoyApiIsGenerated()) {
        await runQuietly({ label: "generating Envoy's API", command: node, args: [envoyApiGenerator], cwd: root });
        utimesSync(envoyApiStamp, new Date(), new Date());
      }
      return { node };
    },
    onWait,
  );
}

/**
 * Runs a TypeScript file of the project once everything is ready for it.
 *
 * @param {string} file Relative to the repository's root.
 * @param {string[]} args
 */
export async function runTypeScript(file, args) {
  try {
    const { node } = await ready();
    // What was compiled once, types stripped included, is not compiled again by the next start, nor by the services.
    process.env.NODE_COMPILE_CACHE ??= `${toolsFolder}compile-cache`;
    await launch(node, pathToFileURL(`${root}${file}`), args);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`\nflashfit: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** The generator knows exactly what is fresh; it is asked only if it, or the lockfile, is newer than its stamp. */
function envoyApiIsGenerated() {
  if (!existsSync(envoyApiStamp)) return false;
  const made = statSync(envoyApiStamp).mtimeMs;
  return [envoyApiGenerator, `${root}package-lock.json`].every((file) => statSync(file).mtimeMs <= made);
}
