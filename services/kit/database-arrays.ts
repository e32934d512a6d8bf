/** The driver's name for how a type of PostgreSQL is written and read. */
interface ArrayType {
  to: number;
  from: number[];
  serialize(elements: unknown): string;
  parse(text: string): unknown[];
}

/** Element in quotes, or bare up to the next comma. */
const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^,]+)/gs;

/**
 * Arrays of one dimension, as PostgreSQL writes them as text (section 8.15.6 of its manual), of the types that statements here use.
 * postgres 3.4 would ask for the types of arrays on a connection's first use, in a query whose failure nobody can catch: a connection
 * that was lost just then ended the process.
 */
export const arrayTypes: Record<string, ArrayType> = {
  // Numbers of the types, the same in all versions (pg_type.dat). An int8 is text in JavaScript, alone as in an array.
  smallints: arrayType(1005, Number),
  integers: arrayType(1007, Number),
  bigints: arrayType(1016, String),
  texts: arrayType(1009, String),
  uuids: arrayType(2951, String),
};

function arrayType(number: number, parse: (element: string) => unknown): ArrayType {
  return {
    to: number,
    from: [number],
    serialize: (elements) => (Array.isArray(elements) ? `{${elements.map(written).join()}}` : String(elements)),
    parse: (text) => elementsOf(text).map((element) => (element === null ? null : parse(element))),
  };
}

/** Always in quotes: what is bare may mean nothing (NULL), or lose its spaces. */
function written(element: unknown): string {
  if (element === null) return "null";
  if (element === undefined || Array.isArray(element)) {
    throw new TypeError(`expected text, numbers or null in an array for PostgreSQL, got ${element ?? "undefined"}`);
  }
  return `"${String(element).replace(/[\\"]/g, "\\$&")}"`;
}

function elementsOf(text: string): (string | null)[] {
  if (text === "{}") return [];
  if (!/^\{[^{]/.test(text))
    throw new TypeError(`expected an array of one dimension from PostgreSQL, got ${text.slice(0, 40)}`);
  return Array.from(text.slice(1, -1).matchAll(ELEMENT), ([, quoted, bare]) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/gs, "$1");
    return bare === "NULL" ? null : (bare as string);
  });
}
