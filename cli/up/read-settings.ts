import { join } from "node:path";
import { ConfigError, readConfig } from "../../services/kit/config.ts";
import { CommandError } from "../command.ts";
import { findHome, type Home, projectRoot } from "../state/home.ts";
import { withDotEnv } from "./environment.ts";
import { type LauncherConfig, launcherConfig } from "./settings.ts";

export interface Settings {
  /** The real environment, completed by `.env` in the repository. */
  env: Record<string, string | undefined>;
  config: LauncherConfig;
  home: Home;
}

/** @throws CommandError that names every bad setting. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const env = withDotEnv(environment, join(projectRoot, ".env"));
  try {
    return { env, config: readConfig(launcherConfig, env), home: findHome(env) };
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}
