import { delimiter, dirname } from "node:path";
import { CommandError } from "../command.ts";
import { findProgram, isProgram } from "../tools/program.ts";
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
  const prometheus = named("PROMETHEUS_BIN", settings.PROMETHEUS_BIN) ?? findProgram(["prometheus"], path);
  if (prometheus === undefined) {
    throw new CommandError(`there is no prometheus on PATH, and PROMETHEUS_BIN names none; nothing was started
${HOW_TO_GET}`);
  }
  return {
    prometheus,
    alertmanager:
      named("ALERTMANAGER_BIN", settings.ALERTMANAGER_BIN) ??
      findProgram(["prometheus-alertmanager", "alertmanager"], path),
    promtool: findProgram(["promtool"], [dirname(prometheus), path].join(delimiter)),
  };
}

function named(variable: string, file: string | undefined): string | undefined {
  if (file === undefined || isProgram(file)) return file;
  throw new CommandError(`${variable}: expected a program, got ${file}`);
}
