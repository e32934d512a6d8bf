/** Columns of text as wide as they need to be, two spaces apart; numbers stand on the right. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map(length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => {
        const gap = " ".repeat((widths[column] ?? 0) - length(cell));
        return /^-?[\d.]+$/.test(cell) ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line).join("\n");
}

function length(text: string): number {
  return [...text].length;
}
