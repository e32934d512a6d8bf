import { runService } from "../../services/kit/run.ts";
import { webConfig } from "./config.ts";
import { DOCS, sitePages } from "./pages.ts";
import { readSite } from "./site.ts";

await runService({
  name: "web",
  config: webConfig,
  listen: (config) => ({ host: config.WEB_HOST, port: config.WEB_PORT, metricsPorts: [config.WEB_METRICS_PORT] }),
  services: [],
  async setUp(context, config) {
    const appPages = sitePages(await readSite(config.WEB_DIR));
    const docsPages = sitePages(await readSite(config.WEB_DOCS_DIR), DOCS);
    context.answerGet((path) => appPages(path) ?? docsPages(path));
    return [];
  },
});
