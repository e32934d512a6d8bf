import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@connectrpc/connect";
import { FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { meshClient } from "../../../services/kit/client.ts";
import type { Child } from "../../support/child.ts";
import { type PreparedEnvoy, prepareEnvoy } from "../../support/envoy.ts";
import { identityFiles, readIdentity } from "../../support/identity.ts";
import { freePort } from "../../support/ports.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { startServer } from "../../support/server-process.ts";
import type { FAULTS } from "./plan.ts";

const REPLICAS = ["service", "learner"] as const;
type Replica = (typeof REPLICAS)[number];

/** A Feedback that serves, one that may learn as well, PostgreSQL, and a real Envoy before them. */
export class FeedbackCluster {
  readonly client: Client<typeof FeedbackService>;
  readonly databaseUrl: string;
  /** By kind. */
  readonly faults: Record<string, number> = {};
  readonly #postgres: TestPostgres;
  readonly #folder: string;
  readonly #ports: Record<Replica, number>;
  readonly #replicas = new Map<Replica, Child>();
  readonly #prepared: PreparedEnvoy;
  #envoy: Child | undefined;
  #incident: Promise<void> = Promise.resolve();

  private constructor(
    server: TestPostgres,
    folder: string,
    o: { ports: Record<Replica, number>; envoy: PreparedEnvoy; client: Client<typeof FeedbackService> },
  ) {
    this.#postgres = server;
    this.databaseUrl = server.url;
    this.#folder = folder;
    this.#ports = o.ports;
    this.#prepared = o.envoy;
    this.client = o.client;
  }

  static async start(): Promise<FeedbackCluster> {
    const folder = await mkdtemp(join(tmpdir(), "flashfit-feedback-"));
    const ports = { service: await freePort(), learner: await freePort() };
    const envoy = await prepareEnvoy(folder, {
      change: ({ services }) => {
        services.feedback = Object.values(ports).map((port) => ({ host: "127.0.0.1", port }));
      },
    });
    const { settings, certs } = envoy;
    const tls = readIdentity(identityFiles(certs, "fusion"));
    const baseUrl = `https://127.0.0.1:${settings.MESH_PORT}`;
    const client = meshClient(FeedbackService, { baseUrl, tls, timeoutMs: 20_000 });
    const cluster = new FeedbackCluster(await startPostgres(), folder, { ports, envoy, client });
    try {
      for (const replica of REPLICAS) await cluster.#startReplica(replica);
      await cluster.#startEnvoy();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Let it happen, one at a time; resolves when everything runs again. */
  strike(kind: keyof typeof FAULTS): Promise<void> {
    this.#incident = this.#incident.then(() => this.#strike(kind));
    return this.#incident;
  }

  /** Resolves when nothing is happening. */
  calm(): Promise<void> {
    return this.#incident;
  }

  async #strike(kind: keyof typeof FAULTS): Promise<void> {
    if (kind === "postgres") {
      await this.#postgres.kill9();
      await this.#postgres.restart();
    } else if (kind === "network") {
      await this.#envoy!.end("SIGKILL");
      await this.#startEnvoy();
    } else {
      await this.#replicas.get(kind)!.end("SIGKILL");
      await this.#startReplica(kind);
    }
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
    this.check();
  }

  /** @throws when something has ended by itself */
  check(): void {
    for (const [name, { process: child, output }] of this.#replicas) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(
          `${name} ended by itself with ${child.exitCode ?? child.signalCode}:\n${output().slice(-3000)}`,
        );
      }
    }
  }

  async #startEnvoy(): Promise<void> {
    this.#envoy = await this.#prepared.start();
  }

  async #startReplica(replica: Replica): Promise<void> {
    const { cert, key, ca } = identityFiles(join(this.#folder, "certs"), "feedback");
    const env: Record<string, string> = {
      DATABASE_URL: this.databaseUrl,
      FEEDBACK_PORT: String(this.#ports[replica]),
      FEEDBACK_METRICS_PORT: "0",
      FEEDBACK_LEARNER: replica === "learner" ? "on" : "off",
      FEEDBACK_LEARNER_POLL_MS: "200",
      LOG_LEVEL: "info",
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
      TLS_CA_FILE: ca,
    };
    this.#replicas.set(
      replica,
      await startServer(new URL("../../../services/feedback/main.ts", import.meta.url), { env }),
    );
  }

  async stop(): Promise<void> {
    await this.#incident.catch(() => {});
    await Promise.all(
      [...this.#replicas.values(), ...(this.#envoy ? [this.#envoy] : [])].map((one) => one.end("SIGKILL")),
    );
    await this.#postgres.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
