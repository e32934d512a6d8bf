import { collectIndexYoungOften } from "../../services/index/young-collections.ts";
import { collectForRoomOnly } from "../../services/kit/collector.ts";

/** Have V8 collect this process's heap as an Index's (services/kit/run.ts, services/index/main.ts). */
export function collectAsTheIndex(): void {
  collectForRoomOnly();
  collectIndexYoungOften();
}
