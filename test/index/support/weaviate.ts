import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../../support/child.ts";
import { findGoTool } from "../../support/go-tool.ts";
import { freePort } from "../../support/ports.ts";

const INSTALL = "go install github.com/weaviate/weaviate/cmd/weaviate-server@v1.35.2";

/** A throw-away Weaviate of one node on free ports of 127.0.0.1, its data in a temporary folder. */
export interface TestWeaviate {
  /** REST. */
  url: string;
  grpcUrl: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Start one, or say why there is none on this machine. WEAVIATE_BIN names the program. */
export async function startTestWeaviate(): Promise<TestWeaviate | { missing: string }> {
  const program = findGoTool("weaviate-server", "WEAVIATE_BIN");
  if (!program) return { missing: `no weaviate-server: ${INSTALL}, or WEAVIATE_BIN=…` };
  const folder = await mkdtemp(join(tmpdir(), "flashfit-test-weaviate-"));
  const [port, grpc, gossip, data, raft, raftRpc] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const settings = {
    PERSISTENCE_DATA_PATH: folder,
    AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "true",
    DEFAULT_VECTORIZER_MODULE: "none",
    CLUSTER_HOSTNAME: "node1",
    CLUSTER_IN_LOCALHOST: "true",
    CLUSTER_ADVERTISE_ADDR: "127.0.0.1",
    CLUSTER_ADVERTISE_PORT: gossip,
    CLUSTER_GOSSIP_BIND_PORT: gossip,
    CLUSTER_DATA_BIND_PORT: data,
    RAFT_PORT: raft,
    RAFT_INTERNAL_RPC_PORT: raftRpc,
    RAFT_JOIN: `node1:${raft}`,
    RAFT_BOOTSTRAP_EXPECT: "1",
    GRPC_PORT: grpc,
    GO_PROFILING_DISABLE: "true",
    DISABLE_TELEMETRY: "true",
    LOG_LEVEL: "info",
  };
  const environment = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const address = ["--host", "127.0.0.1", "--port", String(port), "--scheme", "http"];
  const server = await startChild("env", [...environment, program, ...address], /Serving weaviate at/);
  return {
    url: `http://127.0.0.1:${port}`,
    grpcUrl: `http://127.0.0.1:${grpc}`,
    async stop() {
      await server.end("SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
