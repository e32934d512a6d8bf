import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, ConnectError } from "@connectrpc/connect";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { explainFailure } from "../client/edge.ts";
import { CommandError } from "../command.ts";
import type { Home } from "../state/home.ts";
import { readJson } from "../state/json-file.ts";
import { lockHolder } from "../state/lock.ts";
import type { MeshStatus } from "../state/status.ts";

/** The Index of a running mesh, as an operator reaches it: through the mesh listener, as `cli`. */
export interface RunningIndex {
  url: string;
  client: Client<typeof IndexService>;
}

/** Verify and Benchmark of a large index take minutes. */
const LONGEST_MS = 3_600_000;

/** @throws CommandError if no mesh runs in this home. */
export function findIndex(home: Home): RunningIndex {
  const url = readJson<MeshStatus>(home.status)?.addresses.mesh;
  if (url === undefined || lockHolder(home.launcherLock) === undefined) {
    throw new CommandError(`no mesh runs in ${home.root}: start one with "npm start" (FLASHFIT_HOME says where)`);
  }
  const read = (file: string) => readFileSync(join(home.certs, file));
  const tls = { ca: read("ca.crt"), cert: read("cli.crt"), key: read("cli.key") };
  return { url, client: meshClient(IndexService, { baseUrl: url, tls, timeoutMs: LONGEST_MS }) };
}

/** What `work` gives. @throws CommandError with what a person can do about a failed call. */
export async function asked<T>({ url }: RunningIndex, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const unused = (): never => {
      throw new TypeError("not for calls");
    };
    throw explainFailure(error, { url, client: unused });
  }
}
