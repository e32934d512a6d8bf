import type { BenchData } from "./data.ts";
import { Python, PythonMissing } from "./python.ts";

/** What a measurement of a peer gives. */
export interface PeerSearches {
  /** Processor seconds. */
  cpu: number;
  /** Row numbers, k a query; -1: none. */
  labels: number[];
}

/** A vector library in Python that holds all vectors. */
export interface LibraryPeer {
  peer: Python;
  /** Its version, and what building took, processor seconds. */
  built: { version: string; cpu?: number };
}

/** @param task what is built: of libraries-peer.py @returns why not, where it is not on this machine */
export async function startLibrary(
  task: { op: string; [setting: string]: string | number },
  { files, dimensions }: Pick<BenchData, "files" | "dimensions">,
): Promise<LibraryPeer | { reason: string }> {
  const peer = new Python("libraries-peer.py", 2);
  try {
    await peer.ask({ op: "load", ...files, dimensions });
    return { peer, built: await peer.ask<LibraryPeer["built"]>(task) };
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    await peer.end();
    return { reason: error.message };
  }
}
