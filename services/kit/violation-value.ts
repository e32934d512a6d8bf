import type { Message } from "@bufbuild/protobuf";
import type { Path } from "@bufbuild/protobuf/reflect";

const LONGEST_TEXT = 60;

/** The value in `message` that a violation is about; undefined: the field is not set. */
export function valueAt(message: Message, path: Path): unknown {
  let value: unknown = message;
  for (const part of path) {
    if (value === undefined || value === null) return undefined;
    const parts = value as Record<string, unknown>;
    if (part.kind === "list_sub") value = (value as unknown[])[part.index];
    else if (part.kind === "map_sub") value = parts[String(part.key)];
    else if (part.kind === "field" && part.oneof) {
      const choice = parts[part.oneof.localName] as { case?: string; value?: unknown };
      value = choice.case === part.localName ? choice.value : undefined;
    } else if (part.kind === "field") value = parts[part.localName];
    else if (part.kind === "oneof") value = (parts[part.localName] as { case?: string }).case;
  }
  return value;
}

/** A value in a few words: small ones themselves, large ones by their size. Undefined for messages: their fields say more. */
export function shownValue(value: unknown): string | undefined {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    return value.length <= LONGEST_TEXT ? JSON.stringify(value) : `${[...value].length} characters`;
  }
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `${value.length} items`;
  return typeof value === "object" ? undefined : String(value);
}
