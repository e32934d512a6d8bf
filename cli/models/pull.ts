import { mkdir, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { VARIANTS, type Variant } from "../../services/encoder/repository/graph-files.ts";
import { readSource, type Source } from "../../services/encoder/repository/source.ts";
import { showProgress } from "../client/progress.ts";
import { CommandError, type CommandIo, usageError } from "../command.ts";
import { releaseLock, takeLock } from "../state/lock.ts";
import { formatBytes } from "./format.ts";
import { download } from "./hub/download.ts";
import { Hub, type HubFile, type HubRepository, parseRepository } from "./hub/hub.ts";
import { selectFiles } from "./hub/select.ts";
import type { HubTransportOptions } from "./hub/transport.ts";
import { ensureDirectory, existingVersions, findPlace, moveInto } from "./place.ts";

export interface PullOptions {
  /** "owner/name" or "owner/name@revision". */
  repository: string;
  /** Name in the repository of models; default: the repository's own, in small letters. */
  as?: string | undefined;
  /** Default: the next number. */
  version?: string | undefined;
  /** "fp32,int8". Default: both, as far as they are there. */
  variants?: string | undefined;
}

export interface PullDeps {
  directory: string;
  endpoint: string;
  token?: string | undefined;
  stderr: CommandIo["stderr"];
  sleep: HubTransportOptions["sleep"];
  stallMs?: number;
  now?: () => Date;
  signal?: AbortSignal | undefined;
}

export interface Pulled {
  name: string;
  version: string;
  folder: string;
  /** It was there already, of the same commit. */
  existed: boolean;
  source: Source;
}

/** Left free on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;
const MEGABYTE = 1_000_000;

/**
 * Take a model from the hub: only the files that are needed, of the commit that the revision is now, verified, and
 * visible as a whole when all are there. Interrupted, the same call goes on where it was.
 */
export async function pullModel(options: PullOptions, deps: PullDeps): Promise<Pulled> {
  const { id, revision } = parseRepository(options.repository);
  const variants = readVariants(options.variants);
  const name = options.as ?? defaultName(id);
  await findPlace(deps.directory, name, undefined); // a name that cannot be is said before anything is asked
  const tell = (line: string) => void deps.stderr.write(`${line}\n`);
  const hub = new Hub({
    ...deps,
    onRetry: (reason, ms) => tell(`${reason}; again in ${(ms / 1000).toFixed(1)} s`),
  });
  const repository = await hub.repository(id, revision, deps.signal);
  const files = selectFiles(repository.files, variants);
  const same = await findSame(deps.directory, name, repository, files, options.version);
  if (same) return same;
  const place = await findPlace(deps.directory, name, options.version);
  tell(`${id} at ${repository.sha.slice(0, 12)}, licence: ${repository.license ?? "none stated; read its model card"}`);

  await ensureDirectory(deps.directory);
  const folder = join(deps.directory, `.pull-${name}-${repository.sha.slice(0, 12)}`);
  await mkdir(folder, { recursive: true });
  const lock = `${folder}.lock`;
  const other = takeLock(lock);
  if (other) throw new CommandError(`this model is being pulled already (pid ${other.pid})`);
  try {
    await checkSpace(folder, files);
    const sums = await downloadAll(hub, repository, files, folder, deps);
    const source: Source = {
      origin: id,
      revision: repository.sha,
      ...(repository.license && { license: repository.license }),
      takenAt: (deps.now?.() ?? new Date()).toISOString(),
      files: files.map(({ path, bytes }, i) => ({ path, bytes, sha256: sums[i] ?? "" })),
    };
    await moveInto(place, folder, source);
    return { name, version: place.version, folder: join(deps.directory, name, place.version), existed: false, source };
  } finally {
    releaseLock(lock);
  }
}

async function downloadAll(hub: Hub, repository: HubRepository, files: HubFile[], folder: string, deps: PullDeps) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = showProgress(deps.stderr, Math.ceil(total / MEGABYTE), { unit: "MB" });
  let [have, shown] = [0, 0];
  const onBytes = (count: number) => {
    have += count;
    const megabytes = Math.ceil(have / MEGABYTE);
    if (megabytes > shown) progress.step(megabytes - shown);
    shown = Math.max(shown, megabytes);
  };
  const { stallMs, signal } = deps;
  try {
    const sums: string[] = [];
    const onRetry = (reason: string) => progress.note(reason);
    for (const file of files) {
      sums.push(await download(file, { hub, repository, folder, stallMs, signal, onBytes, onRetry }));
    }
    return sums;
  } finally {
    progress.stop();
  }
}

/** The version that is of this commit and has all these files already. */
async function findSame(
  directory: string,
  name: string,
  { id, sha }: HubRepository,
  files: HubFile[],
  version: string | undefined,
): Promise<Pulled | undefined> {
  for (const existing of await existingVersions(directory, name)) {
    if (version !== undefined && version !== existing) continue;
    const folder = join(directory, name, existing);
    const source = await readSource(folder);
    if (source?.origin !== id || source.revision !== sha) continue;
    const paths = source.files.map(({ path }) => path);
    if (files.every(({ path }) => paths.includes(path)))
      return { name, version: existing, folder, existed: true, source };
  }
  return undefined;
}

async function checkSpace(folder: string, files: HubFile[]): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const there = await bytesBelow(folder);
  const needed = total - there + SPARE_BYTES;
  if (bavail * bsize >= needed) return;
  if (there === 0) await rm(folder, { recursive: true });
  throw new CommandError(
    `not enough space in ${folder}: ${formatBytes(needed)} are needed, ${formatBytes(bavail * bsize)} are free`,
  );
}

async function bytesBelow(folder: string): Promise<number> {
  const { listFiles } = await import("../../services/encoder/repository/listing.ts");
  if ((await readdir(folder)).length === 0) return 0;
  return (await listFiles(folder)).reduce((sum, { bytes }) => sum + bytes, 0);
}

function readVariants(text = "fp32,int8"): Variant[] {
  const known = Object.keys(VARIANTS) as Variant[];
  return text.split(",").map((word) => {
    const found = known.find((variant) => variant === word.trim());
    if (!found) throw usageError(`--variant: expected some of ${known.join(",")}, got ${word}`);
    return found;
  });
}

function defaultName(id: string): string {
  const own = id.slice(id.indexOf("/") + 1).toLowerCase();
  return own.replace(/^[^a-z0-9]+/, "").slice(0, 64);
}
