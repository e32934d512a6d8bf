import type { Names } from "./authority.ts";
import { type EnsureCertificatesOptions, ensureCertificates } from "./store.ts";

/** Every process with an identity of its own in the mesh. */
export const MESH_MEMBERS = ["encoder", "index", "fusion", "feedback", "web", "monitor", "envoy", "cli"] as const;
export type MeshMember = (typeof MESH_MEMBERS)[number];

/** The trust domain of all identities. */
export const TRUST_DOMAIN = "flashfit.mesh";

/** The SPIFFE id of a member, for example `spiffe://flashfit.mesh/encoder`. */
export function spiffeId(member: MeshMember): string {
  return `spiffe://${TRUST_DOMAIN}/${member}`;
}

/** Names under which this machine reaches itself. */
const LOOPBACK = { dns: ["localhost"], ips: ["127.0.0.1", "::1"] };

/** What each certificate of the mesh vouches for; `edge` is what browsers and other outside clients see. */
export function meshNames(edge: { dns?: string[]; ips?: string[] } = {}): Record<string, Names> {
  const members = MESH_MEMBERS.map(
    (name) =>
      // Each is also known by its own name: that is how containers of one network find each other.
      [name, { commonName: name, uris: [spiffeId(name)], dns: [...LOOPBACK.dns, name], ips: LOOPBACK.ips }] as const,
  );
  return {
    ...Object.fromEntries(members),
    edge: {
      commonName: "FlashFit Mesh edge",
      dns: [...new Set([...LOOPBACK.dns, ...(edge.dns ?? [])])],
      ips: [...new Set([...LOOPBACK.ips, ...(edge.ips ?? [])])],
    },
  };
}

/** Makes or keeps all certificates of one mesh in `folder`; see {@link ensureCertificates}. */
export function ensureMeshCertificates(
  options: Omit<EnsureCertificatesOptions, "leaves"> & { edge?: { dns?: string[]; ips?: string[] } },
): Promise<string[]> {
  const { edge, ...rest } = options;
  return ensureCertificates({ ...rest, leaves: meshNames(edge) });
}
