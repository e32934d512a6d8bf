import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

type Environment = Record<string, string | undefined>;

/** The environment with what a `.env` file adds: a variable that is really set wins. No file: nothing is added. */
export function withDotEnv(env: Environment, file: string): Environment {
  return { ...readDotEnv(file), ...env };
}

function readDotEnv(file: string): Environment {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
