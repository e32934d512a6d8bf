import type { ScanRequest } from "../../services/index/kernel/scan.ts";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";

/** Longest and 99th percentile of the times that the event loop took from one turn to the next, in milliseconds. */
export interface Held {
  longestMs: number;
  p99Ms: number;
}

/** How long the event loop is held while some scans run at once. */
export async function measureHeld(threads: number, request: ScanRequest, scans: number): Promise<Held> {
  const pool = new ScanPool({ threads });
  await pool.scan(request);
  const turns: number[] = [];
  let done = false;
  let began = performance.now();
  const turn = () => {
    const now = performance.now();
    turns.push(now - began);
    began = now;
    if (!done) setTimeout(turn, 0);
  };
  setTimeout(turn, 0);
  await Promise.all(Array.from({ length: scans }, () => pool.scan(request)));
  done = true;
  await pool.close();
  turns.sort((a, b) => a - b);
  return {
    longestMs: turns.at(-1) ?? 0,
    p99Ms: turns[Math.floor(turns.length * 0.99)] ?? 0,
  };
}
