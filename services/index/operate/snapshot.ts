import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { RestoreRequest } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { databaseErrors } from "../../kit/database.ts";
import { failedPrecondition, notFound, resourceExhausted, unavailable } from "../../kit/errors.ts";
import type { Snapshots } from "../snapshots.ts";
import type { ItemStore } from "../store.ts";
import type { Tail } from "../tail.ts";
import { SnapshotWriteError } from "../vectors/snapshot/errors.ts";
import type { SnapshotInfo } from "../vectors/snapshot/store-snapshots.ts";

/** Answers Snapshot. */
export function createSnapshot(snapshots: Snapshots | undefined) {
  return async () => {
    const kept = required(snapshots);
    try {
      const { info, ms } = await kept.write();
      return {
        snapshot: snapshotMessage(info),
        tookMs: BigInt(Math.round(ms)),
        snapshots: (await kept.list()).map(snapshotMessage),
      };
    } catch (error) {
      if (!(error instanceof SnapshotWriteError)) throw error;
      throw error.kind === "disk full" ? resourceExhausted(error.message) : unavailable(error.message, error);
    }
  };
}

/** Answers Restore. */
export function createRestore(snapshots: Snapshots | undefined, store: ItemStore, tail: Tail) {
  return async ({ generation, fromStore }: RestoreRequest) => {
    if (fromStore) {
      const restoredSeq = await databaseErrors(() => tail.between(() => tail.catchUp()));
      return { restoredSeq, appliedSeq: store.applied.value };
    }
    const kept = required(snapshots);
    const loaded = await databaseErrors(() => tail.between(() => kept.load(generation || undefined)));
    if ("reason" in loaded) throw notFound(loaded.reason);
    const { info } = loaded;
    return { restoredSeq: info.seq, appliedSeq: store.applied.value, generation: info.generation };
  };
}

export function snapshotMessage({ generation, seq, at, bytes, rows }: SnapshotInfo) {
  return {
    generation,
    changeSeq: seq,
    writtenAt: timestampFromDate(at),
    bytes: BigInt(bytes),
    vectorCount: BigInt(rows),
  };
}

function required(snapshots: Snapshots | undefined): Snapshots {
  if (snapshots) return snapshots;
  throw failedPrecondition("this replica keeps no snapshots: set INDEX_SNAPSHOT_DIR to a folder of its own");
}
