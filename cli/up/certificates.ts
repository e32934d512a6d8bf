import { isIP } from "node:net";
import { ensureMeshCertificates } from "../../envoy/certificates/mesh.ts";

/** Makes the mesh's certificates, or keeps those that are good; the edge's names the host on which it listens too. */
export async function prepareCertificates(folder: string, edgeHost: string): Promise<void> {
  const edge = isIP(edgeHost) === 0 ? { dns: [edgeHost] } : { ips: [edgeHost] };
  await ensureMeshCertificates({ folder, edge });
}
