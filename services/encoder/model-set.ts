import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError } from "@connectrpc/connect";
import { failedPrecondition, notFound } from "../kit/errors.ts";
import type { ActiveVersions } from "./inference/active-file.ts";
import { type CanaryReport, CanaryTally, isInShare } from "./inference/canary.ts";
import { Epochs } from "./inference/epochs.ts";
import { type Behind, Follower } from "./inference/follower.ts";
import type { OpenInference } from "./inference/inference.ts";
import { startVersion } from "./inference/start-version.ts";
import type { Model } from "./model.ts";
import type { StoredModel } from "./repository/model-repository.ts";

/** The active version of a model: in use, or why it is not. */
export type KnownModel =
  | { kind: "loaded"; name: string; revision: string; model: Model; variant?: string }
  | { kind: "broken"; name: string; revision: string; reason: string };

/**
 * standby: there, not started. starting: its process opens the graphs. proving: it answers its golden vectors.
 * serving: it answers calls. canary: it sees a share of the inputs and answers nobody. draining: it ends what it began.
 * broken: `reason` says why.
 */
export type VersionState = "standby" | "starting" | "proving" | "serving" | "canary" | "draining" | "broken";

/** One version of a model as it stands. */
export interface VersionStatus {
  name: string;
  revision: string;
  state: VersionState;
  /** Why it is broken; else empty. */
  reason: string;
  /** While it is loaded. */
  model: Model | undefined;
  /** Which of its files are used: "fp32", "int8", …; empty where that is not known. */
  variant: string;
  /** Share of the inputs that a canary sees, percent; 0 for others. */
  sharePercent: number;
}

/** Where versions come from, and where choices are kept. */
export interface ModelSource {
  /** Every version there is now, by name, the highest last. */
  list(): Promise<StoredModel[]>;
  open: OpenInference;
  threads: number;
  /** What was active before each active one, by name. */
  previous: Record<string, string | undefined>;
  /** What is kept about versions now, by whichever Encoder. */
  chosen(): Promise<ActiveVersions>;
  /** Keep which version of `name` is active, and which was before, so that it outlives a restart, beside `others`. */
  keep(name: string, choice: ActiveVersions[string], others: ActiveVersions): Promise<void>;
  /** A version that drains is ended after this time at the latest, ms. */
  drainMs: number;
}

interface Canary {
  revision: string;
  model: Model;
  percent: number;
  tally: CanaryTally;
}

/**
 * The models by name, each with the version that answers. Vectors of two versions cannot be compared, so one version
 * answers everybody; another becomes active as a whole, once it has proven itself.
 */
export class ModelSet {
  readonly #active = new Map<string, KnownModel>();
  readonly #canaries = new Map<string, Canary>();
  readonly #source: ModelSource | undefined;
  readonly #previous: Record<string, string | undefined>;
  readonly #epochs = new Epochs();
  /** State of versions that is not to be seen from the rest, by `name/revision`. */
  readonly #passing = new Map<string, { state: VersionState; reason: string }>();
  readonly #follower = new Follower();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #draining = new Set<Promise<void>>();

  /** Without a source the versions are fixed. */
  constructor(all: readonly KnownModel[], source?: ModelSource) {
    for (const known of all) this.#active.set(known.name, known);
    this.#source = source;
    this.#previous = { ...source?.previous };
  }

  /** The active version of each model. */
  get all(): readonly KnownModel[] {
    return [...this.#active.values()];
  }

  get loaded(): Model[] {
    return this.all.flatMap((known) => (known.kind === "loaded" ? [known.model] : []));
  }

  get(name: string): KnownModel | undefined {
    return this.#active.get(name);
  }

  /** The loaded version of this revision, active or canary. */
  find(name: string, revision: string): Model | undefined {
    return [...this.loaded, ...[...this.#canaries.values()].map(({ model }) => model)].find(
      (model) => model.name === name && model.revision === revision,
    );
  }

  /**
   * Do something with models of this set: none that it looks up here is ended before it is done, whatever is activated
   * meanwhile. Every call that runs models goes through this.
   */
  hold<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#epochs.hold(work);
  }

  /** Every version, by name, the highest last. */
  async versions(): Promise<VersionStatus[]> {
    const stored = await (this.#source?.list() ?? []);
    const keys = new Set(stored.map(keyOf));
    const expected: KnownModel[] = [
      ...this.all,
      ...this.behind.map((missing) => ({ kind: "broken" as const, ...missing })),
    ];
    const gone = expected.filter((known) => !keys.has(keyOf(known)));
    return [...stored.map((entry) => this.#statusOf(entry)), ...gone.map((known) => this.#statusOf(known))];
  }

  /**
   * Make a version the one that answers: start it, have it prove itself, remember the choice, move the calls, and end
   * the one before once its calls have ended. When a step fails the one before goes on; what failed is the error.
   * @returns what serves now, and the revision that did before.
   * @throws NOT_FOUND for an unknown name or revision, FAILED_PRECONDITION with the reason when it cannot serve.
   */
  activate(name: string, revision: string): Promise<{ model: Model; previous: string }> {
    return this.#inTurn(name, () => this.#activate(name, revision));
  }

  /**
   * Activate what was active before.
   * @throws FAILED_PRECONDITION when nothing was, else as activate.
   */
  rollback(name: string): Promise<{ model: Model; previous: string }> {
    return this.#inTurn(name, () => {
      const previous = this.#previous[name];
      if (previous === undefined) throw failedPrecondition(`no version of ${name} was active before`);
      return this.#activate(name, previous);
    });
  }

  /**
   * Let a version see a share of the inputs beside the active one. Its answers are compared and given to nobody.
   * @throws as activate.
   */
  startCanary(name: string, revision: string, percent: number): Promise<void> {
    return this.#inTurn(name, async () => {
      if (!(percent > 0 && percent <= 100))
        throw new RangeError(`expected a share above 0 up to 100 %, got ${percent}`);
      const running = this.#canaries.get(name);
      if (running?.revision === revision) {
        running.percent = percent;
        return;
      }
      if (this.get(name)?.revision === revision) throw failedPrecondition(`${name}/${revision} is active already`);
      const model = await this.#start(name, revision);
      this.#canaries.set(name, { revision, model, percent, tally: new CanaryTally() });
      if (running) this.#drain(running.model);
    });
  }

