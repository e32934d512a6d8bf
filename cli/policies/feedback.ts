import { ConnectError } from "@connectrpc/connect";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { explainMeshFailure, findInMesh, type MeshService, noMesh } from "../client/mesh.ts";
import type { Home } from "../state/home.ts";

export type RunningFeedback = MeshService<typeof FeedbackService>;

/** The evaluation of a long log takes a while. */
const LONGEST_MS = 300_000;

/** @throws CommandError if no mesh runs in this home. */
export function findFeedback(home: Home): RunningFeedback {
  const feedback = findInMesh(FeedbackService, home, LONGEST_MS);
  if (!feedback) throw noMesh(home);
  return feedback;
}

/** What `work` gives. @throws CommandError with what a person can do about a failed call. */
export async function asked<T>(feedback: RunningFeedback, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ConnectError ? explainMeshFailure(error, feedback) : error;
  }
}
