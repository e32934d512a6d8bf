import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, type Identity, issue, type Names } from "./authority.ts";
import { authorityIsGood, staleBecause } from "./freshness.ts";

export interface EnsureCertificatesOptions {
  /** Where `<name>.crt` and `<name>.key` live; made with mode 0700 if it is missing. */
  folder: string;
  /** File name (without ending) → the names that its certificate vouches for. */
  leaves: Record<string, Names>;
  /** Common name of the authority, kept in `ca.crt` and `ca.key`. Default "FlashFit Mesh local CA". */
  authorityName?: string;
  /** Default: the current time. */
  now?: Date;
}

/**
 * Makes what is missing, unreadable, of another authority, with other names, or near its end; leaves the rest as it is.
 * @returns the file names that were written, "ca" first; empty when all was good
 */
export async function ensureCertificates(options: EnsureCertificatesOptions): Promise<string[]> {
  const { folder, leaves, authorityName = "FlashFit Mesh local CA", now = new Date() } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  let authority = await read(folder, "ca");
  if (!authority || !authorityIsGood(authority, now)) {
    authority = await createAuthority(authorityName, now);
    await write(folder, "ca", authority);
    written.push("ca");
  }
  for (const [name, names] of Object.entries(leaves)) {
    const leaf = await read(folder, name);
    if (leaf && staleBecause(leaf, authority, names, now) === undefined) continue;
    await write(folder, name, await issue(authority, names, now));
    written.push(name);
  }
  return written;
}

async function read(folder: string, name: string): Promise<Identity | undefined> {
  try {
    const [certificate, privateKey] = await Promise.all([
      readFile(join(folder, `${name}.crt`), "utf8"),
      readFile(join(folder, `${name}.key`), "utf8"),
    ]);
    return { certificate, privateKey };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/** The key goes first: a crash in between leaves a certificate without its key, which is noticed as missing. */
async function write(folder: string, name: string, { certificate, privateKey }: Identity): Promise<void> {
  await rm(join(folder, `${name}.crt`), { force: true });
  await replace(join(folder, `${name}.key`), privateKey);
  await replace(join(folder, `${name}.crt`), certificate);
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600, flag: "wx" });
  await rename(temporary, path);
}
