import type { EnvoySettings } from "../settings.ts";
import type { MeshSettings } from "./topology.ts";

/** The mesh that the environment describes. `certificates`: the folder as Envoy sees it. */
export function meshFromSettings(settings: EnvoySettings, certificates: string): MeshSettings {
  const { EDGE_RATE_LIMIT_RPS: perSecond, EDGE_RATE_LIMIT_BURST: burst } = settings;
  return {
    certificates,
    edge: {
      host: settings.EDGE_HOST,
      port: settings.EDGE_PORT,
      httpPort: settings.EDGE_HTTP_PORT,
      ...(perSecond > 0 ? { rateLimit: { perSecond, burst } } : {}),
      corsOrigins: settings.EDGE_CORS_ORIGINS.split(",")
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ""),
      maxConnections: settings.EDGE_MAX_CONNECTIONS,
    },
    mesh: { host: settings.MESH_HOST, port: settings.MESH_PORT },
    admin: { host: settings.ENVOY_ADMIN_HOST, port: settings.ENVOY_ADMIN_PORT },
    services: {
      encoder: [{ host: settings.ENCODER_HOST, port: settings.ENCODER_PORT }],
      index: [{ host: settings.INDEX_HOST, port: settings.INDEX_PORT }],
      fusion: [{ host: settings.FUSION_HOST, port: settings.FUSION_PORT }],
      feedback: [{ host: settings.FEEDBACK_HOST, port: settings.FEEDBACK_PORT }],
      web: [{ host: settings.WEB_HOST, port: settings.WEB_PORT }],
      monitor: [{ host: settings.MONITOR_HOST, port: settings.MONITOR_RPC_PORT }],
    },
    encoderCalls: settings.EDGE_ENCODER_CALLS,
    maxMessageBytes: settings.MAX_MESSAGE_BYTES,
  };
}
