import { readFile } from "node:fs/promises";
import { z } from "zod";

/** The value of a JSON file; undefined if there is none. @throws SyntaxError that names the file. */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`${file}: ${messageOf(cause)}`, { cause });
  }
}

/** The value if it fits. @throws TypeError that says in one line what does not. */
export function parse<T extends z.ZodType>(schema: T, json: unknown): z.infer<T> {
  const parsed = schema.safeParse(required(json));
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error).replaceAll("\n", " "));
  return parsed.data;
}

export function required(json: unknown): unknown {
  if (json === undefined) throw new TypeError("is missing");
  return json;
}

/** What goes wrong in `read` is said with the file's name before it. */
export function within<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${file}: ${messageOf(cause)}`, { cause });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
