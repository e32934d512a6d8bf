import type { MessageInitShape } from "@bufbuild/protobuf";
import type { TransportSocketSchema } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import {
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from "../../gen/envoy-api/envoy/extensions/transport_sockets/tls/v3/common_pb.ts";
import {
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from "../../gen/envoy-api/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import { extension, typed } from "./json.ts";

type TransportSocket = MessageInitShape<typeof TransportSocketSchema>;

/** PEM files of an identity. */
export interface KeyPair {
  certificateFile: string;
  keyFile: string;
}

/** Who the other side must be: signed by this authority, with one of these URI names. */
export interface PeerRule {
  caFile: string;
  uris: string[];
}

const NAME = "envoy.transport_sockets.tls";
const versions = {
  tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
  tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
};

/** TLS 1.2/1.3 as a server. With `peer` a client certificate is required. */
export function serverTls(identity: KeyPair, peer?: PeerRule): TransportSocket {
  const value = typed(DownstreamTlsContextSchema, {
    requireClientCertificate: peer !== undefined,
    commonTlsContext: {
      alpnProtocols: ["h2", "http/1.1"],
      tlsParams: versions,
      tlsCertificates: [keyPair(identity)],
      ...(peer ? { validationContextType: validation(peer) } : {}),
    },
  });
  return extension(NAME, value);
}

/** Mutual TLS as a client that speaks HTTP/2. */
export function clientTls(options: { identity: KeyPair; peer: PeerRule; sni: string }): TransportSocket {
  const value = typed(UpstreamTlsContextSchema, {
    sni: options.sni,
    commonTlsContext: {
      alpnProtocols: ["h2"],
      tlsParams: versions,
      tlsCertificates: [keyPair(options.identity)],
      validationContextType: validation(options.peer),
    },
  });
  return extension(NAME, value);
}

function keyPair({ certificateFile, keyFile }: KeyPair) {
  return { certificateChain: fromFile(certificateFile), privateKey: fromFile(keyFile) };
}

function validation({ caFile, uris }: PeerRule) {
  const value: MessageInitShape<typeof CertificateValidationContextSchema> = {
    trustedCa: fromFile(caFile),
    matchTypedSubjectAltNames: uris.map((uri) => ({
      sanType: SubjectAltNameMatcher_SanType.URI,
      matcher: { matchPattern: { case: "exact" as const, value: uri } },
    })),
  };
  return { case: "validationContext" as const, value };
}

function fromFile(filename: string) {
  return { specifier: { case: "filename" as const, value: filename } };
}
