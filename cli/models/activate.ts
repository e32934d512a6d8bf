import { compareVersions } from "../../services/encoder/repository/model-repository.ts";
import { explainMeshFailure } from "../client/mesh.ts";
import { CommandError } from "../command.ts";
import { type RunningEncoder, type RunningModel, runningModels } from "./encoder.ts";

export interface Activated {
  name: string;
  version: string;
  /** What served before; the same when nothing was changed, "" when nothing did. */
  previous: string;
  state: string;
}

/** Time for a version to be started and to prove itself. */
const ACTIVATE_MS = 120_000;

/** Make a version the one that answers. @throws CommandError with the Encoder's reason. */
export async function activate(encoder: RunningEncoder, name: string, version: string): Promise<Activated> {
  const answer = await encoder.client
    .activateModel({ name, revision: version }, { timeoutMs: ACTIVATE_MS })
    .catch((error: unknown) => {
      throw explainMeshFailure(error, encoder);
    });
  const models = await runningModels(encoder);
  const now = models.find((model) => model.name === name && model.version === version);
  return { name, version, previous: answer.previousRevision, state: now?.state ?? "unknown" };
}

/**
 * The version to go back to: the one that was active before, else the highest below that which serves.
 * @param kept What is known to have been active before it.
 * @throws CommandError when there is none.
 */
export function versionBefore(models: RunningModel[], name: string, kept: string | undefined): string {
  const own = models.filter((model) => model.name === name);
  if (own.length === 0) throw new CommandError(`the Encoder knows no model ${name}`);
  if (kept !== undefined && own.some(({ version, state }) => version === kept && state !== "serving")) return kept;
  const serving = own.find(({ state }) => state === "serving")?.version;
  const usable = own
    .filter(({ version, state }) => version !== serving && state !== "broken")
    .map(({ version }) => version)
    .filter((version) => serving === undefined || compareVersions(version, serving) < 0)
    .sort(compareVersions);
  const last = usable.at(-1);
  if (last === undefined) {
    throw new CommandError(
      `there is no version of ${name} below ${serving ?? "any"}; name one: flashfit models activate`,
    );
  }
  return last;
}
