import { toJson } from "@bufbuild/protobuf";
import { Scope } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import {
  type ComposeOutfitsResponse,
  ComposeOutfitsResponseSchema,
  OutfitService,
} from "../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { explainFailure, findEdge } from "../client/edge.ts";
import { readOutfitOptions } from "../client/outfit-options.ts";
import { table } from "../client/table.ts";
import { type CommandIo, usageError } from "../command.ts";

export const name = "outfit";
export const summary = "whole outfits, around given garments or from nothing";

const HELP = `usage: flashfit outfit [ITEM…] [--user U] [--k N] [--scope wardrobe|catalogue] [--occasion O]… [--season S]…
                       [--diversity D] [--url URL] [--json]

  ITEM…          ids of garments that have to be in it
  --user U       whose taste and wardrobe count
  --k N          how many, 1 to 50 (default 5)
  --scope        garments of the wardrobe alone, or of the catalogue alone (default: both)
  --occasion O   garments that are tagged so ("party"); may be repeated
  --season S     spring, summer, autumn or winter; may be repeated
  --diversity D  0: only the score counts, 1: no two share a garment (default 0.5)
  --url URL      the edge of the mesh (default: FLASHFIT_URL, else the local mesh)
  --json         the answer of OutfitService.ComposeOutfits as JSON
`;

const TIMEOUT_MS = 30_000;
const SCOPES: Readonly<Record<string, Scope>> = { wardrobe: Scope.WARDROBE, catalogue: Scope.CATALOGUE };

export async function run(args: string[], io: CommandIo): Promise<number> {
  const { help, json, url, scope, ...request } = readOutfitOptions(args, HELP);
  if (help) {
    io.stdout.write(HELP);
    return 0;
  }
  if (scope !== undefined && !Object.hasOwn(SCOPES, scope)) {
    throw usageError(`--scope: expected wardrobe or catalogue, got ${scope}`);
  }
  const edge = findEdge(io.env, url);
  try {
    const asked = { ...request, scope: SCOPES[scope ?? ""] ?? Scope.UNSPECIFIED };
    const answer = await edge.client(OutfitService).composeOutfits(asked, { timeoutMs: TIMEOUT_MS });
    io.stdout.write(`${json ? asJson(answer) : readable(answer)}\n`);
    return 0;
  } catch (error) {
    throw explainFailure(error, edge);
  }
}

function asJson(answer: ComposeOutfitsResponse): string {
  return JSON.stringify(toJson(ComposeOutfitsResponseSchema, answer, { alwaysEmitImplicit: true }), null, 2);
}

function readable({ outfits, degraded }: ComposeOutfitsResponse): string {
  const rows = outfits.map(({ id, garments, score, compatibility, reason }, at) => {
    const worn = garments.map(({ colour, category, given, owned, id: garmentId }) => {
      const marks = [...(given ? ["given"] : []), ...(owned ? ["yours"] : [])];
      const what = `${colour} ${category}`.trim();
      return `${what} ${garmentId.slice(0, 8)}${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`;
    });
    return [String(at + 1), worn.join(" + "), score.toFixed(3), compatibility.toFixed(2), id.slice(0, 8), reason];
  });
  const lines = [table(["#", "outfit", "score", "fits", "id", "reason"], rows)];
  if (degraded.length > 0) lines.push("", `left out: ${degraded.join(", ")}`);
  return lines.join("\n");
}
