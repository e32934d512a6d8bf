import type { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import type { Person } from "./people.ts";
import type { Query } from "./queries.ts";

/** Places that count. */
export const PLACES = 10;
/** The parts of the candidates that are worth 3, 2 and 1 to a person. */
const GRADES = [
  { part: 0.05, grade: 3 },
  { part: 0.15, grade: 2 },
  { part: 0.35, grade: 1 },
];

/** What each candidate of a query is worth to a person: 2^grade − 1, by their true utility. */
export function gainsOf(person: Person, query: Query): Map<string, number> {
  const utilities = query.candidates.map((_, i) => person.utility(query, i));
  const order = [...utilities.keys()].sort((a, b) => utilities[b]! - utilities[a]!);
  return new Map(
    order.map((candidate, place) => {
      const grade = GRADES.find(({ part }) => place < Math.ceil(part * order.length))?.grade ?? 0;
      return [query.candidates[candidate]!.id, 2 ** grade - 1];
    }),
  );
}

/** Normalised discounted cumulative gain of the first ten (Järvelin and Kekäläinen 2002), 0 to 1. */
export function ndcg(ids: readonly string[], gains: ReadonlyMap<string, number>): number {
  const best = [...gains.values()].sort((a, b) => b - a);
  return discounted(ids.map((id) => gains.get(id) ?? 0)) / discounted(best);
}

function discounted(gains: readonly number[]): number {
  return gains.slice(0, PLACES).reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
}

/** The order of one model alone; what it did not find comes last, equal ones by id. */
export function singleModel(query: Query, model: (typeof MODELS)[number]): string[] {
  return [...query.candidates]
    .sort((a, b) => (b.cosines.get(model) ?? -2) - (a.cosines.get(model) ?? -2) || (a.id < b.id ? -1 : 1))
    .slice(0, PLACES)
    .map(({ id }) => id);
}
