import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { MeshStatus } from "../../cli/state/status.ts";
import { launcherConfig } from "../../cli/up/settings.ts";
import { launchFlashfit } from "./flashfit.ts";
import { type IdentityFiles, identityFiles } from "./identity.ts";
import { freePort } from "./ports.ts";

/** A whole mesh, every part real, as `npm start` runs it. */
export interface TestMesh {
  /** https://127.0.0.1:port */
  edgeUrl: string;
  /** Certificate of the mesh's own authority: its file, and as PEM. */
  caFile: string;
  ca: string;
  /** Its FLASHFIT_HOME. */
  home: string;
  /** Every address in status.json by name: edge, redirect, admin, mesh, postgres, valkey. */
  addresses: Record<string, string>;
  /** Port by name of address. */
  ports: Record<string, number>;
  /** The launcher's process: the very thing that a terminal would hold. */
  launcher: ChildProcess;
  /** What the launcher has printed so far. */
  output(): string;
  /** status.json as it is now. */
  status(): Promise<MeshStatus>;
  /** Files of who a part of it is: of a service, "envoy" or "cli". */
  identity(name: string): IdentityFiles;
  /** The process of this name, as status.json has it now. @throws Error unless it runs */
  pidOf(name: string): Promise<number>;
  /** kill -9 of one process by its name; resolves when the signal is sent. */
  killChild(name: string): Promise<void>;
  /** Resolves when the launcher has printed this. */
  printed(pattern: RegExp): Promise<void>;
  /** Stops it in order and answers the launcher's exit code; removes the home if it made one. */
  stop(): Promise<number | null>;
}

export interface StartMeshOptions {
  /** Settings over the tests' own: free ports, no rate limit, a home of its own. */
  env?: Record<string, string | undefined>;
  /** A home that outlives this mesh; default: a temporary one. */
  home?: string;
}

/** Starts a mesh through bin/flashfit.mjs and waits until it says that it is up. */
export async function startMesh({ env = {}, home: given }: StartMeshOptions = {}): Promise<TestMesh> {
  const home = given ?? mkdtempSync(join(tmpdir(), "flashfit-"));
  const { launcher, output, printed } = await launch(home, env);
  await printed(/FlashFit Mesh is up\./);
  const status = async () => JSON.parse(readFileSync(join(home, "status.json"), "utf8")) as MeshStatus;
  const { addresses } = await status();
  const certs = join(home, "certs");
  const caFile = join(certs, "ca.crt");
  const pidOf = async (name: string) => {
    const { processes } = await status();
    const pid = processes.find((one) => one.name === name)?.pid;
    if (pid === undefined) throw new Error(`expected a running ${name}, got ${JSON.stringify(processes)}`);
    return pid;
  };
  return {
    edgeUrl: addresses.edge!,
    caFile,
    ca: readFileSync(caFile, "utf8"),
    home,
    addresses,
    ports: Object.fromEntries(Object.entries(addresses).map(([name, url]) => [name, Number(new URL(url).port)])),
    launcher,
    output,
    status,
    printed,
    identity: (name) => identityFiles(certs, name),
    pidOf,
    async killChild(name) {
      process.kill(await pidOf(name), "SIGKILL");
    },
    async stop() {
      if (launcher.exitCode === null && launcher.signalCode === null) {
        const closed = once(launcher, "close");
        launcher.kill("SIGTERM");
        await closed;
      }
      if (given === undefined) rmSync(home, { recursive: true, force: true });
      return launcher.exitCode;
    },
  };
}

/** Runs `flashfit up` with free ports, its output gathered. */
export async function launch(home: string, env: Record<string, string | undefined>) {
  const ports: Record<string, string> = {};
  for (const name of Object.keys(launcherConfig.shape)) {
    if (name.endsWith("_PORT")) ports[name] = String(await freePort());
  }
  const { child: launcher, ...rest } = launchFlashfit("up", home, { ...ports, EDGE_RATE_LIMIT_RPS: "0", ...env });
  return { launcher, ...rest };
}
