/** "t-shirt" → "T-shirt". */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a garment is called: "Dress, red". */
export function garmentName({ category, colour }: { category: string; colour: string }): string {
  return [capital(category) || "Garment", colour].filter(Boolean).join(", ");
}

/** 1 → "1 garment", 1200 → "1,200 garments". */
export function countWords(count: number | bigint, word: string): string {
  return `${count.toLocaleString("en")} ${word}${Number(count) === 1 ? "" : "s"}`;
}

/** What an answer had to do without, in words; `degraded` as in RecommendResponse. */
export function leftOutWords(degraded: readonly string[]): string[] {
  return degraded.map((part) => {
    const [kind, name] = part.split(/:(.*)/s);
    if (kind === "model") return `the ${name} model`;
    if (part === "index:behind") return "the newest garments";
    if (part === "index") return "how near garments are to your taste";
    if (kind === "index") return `the index ${name}`;
    if (part === "feedback") return "what you liked and skipped";
    if (part === "recommendation_log") return "the record of this answer";
    return part;
  });
}

/** ["a", "b", "c"] → "a, b and c". */
export function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const POLICIES: Record<string, string> = {
  baseline: "reciprocal rank fusion",
  convex: "a fixed mixture",
  adaptive: "what was learned from you and others, with the models' shares",
};

/** How an answer came about: "reciprocal rank fusion of blip 33 %, clip 33 % and fashion 33 %". */
export function fusionWords(policy: string, weights: Record<string, number>): string {
  const shares = inModelOrder(Object.keys(weights)).map(
    (model) => `${model} ${Math.round((weights[model] ?? 0) * 100)} %`,
  );
  return policy === "adaptive"
    ? `${POLICIES.adaptive} ${listWords(shares)}`
    : `${POLICIES[policy] ?? policy} of ${listWords(shares)}`;
}

const FIRST_MODELS = ["clip", "blip", "fashion"];

/** The three known models first, as they are always named; others behind them by name. */
export function inModelOrder(models: Iterable<string>): string[] {
  const place = (model: string) => FIRST_MODELS.indexOf(model) + (FIRST_MODELS.includes(model) ? 0 : 9);
  return [...new Set(models)].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** What is happening with the photos that are being added; empty: nothing. */
export function uploadWords(kinds: readonly string[]): string {
  const count = (...some: string[]) => kinds.filter((kind) => some.includes(kind)).length;
  const open = count("waiting", "adding", "pausing");
  const [done, bad] = [count("done"), count("refused", "failed")];
  const parts = [
    open > 0
      ? `Adding photos: ${done} of ${kinds.length - bad} done`
      : done > 0 && `${countWords(done, "photo")} added`,
    bad > 0 && `${bad} not added`,
  ];
  return parts.filter(Boolean).join(", ");
}
