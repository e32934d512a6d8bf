import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import process from "node:process";
import { projectRoot } from "../../state/home.ts";
import type { ChildSpec } from "../child.ts";
import { processes } from "../processes.ts";
import type { ProcessName, Runtime } from "../settings.ts";
import { pollUntil } from "./poll.ts";

export interface ServiceOptions {
  name: ProcessName;
  /** How this one is called, if there are several of them. */
  as?: string;
  runtime: Runtime;
  /** The runtime's binary. */
  binary: string;
  port: number;
  /** Folder of the local CA's certificates. */
  certs: string;
  /** Everything that the service reads: ports, URLs, certificates. */
  env: Record<string, string | undefined>;
  drainMs: number;
  /** Library that is loaded before all others; not heeded where the environment names such. */
  preload?: string | undefined;
  /** Flags of the runtime, beside those that it needs. */
  flags?: readonly string[];
}

/** A process of this project as a child, on any runtime. */
export function serviceChild({
  name,
  as = name,
  runtime,
  binary,
  port,
  certs,
  env,
  drainMs,
  preload,
  flags = [],
}: ServiceOptions): ChildSpec {
  const run = { node: [], deno: ["run", "-A", "--quiet"], bun: ["run"] }[runtime];
  return {
    name: as,
    runtime,
    command: binary,
    args: [...run, ...flags, processes[name].main],
    cwd: projectRoot,
    env: {
      ...(preload !== undefined && { LD_PRELOAD: preload }),
      ...env,
      TLS_CERT_FILE: join(certs, `${name}.crt`),
      TLS_KEY_FILE: join(certs, `${name}.key`),
      TLS_CA_FILE: join(certs, "ca.crt"),
      FLASHFIT_SUPERVISED: "1", // it ends when its stdin does
    },
    url: `https://127.0.0.1:${port}`,
    stopMs: drainMs + 2000,
    ready: (signal) => pollUntil(() => isServing(port, certs), signal, 100),
  };
}

/** Node as it runs the launcher. */
export const nodeBinary = process.execPath;

/** GET /healthz as Envoy asks it: HTTP/2, with Envoy's certificate. */
async function isServing(port: number, certs: string): Promise<boolean> {
  const session = connect(`https://127.0.0.1:${port}`, {
    ca: readFileSync(join(certs, "ca.crt")),
    cert: readFileSync(join(certs, "envoy.crt")),
    key: readFileSync(join(certs, "envoy.key")),
    checkServerIdentity: () => undefined, // its certificate names a SPIFFE id, no host; the CA is checked
    timeout: 1000,
  });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      session.once("error", reject);
      session.once("timeout", () => reject(new Error("no answer within 1 s")));
      const request = session.request({ ":path": "/healthz" });
      request.once("error", reject);
      request.once("response", (headers) => resolve(headers[":status"] === 200));
      request.resume().end();
    });
  } finally {
    session.on("error", () => {}); // the session is being thrown away
    session.destroy();
  }
}
