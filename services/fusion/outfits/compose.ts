import type { ComposeOutfitsRequest } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { currentCall } from "../../kit/context.ts";
import { failedPrecondition, invalidArgument } from "../../kit/errors.ts";
import { Degraded } from "../degraded.ts";
import { filterOf } from "../filters.ts";
import { beamSearch } from "./beam.ts";
import { choose } from "./choose.ts";
import { namedGarments, requireWearable } from "./given.ts";
import { createJudge, type Judge, verdictOf } from "./judge.ts";
import { type Judgement, judgementFor } from "./learning.ts";
import { type OutfitMessage, outfitMessage } from "./message.ts";
import { middleOf } from "./middle.ts";
import type { OutfitParts } from "./options.ts";
import { outfitId } from "./outfit-id.ts";
import type { Piece } from "./piece.ts";
import { createPieces, type Pieces } from "./pieces.ts";
import { PRIOR } from "./prior.ts";
import { scoreOf } from "./scoring.ts";
import { type Shape, shapesFor } from "./shapes.ts";
import { CANDIDATES_PER_SLOT, shortlist } from "./shortlist.ts";
import { type ShownOutfit, shownOutfits } from "./shown-outfits.ts";
import { type KnownSlot, SLOT_NAME } from "./slots.ts";
import { type SlotSupply, supplyFor } from "./supply.ts";

const DEFAULT_K = 5;
const DEFAULT_DIVERSITY = 0.5;
/** How many unfinished outfits beam search keeps after each slot, for each belief that it searches with. */
const BEAM_WIDTH = 64;

/** Makes outfits, as `OutfitService.ComposeOutfits` says. */
export async function composeOutfits(request: ComposeOutfitsRequest, parts: OutfitParts) {
  const { userId, k = DEFAULT_K, diversity = DEFAULT_DIVERSITY } = request;
  const filter = filterOf(request);
  const given = await namedGarments(request.itemIds, { field: "item_ids", userId, store: parts.store });
  requireWearable(given, "item_ids");
  const taken = given.map(({ slot }) => slot);
  const shapes = shapesFor(taken, request.slots.flatMap(known));
  if (shapes.length === 0)
    throw invalidArgument("slots", "what is to be filled cannot be worn with the garments given");

  const degraded = new Degraded(parts);
  const judgement = await judgementFor(userId, parts, degraded);
  const { pieces, givenPieces } = await parts.stages.time("outfit_vectors", async () => {
    const pieces = await createPieces(judgement, parts, degraded);
    return { pieces, givenPieces: await pieces.whole(given) };
  });
  const open = [...new Set(shapes.flat())].filter((slot) => !taken.includes(slot));
  const directions = pieces.directions.size > 0 ? pieces.directions : middleOf(givenPieces);
  const supply = await parts.stages.time("outfit_supply", () =>
    supplyFor({ slots: open, filter, directions }, parts, degraded),
  );
  const possible = fillable(shapes, taken, supply);
  const judge = createJudge();
  const candidates = await parts.stages.time("outfit_vectors", () =>
    candidatesFor(possible, { supply, pieces, givenPieces, judge, judgement }),
  );
  const { chosen, coefficients } = await parts.stages.time("outfit_search", async () => {
    const options = search(possible, { givenPieces, candidates, judge, judgement });
    return choose({ options, ...judgement, explore: userId !== "", k, diversity, random: parts.random });
  });

  const givenIds = new Set(given.map(({ id }) => id));
  const shown: ShownOutfit[] = [];
  const outfits: OutfitMessage[] = chosen.map(({ option, propensity, otherPropensities }) => {
    const { id, pieces: worn, features } = option;
    const verdict = verdictOf(worn, features, coefficients, judgement.belief.mean);
    shown.push({ id, score: verdict.score, propensity, otherPropensities, features });
    return { ...outfitMessage(worn, verdict, givenIds), propensity };
  });
  const recommendationId = parts.newId();
  const { policy } = judgement;
  const recommendation = { id: recommendationId, userId, policy, queryItemId: given[0]?.id ?? "" };
  await parts.record(shownOutfits({ ...recommendation, outfits: shown }), degraded);
  return { outfits, recommendationId, policy, degraded: degraded.parts };
}

