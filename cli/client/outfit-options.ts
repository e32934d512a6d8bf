import { usageError } from "../command.ts";
import { parseFlagsAndWords } from "./flags.ts";

/** What `flashfit outfit` was called with. */
export interface OutfitOptions {
  itemIds: string[];
  userId: string;
  k: number | undefined;
  scope: string | undefined;
  occasions: string[];
  seasons: string[];
  diversity: number | undefined;
  url: string | undefined;
  json: boolean;
  help: boolean;
}

const FLAGS = {
  user: { type: "string" },
  k: { type: "string" },
  scope: { type: "string" },
  occasion: { type: "string", multiple: true },
  season: { type: "string", multiple: true },
  diversity: { type: "string" },
  url: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws a usage error, with the command's help, for what it does not take. */
export function readOutfitOptions(args: string[], help: string): OutfitOptions {
  const { values, positionals } = parseFlagsAndWords(args, FLAGS, help);
  return {
    itemIds: positionals,
    userId: values.user ?? "",
    k: numberOf("--k", values.k, { min: 1, max: 50, whole: true }),
    scope: values.scope,
    occasions: values.occasion ?? [],
    seasons: values.season ?? [],
    diversity: numberOf("--diversity", values.diversity, { min: 0, max: 1, whole: false }),
    url: values.url,
    json: values.json === true,
    help: values.help === true,
  };
}

function numberOf(
  flag: string,
  text: string | undefined,
  { min, max, whole }: { min: number; max: number; whole: boolean },
) {
  if (text === undefined) return undefined;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw usageError(`${flag}: expected a ${whole ? "whole " : ""}number from ${min} to ${max}, got ${text}`);
}
