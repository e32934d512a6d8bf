import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { type Edge, explainFailure, findEdge } from "../client/edge.ts";
import { parseFlags } from "../client/flags.ts";
import { type BadFile, findPhotos } from "../client/photos.ts";
import { showProgress } from "../client/progress.ts";
import { type SeedItem, seedGarments } from "../client/seeding.ts";
import { CommandError, type CommandIo, usageError } from "../command.ts";

export const name = "seed";
export const summary = "fill the catalogue, or a person's wardrobe, with photos";

const HELP = `usage: flashfit seed --photos DIR [--user U] [--url URL] [--json]
       flashfit seed --sample      [--user U] [--url URL] [--json]

  --photos DIR  every JPEG, PNG, WebP and AVIF file below DIR; a folder named as a category
                (dress, hat, longsleeve, outwear, pants, shirt, shoes, shorts, skirt, t-shirt)
                gives its photos the category, elsewhere the models see it
  --sample      a small drawn wardrobe
  --user U      into the wardrobe of U (default: the catalogue, which everybody sees)
  --url URL     the edge of the mesh (default: FLASHFIT_URL, else the local mesh)
  --json        the summary as JSON on stdout

Interrupted? Run it again: what is there already is counted and not stored twice.
`;

/** How long the first, small question to the mesh may take. */
const GREETING_MS = 10_000;

interface Summary {
  total: number;
  added: number;
  existed: number;
  failed: BadFile[];
  seconds: number;
}

export async function run(args: string[], io: CommandIo): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    io.stdout.write(HELP);
    return 0;
  }
  const ownerId = options.user ?? "";
  const { items, bad } = options.sample
    ? { items: await sampleItems(ownerId), bad: [] }
    : await photoItems(resolve(io.cwd, options.photos as string), ownerId);
  const edge = findEdge(io.env, options.url);
  const result = await seed(edge, items, io);
  result.summary.failed.unshift(...bad);
  result.summary.total += bad.length;
  io.stdout.write(options.json ? `${JSON.stringify(result.summary)}\n` : readable(result.summary));
  if (result.failure) {
    const { added, existed, total, failed } = result.summary;
    const left = total - added - existed - failed.length;
    throw new CommandError(`${result.failure.message}\n${left} photos are left: run the same command again`);
  }
  return 0;
}

function readOptions(args: string[]) {
  const flags = {
    photos: { type: "string" },
    sample: { type: "boolean" },
    user: { type: "string" },
    url: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const options = parseFlags(args, flags, HELP);
  if (!options.help && (options.photos !== undefined) === (options.sample === true)) {
    throw usageError(`expected either --photos DIR or --sample\n\n${HELP}`);
  }
  return options;
}

async function photoItems(folder: string, ownerId: string): Promise<{ items: SeedItem[]; bad: BadFile[] }> {
  const { photos, bad } = await findPhotos(folder);
  if (photos.length === 0 && bad.length === 0) throw new CommandError(`no file below ${folder}`);
  const items = photos.map(({ key, path, category }) => ({
    key,
    load: async () => ({ ownerId, category, photo: await readFile(path) }),
  }));
  return { items, bad };
}

async function sampleItems(ownerId: string): Promise<SeedItem[]> {
  const { SAMPLE_WARDROBE, sampleName } = await import("../sample/wardrobe.ts");
  const { drawGarment } = await import("../sample/draw.ts");
  return SAMPLE_WARDROBE.map((garment) => ({
    key: sampleName(garment),
    load: async () => ({
      ownerId,
      category: garment.category,
      colour: garment.colour,
      photo: await drawGarment(garment),
    }),
  }));
}

async function seed(edge: Edge, items: SeedItem[], io: CommandIo): Promise<{ summary: Summary; failure?: Error }> {
  const summary: Summary = { total: items.length, added: 0, existed: 0, failed: [], seconds: 0 };
  if (items.length === 0) return { summary };
  const client = edge.client(WardrobeService);
  await client.listGarments({ pageSize: 1 }, { timeoutMs: GREETING_MS }).catch((error: unknown) => {
    throw explainFailure(error, edge);
  });
  const startedAt = performance.now();
  const progress = showProgress(io.stderr, items.length);
  try {
    await seedGarments({
      client,
      items,
      onOutcome(outcome) {
        if (outcome.kind === "refused") summary.failed.push({ key: outcome.key, reason: outcome.reason });
        else summary[outcome.kind] += 1;
        progress.step();
      },
      onRetry: (error, ms) =>
        progress.note(`the stream broke (${error.rawMessage}): again in ${(ms / 1000).toFixed(1)} s`),
    });
    return { summary };
  } catch (error) {
    return { summary, failure: explainFailure(error, edge) };
  } finally {
    progress.stop();
    summary.seconds = Math.round((performance.now() - startedAt) / 10) / 100;
  }
}

function readable({ total, added, existed, failed, seconds }: Summary): string {
  const lines = [`${total} photos in ${seconds} s: ${added} added, ${existed} already there, ${failed.length} refused`];
  for (const { key, reason } of failed) lines.push(`  ${key}: ${reason}`);
  return `${lines.join("\n")}\n`;
}
