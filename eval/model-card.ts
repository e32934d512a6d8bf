/** Name of a measure → its value in the card, 0 to 1. */
export type CardNumbers = Record<string, number>;

const COLUMNS = { knn5: /^category by kNN-5/, precision10: /^precision@10/, zeroShot: /^zero-shot category/ };

/**
 * The table "Measured on its validation part" of models/README.md: `clip.knn5`, `fashion.head`, `blip.captionCategory`, …
 * @throws TypeError when the table is not there.
 */
export function readModelCard(markdown: string): CardNumbers {
  const section = markdown.split(/^## Measured on its validation part/m)[1];
  const rows = (section?.match(/^\|.*\|$/gm) ?? []).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const [header, , ...models] = rows;
  if (!header || models.length === 0) throw new TypeError('expected a table below "Measured on its validation part"');
  const numbers: CardNumbers = {};
  for (const [model, ...cells] of models) {
    for (const [measure, title] of Object.entries(COLUMNS)) {
      const cell = cells[header.findIndex((name) => title.test(name)) - 1];
      if (Number.isFinite(Number(cell))) numbers[`${model}.${measure}`] = Number(cell);
    }
    const last = cells.at(-1) ?? "";
    const named = { head: /^category ([\d.]+)/, captionCategory: /names the category ([\d.]+)/ };
    for (const [measure, pattern] of Object.entries(named)) {
      const found = pattern.exec(last)?.[1];
      if (found) numbers[`${model}.${measure}`] = Number(found);
    }
  }
  return numbers;
}

/** One point, as a part of 1, with room for the card's three digits. */
const TOLERANCE = 0.01 + 0.0005;

/** What is further from the card than one point, or missing, in words. */
export function deviations(measured: CardNumbers, card: CardNumbers): string[] {
  return Object.entries(card).flatMap(([name, expected]) => {
    const value = measured[name];
    if (value === undefined) return [`${name} was not measured, the model card says ${expected}`];
    const off = Math.abs(value - expected) > TOLERANCE;
    return off ? [`${name} is ${value.toFixed(3)}, the model card says ${expected}`] : [];
  });
}
