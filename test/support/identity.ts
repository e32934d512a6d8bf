import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientTls } from "../../services/kit/client.ts";

/** Files of who somebody is in a mesh, PEM. */
export type IdentityFiles = Record<keyof ClientTls, string>;

/** Those of a service, of Envoy ("envoy") or of the command ("cli") in a folder of certificates. */
export function identityFiles(certs: string, name: string): IdentityFiles {
  return { cert: join(certs, `${name}.crt`), key: join(certs, `${name}.key`), ca: join(certs, "ca.crt") };
}

export function readIdentity({ cert, key, ca }: IdentityFiles): Record<keyof ClientTls, Buffer> {
  return { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) };
}
