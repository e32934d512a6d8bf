import { writeFile } from "node:fs/promises";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import { clientConfig } from "../cli/client/settings.ts";
import { modelsConfig } from "../cli/models/settings.ts";
import { observeSettings } from "../cli/observe/settings.ts";
import { launcherConfig } from "../cli/up/settings.ts";
import { monitorConfig } from "../observability/monitor/config.ts";
import { encoderConfig } from "../services/encoder/config.ts";
import { feedbackConfig } from "../services/feedback/config.ts";
import { fusionConfig } from "../services/fusion/config.ts";
import { indexConfig } from "../services/index/config.ts";
import { webConfig } from "../web/server/config.ts";

const services = {
  Encoder: encoderConfig,
  Index: indexConfig,
  Fusion: fusionConfig,
  Feedback: feedbackConfig,
  "the page's server": webConfig,
  "the monitor": monitorConfig,
};

/** The text of .env.example: every setting of the schemas once, in groups, with its default. */
export function envExample(): string {
  const seen = new Set<string>();
  const shapes = Object.values(services).map((schema) => schema.shape as Shape);
  const common = Object.fromEntries(
    Object.entries(shapes[0] ?? {}).filter(([name]) => shapes.filter((shape) => name in shape).length > 1),
  );
  const groups: [string, Shape][] = [
    ["the mesh: read by `npm start`, which hands each process what it needs", launcherConfig.shape],
    ["the commands `flashfit seed` and `flashfit recommend`", clientConfig.shape],
    ["the command `flashfit observe`", observeSettings.shape],
    ["the command `flashfit models pull`", modelsConfig.pick({ HF_ENDPOINT: true, HF_TOKEN: true }).shape],
    ["every service process (set by `npm start`; of use when a service is started alone)", common],
    ...Object.entries(services).map(([name, schema]): [string, Shape] => [name, schema.shape as Shape]),
  ];
  const blocks = groups.map(([title, shape]) => block(title, shape, seen)).filter((text) => text !== "");
  const head =
    "# Every setting, with its default. Written by `npm run env-example` from the schemas; empty means unset.\n";
  return `${head}\n${blocks.join("\n")}`;
}

type Shape = Record<string, z.ZodType>;

function block(title: string, shape: Shape, seen: Set<string>): string {
  const lines = Object.entries(shape)
    .filter(([name]) => !seen.has(name))
    .map(([name, field]) => {
      seen.add(name);
      return `# ${field.description ?? name}\n${name}=${standard(field)}\n`;
    });
  return lines.length === 0 ? "" : `# --- ${title} ---\n\n${lines.join("")}`;
}

/** What the schema makes of an unset variable, as text; "" if there is no default. */
function standard(field: z.ZodType): string {
  const parsed = field.safeParse(undefined);
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : "";
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(new URL("../.env.example", import.meta.url), envExample());
}
