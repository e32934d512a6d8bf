import { invalidArguments } from "../kit/errors.ts";

/** Throws INVALID_ARGUMENT, naming the fields, for texts that PostgreSQL cannot store: those with a zero character. */
export function requireStorable(fields: Record<string, string>): void {
  const violations = Object.entries(fields)
    .filter(([, text]) => text.includes("\0"))
    .map(([field]) => ({ field, description: "must not contain the character U+0000" }));
  if (violations.length > 0) throw invalidArguments(violations);
}
