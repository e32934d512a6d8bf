import { stringify } from "yaml";

/** A value as YAML with a comment above it: lines are not folded, no anchors. */
export function toYaml(value: unknown, comment: string): string {
  const head = comment
    .split("\n")
    .map((line) => `# ${line}`.trimEnd())
    .join("\n");
  return `${head}\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
