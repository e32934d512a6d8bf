import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { CommandError } from "../command.ts";
import type { Home } from "../state/home.ts";
import { projectRoot } from "../state/home.ts";
import { writeJson } from "../state/json-file.ts";
import { endLeftovers } from "../state/leftovers.ts";
import { identify } from "../state/process-identity.ts";
import { ensureSecrets, type Secrets } from "../state/secrets.ts";
import { findGrpcurl } from "../tools/find.ts";
import { ensureTool } from "../tools/install.ts";
import { findPostgres } from "../tools/postgres-binaries.ts";
import { tools } from "../tools/table.ts";
import { meshAddresses, metricsUrls } from "./addresses.ts";
import { prepareCertificates } from "./certificates.ts";
import { askEdge, type EdgeState, reachable } from "./edge.ts";
import { envoyBootstrap } from "./envoy-bootstrap.ts";
import { type Guardian, startGuardian } from "./guardian.ts";
import { mallocLibrary } from "./malloc-library.ts";
import { migrateAll } from "./migrations.ts";
import { envoyChild } from "./parts/envoy.ts";
import { pollUntil } from "./parts/poll.ts";
import { databaseUrl, ensureDatabase, postgresChild } from "./parts/postgres.ts";
import { nodeBinary, serviceChild } from "./parts/service.ts";
import { redisUrl, valkeyChild } from "./parts/valkey.ts";
import { type PortPlan, settlePorts } from "./plan.ts";
import { processes, replicaName, runtimeOf } from "./processes.ts";
import { RecoveryWatch } from "./recovery.ts";
import type { Screen } from "./screen.ts";
import { replicaEnvironment, serviceEnvironment } from "./service-env.ts";
import { type LauncherConfig, type ProcessName, processNames } from "./settings.ts";
import { StatusBoard } from "./status-board.ts";
import { Supervisor, type SupervisorEvent } from "./supervisor.ts";
import { v8PoolFlags } from "./v8-pool.ts";
import { ensureWebPage } from "./web-page.ts";
import { welcomeText } from "./welcome.ts";

export interface MeshOptions {
  config: LauncherConfig;
  env: Record<string, string | undefined>;
  home: Home;
  screen: Screen;
  version: string;
}

/** The whole mesh of one launcher: started in order, watched, stopped in the opposite order. */
export class Mesh {
  readonly #o: MeshOptions;
  readonly #stopping = new AbortController();
  #supervisor!: Supervisor;
  #guardian: Guardian | undefined;
  #board!: StatusBoard;
  #plan!: PortPlan;

  constructor(options: MeshOptions) {
    this.#o = options;
  }

