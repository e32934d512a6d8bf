import { bytesFromFloats } from "../../kit/vector.ts";
import { findCandidates, type Probe } from "../candidates.ts";
import type { Degraded } from "../degraded.ts";
import { type GarmentFilter, passes } from "../filters.ts";
import { parseGarmentId } from "../garment-id.ts";
import { INDEX_OF_MODEL } from "../model-indexes.ts";
import type { SlottedGarment } from "./given.ts";
import type { OutfitParts } from "./options.ts";
import { type KnownSlot, slotOf } from "./slots.ts";

export interface SupplyQuery {
  slots: readonly KnownSlot[];
  /** Which garments; of all categories. */
  filter: GarmentFilter;
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
/** What the Index's contract allows in one filter. */
const MOST_CATEGORIES = 64;

/**
 * Garments for each slot: of every category and colour the newest, and what the Index finds near to the directions. Both
 * are bounded, however large the catalogue is. While the Index is away the newest are all.
 */
export async function supplyFor(
  { slots, filter, directions }: SupplyQuery,
  { looks, store, upstreams }: Pick<OutfitParts, "looks" | "store" | "upstreams">,
  degraded: Degraded,
): Promise<Map<KnownSlot, SlotSupply>> {
  const bySlot = Map.groupBy(await looks.looks(filter.owners), ({ category }) => slotOf(category));
  const probes = probesOf(directions);
  const found = await Promise.all(
    slots.map(async (slot) => {
      const ofSlot = bySlot.get(slot) ?? [];
      const each = Math.max(1, Math.ceil(NEWEST_PER_SLOT / Math.max(1, ofSlot.length)));
      const categories = [...new Set(ofSlot.map(({ category }) => category))].slice(0, MOST_CATEGORIES);
      const [newest, near] = await Promise.all([
        looks.newest(ofSlot, { each, tagGroups: filter.tagGroups }),
        degraded.orWithout("index", () => nearest(probes, { ...filter, categories }, upstreams.index, degraded), []),
      ]);
      return { slot, newest, near };
    }),
  );
  const ids = new Set(found.flatMap(({ newest, near }) => [...newest, ...near]));
  const stored = await store.find([...ids], [...filter.owners]);
  const garments = new Map(stored.filter((one) => passes(one, filter)).map((one) => [one.id, one]));
  return new Map(
    found.map(({ slot, newest, near }) => {
      const ofSlot = [...new Set([...near, ...newest])].flatMap((id) => {
        const garment = garments.get(id);
        return garment !== undefined && slotOf(garment.category) === slot ? [{ ...garment, slot }] : [];
      });
      return [slot, { garments: ofSlot, near }];
    }),
  );
}

/** Unit vectors of the models that have an index; a direction of hardly any length points nowhere. */
function probesOf(directions: ReadonlyMap<string, Float32Array>): Probe[] {
  return [...directions].flatMap(([model, vector]) => {
    const length = Math.hypot(...vector);
    if (!INDEX_OF_MODEL.has(model) || length < 1e-6) return [];
    return [{ model, vector: bytesFromFloats(vector.map((x) => x / length)) }];
  });
}

/** Ids of garments that the filter lets pass, near to the probes. */
async function nearest(
  probes: readonly Probe[],
  filter: GarmentFilter,
  index: OutfitParts["upstreams"]["index"],
  degraded: Degraded,
): Promise<string[]> {
  if (probes.length === 0 || filter.categories.length === 0) return [];
  const lists = await findCandidates(index, { probes, filter, exclude: [], limit: NEAREST_PER_MODEL }, degraded);
  const found = lists.map((list) => [...list.found.keys()]);
  const places = Math.max(0, ...found.map(({ length }) => length));
  const byTurns = Array.from({ length: places }, (_, place) => found.flatMap((ids) => ids[place] ?? []));
  return [...new Set(byTurns.flat())].filter((id) => parseGarmentId(id) === id);
}
