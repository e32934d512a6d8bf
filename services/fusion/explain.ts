/** What is known of an item when its place is put into words. */
export interface Explained {
  /** Model name to rank among what may be shown, 1 is best. */
  ranks: ReadonlyMap<string, number>;
  category: string;
  colour: string;
  /** The person liked, wore, saved or bought it. */
  liked: boolean;
  /** It is among the newest, or among what most people like, of what may be shown. */
  isNew?: boolean;
  isPopular?: boolean;
  /** What its score is made of. */
  parts?: readonly { name: string; contribution: number }[];
}

/** What the item is compared with. */
export interface ExplainedQuery {
  /** "home": with what the person likes. */
  kind: "photo" | "text" | "item" | "home";
  /** Seen in the photo, or of the garment asked for; empty: not known. */
  category: string;
  colour: string;
}

/**
 * Why an item stands where it stands, in words: "clip and fashion rank it first, blip third; same category as the photo:
 * shoes; you like red". What a person likes, and what others do, is said only where it raised the score.
 */
export function explain(item: Explained, query: ExplainedQuery): string {
  const words = [
    ...(query.kind === "home" ? nearTaste(item.ranks) : rankWords(item.ranks)),
    ...likeness(item, query),
    ...learnedWords(item),
    ...(item.isNew ? ["among the newest"] : []),
    ...(item.liked ? ["you liked it before"] : []),
  ];
  return words.join("; ");
}

/** What of it is the same: "same category and colour as the photo: red t-shirt"; nothing for a sentence, which has no such words. */
function likeness(item: Explained, query: ExplainedQuery): string[] {
  if (query.kind === "text" || query.kind === "home") return [];
  const shared = (["colour", "category"] as const).filter((name) => item[name] !== "" && item[name] === query[name]);
  if (shared.length === 0) return [];
  const subject = query.kind === "photo" ? "the photo" : "the garment asked for";
  return [`same ${[...shared].sort().join(" and ")} as ${subject}: ${shared.map((name) => item[name]).join(" ")}`];
}

/** What was learned, as far as it counts for this item. */
function learnedWords({ parts = [], category, colour, isPopular = false }: Explained): string[] {
  const sum = (prefix: string) =>
    parts.reduce((total, { name, contribution }) => (name.startsWith(prefix) ? total + contribution : total), 0);
  const liked = [
    ...(colour !== "" && sum("affinity.colour") > 0 ? [colour] : []),
    ...(category !== "" && sum("affinity.category") > 0 ? [category] : []),
  ];
  return [
    ...(sum("taste.") > 0 ? ["close to your taste"] : []),
    ...(liked.length > 0 ? [`what you answered to says more of: ${liked.join(", ")}`] : []),
    ...(sum("popularity") > 0 || isPopular ? ["popular with others"] : []),
  ];
}

/** Without a query the models were asked for what is near to what the person liked. */
function nearTaste(ranks: ReadonlyMap<string, number>): string[] {
  if (ranks.size === 0) return [];
  return [`near to what you liked: ${rankWords(ranks).join("")}`];
}

function rankWords(ranks: ReadonlyMap<string, number>): string[] {
  if (ranks.size === 0) return [];
  const byRank = Map.groupBy([...ranks.keys()].sort(), (model) => ranks.get(model) ?? 0);
  const words = [...byRank]
    .sort(([a], [b]) => a - b)
    .map(([rank, models], i) => {
      const verb = i > 0 ? "" : models.length === 1 ? "ranks it " : "rank it ";
      return `${listWords(models)} ${verb}${ordinal(rank)}`;
    });
  return [words.join(", ")];
}

function listWords(words: string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const FIRST_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/** 1 → "first", 12 → "12th". */
export function ordinal(rank: number): string {
  const word = FIRST_ORDINALS[rank - 1];
  if (word !== undefined) return word;
  const teen = Math.floor(rank / 10) % 10 === 1;
  return `${rank}${(!teen && { 1: "st", 2: "nd", 3: "rd" }[rank % 10]) || "th"}`;
}