  /** Starts everything; resolves when the edge is ready and everything has been said. */
  async start(): Promise<void> {
    const { config, env, home, screen, version } = this.#o;
    const malloc = mallocLibrary(config.INDEX_MALLOC_LIBRARY);
    for (const folder of [home.root, home.certs, home.envoy, home.logs]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    const left = await endLeftovers(home.processes);
    if (left.length > 0) screen.line(`  ended what an earlier start had left: ${left.join(", ")}`);
    this.#plan = await settlePorts(config);
    const { ports } = this.#plan;
    const binaries = this.#binaries();
    this.#open(version);
    const secrets = ensureSecrets(home.secrets);
    await screen.step("certificates", () => prepareCertificates(home.certs, config.EDGE_HOST));
    const database = config.DATABASE_URL ?? databaseUrl(ports.POSTGRES_PORT, secrets);
    const redis = config.REDIS_URL ?? redisUrl(ports.REDIS_PORT, secrets);
    const told = { env, ports, home: home.root, databaseUrl: database, redisUrl: redis, version };
    const processEnv = serviceEnvironment(told);
    const { valkey, envoy, runtimes } = await binaries;
    this.#stopping.signal.throwIfAborted();

    const launch = (name: ProcessName, own: { as: string; port: number; env: typeof processEnv }) => {
      const runtime = runtimeOf(name, config);
      const options = { name, ...own, runtime, certs: home.certs, drainMs: config.DRAIN_MS };
      const binary = runtimes[runtime] ?? nodeBinary;
      const tuned = name === "index" && runtime === "node" ? { preload: malloc, flags: v8PoolFlags() } : {};
      return screen.step(`${own.as} on 127.0.0.1:${own.port}`, () =>
        this.#supervisor.start(serviceChild({ ...options, ...tuned, binary })),
      );
    };
    const start = (name: ProcessName) => launch(name, { as: name, port: ports[processes[name].port], env: processEnv });
    const startReplicas = () =>
      this.#plan.replicas.map((own, at) => {
        const as = replicaName(at);
        return launch("index", { as, port: own.rpc, env: replicaEnvironment(processEnv, as, own) });
      });
    await together([
      start("encoder"),
      this.#startValkey(valkey, secrets),
      this.#startDatabase(secrets, database).then(() =>
        together([...processNames.filter((name) => processes[name].needsDatabase).map(start), ...startReplicas()]),
      ),
      this.#buildPage().then(() => start("web")),
      start("monitor"),
    ]);
    await screen.step(`Envoy on ${config.EDGE_HOST}:${ports.EDGE_PORT}`, async () => {
      const bootstrap = () => envoyBootstrap(config, this.#plan, home.certs);
      const options = { folder: home.envoy, adminPort: ports.ENVOY_ADMIN_PORT, drainMs: config.DRAIN_MS, bootstrap };
      await this.#supervisor.start(envoyChild({ ...options, binary: envoy, url: this.#addresses().edge! }));
    });
    await screen.step("edge answers 200 on /ready", () => this.#awaitEdge());
    this.#board.update({ state: "ready" });
    screen.line(await this.#welcome());
  }

  /** Stops everything in order: the edge first, so that calls in flight end, the data last. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#o.screen.endSteps();
    if (this.#board === undefined) return;
    this.#supervisor.close();
    this.#board.update({ state: "stopping" });
    const stop = (...names: string[]) => Promise.all(names.map((name) => this.#supervisor.stop(name)));
    await stop("envoy");
    await stop(...processNames, ...this.#plan.replicas.map((_, at) => replicaName(at)));
    await stop("valkey");
    await stop("postgres");
    this.#closed();
  }

  /** Ends everything at once, without order. */
  async kill(): Promise<void> {
    this.#stopping.abort();
    if (this.#board === undefined) return;
    await this.#supervisor.killAll();
    this.#closed();
  }

  #closed(): void {
    this.#board.update({ state: "stopped", processes: this.#supervisor.statuses });
    writeJson(this.#o.home.processes, []);
    this.#guardian?.end();
  }

  #open(version: string): void {
    const { home, config } = this.#o;
    this.#guardian = startGuardian();
    this.#board = new StatusBoard(home.status, {
      launcher: identify(process.pid)!,
      version,
      startedAt: new Date().toISOString(),
      state: "starting",
      addresses: this.#addresses(),
      metrics: metricsUrls(this.#plan),
      processes: [],
      events: [],
    });
    const recovery = new RecoveryWatch(
      async () => this.#allRun() && (await this.#askEdge()).ready,
      (tookMs) => {
        this.#board.update({ state: "ready" });
        this.#tell({ message: `whole again after ${(tookMs / 1000).toFixed(1)} s` });
      },
    );
    this.#supervisor = new Supervisor({
      logs: home.logs,
      startTimeoutMs: config.START_TIMEOUT_MS,
      onEvent: (event) => this.#tell(event),
      onChange: (processes, running) => {
        writeJson(home.processes, running);
        this.#guardian?.watch(running);
        this.#board.update({ processes });
        if (this.#board.status.state === "ready" && !this.#allRun() && !this.#stopping.signal.aborted) {
          this.#board.update({ state: "degraded" });
          recovery.begin(this.#stopping.signal);
        }
      },
    });
  }

  /** Every program that will be needed; those that are missing are installed side by side. */
  async #binaries() {
    const { config, env, screen } = this.#o;
    const wanted = new Set(processNames.map((name) => runtimeOf(name, config)));
    const ensure = async (tool: (typeof tools)[keyof typeof tools]) => {
      let installing = "";
      const started = performance.now();
      const binary = await ensureTool(tool, env, (what) => {
        installing = what;
        screen.line(`  … installing ${what}`);
      });
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (installing) screen.line(`  ✓ installed ${installing} (${seconds} s)`);
      return binary;
    };
    const [envoy, valkey, deno, bun] = await Promise.all([
      ensure(tools.envoy),
      config.REDIS_URL === undefined ? ensure(tools.valkey) : "",
      wanted.has("deno") ? ensure(tools.deno) : undefined,
      wanted.has("bun") ? ensure(tools.bun) : undefined,
    ]);
    return { envoy, valkey, runtimes: { node: nodeBinary, deno, bun } };
  }

  /** Unless WEB_DIR names a page that somebody else has built. */
  async #buildPage(): Promise<void> {
    if (!this.#o.env.WEB_DIR) await this.#o.screen.step("the page is built", ensureWebPage);
  }

  async #startValkey(binary: string, secrets: Secrets): Promise<void> {
    const { config, home, screen } = this.#o;
    if (config.REDIS_URL !== undefined) return;
    const port = this.#plan.ports.REDIS_PORT;
    const options = { binary, folder: home.valkey, port, maxMemory: config.VALKEY_MAX_MEMORY, secrets };
    await screen.step(`Valkey on 127.0.0.1:${port}`, () => this.#supervisor.start(valkeyChild(options)));
  }

  async #startDatabase(secrets: Secrets, url: string): Promise<void> {
    const { config, env, home, screen } = this.#o;
    if (config.DATABASE_URL === undefined) {
      const port = this.#plan.ports.POSTGRES_PORT;
      await screen.step(`PostgreSQL on 127.0.0.1:${port}`, async () => {
        const options = { binaries: findPostgres(env), data: home.postgres, port, secrets };
        await this.#supervisor.start(postgresChild(options));
        await ensureDatabase(port, secrets);
      });
    }
    await screen.step("database schema", () => migrateAll(url));
  }

  async #awaitEdge(): Promise<void> {
    const limit = AbortSignal.timeout(this.#o.config.START_TIMEOUT_MS);
    let missing = "it gave no answer";
    try {
      await pollUntil(
        async () => {
          const state = await this.#askEdge();
          missing = state.missing;
          return state.ready;
        },
        AbortSignal.any([this.#stopping.signal, limit]),
      );
    } catch (error) {
      if (!limit.aborted) throw error;
      throw new CommandError(`the edge is not ready after ${this.#o.config.START_TIMEOUT_MS / 1000} s: ${missing}`);
    }
  }

  #askEdge(): Promise<EdgeState> {
    const { config, home } = this.#o;
    return askEdge(reachable(config.EDGE_HOST), this.#plan.ports.EDGE_PORT, join(home.certs, "ca.crt"));
  }

  #allRun(): boolean {
    return this.#supervisor.statuses.every(({ state }) => state === "running");
  }

  #tell({ process: name, message, lines = [] }: Partial<SupervisorEvent> & { message: string }): void {
    this.#board.add({ process: name, message });
    const time = new Date().toLocaleTimeString("en-GB");
    const said = lines.map((line) => `\n             ${line}`).join("");
    this.#o.screen.line(`  ${time} ${name === undefined ? "mesh is" : name} ${message}${said}`);
  }

  #addresses(): Record<string, string> {
    return meshAddresses(this.#o.config.EDGE_HOST, this.#plan.ports);
  }

  async #welcome(): Promise<string> {
    const { env, home } = this.#o;
    const addresses = this.#addresses();
    const shown = (path: string) => (path.startsWith(projectRoot) ? relative(projectRoot, path) : path);
    return welcomeText({
      edgeUrl: addresses.edge!,
      adminUrl: addresses.admin!,
      metrics: metricsUrls(this.#plan),
      postgres: addresses.postgres ? `${addresses.postgres} (password: ${shown(home.secrets)})` : "DATABASE_URL",
      valkey: addresses.valkey ? `${addresses.valkey} (password: ${shown(home.secrets)})` : "REDIS_URL",
      caFile: shown(join(home.certs, "ca.crt")),
      logs: shown(home.logs),
      grpcurl: await findGrpcurl(env),
    });
  }
}

/** All of them; if one fails, the others are waited for before its error is passed on. */
async function together(work: Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return;
  throw failed.reason instanceof CommandError ? failed.reason : new CommandError((failed.reason as Error).message);
}
