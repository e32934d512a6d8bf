import { join } from "node:path";
import { z } from "zod";
import { parse, readJsonFile, within } from "./json.ts";

/** The file in a version's folder that says where it came from. */
export const SOURCE_FILE = "source.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: "expected a SHA-256 as 64 hexadecimal digits" });

export const sourceSchema = z.object({
  /** "owner/name" on the hub, or the folder that it was added from. */
  origin: z.string().min(1),
  /** Commit that the files are of; absent for a folder. */
  revision: z.string().optional(),
  /** As the model card says it; absent where it says none. */
  license: z.string().optional(),
  /** When it was taken, ISO. */
  takenAt: z.string(),
  files: z.array(z.object({ path: z.string().min(1), bytes: z.number().int().nonnegative(), sha256 })),
});

/** Where a version came from, and what its files must be. */
export type Source = z.infer<typeof sourceSchema>;

/** The source of a version; undefined if none was written. @throws TypeError when it cannot be understood. */
export async function readSource(folder: string): Promise<Source | undefined> {
  const json = await readJsonFile(join(folder, SOURCE_FILE));
  return json === undefined ? undefined : within(SOURCE_FILE, () => parse(sourceSchema, json));
}
