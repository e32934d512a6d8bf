import { z } from "zod";

const port = (standard: number, what: string) =>
  z.coerce.number().int().min(0).max(65535).default(standard).describe(what);
const host = (what: string, standard = "127.0.0.1") => z.string().min(1).default(standard).describe(what);

/** Every setting of Envoy's configuration. */
export const envoySettings = z.object({
  EDGE_HOST: host("address on which the edge listens"),
  EDGE_PORT: port(8443, "HTTPS port of the edge"),
  EDGE_HTTP_PORT: port(8080, "HTTP port of the edge, which only redirects"),
  EDGE_RATE_LIMIT_RPS: z.coerce.number().min(0).default(10).describe("calls a second per client address; 0 = no limit"),
  EDGE_RATE_LIMIT_BURST: z.coerce.number().int().min(1).default(20).describe("calls at once per client address"),
  EDGE_CORS_ORIGINS: z
    .string()
    .default("")
    .describe("origins of web pages that may call the edge, separated by commas; empty = none"),
  EDGE_MAX_CONNECTIONS: z.coerce.number().int().min(1).default(2000).describe("connections to Envoy at once"),
  EDGE_ENCODER_CALLS: z.coerce
    .number()
    .int()
    .min(1)
    .default(48)
    .describe("calls from outside that the Encoder gets at once; more are refused, so that refusing costs it nothing"),
  ENVOY_ADMIN_HOST: host("address of Envoy's admin interface, which has no authentication"),
  ENVOY_ADMIN_PORT: port(9901, "port of Envoy's admin interface"),
  MESH_HOST: host("address of Envoy's listener between the services"),
  MESH_PORT: port(15001, "port of Envoy's listener between the services"),
  ENCODER_HOST: host("where Envoy finds Encoder"),
  ENCODER_PORT: port(50051, "RPC port of Encoder"),
  INDEX_HOST: host("where Envoy finds Index"),
  INDEX_PORT: port(50052, "RPC port of Index"),
  FUSION_HOST: host("where Envoy finds Fusion"),
  FUSION_PORT: port(50053, "RPC port of Fusion"),
  FEEDBACK_HOST: host("where Envoy finds Feedback"),
  FEEDBACK_PORT: port(50054, "RPC port of Feedback"),
  WEB_HOST: host("where Envoy finds the page's server"),
  WEB_PORT: port(50056, "port of the page's server"),
  MONITOR_HOST: host("where Envoy finds the monitor"),
  MONITOR_RPC_PORT: port(50055, "port of the monitor"),
  MAX_MESSAGE_BYTES: z.coerce.number().int().min(1024).default(16_777_216).describe("largest message of an RPC"),
});
export type EnvoySettings = z.infer<typeof envoySettings>;
