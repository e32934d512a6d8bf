import { join, resolve } from "node:path";
import { z } from "zod";
import { encoderConfig } from "../../services/encoder/config.ts";
import { ConfigError, readConfig } from "../../services/kit/config.ts";
import { CommandError } from "../command.ts";
import { projectRoot } from "../state/home.ts";
import { withDotEnv } from "../up/environment.ts";

/** What `flashfit models` reads. */
export const modelsConfig = z.object({
  MODEL_DIR: encoderConfig.shape.MODEL_DIR,
  ENCODER_ACTIVE_FILE: encoderConfig.shape.ENCODER_ACTIVE_FILE,
  HF_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "expected an address as https://host" })
    .default("https://huggingface.co")
    .describe("the hub that `flashfit models pull` takes models from"),
  HF_TOKEN: z.string().optional().describe("a token of that hub, for private and gated models"),
});

export type ModelsSettings = z.infer<typeof modelsConfig>;

/** The settings of the environment and `.env`; paths are absolute, from the repository as the services see it. */
export function modelsSettings(environment: Record<string, string | undefined>): ModelsSettings {
  try {
    const settings = readConfig(modelsConfig, withDotEnv(environment, join(projectRoot, ".env")));
    const { MODEL_DIR, ENCODER_ACTIVE_FILE: file } = settings;
    return { ...settings, MODEL_DIR: absolute(MODEL_DIR), ...(file ? { ENCODER_ACTIVE_FILE: absolute(file) } : {}) };
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}

function absolute(path: string): string {
  return resolve(projectRoot, path);
}
