import { z } from "zod";
import { commonSettings, portSetting } from "../../services/kit/config.ts";

/** Every setting that the page's server reads. */
export const webConfig = z.object({
  ...commonSettings,
  WEB_HOST: z.string().min(1).default("127.0.0.1").describe("address that the page's server listens on"),
  WEB_PORT: portSetting(50056, "port on which Envoy reaches the page's server"),
  WEB_METRICS_PORT: portSetting(9106, "HTTP port of the page's server's /metrics"),
  WEB_DIR: z.string().min(1).default("web/dist").describe("the built page: index.html and what it loads"),
  WEB_DOCS_DIR: z.string().min(1).default("docs/openapi").describe("the description of the API that /docs shows"),
});

export type WebConfig = z.infer<typeof webConfig>;
