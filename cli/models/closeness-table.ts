import { table } from "../client/table.ts";
import type { Spread } from "./closeness.ts";
import type { Verified } from "./verify.ts";

const HEAD = ["model", "variant", "compared on", "mean cosine", "lowest", "same nearest", "lowest at"];

/** Variants against each other, a line for the photos and one for the texts; nothing where nothing was compared. */
export function closenessTable(found: readonly Pick<Verified, "name" | "version" | "closeness">[]): string[] {
  const rows = found.flatMap(({ name, version, closeness }) =>
    closeness.flatMap(({ variant, to, photos, texts }) => [
      ...row(`${name} ${version}`, `${variant} to ${to}`, "photos", photos),
      ...row(`${name} ${version}`, `${variant} to ${to}`, "texts", texts),
    ]),
  );
  return rows.length > 0 ? [table(HEAD, rows)] : [];
}

function row(model: string, variant: string, what: string, spread: Spread | undefined): string[][] {
  if (!spread) return [];
  const { count, mean, min, sameNearest, lowest } = spread;
  const same = `${(sameNearest * 100).toFixed(0)} %`;
  return [[model, variant, `${count} ${what}`, mean.toFixed(4), min.toFixed(4), same, lowest]];
}
