import { listModels } from "../../services/encoder/repository/listing.ts";
import { table } from "../client/table.ts";
import { CommandError } from "../command.ts";
import type { RunningModel } from "./encoder.ts";
import { formatBytes } from "./format.ts";

/** A line of `flashfit models list`. */
export interface ModelLine {
  name: string;
  version: string;
  /** Of a running Encoder: serving, standby, canary, broken, or "not loaded"; else "on disk" or broken. */
  state: string;
  /** Why it is broken. */
  reason?: string;
  variants: string[];
  dimensions?: number;
  bytes: number;
  origin?: string;
  license?: string;
}

/** What lies on disk, with the state that a running Encoder gives it; what only the Encoder knows is listed too. */
export async function modelLines(directory: string, running: RunningModel[] | undefined): Promise<ModelLine[]> {
  const stored = await listModels(directory).catch((error: Error) => {
    throw new CommandError(error.message);
  });
  const known = (name: string, version: string) => running?.find((m) => m.name === name && m.version === version);
  const lines = stored.map((model): ModelLine => {
    const live = known(model.name, model.version);
    const reason = live?.reason || model.broken;
    const dimensions = live?.dimensions || model.dimensions;
    return {
      name: model.name,
      version: model.version,
      state: live?.state ?? (model.broken ? "broken" : running ? "not loaded" : "on disk"),
      ...(reason && { reason }),
      variants: model.variants,
      ...(dimensions && { dimensions }),
      bytes: model.bytes,
      ...(model.source && { origin: model.source.origin }),
      ...(model.source?.license && { license: model.source.license }),
    };
  });
  const elsewhere = (running ?? [])
    .filter(({ name, version }) => !stored.some((model) => model.name === name && model.version === version))
    .map(({ name, version, state, reason, dimensions, variant }) => ({
      ...{ name, version, state, variants: variant ? [variant] : [], bytes: 0, origin: "not in this MODEL_DIR" },
      ...(dimensions && { dimensions }),
      ...(reason && { reason }),
    }));
  return [...lines, ...elsewhere];
}

/** For people. */
export function modelTable(lines: ModelLine[]): string {
  if (lines.length === 0) return "no models; take one with: flashfit models pull OWNER/NAME";
  const head = ["name", "version", "state", "variants", "dimensions", "size", "from", "licence"];
  const rows = lines.map((line) => [
    line.name,
    line.version,
    line.state,
    line.variants.join(" ") || "–",
    String(line.dimensions ?? "–"),
    formatBytes(line.bytes),
    line.origin ?? "–",
    line.license ?? "–",
  ]);
  const reasons = lines.flatMap(({ reason }) => (reason ? [`  ${reason}`] : []));
  return [table(head, rows), ...(reasons.length > 0 ? ["", "broken:", ...reasons] : [])].join("\n");
}
