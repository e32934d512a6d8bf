import { ConnectError } from "@connectrpc/connect";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { explainMeshFailure, findInMesh, type MeshService, noMesh } from "../client/mesh.ts";
import type { Home } from "../state/home.ts";

export type RunningIndex = MeshService<typeof IndexService>;

/** Verify and Benchmark of a large index take minutes. */
const LONGEST_MS = 3_600_000;

/** @throws CommandError if no mesh runs in this home. */
export function findIndex(home: Home): RunningIndex {
  const index = findInMesh(IndexService, home, LONGEST_MS);
  if (!index) throw noMesh(home);
  return index;
}

/** What `work` gives. @throws CommandError with what a person can do about a failed call. */
export async function asked<T>(index: RunningIndex, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ConnectError ? explainMeshFailure(error, index) : error;
  }
}
