import {
  create,
  createRegistry,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toJson as messageToJson,
} from "@bufbuild/protobuf";
import { type Any, anyPack, type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";

/** Every message type that was packed, so that it can be written as JSON again. */
const packed = new Map<string, DescMessage>();

/** An extension's configuration, as Envoy wants it in `typed_config` fields. */
export function typed<D extends DescMessage>(schema: D, init?: MessageInitShape<D>): Any {
  packed.set(schema.typeName, schema);
  return anyPack(schema, create(schema, init));
}

/** A named extension in the shape shared by filters, access logs and transport sockets. */
export function extension(
  name: string,
  config: Any,
): { name: string; configType: { case: "typedConfig"; value: Any } } {
  return { name, configType: { case: "typedConfig", value: config } };
}

/** A protobuf duration; fractions down to nanoseconds. */
export function seconds(value: number): Duration {
  const nanos = Math.round(value * 1e9);
  return create(DurationSchema, { seconds: BigInt(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 });
}

/** Any Envoy resource as the JSON that Envoy reads. */
export function toJson<D extends DescMessage>(schema: D, message: MessageShape<D>): string {
  return `${JSON.stringify(messageToJson(schema, message, { registry: createRegistry(...packed.values()) }), null, 2)}\n`;
}