function known(slot: number): KnownSlot[] {
  return slot in SLOT_NAME ? [slot as KnownSlot] : [];
}

/** The shapes of which every slot can be filled. Errors: FAILED_PRECONDITION if there is none, naming what is missing. */
function fillable(shapes: readonly Shape[], taken: readonly KnownSlot[], supply: Map<KnownSlot, SlotSupply>): Shape[] {
  const missing = shapes.map((shape) =>
    shape.filter((slot) => !taken.includes(slot) && !supply.get(slot)?.garments.length),
  );
  const possible = shapes.filter((_, i) => missing[i]?.length === 0);
  if (possible.length > 0) return possible;
  const names = [...new Set(missing.flat())].map((slot) => SLOT_NAME[slot]).join(", ");
  throw failedPrecondition(`no garment for: ${names}; add some, or ask for other slots, tags or another scope`);
}

interface Material {
  givenPieces: readonly Piece[];
  judge: Judge;
  judgement: Judgement;
}

/** The best garments of each open slot, by what the store knows of them, with their vectors. */
async function candidatesFor(
  shapes: readonly Shape[],
  { supply, pieces, givenPieces, judge, judgement }: Material & { supply: Map<KnownSlot, SlotSupply>; pieces: Pieces },
): Promise<Map<KnownSlot, Piece[]>> {
  const used = new Set(shapes.flat());
  const listed = [...supply].flatMap(([slot, { garments, near }]) => {
    if (!used.has(slot)) return [];
    const bySelf = new Map(garments.map((garment) => [garment.id, garment]));
    const score = (piece: Piece) => scoreOf(judge.features(slotFree(givenPieces, piece)), judgement.belief.mean);
    const best = shortlist(pieces.plain(garments), { near, limit: CANDIDATES_PER_SLOT, score });
    return best.flatMap(({ id }) => bySelf.get(id) ?? []);
  });
  return Map.groupBy(await pieces.whole(listed), ({ slot }) => slot);
}

/** With the given garments that can be worn with it. */
function slotFree(given: readonly Piece[], piece: Piece): Piece[] {
  return [...given.filter(({ slot }) => slot !== piece.slot), piece];
}

/**
 * The outfits to choose from: what beam search finds with the person's belief and with the prior. Both policies choose from
 * the same ones, so that what each of them would have shown is known.
 */
function search(
  shapes: readonly Shape[],
  { givenPieces, candidates, judge, judgement }: Material & { candidates: Map<KnownSlot, Piece[]> },
) {
  const givenIds = new Set(givenPieces.map(({ id }) => id));
  // The searches meet the same sets again and again.
  const known = new Map<string, Float32Array>();
  const featuresOf = (pieces: readonly Piece[], key: string) => {
    const features = known.get(key) ?? judge.features(pieces);
    known.set(key, features);
    return features;
  };
  const found = new Map<string, readonly Piece[]>();
  for (const shape of shapes) {
    for (const { mean } of new Set([judgement.belief, PRIOR])) {
      currentCall()?.signal.throwIfAborted();
      const score = (pieces: readonly Piece[], key: string) => scoreOf(featuresOf(pieces, key), mean);
      for (const { pieces, key } of beamSearch({ given: givenPieces, shape, candidates, width: BEAM_WIDTH, score })) {
        found.set(key, pieces);
      }
    }
  }
  return [...found].map(([key, pieces]) => {
    const ids = pieces.map(({ id }) => id);
    const added = new Set(ids.filter((id) => !givenIds.has(id)));
    return { id: outfitId(ids), pieces, features: featuresOf(pieces, key), added };
  });
}
