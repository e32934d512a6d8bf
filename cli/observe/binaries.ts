import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { CommandError } from "../command.ts";
import type { ObserveSettings } from "./settings.ts";

/** Programs that the mesh does not bring. */
export interface Binaries {
  prometheus: string;
  /** Without it alerts are shown, but sent nowhere. */
  alertmanager?: string;
  /** Without it the configuration is not checked beforehand. */
  promtool?: string;
}

export const HOW_TO_GET = `  Debian, Ubuntu   apt-get install prometheus prometheus-alertmanager
                   systemctl disable --now prometheus prometheus-alertmanager     (they would hold the ports)
  macOS            brew install prometheus alertmanager
  containers       docker compose --profile monitoring up`;

/** @throws CommandError if there is no Prometheus, or a variable names a file that cannot be run. */
export function findBinaries(settings: ObserveSettings, path = ""): Binaries {
  const prometheus = named("PROMETHEUS_BIN", settings.PROMETHEUS_BIN) ?? onPath(["prometheus"], path);
  if (prometheus === undefined) {
    throw new CommandError(`there is no prometheus on PATH, and PROMETHEUS_BIN names none; nothing was started
${HOW_TO_GET}`);
  }
  return {
    prometheus,
    alertmanager:
      named("ALERTMANAGER_BIN", settings.ALERTMANAGER_BIN) ?? onPath(["prometheus-alertmanager", "alertmanager"], path),
    promtool: onPath(["promtool"], [dirname(prometheus), path].join(delimiter)),
  };
}

function named(variable: string, file: string | undefined): string | undefined {
  if (file === undefined || isProgram(file)) return file;
  throw new CommandError(`${variable}: expected a program, got ${file}`);
}

function onPath(names: string[], path: string): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // there is none, or it is not ours to run
  }
}
