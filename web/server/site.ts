import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

/** Encodings that a build may have put beside a file, best first, with the ending of their files. */
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** One file of the page, in memory. */
export interface SiteFile {
  type: string;
  /** Strong entity tag of the file as it is, without quotes. */
  tag: string;
  /** Its name changes with its content. */
  immutable: boolean;
  bytes: Uint8Array;
  /** Content-Encoding to bytes, best first. */
  encoded: Map<string, Uint8Array>;
}

/** The files of a built page by path below its root: "index.html", "assets/index-B3x….js". */
export type Site = Map<string, SiteFile>;

/** Reads a build into memory; it is small. @throws if there is no index.html. */
export async function readSite(folder: string): Promise<Site> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
  const present = new Set(names);
  const site: Site = new Map();
  for (const name of names.sort()) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue; // the encoded forms are read below; anything else is no part of a page
    const bytes = await readFile(join(folder, name));
    const encoded = new Map<string, Uint8Array>();
    for (const [encoding, ending] of ENCODINGS) {
      if (present.has(name + ending)) encoded.set(encoding, await readFile(join(folder, name + ending)));
    }
    const tag = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
    site.set(name, { type, tag, immutable: name.startsWith("assets/"), bytes, encoded });
  }
  if (!site.has("index.html"))
    throw new Error(`expected index.html in ${folder}: build the page with npm run build:web`);
  return site;
}
