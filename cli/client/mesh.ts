import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, ConnectError } from "@connectrpc/connect";
import { meshClient } from "../../services/kit/client.ts";
import { CommandError } from "../command.ts";
import type { Home } from "../state/home.ts";
import { readJson } from "../state/json-file.ts";
import { lockHolder } from "../state/lock.ts";
import type { MeshStatus } from "../state/status.ts";
import { explainFailure } from "./edge.ts";

/** A service of a running mesh, as an operator reaches it: through the mesh listener, as `cli`. */
export interface MeshService<S extends DescService> {
  url: string;
  client: Client<S>;
}

/** A service of the mesh that runs in this home; undefined if none does. */
export function findInMesh<S extends DescService>(
  service: S,
  home: Home,
  timeoutMs: number,
): MeshService<S> | undefined {
  const url = readJson<MeshStatus>(home.status)?.addresses.mesh;
  if (url === undefined || lockHolder(home.launcherLock) === undefined) return undefined;
  const read = (file: string) => readFileSync(join(home.certs, file));
  const tls = { ca: read("ca.crt"), cert: read("cli.crt"), key: read("cli.key") };
  return { url, client: meshClient(service, { baseUrl: url, tls, timeoutMs }) };
}

/** Of a command that needs the mesh. */
export function noMesh({ root }: Home): CommandError {
  return new CommandError(`no mesh runs in ${root}: start one with "npm start" (FLASHFIT_HOME says where)`);
}

/** What a person can do about a failed call in the mesh. */
export function explainMeshFailure(error: unknown, { url }: { url: string }): Error {
  const unused = (): never => {
    throw new TypeError("not for calls");
  };
  return explainFailure(ConnectError.from(error), { url, client: unused });
}
