import process from "node:process";
import { type FaissOptions, startFaiss } from "../../services/index/ann/faiss/engine.ts";

/** FAISS in this process as the Index has it: of FAISS_C_LIBRARY, or what set-up built, or the system's. */
export function startOurFaiss(options: Omit<FaissOptions, "library"> = {}): ReturnType<typeof startFaiss> {
  return startFaiss({ ...options, library: process.env.FAISS_C_LIBRARY || undefined });
}
