import { runService } from "../../services/kit/run.ts";
import { webConfig } from "./config.ts";
import { sitePages } from "./pages.ts";
import { readSite } from "./site.ts";

await runService({
  name: "web",
  config: webConfig,
  listen: (config) => ({ host: config.WEB_HOST, port: config.WEB_PORT, metricsPorts: [config.WEB_METRICS_PORT] }),
  services: [],
  async setUp(context, config) {
    context.answerGet(sitePages(await readSite(config.WEB_DIR)));
    return [];
  },
});
