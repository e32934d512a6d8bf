import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import postgres, { type Sql } from "postgres";
import { Registry } from "prom-client";
import { FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { feedbackConfig } from "../../../services/feedback/config.ts";
import { startFeedback } from "../../../services/feedback/start.ts";
import { readConfig } from "../../../services/kit/config.ts";
import { createLogger } from "../../../services/kit/log.ts";
import { migrate } from "../../../services/kit/migrate.ts";
import { validationInterceptor } from "../../../services/kit/validation.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";

/** The handlers of Feedback in this process, on a PostgreSQL of their own. */
export interface LocalFeedback {
  server: TestPostgres;
  sql: Sql;
  client: Client<typeof FeedbackService>;
  metrics: Registry;
  /** Resolves when everything in the log is learned. */
  learned(): Promise<void>;
  /** One more replica on the same database. */
  replica(env?: Record<string, string>): Promise<LocalReplica>;
  stop(): Promise<void>;
}

export interface LocalReplica {
  sql: Sql;
  client: Client<typeof FeedbackService>;
  metrics: Registry;
  stop(): Promise<void>;
}

/** `env`: settings over the defaults. */
export async function startLocalFeedback(
  env: Record<string, string> = {},
  nowMs: () => number = Date.now,
): Promise<LocalFeedback> {
  const server = await startPostgres();
  const replicas: LocalReplica[] = [];
  const replica = async (more: Record<string, string> = {}) => {
    const started = await startReplica(server, { ...env, ...more }, nowMs);
    replicas.push(started);
    return started;
  };
  const stop = async () => {
    await Promise.all(replicas.map((one) => one.stop()));
    await server.stop();
  };
  try {
    const first = await replica();
    const learned = async () => {
      for (;;) {
        const [row] = await first.sql<{ behind: boolean }[]>`
          select log.last_seq > learner.learned_seq as behind
          from feedback.learner as learner cross join feedback.log_position as log`;
        if (!row!.behind) return;
      }
    };
    return { server, sql: first.sql, client: first.client, metrics: first.metrics, learned, replica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startReplica(
  server: TestPostgres,
  env: Record<string, string>,
  nowMs: () => number,
): Promise<LocalReplica> {
  const config = readConfig(feedbackConfig, { DATABASE_URL: server.url, ...env });
  const sql = postgres(config.DATABASE_URL, { max: 8, onnotice: () => {}, backoff: () => 0.05 });
  const ended = new AbortController();
  const metrics = new Registry();
  await migrate(sql, [{ service: "feedback", folder: new URL("../../../services/feedback/schema/", import.meta.url) }]);
  const { service, stopped } = await startFeedback({
    sql,
    config,
    metrics,
    log: createLogger({ service: "test", level: "silent" }),
    signal: ended.signal,
    nowMs,
  });
  const transport = createRouterTransport((router) => router.service(FeedbackService, service), {
    router: { interceptors: [validationInterceptor] },
  });
  return {
    sql,
    client: createClient(FeedbackService, transport),
    metrics,
    async stop() {
      ended.abort();
      await stopped;
      await sql.end({ timeout: 1 });
    },
  };
}
