import { type FieldViolation, invalidArguments } from "./errors.ts";

/** The fields, by their names, whose text PostgreSQL cannot keep as it is: U+0000, or half a surrogate pair. */
export function unstorable(fields: Record<string, string>): FieldViolation[] {
  return Object.entries(fields)
    .filter(([, text]) => text.includes("\0") || !text.isWellFormed())
    .map(([field]) => ({ field, description: "must be well-formed Unicode without the character U+0000" }));
}

/** Throws InvalidArgument, naming the fields, for text that PostgreSQL cannot keep. */
export function requireStorable(fields: Record<string, string>): void {
  const violations = unstorable(fields);
  if (violations.length > 0) throw invalidArguments(violations);
}
