/** What an expression reads: a metric, with the matchers that choose among its series. */
export interface Selector {
  /** Empty where the matchers choose the name as well. */
  metric: string;
  /** `{service="index"}`, or empty. */
  matchers: string;
}

const WORDS = new Set(["and", "or", "unless", "offset", "bool", "inf", "nan", "start", "end", "atan2"]);
const LABEL_LISTS = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);

/** Every selector of a PromQL expression, in order, each once. Grafana's `$variables` may stand in it. */
export function selectorsOf(expr: string): Selector[] {
  const found = new Map<string, Selector>();
  let labels = 0; // depth of a list of labels, in which names are no metrics
  let afterKeyword = false;
  const tokens = tokensOf(expr);
  tokens.forEach((token, i) => {
    if (token === "(" && (labels > 0 || afterKeyword)) labels += 1;
    else if (token === ")" && labels > 0) labels -= 1;
    afterKeyword = LABEL_LISTS.has(token);
    const next = tokens[i + 1] ?? "";
    if (token.startsWith("{") && !isName(tokens[i - 1])) found.set(token, { metric: "", matchers: token });
    if (labels > 0 || afterKeyword || !isName(token)) return;
    if (WORDS.has(token.toLowerCase()) || next === "(" || isAggregation(token, next)) return;
    const matchers = next.startsWith("{") ? next : "";
    found.set(token + matchers, { metric: token, matchers });
  });
  return [...found.values()];
}

/** Names of the labels that a selector's matchers mention. */
export function labelsIn(matchers: string): string[] {
  return [...matchers.replace(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(
    ([, name]) => name!,
  );
}

/**
 * What an expression compares or joins at its top: `a > 2 and on (x) b` → `a`, `b`. Numbers are left out; an expression
 * without such an operator is its own only part.
 */
export function operandsOf(expr: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const match of expr.matchAll(PIECES)) {
    const [piece] = match;
    if (piece === "(") depth += 1;
    else if (piece === ")") depth -= 1;
    else if (depth === 0 && JOINS.has(piece)) {
      parts.push(expr.slice(from, match.index));
      from = match.index + piece.length;
    }
  }
  return [...parts, expr.slice(from)]
    .map((part) => part.replace(MATCHING, "").trim())
    .filter((part) => !isNumber(part));
}

const PIECES = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\}|[\w:]+|[=!<>]=|[<>()]/g;
const JOINS = new Set(["==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"]);
/** How two sides are matched: `bool`, `on (…) group_left (…)`. */
const MATCHING = /^\s*(?:bool\b\s*)?(?:(?:on|ignoring|group_left|group_right)\s*\([^)]*\)\s*)*/;

function isNumber(text: string): boolean {
  return text === "" || !Number.isNaN(Number(text));
}

function isName(token: string | undefined): boolean {
  return token !== undefined && /^[a-zA-Z_:]/.test(token);
}

/** `sum by (x) (…)`: an operator whose name is followed by its labels. */
function isAggregation(token: string, next: string): boolean {
  return (next === "by" || next === "without") && /^[a-z_]+$/.test(token);
}

/** Strings and ranges fall away; a block of matchers is one token. */
function tokensOf(expr: string): string[] {
  const pattern =
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|\$\{?\w+\}?|(\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\})|([a-zA-Z_:][\w:]*)|(?:\d[\w.]*)|([()])/g;
  return [...expr.matchAll(pattern)].flatMap(([, block, name, paren]) => block ?? name ?? paren ?? []);
}
