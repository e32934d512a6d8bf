import type { ChosenEngine } from "./choose-engine.ts";
import { snapshotMessage } from "./operate/snapshot.ts";
import { metricMessage } from "./search/messages.ts";
import type { Snapshots } from "./snapshots.ts";
import type { ItemStore, ModelIndex } from "./store.ts";

/** Answers ListIndexes. */
export function createListIndexes(
  store: ItemStore,
  { name, version, source, reason }: ChosenEngine,
  snapshots?: Snapshots,
) {
  return () => ({
    indexes: store.indexes.map(indexMessage),
    appliedSeq: store.applied.value,
    engine: { name, version, source, reason },
    ...(snapshots?.newest && { snapshot: snapshotMessage(snapshots.newest) }),
  });
}

function indexMessage({ name, model, metric, vectors }: ModelIndex) {
  const known = { name, model, metric: metricMessage(metric) };
  if (!vectors) return { ...known, engine: "flat" };
  const { done, total, completed, failures, phase, lastError = "" } = vectors.rebuildState;
  return {
    ...known,
    dimensions: vectors.count > 0 ? vectors.dimensions : 0,
    vectorCount: BigInt(vectors.count),
    sizeBytes: BigInt(vectors.sizeBytes),
    engine: vectors.name,
    factory: vectors.factory ?? "",
    graphVectorCount: BigInt(vectors.graphRows),
    memoryBytes: BigInt(Math.round(vectors.memoryBytes)),
    tombstones: BigInt(vectors.tombstones),
    rebuild: {
      ...{ phase, failures, lastError },
      ...{ done: BigInt(done), total: BigInt(total), completed: BigInt(completed) },
    },
  };
}
