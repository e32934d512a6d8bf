import { attention, noChance, type Person, yesChance } from "./people.ts";
import type { Query } from "./queries.ts";

/** Answers that one person gives to one list at most. */
const MOST_ANSWERS = 3;

export interface Answer {
  itemId: string;
  yes: boolean;
}

/** What a person says of a list from its first place down, one answer after the other. */
export function* answersTo(person: Person, query: Query, itemIds: readonly string[]): Generator<Answer> {
  let answers = 0;
  for (const [place, itemId] of itemIds.entries()) {
    if (answers === MOST_ANSWERS) return;
    const utility = person.utility(
      query,
      query.candidates.findIndex(({ id }) => id === itemId),
    );
    const [looks, yes, no] = [person.random(), person.random(), person.random()];
    if (looks >= attention(place)) continue;
    const says = yes < yesChance(person, utility) ? true : no < noChance(person, utility) ? false : undefined;
    if (says === undefined) continue;
    answers++;
    yield { itemId, yes: says };
  }
}
