import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AddressSchema } from "../../gen/envoy-api/envoy/config/core/v3/address_pb.ts";

/** A TCP endpoint: IP address or name, and port (1…65535). */
export interface HostPort {
  host: string;
  port: number;
}

export function socketAddress({ host, port }: HostPort): MessageInitShape<typeof AddressSchema> {
  return {
    address: {
      case: "socketAddress",
      value: { address: host, portSpecifier: { case: "portValue", value: port } },
    },
  };
}
