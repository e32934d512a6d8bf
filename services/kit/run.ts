import { readFileSync } from "node:fs";
import process from "node:process";
import type { DescService } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type { z } from "zod";
import { type ClientTls, meshClients } from "./client.ts";
import { collectForRoomOnly } from "./collector.ts";
import { type CommonConfig, ConfigError, EXIT_CONFIG, readConfig } from "./config.ts";
import { HealthRegistry } from "./health.ts";
import { httpMetrics } from "./http-metrics.ts";
import { createLogger, type Logger } from "./log.ts";
import { createMetrics, type Registry, serveMetrics } from "./metrics.ts";
import { jsonPage, type Pages } from "./pages.ts";
import { rpcMetricsInterceptor } from "./rpc-metrics.ts";
import { createServer, healthParts, type Implementation } from "./serve.ts";
import { contextInterceptor, errorInterceptor } from "./server-interceptors.ts";
import { untilTold } from "./stop-signal.ts";
import { prepareValidation, validationInterceptor } from "./validation.ts";

export { type Implementation, implement } from "./serve.ts";

/** What a service finds when it is set up. */
export interface ServiceContext {
  name: string;
  log: Logger;
  metrics: Registry;
  health: HealthRegistry;
  /** Aborted when draining starts. */
  signal: AbortSignal;
  /** A client of another service, through the mesh listener. */
  client<S extends DescService>(service: S): Client<S>;
  /** From now on GET and HEAD are answered by these; before, a process without services answers 503. */
  answerGet(pages: Pages): void;
  /** Called after the last call has ended, the last registered first. */
  onStop(release: () => void | Promise<void>): void;
}

/** What a service is. */
export interface ServiceDefinition<T extends z.ZodObject> {
  /** "index" */
  name: string;
  config: T;
  listen(config: z.infer<T>): { host: string; port: number; metricsPorts: number[] };
  /** What it will implement; health and reflection know them before `setUp` is done. */
  services: DescService[];
  /** Further services that reflection describes. */
  describe?: DescService[];
  /** The pages of `answerGet` are on the metrics ports too. */
  pagesBesideMetrics?: boolean;
  /** Load, connect, migrate; until it resolves, calls are answered Unavailable and health is NOT_SERVING. */
  setUp(context: ServiceContext, config: z.infer<T>): Promise<Implementation[]>;
}

/**
 * The whole life of a service process: read the settings, listen, set up, serve, drain, end.
 *
 * Exit code 0 after SIGTERM, SIGINT or the death of its supervisor; 78 for bad settings; 1 if it cannot go on.
 * Log events: `listening` (with url), `serving`, `draining`, `stopped`.
 */
export async function runService<T extends z.ZodObject>(definition: ServiceDefinition<T>): Promise<void> {
  const config = readOrExit(definition.config);
  const common = config as unknown as CommonConfig;
  const { name, services } = definition;
  if (services.length > 0) collectForRoomOnly();
  const log = createLogger({
    service: name,
    level: common.LOG_LEVEL,
    environment: common.ENVIRONMENT,
    version: common.APP_VERSION,
  });
  const die = (error: unknown, event: string): never => {
    log.fatal({ event, err: error }, error instanceof Error ? error.message : String(error));
    process.exit(1);
  };
  process.on("uncaughtException", (error) => die(error, "uncaught_exception"));
  process.on("unhandledRejection", (error) => die(error, "unhandled_rejection"));

  const metrics = createMetrics(name);
  const health = new HealthRegistry();
  const tls = readTls(common);
  const draining = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  const { host, port, metricsPorts } = definition.listen(config);

  let pages: Pages = () => (services.length > 0 ? undefined : loadingPage(name));
  const currentPages: Pages = (path) => pages(path);

  try {
    prepareValidation(services);
    const server = await createServer({
      name,
      host,
      port,
      services,
      health,
      log,
      describe: definition.describe ?? [],
      interceptors: [
        rpcMetricsInterceptor("server", metrics),
        contextInterceptor({ defaultTimeoutMs: common.DEFAULT_TIMEOUT_MS }),
        errorInterceptor(log),
        validationInterceptor,
      ],
      ...(tls ? { tls: { ...tls, peerId: common.TLS_PEER_ID } } : {}),
      limits: { maxMessageBytes: common.MAX_MESSAGE_BYTES },
      pages: currentPages,
      watch: httpMetrics(metrics),
    });
    const metricsServer = await serveMetrics({
      registry: metrics,
      host,
      ports: metricsPorts,
      ...(definition.pagesBesideMetrics ? { pages: currentPages } : {}),
    });
    log.info({ event: "listening", url: server.url, metricsUrls: metricsServer.urls }, "listening");

    const told = untilTold();
    const client = meshClients({
      baseUrl: common.MESH_URL,
      tls,
      maxMessageBytes: common.MAX_MESSAGE_BYTES,
      interceptors: [rpcMetricsInterceptor("client", metrics)],
    });
    const onStop = (release: () => void | Promise<void>) => void releases.push(release);
    const answerGet = (found: Pages) => {
      pages = found;
    };
    const ready = definition
      .setUp({ name, log, metrics, health, signal: draining.signal, client, answerGet, onStop }, config)
      .then((implementations) => {
        if (draining.signal.aborted) return;
        server.install(implementations);
        for (const part of healthParts(definition)) health.set(part, "SERVING");
        log.info({ event: "serving", url: server.url }, "serving");
      });
    const why = await Promise.race([told, ready.then(() => told)]);
    log.info({ event: "draining", why }, "draining");
    draining.abort(new Error(`${name} is draining`));
    const report = await server.stop(common.DRAIN_MS);
    for (const release of releases.reverse()) {
      // One that fails must not keep the others from being released.
      await Promise.resolve()
        .then(release)
        .catch((error) => log.error({ event: "release_failed", err: error }, "something could not be released"));
    }
    await metricsServer.close();
    log.info({ event: "stopped", ...report }, "stopped");
    process.exit(0);
  } catch (error) {
    die(error, "cannot_start");
  }
}

function loadingPage(name: string) {
  const refused = { code: "unavailable", message: `${name} is loading` };
  return { endpoint: "other", answer: () => jsonPage(503, refused) };
}

function readOrExit<T extends z.ZodObject>(schema: T): z.infer<T> {
  return configOrExit(() => readConfig(schema));
}

function readTls({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CA_FILE }: CommonConfig): ClientTls | undefined {
  const files = { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CA_FILE };
  const given = Object.values(files).filter(Boolean).length;
  if (given === 0) return undefined;
  return configOrExit(() => {
    if (given < 3) {
      throw new ConfigError(
        "cannot start, TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE go together: set all three, or none for plaintext",
      );
    }
    const [cert, key, ca] = Object.entries(files).map(([name, file]) => readPem(name, file ?? ""));
    return { cert, key, ca } as ClientTls;
  });
}

function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new ConfigError(`cannot start, ${name} is ${JSON.stringify(file)}: expected a readable PEM file (${why})`);
  }
}

function configOrExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(EXIT_CONFIG);
  }
}
