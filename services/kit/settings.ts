import { z } from "zod";

/** A TCP port as a setting; 0 lets the system choose. */
export function portSetting(port: number, what: string) {
  return z.coerce.number().int().min(0).max(65_535).default(port).describe(`${what}; 0 = any free port`);
}

/** A whole number within bounds as a setting. */
export function integerSetting(o: { min: number; max: number; default: number }, what: string) {
  return z.coerce.number().int().min(o.min).max(o.max).default(o.default).describe(what);
}

/** What every service process reads: spread into its own schema. */
export const commonSettings = {
  ENVIRONMENT: z
    .enum(["development", "staging", "production"])
    .default("development")
    .describe("where this runs; part of every log line"),
  APP_VERSION: z.string().default("0.1.0").describe("version that logs and /health show"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("least severe log level that is written"),
  LOG_FORMAT: z.enum(["json"]).default("json").describe("one JSON object a line"),
  MESH_URL: z
    .url({ protocol: /^https?$/ })
    .default("https://127.0.0.1:15001")
    .describe("Envoy's mesh listener, the only address of other services"),
  MAX_MESSAGE_BYTES: integerSetting(
    { min: 1024, max: 256 * 1024 * 1024, default: 16 * 1024 * 1024 },
    "largest request or response, bytes",
  ),
  DEFAULT_TIMEOUT_MS: integerSetting(
    { min: 1, max: 600_000, default: 30_000 },
    "deadline of a unary call whose caller set none, milliseconds",
  ),
  DRAIN_MS: integerSetting(
    { min: 0, max: 600_000, default: 10_000 },
    "how long calls may go on after SIGTERM, milliseconds",
  ),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      "PEM certificate of this process; with TLS_KEY_FILE and TLS_CA_FILE: mutual TLS; without all three: plaintext",
    ),
  TLS_KEY_FILE: z.string().optional().describe("PEM private key of this process"),
  TLS_CA_FILE: z.string().optional().describe("PEM certificate of the mesh's certificate authority"),
  TLS_PEER_ID: z
    .string()
    .default("spiffe://flashfit.mesh/envoy")
    .describe("SPIFFE id that a caller's certificate must carry when TLS is on"),
};

/** For services that keep something in PostgreSQL. */
export const databaseSettings = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe("PostgreSQL, postgres://user:password@host:port/database; `npm start` brings one and sets this"),
  DATABASE_POOL_SIZE: integerSetting({ min: 1, max: 100, default: 8 }, "connections to PostgreSQL, at most"),
};

/** For services that cache in Valkey or Redis. */
export const cacheSettings = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe(
      "Valkey or Redis, redis://:password@host:port; without it nothing is cached; `npm start` brings one and sets this",
    ),
};

/** The parsed common settings. */
export type CommonConfig = z.infer<z.ZodObject<typeof commonSettings>>;
/** The parsed database settings. */
export type DatabaseConfig = z.infer<z.ZodObject<typeof databaseSettings>>;
