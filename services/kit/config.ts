import process from "node:process";
import type { z } from "zod";

export * from "./settings.ts";

/** The environment does not fit the schema. The message names every bad variable and is meant to be printed as it is. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** sysexits.h EX_CONFIG: the exit code of a process that refuses its configuration. */
export const EXIT_CONFIG = 78;

/**
 * Read the settings of `schema` from the environment. An empty variable counts as unset.
 * Throws one ConfigError that lists every bad variable: its name, what it is, what was expected, what it is for.
 */
export function readConfig<T extends z.ZodObject>(
  schema: T,
  env: Record<string, string | undefined> = process.env,
): z.infer<T> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, env[name] === "" ? undefined : env[name]]),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "settings");
    const field = schema.shape[name] as z.ZodType | undefined;
    const got = given[name] === undefined ? "is not set" : `is ${shown(name, given[name])}`;
    return `  ${name} ${got}: ${lowerFirst(issue.message)}${field?.description ? ` (${field.description})` : ""}`;
  });
  throw new ConfigError(
    `cannot start, ${lines.length === 1 ? "a setting is" : `${lines.length} settings are`} wrong:\n${lines.join("\n")}`,
  );
}

/** Values that may hold a secret are not repeated. */
function shown(name: string, value: string): string {
  return /URL|KEY|SECRET|PASSWORD|TOKEN/.test(name) ? "set, but not usable" : JSON.stringify(value);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
