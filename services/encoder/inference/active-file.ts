import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf } from "../repository/json.ts";

/** Which version of each model is active, and which was before. */
export type ActiveVersions = Record<string, { active: string; previous?: string | undefined }>;

const schema = z.record(z.string(), z.object({ active: z.string().min(1), previous: z.string().min(1).optional() }));

/**
 * The choices that outlive a restart: `{"clip": {"active": "2", "previous": "1"}}`. A file that is not there says nothing.
 * @throws Error that names the file when it cannot be read or understood: to guess would bring another version's vectors.
 */
export async function readActive(file: string): Promise<ActiveVersions> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const expected = `expected {"<model>": {"active": "<version>"}}; mend it, or remove it to serve the highest versions`;
    throw new Error(`${file} is not understood, ${expected}: ${messageOf(cause)}`, { cause });
  }
}

/** Replaces the file as a whole: after a crash there is the old one or the new one. */
export async function writeActive(file: string, versions: ActiveVersions): Promise<void> {
  // In containers on one volume process ids are alike.
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, "w", 0o644);
    try {
      await handle.writeFile(`${JSON.stringify(versions, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    const directory = await open(dirname(file), "r");
    await directory.sync().finally(() => directory.close());
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error says more
    throw new Error(`${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
