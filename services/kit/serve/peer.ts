import type { TLSSocket } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";

/**
 * The URIs of a certificate's subject alternative names, from node's text form
 * `URI:spiffe://mesh/envoy, DNS:localhost`. A value with special characters is a JSON string there.
 */
export function uriNames(subjectAltName: string | undefined): string[] {
  const entries = subjectAltName?.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith("URI:"))
    .map((entry) => entry.slice("URI:".length))
    .map((value) => (value.startsWith('"') ? String(JSON.parse(value)) : value));
}

/** Why a caller with these URI names may not come in; undefined when it may. SPIFFE wants exactly one URI. */
export function peerRefusal(uris: readonly string[], peerId: string): ConnectError | undefined {
  if (uris.length === 1 && uris[0] === peerId) return undefined;
  const shown = uris.length === 0 ? "no URI" : uris.join(" and ");
  return new ConnectError(
    `the client certificate names ${shown}; this server answers ${peerId} only`,
    Code.PermissionDenied,
  );
}

const proven = new WeakMap<TLSSocket, string[]>();

/** The URI names that the other side of a connection has proven: read once a connection, because TLS 1.3 never asks again. */
export function peerUris(socket: TLSSocket): string[] {
  let uris = proven.get(socket);
  if (!uris) {
    uris = socket.authorized ? uriNames(socket.getPeerCertificate().subjectaltname) : [];
    proven.set(socket, uris);
  }
  return uris;
}
