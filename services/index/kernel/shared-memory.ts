import { GiveBack } from "./give-back.ts";

/** Of WebAssembly. */
const PAGE_BYTES = 65536;

const giveBack = new GiveBack();

/** So many bytes and what fills the last page. */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/**
 * Memory of so many bytes, all zero, that every thread can read and write. The machine gives it as it is written to, and has it back once
 * nothing in this thread can read it any more: see {@link GiveBack}.
 * @throws RangeError if the machine has no room for it
 */
export function sharedMemory(bytes: number): WebAssembly.Memory {
  const pages = wholePages(bytes) / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  giveBack.onceUnread(memory);
  return memory;
}
