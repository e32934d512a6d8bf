import t from "tap";
import { startMesh } from "../support/mesh.ts";
import { observeIsMissing, type Sample, startObserve, until } from "../support/observability.ts";
import { freePort } from "../support/ports.ts";
import { type Case, operandCases, panelCases, ruleCases, seriesCases } from "./queries/cases.ts";
import { type Exception, exceptions } from "./queries/exceptions.ts";
import { somePhotos } from "./queries/photos.ts";
import { rateLimit, Traffic } from "./queries/traffic.ts";

/** The one alert that fires always, so that silence means that alerting is broken. */
const ALWAYS = "DeadMansSwitch none";
/** From the end of the traffic on. */
const ANSWERED_WITHIN_MS = 30_000;

const missing = observeIsMissing();
if (missing) {
  t.pass("needs a real Prometheus", { skip: missing });
} else {
  const { photos, real } = await somePhotos();
  t.comment(real ? "with real photographs" : "no photographs here: with drawn ones");
  t.setTimeout(240_000);
  const PROMETHEUS_PORT = String(await freePort());
  const PROMETHEUS_URL = `http://127.0.0.1:${PROMETHEUS_PORT}`; // the monitor counts the alerts of this one
  const mesh = await startMesh({ env: { ...rateLimit, PROMETHEUS_URL } });
  t.teardown(() => mesh.stop());
  const observe = await startObserve(mesh, { env: { PROMETHEUS_PORT } });
  t.teardown(() => observe.stop());
  await observe.allTargetsUp();

  const traffic = new Traffic(mesh, photos);
  await traffic.round("ann", 0);
  await scraped(); // a counter that is first seen with its last value has no rate
  await traffic.round("bob", 1);
  await scraped();

  const deadline = performance.now() + ANSWERED_WITHIN_MS;

  const panels = panelCases();
  const { alerts, recorded } = ruleCases();
  const series = seriesCases([...panels, ...alerts, ...recorded]);
  const parts = operandCases(alerts);

  /** Resolves when every target has been scraped after this moment. */
  async function scraped(): Promise<void> {
    await observe.queryUntil(`min(timestamp(up)) > ${Date.now() / 1000}`);
  }

  /** Asks until all have answered that have to. */
  async function haveData(t: Tap, cases: Case[]): Promise<void> {
    t.ok(cases.length > 0, `${cases.length} cases`);
    const answers = new Map<Case, Sample[]>();
    await until(deadline - performance.now(), async () => {
      const open = cases.filter((one) => !answers.has(one) && !exceptions[one.name]);
      for (const one of open) {
        const data = (await observe.query(one.expr)).filter(isData);
        if (data.length > 0) answers.set(one, data);
      }
      return answers.size === cases.filter(({ name }) => !exceptions[name]).length || undefined;
    });
    for (const one of cases) {
      const exception = exceptions[one.name];
      const samples = answers.get(one) ?? (await observe.query(one.expr)).filter(isData);
      check(t, one, samples, exception);
    }
  }

  t.test("every query of every panel has data", (t) => haveData(t, panels));
  t.test("every recorded series has data", (t) => haveData(t, recorded));
  t.test("every series and label that a query or a rule names is there", (t) => haveData(t, series));
  t.test("what alerts compare has data", (t) => haveData(t, parts));

  t.test("no alert has a reason to fire, but the one that always fires", async (t) => {
    for (const one of alerts) {
      const samples = await observe.query(one.expr);
      const found = samples.filter(isData);
      const exception = exceptions[one.name];
      if (one.name === ALWAYS) t.ok(found.length > 0, one.name);
      else if (exception?.outcome === "perhaps") t.pass(`${one.name} (${exception.why})`);
      else t.same(found, [], one.name, { expr: one.expr });
    }
  });

  t.test("Prometheus itself is content with every rule", async (t) => {
    const answer = await fetch(`${observe.prometheusUrl}/api/v1/rules`);
    const { data } = (await answer.json()) as { data: { groups: { rules: RuleHealth[] }[] } };
    const rules = data.groups.flatMap((group) => group.rules);
    t.equal(rules.length, alerts.length + recorded.length, "all are loaded");
    t.same(
      rules.filter(({ health }) => health !== "ok"),
      [],
    );
  });

  t.test("the list of exceptions names nothing that is gone", async (t) => {
    const names = new Set([...panels, ...alerts, ...recorded, ...series, ...parts].map(({ name }) => name));
    t.same(
      Object.keys(exceptions).filter((name) => !names.has(name)),
      [],
    );
  });
}

type Tap = Pick<typeof t, "ok" | "same" | "pass">;

interface RuleHealth {
  name: string;
  health: string;
  lastError?: string;
}

/** NaN is what a share of nothing gives. */
function isData({ value }: Sample): boolean {
  return Number.isFinite(value);
}

function check(t: Tap, { name, expr, labels }: Case, samples: Sample[], exception: Exception | undefined): void {
  if (exception?.outcome === "silent") return void t.same(samples, [], `${name}: ${exception.why}`, { expr });
  if (exception?.outcome === "perhaps" && samples.length === 0) return void t.pass(`${name}: ${exception.why}`);
  t.ok(samples.length > 0, name, { expr });
  const without = labels.filter((label) => !samples.every((sample) => sample.labels[label]));
  t.same(without, [], `${name}: labels of its legend`, { expr, samples: samples.slice(0, 3) });
}
