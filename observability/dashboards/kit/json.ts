const WIDTH = 120;

/** JSON as this project's formatter writes it: a list of plain values that fits stands on one line. */
export function formatJson(value: unknown): string {
  const plain: unknown = JSON.parse(JSON.stringify(value)); // what builders carry besides data falls away
  return `${print(plain, "", 0)}\n`;
}

/** @param used columns before the value on its line. */
function print(value: unknown, indent: string, used: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const line = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    const plain = value.every((item) => typeof item !== "object" || item === null);
    if (plain && used + line.length < WIDTH) return line;
    return `[\n${value.map((item) => inner + print(item, inner, inner.length)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return head + print(item, inner, head.length);
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
