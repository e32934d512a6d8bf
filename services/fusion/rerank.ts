import { create } from "@bufbuild/protobuf";
import {
  type RerankedItem,
  type RerankRequest,
  type RerankResponse,
  type ScorePart,
  ScorePartSchema,
} from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { type FieldViolation, invalidArguments } from "../kit/errors.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import { Degraded } from "./degraded.ts";
import type { LearnedPerson } from "./learned/learned.ts";
import { requirePolicy } from "./learned/policies.ts";
import { askPerson, policyFor } from "./person.ts";
import { rank } from "./ranking/rank.ts";
import type { Candidate, RankedItem, RankOutput, TasteVectors } from "./ranking/rank-types.ts";
import type { RecommendOptions } from "./recommend.ts";
import { shownList } from "./shown-list.ts";
import { shownParts } from "./shown-parts.ts";
import type { IndexedItem, ItemVectors } from "./vectors.ts";

interface Known {
  items: ReadonlyMap<string, IndexedItem>;
  taste?: TasteVectors;
}

const NOTHING: Known = { items: new Map() };
/** A candidate that the Index does not have. */
const UNKNOWN: IndexedItem = { ownerId: "", category: "", colour: "", vectors: new Map() };

type RerankOptions = Omit<RecommendOptions, "upstreams" | "store">;

/** Orders candidates that were found elsewhere, as `FusionService.Rerank` says. */
export function rerank(request: RerankRequest, options: RerankOptions): Promise<RerankResponse> {
  return options.stages.time("rerank", () => answer(request, options));
}

async function answer(request: RerankRequest, options: RerankOptions): Promise<RerankResponse> {
  const { learned, stages } = options;
  const { itemIds, userId, explain } = request;
  requireStorable({ user_id: userId, item_ids: itemIds.join(" ") });
  const chosen = requirePolicy(request.policy);
  const cosines = readScores(request);
  const degraded = new Degraded(options);

  const asker = await askPerson(userId, options, degraded);
  const { person } = asker;
  const common = learned.common();
  const policy = policyFor(chosen, asker, common?.leading);
  // Of nobody in particular nothing is known that an item could fit.
  const known = person === undefined ? NOTHING : await knownOf(itemIds, person, options, degraded);
  const itemOf = (id: string) => {
    const item = known.items.get(id);
    return item?.ownerId === "" || item?.ownerId === userId ? item : undefined;
  };

  const ranked = stages.timeSync("rank", () =>
    rank({
      candidates: itemIds.map((id, at) => new SentCandidate(id, at, cosines, itemOf(id))),
      models: [...cosines.keys()],
      context: { kind: "rerank", category: "", colour: "" },
      ...(person && { person: person.rank }),
      ...(known.taste && { taste: known.taste }),
      ...(common && { common: common.rank }),
      ...{ policy, k: request.k || itemIds.length, diversity: 0, random: options.random },
    }),
  );
  // Nothing was ever learned that the policy could go by.
  if (ranked.policy !== policy) degraded.add("feedback");
  const recommendationId = options.newId();
  await options.record(shownList({ id: recommendationId, userId, kind: "rerank", ranked, lookOf: itemOf }), degraded);
  return {
    $typeName: "flashfit.fusion.v1.RerankResponse",
    items: ranked.items.map((item, place) => toItem(item, explain ? partsOf(ranked, place) : [])),
    ...{
      recommendationId,
      policy: ranked.policy,
      degraded: degraded.parts,
      weights: Object.fromEntries(ranked.weights),
    },
  };
}

/** What the Index knows of the candidates, and the person's taste in the spaces of their vectors. */
function knownOf(
  itemIds: readonly string[],
  person: LearnedPerson,
  { tasteOf, itemsOf, stages }: RerankOptions,
  degraded: Degraded,
): Promise<Known> {
  const ask = async (): Promise<Known> => {
    const [{ vectors }, items] = await Promise.all([tasteOf(person), itemsOf(itemIds)]);
    return { taste: vectors, items };
  };
  return stages.time("vectors", () => degraded.orWithout("index", ask, NOTHING));
}

/** A message as it is: the answer would copy each of the hundreds from anything else. */
function toItem({ id, score, propensity }: RankedItem, parts: ScorePart[]): RerankedItem {
  return { $typeName: "flashfit.fusion.v1.RerankedItem", id, score, propensity, parts };
}

function partsOf(ranked: RankOutput, place: number): ScorePart[] {
  return shownParts(ranked.partsOf(place)).map((part) => create(ScorePartSchema, part));
}

/** The cosines by model. Errors: INVALID_ARGUMENT for a list that is not as long as the candidates, and for a model twice. */
function readScores({ itemIds, scores }: RerankRequest): Map<string, Float32Array> {
  const violations: FieldViolation[] = [];
  const read = new Map<string, Float32Array>();
  scores.forEach(({ model, cosines }, at) => {
    if (cosines.byteLength !== 4 * itemIds.length) {
      const expected = `must hold one float32 a candidate, ${4 * itemIds.length} bytes, got ${cosines.byteLength}`;
      violations.push({ field: `scores[${at}].cosines`, description: expected });
    } else if (read.has(model)) {
      violations.push({ field: `scores[${at}].model`, description: `is there twice: ${JSON.stringify(model)}` });
    } else {
      read.set(model, floatsFromBytes(cosines));
    }
  });
  if (violations.length > 0) throw invalidArguments(violations);
  return read;
}

/** One object a candidate: its cosines stay in the columns in which they were sent. */
class SentCandidate implements Candidate {
  readonly id: string;
  readonly category: string;
  readonly colour: string;
  readonly owned: boolean;
  readonly vectors: ItemVectors;
  readonly #at: number;
  readonly #columns: ReadonlyMap<string, Float32Array>;

  constructor(
    id: string,
    at: number,
    columns: ReadonlyMap<string, Float32Array>,
    { category, colour, ownerId, vectors }: IndexedItem = UNKNOWN,
  ) {
    this.id = id;
    this.category = category;
    this.colour = colour;
    this.owned = ownerId !== "";
    this.vectors = vectors;
    this.#at = at;
    this.#columns = columns;
  }

  get cosines(): this {
    return this;
  }

  get(model: string): number | undefined {
    return this.#columns.get(model)?.[this.#at];
  }
}
