import type { Page, PageRequest, Pages } from "../../services/kit/pages.ts";
import type { Site, SiteFile } from "./site.ts";

/** Where the shopper's page lives at the edge. */
export const BASE = "/app";
/** Where the description of the API lives. */
export const DOCS = "/docs";

/** Nothing but what this origin serves; pictures also from memory. No inline script, no inline style. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const YEAR_SECONDS = 31_536_000;

/**
 * Answers the paths below `base`: files by name, and index.html for every other path without a dot in its last part, because
 * those are places inside the page.
 */
export function sitePages(site: Site, base = BASE): Pages {
  const index = site.get("index.html");
  if (!index) throw new RangeError("expected a site with index.html");
  return (path) => {
    if (path !== base && !path.startsWith(`${base}/`)) return undefined;
    const name = path.slice(base.length + 1);
    const file = site.get(name === "" ? "index.html" : name);
    if (file)
      return { endpoint: file.immutable ? `${base}/assets` : base, answer: (request) => filePage(file, request) };
    const place = !(name.split("/").at(-1) ?? "").includes(".") && !name.startsWith("assets/");
    return { endpoint: base, answer: (request) => (place ? filePage(index, request) : nothing()) };
  };
}

function filePage({ type, tag, immutable, bytes, encoded }: SiteFile, { header }: PageRequest): Page {
  const accepted = acceptedEncodings(header.get("accept-encoding") ?? "");
  const [encoding, body] = [...encoded].find(([name]) => accepted.has(name)) ?? [undefined, bytes];
  const etag = `"${tag}${encoding ? `-${encoding}` : ""}"`;
  const fields: Record<string, string> = {
    etag,
    vary: "accept-encoding",
    "cache-control": immutable ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
  };
  const known = (header.get("if-none-match") ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  if (known.includes(etag)) return { status: 304, header: fields, body: new Uint8Array() };
  fields["content-type"] = type;
  if (encoding) fields["content-encoding"] = encoding;
  return { status: 200, header: fields, body };
}

/** Names with a weight above 0 in an Accept-Encoding field (RFC 9110, section 12.5.3). */
export function acceptedEncodings(field: string): Set<string> {
  const accepted = new Set<string>();
  for (const part of field.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((word) => word.trim());
    const weight = parameters.find((word) => word.startsWith("q="));
    if (name !== "" && !(weight && Number(weight.slice(2)) === 0)) accepted.add(name);
  }
  return accepted;
}

function nothing(): Page {
  const body = new TextEncoder().encode("no such file\n");
  return { status: 404, header: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }, body };
}
