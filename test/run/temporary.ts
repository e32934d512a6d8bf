import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** Memory as a folder, on Linux. */
const MEMORY = "/dev/shm";
/** What tests keep at once is a tenth of this: databases, photographs, logs. */
const WANTED_BYTES = 4 * 2 ** 30;

/**
 * A new folder for whatever the tests throw away, gone when this process ends. In memory where there is plenty of it,
 * because databases that live for seconds would mostly wait for the disk; otherwise, or if TMPDIR says where, among the
 * temporary files. Other users (PostgreSQL's) may pass through.
 */
export function temporaryFolder(): string {
  const parent = process.env.TMPDIR === undefined && hasMemory() ? MEMORY : tmpdir();
  const folder = mkdtempSync(join(parent, "flashfit-test-"));
  chmodSync(folder, 0o711);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

function hasMemory(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, process.availableMemory() / 2) >= WANTED_BYTES;
}
