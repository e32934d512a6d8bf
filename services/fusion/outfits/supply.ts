import { bytesFromFloats } from "../../kit/vector.ts";
import { parseGarmentId } from "../garment-id.ts";
import type { StoredGarment } from "../garment-store.ts";
import { INDEX_OF_MODEL } from "../model-indexes.ts";
import { askIndex } from "../upstreams.ts";
import { orWithout } from "./degrade.ts";
import type { SlottedGarment } from "./given.ts";
import type { Look } from "./look-store.ts";
import type { OutfitParts } from "./options.ts";
import { type KnownSlot, slotOf } from "./slots.ts";

export interface SupplyQuery {
  slots: readonly KnownSlot[];
  /** Whose garments. */
  owners: readonly string[];
  occasions: readonly string[];
  seasons: readonly string[];
  /** By model, what garments should be near to; empty: nothing in particular. */
  directions: ReadonlyMap<string, Float32Array>;
}

/** What may fill one slot. */
export interface SlotSupply {
  garments: SlottedGarment[];
  /** Ids of those that were found near to the directions, the nearest of each model by turns. */
  near: string[];
}

/** Garments that are looked at for one slot: at least so many of the newest over all of its looks, if there are. */
const NEWEST_PER_SLOT = 96;
const NEAREST_PER_MODEL = 12;

/**
 * Garments for each slot: of every category and colour the newest, and what the Index finds near to the directions. Both
 * are bounded, however large the catalogue is. When the Index is away the newest are all, and "index" is in `degraded`.
 */
export async function supplyFor(
  query: SupplyQuery,
  parts: Pick<OutfitParts, "looks" | "store" | "upstreams" | "log">,
  degraded: string[],
): Promise<Map<KnownSlot, SlotSupply>> {
  const looks = await parts.looks.looks(query.owners);
  const bySlot = Map.groupBy(looks, ({ category }) => slotOf(category));
  const found = await Promise.all(
    query.slots.map(async (slot) => {
      const ofSlot = bySlot.get(slot) ?? [];
      const each = Math.max(1, Math.ceil(NEWEST_PER_SLOT / Math.max(1, ofSlot.length)));
      const [newest, near] = await Promise.all([
        parts.looks.newest(ofSlot, { each, occasions: query.occasions, seasons: query.seasons }),
        orWithout(() => nearest(ofSlot, query, parts), { part: "index", instead: [], degraded, log: parts.log }),
      ]);
      return { slot, newest, near };
    }),
  );
  const ids = new Set(found.flatMap(({ newest, near }) => [...newest, ...near]));
  const garments = new Map((await parts.store.find([...ids], [...query.owners])).map((one) => [one.id, one]));
  const fits = (garment: StoredGarment) =>
    hasOneOf(garment.tags, query.occasions) && hasOneOf(garment.tags, query.seasons);
  return new Map(
    found.map(({ slot, newest, near }) => {
      const unique = [...new Set([...near, ...newest])];
      const ofSlot = unique.flatMap((id) => {
        const garment = garments.get(id);
        return garment !== undefined && slotOf(garment.category) === slot && fits(garment)
          ? [{ ...garment, slot }]
          : [];
      });
      return [slot, { garments: ofSlot, near }];
    }),
  );
}

function hasOneOf(tags: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((tag) => tags.includes(tag));
}

async function nearest(
  looks: readonly Look[],
  { owners, directions }: SupplyQuery,
  { upstreams }: Pick<OutfitParts, "upstreams">,
): Promise<string[]> {
  const queries = [...directions].flatMap(([model, vector]) => {
    const index = INDEX_OF_MODEL.get(model);
    const length = Math.hypot(...vector);
    if (index === undefined || length < 1e-6) return [];
    return [{ index, vector: bytesFromFloats(vector.map((x) => x / length)) }];
  });
  const categories = [...new Set(looks.map(({ category }) => category))].slice(0, 64);
  if (queries.length === 0 || categories.length === 0) return [];
  const filter = { ownerIds: [...owners], categories };
  const { results } = await askIndex(() => upstreams.index.search({ queries, k: NEAREST_PER_MODEL, filter }));
  const ids = Array.from({ length: NEAREST_PER_MODEL }, (_, place) =>
    results.flatMap(({ neighbours }) => neighbours[place]?.itemId ?? []),
  ).flat();
  return [...new Set(ids)].filter((id) => parseGarmentId(id) === id);
}