  /** End the canary of a model, if there is one. */
  stopCanary(name: string): Promise<CanaryReport | undefined> {
    return this.#inTurn(name, async () => {
      const canary = this.#canaries.get(name);
      this.#canaries.delete(name);
      if (canary) this.#drain(canary.model);
      return canary?.tally.report;
    });
  }

  /**
   * The canary to ask as well about an input, when its content falls into the share.
   * @param digest of the content, hex: the same content is always in, or always out.
   */
  canaryFor(name: string, digest: string): { model: Model; tally: CanaryTally } | undefined {
    const canary = this.#canaries.get(name);
    return canary && isInShare(digest, canary.percent) ? canary : undefined;
  }

  /** What the canary of a model has seen so far. */
  canaryReport(name: string): CanaryReport | undefined {
    return this.#canaries.get(name)?.tally.report;
  }

  /** Versions that another Encoder on the same models has activated, and that do not come up here. */
  get behind(): readonly Behind[] {
    return this.#follower.behind;
  }

  /**
   * Look what is kept about versions, and activate here what was activated elsewhere, by the same steps: it proves itself
   * first. One that does not is told by `behind`, the version before goes on, and the next looks try again, more and more
   * seldom.
   * @returns what changed.
   * @throws Error when it cannot be found out what is kept; everything goes on as it was.
   */
  async follow(): Promise<{ followed: Omit<Behind, "reason">[]; failed: Behind[] }> {
    const names = Object.keys((await this.#source?.chosen()) ?? {});
    const followed: Omit<Behind, "reason">[] = [];
    const failed: Behind[] = [];
    const one = async (name: string) => {
      // Looked up in its turn, because an activation that went before may have changed it.
      const choice = (await this.#source?.chosen())?.[name];
      if (!choice || choice.active === this.get(name)?.revision) {
        this.#follower.done(name);
        if (choice) this.#previous[name] = choice.previous;
        return;
      }
      const revision = choice.active;
      if (!this.#follower.isDue(name, revision)) return;
      try {
        await this.#activate(name, revision, choice);
        followed.push({ name, revision });
      } catch (error) {
        const reason = `was activated by another Encoder and cannot serve here: ${ConnectError.from(error).rawMessage}`;
        failed.push(this.#follower.failed({ name, revision, reason }));
      }
    };
    await Promise.all(names.map((name) => this.#inTurn(name, () => one(name))));
    return { followed, failed };
  }

  /** Resolves once nothing drains any more. */
  async drained(): Promise<void> {
    while (this.#draining.size > 0) await Promise.all(this.#draining);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
    const canaries = [...this.#canaries.values()].map(({ model }) => model);
    await Promise.all([...[...this.loaded, ...canaries].map((model) => model.close()), this.drained()]);
  }

  /** @param kept that it is active, by whoever has chosen it; else it is kept here. */
  async #activate(
    name: string,
    revision: string,
    kept?: ActiveVersions[string],
  ): Promise<{ model: Model; previous: string }> {
    const before = this.get(name);
    if (before?.kind === "loaded" && before.revision === revision) return { model: before.model, previous: revision };
    const canary = this.#canaries.get(name);
    const fresh = canary?.revision !== revision;
    const model = fresh ? await this.#start(name, revision) : canary.model;
    try {
      if (before?.kind === "loaded") assertSameLength(before.model, model);
      if (!kept) await this.#keep(name, revision, before?.revision);
    } catch (error) {
      if (fresh) await model.close();
      throw error;
    }
    this.#active.set(name, { kind: "loaded", name, revision, model });
    this.#previous[name] = kept ? kept.previous : before?.revision;
    this.#follower.done(name);
    if (!fresh) this.#canaries.delete(name);
    if (before?.kind === "loaded") this.#drain(before.model);
    return { model, previous: before?.revision ?? "" };
  }

  async #start(name: string, revision: string): Promise<Model> {
    const source = this.#source;
    if (!source) throw failedPrecondition("the models of this process are fixed");
    const stored = await source.list();
    const entry = stored.find((each) => keyOf(each) === `${name}/${revision}`);
    if (!entry) {
      const revisions = stored.map(toKey).filter((each) => each.name === name);
      if (revisions.length === 0) throw notFound(`model ${JSON.stringify(name)}; known are ${namesOf(stored)}`);
      const known = revisions.map((each) => each.revision).join(", ");
      throw notFound(`version ${JSON.stringify(revision)} of ${name}; known are ${known}`);
    }
    const key = keyOf(entry);
    const note = (state: VersionState, reason = "") => this.#passing.set(key, { state, reason });
    const started = await startVersion(entry, source.open, source.threads, note);
    if (started.kind === "broken") {
      note("broken", started.reason);
      throw failedPrecondition(started.reason);
    }
    this.#passing.delete(key);
    return started.model;
  }

  async #keep(name: string, revision: string, before: string | undefined): Promise<void> {
    const others = this.all.map(({ name, revision }) => [name, { active: revision, previous: this.#previous[name] }]);
    try {
      await this.#source?.keep(name, { active: revision, previous: before }, Object.fromEntries(others));
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      throw failedPrecondition(`${name}/${revision} was not activated, because a restart would forget it: ${why}`);
    }
  }

  /** Ends a version that is out of use once nobody who saw it in use is at work any more. */
  #drain(model: Model): void {
    const key = keyOf(model);
    this.#passing.set(key, { state: "draining", reason: "" });
    const limit = new AbortController();
    const ended = Promise.race([
      this.#epochs.settled(),
      sleep(this.#source?.drainMs, undefined, { signal: limit.signal }),
    ])
      .then(() => {
        limit.abort();
        return model.close();
      })
      .finally(() => {
        if (this.#passing.get(key)?.state === "draining") this.#passing.delete(key);
        this.#draining.delete(ended);
      });
    this.#draining.add(ended);
  }

  /** One change of a model after the other. */
  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(name, turn);
    return turn;
  }

  #statusOf(entry: StoredModel | KnownModel): VersionStatus {
    const { name, revision } = toKey(entry);
    const key = `${name}/${revision}`;
    const active = this.get(name);
    const canary = this.#canaries.get(name);
    const variant = entry.kind === "broken" ? "" : (entry.variant ?? "");
    const status = { name, revision, reason: "", model: undefined, variant, sharePercent: 0 };
    if (active && keyOf(active) === key) {
      if (active.kind === "loaded") return { ...status, state: "serving", model: active.model };
      return { ...status, state: "broken", reason: active.reason };
    }
    if (canary && canary.revision === revision) {
      return { ...status, state: "canary", model: canary.model, sharePercent: canary.percent };
    }
    const behind = this.behind.find((each) => keyOf({ kind: "broken", ...each }) === key);
    if (behind) return { ...status, state: "broken", reason: behind.reason };
    if (entry.kind === "broken") return { ...status, state: "broken", reason: entry.reason };
    return { ...status, ...(this.#passing.get(key) ?? { state: "standby" }) };
  }
}

/** Load every readable model and prove that it answers; one that does not is kept as broken, the others serve. */
export async function loadModels(
  stored: StoredModel[],
  open: OpenInference,
  threads: number,
  source?: ModelSource,
): Promise<ModelSet> {
  return new ModelSet(await Promise.all(stored.map((entry) => startVersion(entry, open, threads))), source);
}

/** Vectors of another length fit neither the index nor anything that was learned. */
function assertSameLength(before: Model, after: Model): void {
  if (before.dimensions === after.dimensions) return;
  throw failedPrecondition(
    `${keyOf(after)} has ${after.dimensions} dimensions, ${keyOf(before)}, which serves, has ${before.dimensions}: give it another name`,
  );
}

function toKey(entry: StoredModel | KnownModel): { name: string; revision: string } {
  return entry.kind === "ready" ? entry.pack : entry;
}

function keyOf(entry: StoredModel | KnownModel | Model): string {
  const { name, revision } = "kind" in entry ? toKey(entry) : entry;
  return `${name}/${revision}`;
}

function namesOf(stored: StoredModel[]): string {
  return [...new Set(stored.map((entry) => toKey(entry).name))].join(", ") || "none";
}
