import t from "tap";
import { defaultParameters } from "./parameter-gate.ts";
import { SearchCost } from "./search-cost.ts";

/** A clock that a search moves on. */
function costs() {
  let nowMs = 0;
  const cost = new SearchCost(() => nowMs);
  const parameters = { ...defaultParameters, efSearch: 40 };
  const here = (micros: number, queries = 1) =>
    cost.measure(parameters, queries, () => {
      nowMs += micros / 1e3;
    });
  const away = (micros: number, queries = 1) =>
    cost.measureAway(parameters, queries, async () => {
      nowMs += micros / 1e3;
    });
  return { cost, parameters, here, away };
}

t.test("nothing is known before the first search", async (t) => {
  const { cost, parameters } = costs();
  t.notOk(cost.fits(parameters, 1, 1_000_000));
});

t.test("a short search fits, several at once do not", async (t) => {
  const { cost, parameters, away } = costs();
  await away(70); // 30 of them for the way
  t.ok(cost.fits(parameters, 1, 100));
  t.ok(cost.fits(parameters, 2, 100));
  t.notOk(cost.fits(parameters, 3, 100));
  t.notOk(cost.fits(parameters, 1, 0));
  t.notOk(cost.fits(defaultParameters, 1, 100), "other parameters, other costs");
});

t.test("a slow search sends the next ones away until they are short again", async (t) => {
  const { cost, parameters, here, away } = costs();
  await away(50);
  here(2_000);
  t.notOk(cost.fits(parameters, 1, 100));
  for (let i = 0; i < 20; i++) await away(50);
  t.ok(cost.fits(parameters, 1, 100));
});

t.test("waiting on another thread is not mistaken for work: now and then a search is done here", async (t) => {
  const { cost, parameters, here, away } = costs();
  await away(430);
  for (let i = 0; i < 50; i++) await away(5_000);
  t.equal(Math.round(cost.expected(parameters, 2)!), 800, "the machine was busy, the search is what it was");
  const done = Array.from({ length: 64 }, () => cost.fits(parameters, 1, 100));
  t.equal(done.filter(Boolean).length, 1);
  here(60);
  t.equal(Math.round(cost.expected(parameters, 1)!), 332);
  await away(200_030);
  for (let i = 0; i < 64; i++) t.notOk(cost.fits(parameters, 10, 100), "ten would hold the event loop for too long");
});
