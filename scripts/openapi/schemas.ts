import { type DescEnum, type DescField, type DescMessage, getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import { type FieldRules, field as fieldOption } from "../../gen/buf/validate/validate_pb.ts";
import { commentOf } from "./comments.ts";

export type Json = { [name: string]: unknown };

/** Messages whose form in JSON is no object. */
const WELL_KNOWN: Record<string, Json> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
};

/** JSON Schemas (2020-12) of messages as Connect writes them in JSON; the ones that they name are made on the way. */
export class Schemas {
  readonly all: Json = {};

  /** A reference to the schema of a message or an enumeration. */
  of(desc: DescMessage | DescEnum): Json {
    const known = WELL_KNOWN[desc.typeName];
    if (known) return known;
    const name = desc.typeName;
    if (!(name in this.all)) {
      this.all[name] = {}; // so that a message that holds itself comes to an end
      this.all[name] = desc.kind === "enum" ? enumSchema(desc) : this.#message(desc);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** Of one field, with its limits and its comment. */
  field(field: DescField): Json {
    const rules = hasOption(field, fieldOption) ? getOption(field, fieldOption) : undefined;
    const description = commentOf(field);
    return { ...this.#type(field, rules), ...(description ? { description } : {}) };
  }

  #message(message: DescMessage): Json {
    const description = commentOf(message);
    const properties = Object.fromEntries(message.fields.map((field) => [field.jsonName, this.field(field)]));
    const required = message.fields.filter(isRequired).map(({ jsonName }) => jsonName);
    return {
      type: "object",
      ...(description ? { description } : {}),
      properties,
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
    };
  }

  #type(field: DescField, rules: FieldRules | undefined): Json {
    switch (field.fieldKind) {
      case "scalar":
        return scalarSchema(field.scalar, rules);
      case "enum":
      case "message":
        return this.of(field.fieldKind === "enum" ? field.enum : field.message);
      case "list": {
        const limits = rules?.type.case === "repeated" ? rules.type.value : undefined;
        const items =
          field.listKind === "scalar"
            ? scalarSchema(field.scalar, limits?.items)
            : this.of(field.listKind === "enum" ? field.enum : field.message);
        return {
          type: "array",
          items,
          ...bounds("minItems", limits?.minItems),
          ...bounds("maxItems", limits?.maxItems),
        };
      }
      case "map": {
        const values =
          field.mapKind === "scalar"
            ? scalarSchema(field.scalar, undefined)
            : this.of(field.mapKind === "enum" ? field.enum : field.message);
        return { type: "object", additionalProperties: values };
      }
    }
  }
}

/** Whether a request without it is refused. */
function isRequired(field: DescField): boolean {
  if (!hasOption(field, fieldOption)) return false;
  const { required, type } = getOption(field, fieldOption);
  if (required) return true;
  if (field.oneof) return false;
  if (type.case === "string" || type.case === "bytes") return field.fieldKind === "scalar" && type.value.minLen > 0n;
  return type.case === "repeated" && type.value.minItems > 0n;
}

/** As proto3's JSON mapping writes it: numbers of 64 bits are strings, bytes are base64. */
function scalarSchema(scalar: ScalarType, rules: FieldRules | undefined): Json {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING: {
      const limits = rules?.type.case === "string" ? rules.type.value : undefined;
      const values = limits?.in ?? [];
      return {
        type: "string",
        ...bounds("minLength", limits?.minLen),
        ...bounds("maxLength", limits?.maxLen),
        ...(values.length > 0 ? { enum: values } : {}),
      };
    }
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: "number", ...numberBounds(rules) };
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return { type: "string", pattern: "^-?[0-9]+$" };
    default:
      return { type: "integer", ...numberBounds(rules) };
  }
}

function numberBounds(rules: FieldRules | undefined): Json {
  const value = rules?.type.value;
  if (!value || !("lessThan" in value) || !("greaterThan" in value)) return {};
  const { lessThan, greaterThan } = value;
  return {
    ...(greaterThan.case === "gte" ? { minimum: Number(greaterThan.value) } : {}),
    ...(greaterThan.case === "gt" ? { exclusiveMinimum: Number(greaterThan.value) } : {}),
    ...(lessThan.case === "lte" ? { maximum: Number(lessThan.value) } : {}),
    ...(lessThan.case === "lt" ? { exclusiveMaximum: Number(lessThan.value) } : {}),
  };
}

function bounds(name: string, value: bigint | undefined): Json {
  return value === undefined || value === 0n ? {} : { [name]: Number(value) };
}

function enumSchema(desc: DescEnum): Json {
  const lines = desc.values.map((value) => [value.name, commentOf(value)] as const).filter(([, said]) => said);
  const description = [commentOf(desc), ...lines.map(([name, said]) => `${name}: ${said}`)].filter(Boolean).join("\n");
  return { type: "string", enum: desc.values.map(({ name }) => name), ...(description ? { description } : {}) };
}
