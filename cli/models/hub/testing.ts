import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request was: enough to see what a client sent where. */
export interface Seen {
  server: "hub" | "cdn";
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

/** Answers instead of the server's own way; false: it has not. */
export type Trouble = (request: IncomingMessage, response: ServerResponse, seen: Seen) => boolean;

export interface TestHub {
  endpoint: string;
  seen: Seen[];
  /** Asked for every request of the hub and its CDN. */
  trouble: Trouble;
  /** Needed to read anything, if set. */
  token: string | undefined;
  close(): Promise<void>;
}

export const SHA = "0123456789abcdef0123456789abcdef01234567";

/**
 * Two real HTTP servers that behave as the Hugging Face hub and its CDN: model information with sizes and checksums, files in
 * git answered by the hub itself, files in LFS (here: *.onnx) by a redirect to the CDN, ranges, error codes in headers.
 */
export async function startTestHub(id: string, files: Record<string, Uint8Array>): Promise<TestHub> {
  const cdn = createServer((request, response) => {
    const entry = note("cdn", request);
    if (hub.trouble(request, response, entry)) return;
    // A signed address that gets a token as well is refused by the object store.
    const file = files[decodeURIComponent(entry.path.slice("/lfs/".length))];
    if (entry.authorization) response.writeHead(400).end("two ways of authentication");
    else if (!file) response.writeHead(404).end();
    else sendFile(response, file, entry.range);
  });
  const server = createServer((request, response) => {
    const entry = note("hub", request);
    if (hub.trouble(request, response, entry)) return;
    const [path = ""] = entry.path.split("?");
    const below = `/${id}/resolve/${SHA}/`;
    if (hub.token && entry.authorization !== `Bearer ${hub.token}`) {
      refuse(response, 401, "RepoNotFound", "Repository not found");
    } else if (path.startsWith(`/api/models/${id}/revision/`)) sendInfo(path, response);
    else if (path.startsWith(below)) sendResolved(decodeURIComponent(path.slice(below.length)), response, entry.range);
    else refuse(response, 404, "RepoNotFound", "Repository not found");
  });
  const hub: TestHub = {
    endpoint: await listen(server),
    seen: [],
    trouble: () => false,
    token: undefined,
    close: async () => {
      await Promise.all([cdn, server].map((one) => stop(one)));
    },
  };
  const cdnUrl = await listen(cdn);

  function note(name: Seen["server"], { url = "", headers }: IncomingMessage): Seen {
    const entry = { server: name, path: url, range: headers.range, authorization: headers.authorization };
    hub.seen.push(entry);
    return entry;
  }

  function sendInfo(path: string, response: ServerResponse): void {
    const revision = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
    if (!["main", "v1.0", SHA].includes(revision)) {
      refuse(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
      return;
    }
    const siblings = Object.entries(files).map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      blobId: blobId(bytes),
      ...(isLfs(rfilename) && { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } }),
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id, sha: SHA, cardData: { license: "mit" }, tags: ["license:mit"], siblings }));
  }

  function sendResolved(file: string, response: ServerResponse, range: string | undefined): void {
    const bytes = files[file];
    response.setHeader("x-repo-commit", SHA);
    const headers = {
      location: `${cdnUrl}/lfs/${encodeURIComponent(file)}`,
      "x-linked-etag": sha256(bytes ?? Buffer.of()),
    };
    if (!bytes) refuse(response, 404, "EntryNotFound", "Entry not found");
    else if (isLfs(file)) response.writeHead(302, headers).end();
    else sendFile(response, bytes, range);
  }
  return hub;
}

/** A file, or what a range asks of it. */
export function sendFile(response: ServerResponse, bytes: Uint8Array, range: string | undefined): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const length = bytes.length - start;
  const headers = { "content-length": length, "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  if (range === undefined) response.writeHead(200, { "content-length": length }).end(bytes);
  else if (length <= 0) response.writeHead(416).end();
  else response.writeHead(206, headers).end(bytes.subarray(start));
}

export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "x-error-code": code, "x-error-message": message }).end();
}

function isLfs(file: string): boolean {
  return file.endsWith(".onnx");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function blobId(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
