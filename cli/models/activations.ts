import { join } from "node:path";
import { type ActiveVersions, readActive } from "../../services/encoder/inference/active-file.ts";
import { CommandError } from "../command.ts";
import type { ModelsSettings } from "./settings.ts";

export type ActivationSettings = Pick<ModelsSettings, "MODEL_DIR" | "ENCODER_ACTIVE_FILE">;

/** What the Encoder has kept of activations: in its own file, else beside the models. @throws CommandError when it cannot be understood. */
export function activations({ MODEL_DIR, ENCODER_ACTIVE_FILE }: ActivationSettings): Promise<ActiveVersions> {
  return readActive(ENCODER_ACTIVE_FILE ?? join(MODEL_DIR, "active.json")).catch((error: Error) => {
    throw new CommandError(error.message);
  });
}
