import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import {
  FusionService,
  type RecommendResponse,
  RecommendResponseSchema,
} from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { explainFailure, findEdge } from "../client/edge.ts";
import { parseFlags } from "../client/flags.ts";
import { MAX_PHOTO_BYTES } from "../client/photos.ts";
import { table } from "../client/table.ts";
import { CommandError, type CommandIo, usageError } from "../command.ts";

export const name = "recommend";
export const summary = "garments that go with a photo or a sentence, or just for a person";

const HELP = `usage: flashfit recommend [--photo FILE | --text "…"] [--user U] [--k N] [--policy P] [--explain] [--url URL] [--json]

  --photo FILE  a JPEG, PNG, WebP or AVIF file
  --text "…"    a sentence: "red summer dress"
                neither: the home feed, what U may like now
  --user U      search the wardrobe of U as well as the catalogue
  --k N         how many, 1 to 100 (default 10)
  --policy P    rank as baseline, convex or adaptive does (default: the person's own)
  --explain     say what each score is made of
  --url URL     the edge of the mesh (default: FLASHFIT_URL, else the local mesh)
  --json        the answer of FusionService.Recommend as JSON
`;

const TIMEOUT_MS = 30_000;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    io.stdout.write(HELP);
    return 0;
  }
  const query = options.photo
    ? ({ case: "photo", value: await readPhoto(resolve(io.cwd, options.photo)) } as const)
    : options.text
      ? ({ case: "text", value: options.text } as const)
      : undefined;
  const edge = findEdge(io.env, options.url);
  try {
    const answer = await edge
      .client(FusionService)
      .recommend(
        { ...(query && { query }), userId: options.user ?? "", k: readK(options.k), policy: options.policy ?? "" },
        { timeoutMs: TIMEOUT_MS },
      );
    io.stdout.write(`${options.json ? asJson(answer) : readable(answer, options.explain)}\n`);
    return 0;
  } catch (error) {
    throw explainFailure(error, edge);
  }
}

function readOptions(args: string[]) {
  const flags = {
    photo: { type: "string" },
    text: { type: "string" },
    user: { type: "string" },
    k: { type: "string" },
    policy: { type: "string" },
    explain: { type: "boolean" },
    url: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const options = parseFlags(args, flags, HELP);
  if (!options.help && options.photo !== undefined && options.text !== undefined) {
    throw usageError(`expected --photo FILE or --text "…", not both\n\n${HELP}`);
  }
  return options;
}

function readK(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const k = Number(text);
  if (!Number.isInteger(k) || k < 1 || k > 100) throw usageError(`--k: expected a whole number, 1 to 100, got ${text}`);
  return k;
}

async function readPhoto(path: string): Promise<Uint8Array> {
  const photo = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`cannot read the photo ${path} (${error.code})`);
  });
  if (photo.length === 0) throw new CommandError(`the photo ${path} is empty`);
  if (photo.length > MAX_PHOTO_BYTES) {
    throw new CommandError(`the photo ${path} has ${photo.length} bytes, expected at most ${MAX_PHOTO_BYTES}`);
  }
  return photo;
}

function asJson(answer: RecommendResponse): string {
  return JSON.stringify(toJson(RecommendResponseSchema, answer, { alwaysEmitImplicit: true }), null, 2);
}

function readable(answer: RecommendResponse, explain = false): string {
  const lines: string[] = [];
  const { understanding } = answer;
  if (understanding?.category)
    lines.push(`seen: ${understanding.caption || `${understanding.colour} ${understanding.category}`}`, "");
  if (answer.items.length === 0) {
    lines.push("nothing found: is there anything in the catalogue? try: flashfit seed --sample");
  } else {
    const models = [...new Set(answer.items.flatMap(({ scores }) => Object.keys(scores)))].sort();
    const head = ["#", "category", "colour", "score", ...models, "id", "reason"];
    const rows = answer.items.map((item, at) => [
      String(at + 1),
      item.category,
      item.colour,
      item.score.toFixed(4),
      ...models.map((model) => item.scores[model]?.toFixed(3) ?? "–"),
      item.id.slice(0, 8),
      item.reason + (item.owned ? " (yours)" : ""),
    ]);
    lines.push(table(head, rows));
    if (explain) lines.push("", ...answer.items.map(partsOf), "", `ranked by the policy ${answer.policy}`);
  }
  if (answer.degraded.length > 0) lines.push("", `left out: ${answer.degraded.join(", ")}`);
  return lines.join("\n");
}

/** "1. score 0.9000 = 0.3000 rank.clip + 0.6000 rank.fashion" */
function partsOf({ score, parts }: RecommendResponse["items"][number], at: number): string {
  const sum = parts.map(({ name, contribution }) => `${contribution.toFixed(4)} ${name}`).join(" + ");
  return `${at + 1}. score ${score.toFixed(4)} = ${sum || "0"}`;
}
