import fc from "fast-check";
import t from "tap";
import { type CaptionToken, type DecodeOptions, decode, type Sentence } from "./caption.ts";

const START = 0;
const END = 1;
const WORDS = 5;

/** A language: any prefix has its own fixed logits, drawn from a seed. */
const language = fc.integer().map((seed) => (ids: number[]) => {
  let state = ids.reduce((hash, id) => Math.imul(hash ^ (id + 0x9e37), 0x01000193) >>> 0, seed >>> 0);
  return Float32Array.from({ length: WORDS }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 6;
  });
});

async function run(options: DecodeOptions): Promise<{ given: CaptionToken[]; sentence: Sentence }> {
  const given: CaptionToken[] = [];
  const steps = decode(options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { given, sentence: step.value };
    given.push(step.value);
  }
}

type Logits = (ids: number[]) => Float32Array;
const options = (logits: Logits, more: Partial<DecodeOptions> = {}): DecodeOptions => ({
  startId: START,
  endIds: [END],
  maxTokens: 7,
  next: async (prefixes) => prefixes.map(logits),
  ...more,
});

const probability = (logits: Float32Array, id: number) =>
  (logits[id] ?? 0) - Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));

/** Sum of logarithms of a sentence, that of its end included unless it was cut. */
function sumOf(logits: Logits, { tokens, cut }: Sentence): number {
  const ids = [...tokens.map(({ id }) => id), ...(cut ? [] : [END])];
  return ids.reduce((sum, id, i) => sum + probability(logits([START, ...ids.slice(0, i)]), id), 0);
}

t.test("one beam is greedy decoding: always the likeliest next token", async (t) => {
  await fc.assert(
    fc.asyncProperty(language, fc.integer({ min: 1, max: 9 }), async (logits, maxTokens) => {
      const greedy = [START];
      while (greedy.length < maxTokens) {
        const next = logits(greedy);
        const id = next.indexOf(Math.max(...next));
        if (id === END) break;
        greedy.push(id);
      }
      const { given, sentence } = await run(options(logits, { maxTokens }));
      t.same(
        given.map(({ id }) => id),
        greedy.slice(1),
      );
      t.same(sentence.tokens, given);
    }),
  );
});

t.test("what is given on the way is the sentence in the end, whatever the width", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      language,
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      async (logits, beamWidth, lengthPenalty) => {
        const { given, sentence } = await run(options(logits, { beamWidth, lengthPenalty }));
        t.same(given, sentence.tokens);
        t.ok(sentence.tokens.length <= 6, "start and six more");
        t.ok(sentence.tokens.every(({ id }) => id !== END));
        t.ok(!sentence.cut || sentence.tokens.length === 6, "cut only at the limit");
        const length = sentence.tokens.length + (sentence.cut ? 0 : 1);
        const expected = sumOf(logits, sentence) / length ** lengthPenalty;
        t.ok(Math.abs(sentence.score - expected) < 1e-6, `score ${sentence.score}, expected ${expected}`);
      },
    ),
  );
});

t.test("without length normalisation a sentence's score never rises while it grows", async (t) => {
  await fc.assert(
    fc.asyncProperty(language, fc.integer({ min: 1, max: 8 }), async (logits, beamWidth) => {
      const scores: number[] = [];
      for (let maxTokens = 2; maxTokens <= 7; maxTokens++) {
        const { sentence } = await run(options(logits, { maxTokens, beamWidth: 5 ** 6, lengthPenalty: 0 }));
        scores.push(sentence.score);
      }
      t.same(
        scores,
        [...scores].sort((a, b) => b - a),
      );
      const { given, sentence } = await run(options(logits, { beamWidth, lengthPenalty: 0 }));
      t.ok(given.every(({ logProbability }) => logProbability <= 0));
      t.ok(sentence.score <= given.reduce((sum, { logProbability }) => sum + logProbability, 0) + 1e-9);
    }),
    { numRuns: 5 },
  );
});

t.test("with beams for everything the best of all sentences is found", async (t) => {
  const best = (logits: Logits, maxTokens: number, ids: number[] = [START], sum = 0): number => {
    if (ids.length === maxTokens) return sum;
    const next = logits(ids);
    return Math.max(
      ...Array.from({ length: WORDS }, (_, id) => {
        const total = sum + probability(next, id);
        return id === END ? total : best(logits, maxTokens, [...ids, id], total);
      }),
    );
  };
  await fc.assert(
    fc.asyncProperty(language, async (logits) => {
      const { sentence } = await run(options(logits, { maxTokens: 4, beamWidth: WORDS ** 3, lengthPenalty: 0 }));
      t.ok(Math.abs(sentence.score - best(logits, 4)) < 1e-6);
    }),
    { numRuns: 30 },
  );
});

t.test("beams of one step are asked for together, and all are equally long", async (t) => {
  const asked: number[][] = [];
  const flat = () => Float32Array.of(0, -9, 1, 2, 3);
  const next = async (prefixes: number[][]) => {
    asked.push(prefixes.map(({ length }) => length));
    return prefixes.map(flat);
  };
  await run(options(flat, { beamWidth: 3, maxTokens: 4, next }));
  t.same(asked, [[1], [2, 2, 2], [3, 3, 3]]);
});

t.test("nothing is computed after the caller has gone", async (t) => {
  const caller = new AbortController();
  let steps = 0;
  const next = async (prefixes: number[][]) => {
    steps++;
    return prefixes.map(() => Float32Array.of(0, -9, 5, 0, 0));
  };
  const tokens = decode(options(() => new Float32Array(), { next, maxTokens: 100, signal: caller.signal }));
  await tokens.next();
  caller.abort(new Error("hung up"));
  await t.rejects(tokens.next(), /hung up/);
  t.equal(steps, 1);
});

t.test("a model that answers NaN is broken", async (t) => {
  await t.rejects(run(options(() => Float32Array.of(0, Number.NaN, 0, 0, 0))), /expected logits, got NaN at 1/);
});

t.test("a caption ends at any of its ends, or at its length", async (t) => {
  const oneHot = (id: number) => Float32Array.from({ length: 10 }, (_, i) => (i === id ? 1 : 0));
  const next = async (prefixes: number[][]) => prefixes.map((ids) => oneHot(ids.length + 4));
  const ids = async (endIds: number[], maxTokens: number) => {
    const { sentence } = await run({ startId: 2, endIds, maxTokens, next });
    return [sentence.tokens.map(({ id }) => id), sentence.cut];
  };
  t.same(await ids([9], 12), [[5, 6, 7, 8], false]);
  t.same(await ids([9, 7], 12), [[5, 6], false]);
  t.same(await ids([9], 3), [[5, 6], true]);
  t.same(await ids([9], 1), [[], true]);
});
