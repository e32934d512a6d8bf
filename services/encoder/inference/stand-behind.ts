import { getPriority, setPriority } from "node:os";

/** The lowest priority that there is. */
const LAST = 19;

/**
 * Give a process, just started, so many levels less priority than this one has (nice). Where both want the same processor this
 * one is served first: it needs little time and somebody waits for each answer, while a run of a model takes long anyway.
 *
 * Linux has a level for each thread, and a new one gets that of the thread that starts it: hence before those start that compute.
 */
export function standBehind(pid: number, levels: number): void {
  if (levels > 0) setPriority(pid, Math.min(LAST, getPriority() + levels));
}
