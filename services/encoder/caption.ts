/** One token of a sentence. */
export interface CaptionToken {
  id: number;
  /** Natural logarithm of its probability after the tokens before it; at most 0. */
  logProbability: number;
}

/** A whole sentence. */
export interface Sentence {
  /** Without start and end. */
  tokens: CaptionToken[];
  /** Sum of the logarithms, that of the end included, divided by (number of tokens, end included) ^ lengthPenalty. */
  score: number;
  /** Ended by the limit and not by the model. */
  cut: boolean;
}

export interface DecodeOptions {
  startId: number;
  /** Any of these ends a sentence. */
  endIds: readonly number[];
  /** Most tokens, start and end included; at least 1. */
  maxTokens: number;
  /** Unfinished sentences kept; 1, the default, is greedy decoding. */
  beamWidth?: number;
  /** Default 1; 0 switches length normalisation off. Does not matter to greedy decoding but for the score. */
  lengthPenalty?: number;
  /** Logits over the vocabulary for the token after each of these prefixes, which are all equally long. */
  next(prefixes: number[][]): Promise<ArrayLike<number>[]>;
  /** Checked before each step. */
  signal?: AbortSignal | undefined;
}

interface Beam {
  ids: number[];
  tokens: CaptionToken[];
  sum: number;
}

/**
 * Beam search over next tokens; with one beam, the likeliest token each time. It ends when as many sentences are
 * finished as there are beams, when no unfinished one can win any more, or at the limit.
 * Gives each token as soon as every sentence that may still win has it, then returns the sentence.
 *
 * @throws RangeError when a logit is NaN; the signal's reason.
 */
export async function* decode(options: DecodeOptions): AsyncGenerator<CaptionToken, Sentence, undefined> {
  const { startId, maxTokens, beamWidth = 1, lengthPenalty = 1, next, signal } = options;
  const scoreOf = (sum: number, length: number) => (length === 0 ? sum : sum / length ** lengthPenalty);
  let live: Beam[] = [{ ids: [startId], tokens: [], sum: 0 }];
  let best: Sentence | undefined;
  let finished = 0;
  let given = 0;

  for (let length = 1; length < maxTokens && live.length > 0; length++) {
    signal?.throwIfAborted();
    const step = extend(live, await next(live.map(({ ids }) => ids)), options.endIds, beamWidth);
    for (const { tokens, sum } of step.ended) {
      finished++;
      const score = scoreOf(sum, tokens.length + 1);
      if (!best || score > best.score) best = { tokens, score, cut: false };
    }
    live = finished >= beamWidth ? [] : step.going;
    // Longer sentences can only get better by what the length takes off.
    const bar = best?.score ?? -Infinity;
    live = live.filter(({ sum }) => scoreOf(sum, maxTokens - 1) > bar);
    const candidates = [...live.map(({ tokens }) => tokens), ...(best ? [best.tokens] : [])];
    for (const certain = agreed(candidates); given < certain; given++) yield candidates[0]?.[given] as CaptionToken;
  }
  for (const { tokens, sum } of live) {
    const score = scoreOf(sum, tokens.length);
    if (!best || score > best.score) best = { tokens, score, cut: true };
  }
  const sentence = best ?? { tokens: [], score: 0, cut: true };
  for (; given < sentence.tokens.length; given++) yield sentence.tokens[given] as CaptionToken;
  return sentence;
}

/** The best `width` continuations, and those among the first `width` of all that end here. */
function extend(live: Beam[], logits: ArrayLike<number>[], endIds: readonly number[], width: number) {
  const candidates = live.flatMap((beam, b) => {
    const values = logits[b] ?? [];
    const base = logSumExp(values);
    // More than asked for, because ends may be among them.
    return largest(values, width + endIds.length).map((id) => {
      const logProbability = Math.min(0, (values[id] ?? -Infinity) - base);
      return { beam, token: { id, logProbability }, sum: beam.sum + logProbability };
    });
  });
  candidates.sort((a, b) => b.sum - a.sum);
  const ended: Beam[] = [];
  const going: Beam[] = [];
  for (const [rank, { beam, token, sum }] of candidates.entries()) {
    if (endIds.includes(token.id)) {
      if (rank < width) ended.push({ ...beam, sum });
    } else if (going.length < width) {
      going.push({ ids: [...beam.ids, token.id], tokens: [...beam.tokens, token], sum });
    }
  }
  return { ended, going };
}

/** How many tokens all of them begin with. */
function agreed(sentences: CaptionToken[][]): number {
  const [first = [], ...others] = sentences;
  let length = 0;
  while (length < first.length && others.every((other) => other[length]?.id === first[length]?.id)) length++;
  return length;
}

function logSumExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) throw new RangeError(`expected logits, got NaN at ${i}`);
    if (value > top) top = value;
  }
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] ?? -Infinity) - top);
  return top + Math.log(sum);
}

/** Positions of the `count` largest values, the largest first; of equal ones the first. */
function largest(values: ArrayLike<number>, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? -Infinity;
    if (found.length === count && value <= (values[found[count - 1] ?? 0] ?? -Infinity)) continue;
    let at = found.length;
    while (at > 0 && value > (values[found[at - 1] ?? 0] ?? -Infinity)) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}
