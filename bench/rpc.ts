import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createAuthority, issue } from "../envoy/certificates/authority.ts";
import type { IdentityFiles } from "../test/support/identity.ts";
import { type ServerProcess, startServer } from "../test/support/server-process.ts";
import type { AskerLoad } from "./rpc/asker.ts";
import type { RpcLoad } from "./rpc/client.ts";
import { measuredLoad } from "./support/load.ts";
import { readOptions, refuse } from "./support/options.ts";
import { report } from "./support/results.ts";
import { runForJson } from "./support/script.ts";
import { median } from "./support/statistics.ts";

// Processor time of a server's process for one unary call (Connect, binary, over HTTP/2 with mutual TLS, one connection):
// a service of the kit over node:http2 alone and over connect-node's adapter, and what a refusal of a photo by a gate costs
// over an answer to a text, and over what node:http2 needs to receive that photo; and that of the caller's process, by a client
// of the kit over connect-node's. --only KIND: that server alone, for profiles (NODE_OPTIONS=--cpu-prof); that is not kept.

const { quick, seed, say, more } = readOptions({ only: "KIND" });
const KINDS = ["kit", "connect", "http2"] as const;
type Kind = (typeof KINDS)[number];
const PEER = "spiffe://bench/client";
const PHOTO_BYTES = 16 * 1024;

const folder = mkdtempSync(join(tmpdir(), "bench-rpc-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const tls = await writeCertificates();
const calls = quick ? 2000 : 6000;
const kinds = KINDS.filter((kind) => kind === (more.only ?? kind));
if (kinds.length === 0) refuse(`expected ${KINDS.join(", ")} as --only, got ${more.only}`);
/** Microseconds of each round, by what was measured. */
const found: Record<string, number[]> = {};

for (const embeddings of [1, 3]) {
  const servers = new Map<Kind, ServerProcess>();
  for (const kind of kinds) servers.set(kind, await start(kind, embeddings));
  try {
    for (let round = 0; round < (quick ? 3 : 6); round++) {
      for (const [kind, server] of servers) {
        for (const concurrent of [8, 64]) {
          await measure(`${kind} ${embeddings} KB ${concurrent} at a time`, server, round, { concurrent });
        }
        if (kind === "kit") {
          await measure(`refused ${embeddings} KB`, server, round, { status: 429, photoBytes: PHOTO_BYTES });
        }
        if (kind === "http2") {
          await measure(`photo to http2 ${embeddings} KB`, server, round, { photoBytes: PHOTO_BYTES });
          for (const by of ["kit", "connect"] as const) await measureClient(by, embeddings, server, round);
        }
      }
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.end(more.only ? "SIGTERM" : "SIGKILL")));
  }
}
const micros = Object.fromEntries(Object.entries(found).map(([name, values]) => [name, median(values)]));
for (const [name, value] of Object.entries(micros)) say(`${name.padEnd(32)} ${value.toFixed(0)} µs`);
const mean = (begin: string) => {
  const values = Object.keys(micros).filter((name) => name.startsWith(begin));
  return values.reduce((sum, name) => sum + micros[name]!, 0) / values.length;
};
const ratios: Record<string, number> = more.only
  ? {}
  : {
      kit_over_bare_http2_cpu: mean("kit") / mean("http2"),
      kit_over_connect_node_cpu: mean("kit") / mean("connect"),
      refusal_over_answer_cpu: mean("refused") / mean("kit"),
      refusal_over_bare_http2_cpu: mean("refused") / mean("photo"),
      client_over_connect_node_cpu: mean("client kit") / mean("client connect"),
    };
const result = { name: quick ? "rpc-quick" : "rpc", ratios, figures: { micros, calls }, seed };
if (more.only) console.log(JSON.stringify(result));
else await report(result, say);

/** The first round is for compilers. */
async function measure(name: string, server: ServerProcess, round: number, more: Partial<RpcLoad>): Promise<void> {
  const load: RpcLoad = { url: server.url, tls, calls, concurrent: 8, status: 200, photoBytes: 0, ...more };
  const client = new URL("rpc/client.ts", import.meta.url);
  const { cpu } = await measuredLoad(client, load, { server: server.pid });
  if (round === 0) return;
  found[name] ??= [];
  found[name].push((cpu.server / calls) * 1e6);
}

async function measureClient(
  by: AskerLoad["by"],
  embeddings: number,
  server: ServerProcess,
  round: number,
): Promise<void> {
  if (round === 0) return;
  const load: AskerLoad = { url: server.url, tls, calls, concurrent: 64, by };
  const { micros } = await runForJson<{ micros: number }>(new URL("rpc/asker.ts", import.meta.url), load);
  const name = `client ${by} ${embeddings} KB`;
  found[name] ??= [];
  found[name].push(micros);
}

function start(kind: Kind, embeddings: number): Promise<ServerProcess> {
  const env = {
    KIND: kind,
    EMBEDDINGS: String(embeddings),
    TLS_CERT_FILE: tls.cert,
    TLS_KEY_FILE: tls.key,
    TLS_CA_FILE: tls.ca,
    TLS_PEER_ID: PEER,
  };
  return startServer(new URL("rpc/server.ts", import.meta.url), { env });
}

async function writeCertificates(): Promise<IdentityFiles> {
  const now = new Date();
  const authority = await createAuthority("bench", now);
  const { certificate, privateKey } = await issue(
    authority,
    { commonName: "bench", uris: [PEER], ips: ["127.0.0.1"] },
    now,
  );
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    cert: write("bench.crt", certificate),
    key: write("bench.key", privateKey),
    ca: write("ca.crt", authority.certificate),
  };
}
