/** What a process answers beside its RPCs. */
export interface Page {
  status: number;
  header: Record<string, string>;
  body: Uint8Array;
}

/** What is known of a GET or HEAD. */
export interface PageRequest {
  url: URL;
  header: Headers;
}

/** Something that answers GET and HEAD on one or several paths. */
export interface PageHandler {
  /** Its name in metrics: the path, or one name for many paths, so that there are few. */
  endpoint: string;
  answer(request: PageRequest): Page | Promise<Page>;
}

/** Finds who answers a path; undefined: nobody. */
export type Pages = (path: string) => PageHandler | undefined;

/** Pages with fixed paths: path to answer. */
export function fixedPages(answers: Record<string, PageHandler["answer"]>): Pages {
  const handlers = new Map(Object.entries(answers).map(([endpoint, answer]) => [endpoint, { endpoint, answer }]));
  return (path) => handlers.get(path);
}

/** A page that is JSON and is not to be kept. */
export function jsonPage(status: number, value: unknown): Page {
  const body = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return { status, header: { "content-type": "application/json", "cache-control": "no-store" }, body };
}
