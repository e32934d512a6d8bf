import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EagerSessionManager } from "../../services/kit/session-manager.ts";
import { CommandError, usageError } from "../command.ts";
import { findHome } from "../state/home.ts";

/** Of an answer that nobody has read yet. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The edge of a mesh, as a command reaches it. */
export interface Edge {
  url: string;
  client<S extends DescService>(service: S): Client<S>;
}

/**
 * The edge that `--url`, `FLASHFIT_URL` or the local mesh names. The certificate authority is `FLASHFIT_CA`, else the
 * one of the local mesh; a mesh named by its address may also have a certificate that the system trusts.
 */
export function findEdge(env: Record<string, string | undefined>, url?: string): Edge {
  const named = url || env.FLASHFIT_URL;
  const baseUrl = checkedUrl(named || `https://127.0.0.1:${env.EDGE_PORT || 8443}`);
  const ca = baseUrl.startsWith("https:") ? readAuthority(env, named !== undefined) : undefined;
  // Reads answers from the first byte on: a busy machine would lose those that come before somebody reads them.
  const sessionManager = new EagerSessionManager(baseUrl, MAX_ANSWER_BYTES, undefined, ca ? { ca } : {});
  const transport = createConnectTransport({ baseUrl, httpVersion: "2", sessionManager });
  return { url: baseUrl, client: (service) => createClient(service, transport) };
}

/** What a person can do about a failed call. Bugs of our own pass as they are. */
export function explainFailure(error: unknown, edge: Edge): Error {
  if (!(error instanceof ConnectError)) return error instanceof Error ? error : new Error(String(error));
  const codes = systemCodes(error);
  if (codes.some((code) => code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH")) {
    return new CommandError(
      `nothing answers at ${edge.url}: start the mesh with "npm start", or name another with --url`,
    );
  }
  if (codes.some((code) => code.includes("CERT") || code.includes("SIGNATURE"))) {
    return new CommandError(
      `the certificate of ${edge.url} is not trusted (${codes.join(", ")}): name its certificate authority in FLASHFIT_CA`,
    );
  }
  if (error.code === Code.DeadlineExceeded) return new CommandError(`${edge.url} did not answer in time`);
  return new CommandError(`${edge.url} says ${Code[error.code].toLowerCase()}: ${error.rawMessage}`);
}

function checkedUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw usageError(`expected an address as https://host:port, got ${text}`);
  }
  return text.replace(/\/+$/, "");
}

function readAuthority(env: Record<string, string | undefined>, elsewhere: boolean): Buffer | undefined {
  const file = env.FLASHFIT_CA || join(findHome(env).certs, "ca.crt");
  if (existsSync(file)) return readFileSync(file);
  if (elsewhere && !env.FLASHFIT_CA) return undefined;
  throw new CommandError(
    `no certificate authority at ${file}: start the mesh with "npm start" (it makes one), or name one in FLASHFIT_CA`,
  );
}

/** The codes of Node's own errors below a failure, outermost first. */
function systemCodes(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code;
    if (typeof code === "string") codes.push(code);
  }
  return codes;
}
