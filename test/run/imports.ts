/** The modules that a TypeScript source imports: statically, for types, dynamically by a literal, or re-exported. */
export function importsOf(source: string): string[] {
  const { code, strings } = withoutStrings(source);
  const patterns = [
    /\bimport\s+(?:type\s+)?(?:[\w$*{][\w$*{},\s]*?\s*from\s*)?§(\d+)§/g,
    /\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})\s*from\s*§(\d+)§/g,
    /\bimport\s*\(\s*§(\d+)§/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => strings[Number(match[1])] ?? ""));
}

/** The source with each string replaced by its number and without comments, so that no text looks like an import. */
function withoutStrings(source: string): { code: string; strings: string[] } {
  const strings: string[] = [];
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=(?:^|[=(,:[!&|?{};\n]|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
  const code = source.replace(token, (text) => {
    if (text.startsWith("/")) return " ";
    strings.push(text.slice(1, -1));
    return `§${strings.length - 1}§`;
  });
  return { code, strings };
}
