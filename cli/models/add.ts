import { cp, mkdir, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { listFiles, sha256OfFile } from "../../services/encoder/repository/listing.ts";
import { readVersionFolder } from "../../services/encoder/repository/model-repository.ts";
import { readSource, SOURCE_FILE, type Source } from "../../services/encoder/repository/source.ts";
import { CommandError } from "../command.ts";
import { ensureDirectory, findPlace, moveInto } from "./place.ts";

export interface AddOptions {
  /** The folder with the export. */
  folder: string;
  /** Name in the repository of models. */
  as: string;
  /** Default: the next number. */
  version?: string | undefined;
}

/** Files of an export that the Encoder, or a person, has a use for. */
const WANTED =
  /^((onnx\/)?[^/]+\.(onnx(_data(_\d+)?|\.data)?|json)|1_Pooling\/config\.json|(README|LICEN[CS]E|NOTICE)[^/]*)$/i;

/**
 * Copy an export into the repository of models, checked before and visible as a whole.
 * @throws CommandError when it is no model that the Encoder can use: which file, and what is expected.
 */
export async function addModel({ folder, as, version }: AddOptions, directory: string, now = () => new Date()) {
  const from = resolve(folder);
  const info = await stat(from).catch(() => undefined);
  if (!info?.isDirectory()) throw new CommandError(`expected a folder with a model, got ${folder}: there is none`);
  const place = await findPlace(directory, as, version);
  await readVersionFolder(from, as, place.version).catch((error: unknown) => {
    throw new CommandError(`${folder} is no model that the Encoder can use: ${(error as Error).message}`);
  });
  const before = await readSource(from);
  const there = await listFiles(from);
  // Where the sides lie apart in onnx/, a graph beside it is both once more; a decoder with a past is not used.
  const apart = there.some(({ path }) => /^onnx\/[^/]+\.onnx$/.test(path));
  const idle = (path: string) =>
    (apart && /^[^/]+\.onnx/.test(path)) || /decoder_(with_past_model|model_merged)/.test(path);
  const wanted = there.filter(({ path }) => WANTED.test(path) && path !== SOURCE_FILE && !idle(path));
  await ensureDirectory(directory);
  const temporary = join(directory, `.add-${as}-${place.version}-${process.pid}`);
  try {
    const files: Source["files"] = [];
    for (const { path, bytes } of wanted) {
      const to = join(temporary, ...path.split("/"));
      await mkdir(dirname(to), { recursive: true });
      await cp(join(from, ...path.split("/")), to, { dereference: true });
      files.push({ path, bytes, sha256: await sha256OfFile(to) });
    }
    const { origin = from, revision, license } = before ?? {};
    const source: Source = {
      origin,
      ...(revision && { revision }),
      ...(license && { license }),
      takenAt: now().toISOString(),
      files,
    };
    await moveInto(place, temporary, source);
    return { name: as, version: place.version, folder: join(directory, as, place.version), source };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
