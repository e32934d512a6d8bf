import { join } from "node:path";
import { type ActiveVersions, readActive } from "../../services/encoder/inference/active-file.ts";
import { CommandError } from "../command.ts";

/** What the Encoder has kept of activations in this folder of models. @throws CommandError when it cannot be understood. */
export function activations(directory: string): Promise<ActiveVersions> {
  return readActive(join(directory, "active.json")).catch((error: Error) => {
    throw new CommandError(error.message);
  });
}
