import { CommandError, usageError } from "../../command.ts";
import { HubTransport, type HubTransportOptions } from "./transport.ts";

/** A file of a repository on the hub. */
export interface HubFile {
  /** Path in the repository. */
  path: string;
  bytes: number;
  /** Of a file in LFS: SHA-256. */
  sha256?: string;
  /** Of a file in git: the SHA-1 of its blob. */
  blobId?: string;
}

/** One revision of a repository on the hub. */
export interface HubRepository {
  /** "owner/name" */
  id: string;
  /** The commit that the revision was when it was asked for; files are taken of it. */
  sha: string;
  /** As the model card's head says it. */
  license?: string;
  files: HubFile[];
}

export interface HubOptions extends HubTransportOptions {
  /** "https://huggingface.co" or a mirror that speaks as it does. */
  endpoint: string;
}

interface ModelInfo {
  sha?: string;
  cardData?: { license?: unknown };
  tags?: string[];
  siblings?: { rfilename?: string; size?: number; blobId?: string; lfs?: { sha256?: string; size?: number } }[];
}

const SHA = /^[0-9a-f]{40}$/;

/**
 * The HTTP API of the Hugging Face hub, as far as taking a model needs it
 * (https://huggingface.co/docs/hub/api: `GET /api/models/{id}/revision/{rev}?blobs=true`, `GET /{id}/resolve/{sha}/{path}`).
 */
export class Hub {
  readonly endpoint: string;
  readonly #transport: HubTransport;

  constructor({ endpoint, ...transport }: HubOptions) {
    this.endpoint = endpoint.replace(/\/+$/, "");
    this.#transport = new HubTransport(this.endpoint, transport);
  }

  /** What a revision (branch, tag or commit) is now. @throws CommandError that says what to do. */
  async repository(id: string, revision: string, signal?: AbortSignal): Promise<HubRepository> {
    const url = `${this.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
    const response = await this.#transport.get(url, { what: `${id} at ${revision}`, signal });
    const info = (await response.json().catch((cause: unknown) => {
      throw new CommandError(
        `${this.endpoint} does not answer as a Hugging Face hub (${cause}): is HF_ENDPOINT right?`,
      );
    })) as ModelInfo;
    if (!info.sha || !SHA.test(info.sha) || !Array.isArray(info.siblings)) {
      throw new CommandError(`${this.endpoint} does not answer as a Hugging Face hub: is HF_ENDPOINT right?`);
    }
    const license = licenseOf(info);
    return { id, sha: info.sha, ...(license && { license }), files: info.siblings.flatMap(toFile) };
  }

  /** The bytes of a file from `offset` on; whether the server has begun there is in its status, 206 or 200. */
  open({ id, sha }: HubRepository, path: string, offset: number, signal?: AbortSignal): Promise<Response> {
    const url = `${this.endpoint}/${id}/resolve/${sha}/${path.split("/").map(encodeURIComponent).join("/")}`;
    return this.#transport.get(url, { what: `${path} of ${id}`, offset, signal });
  }
}

/** "owner/name@revision" taken apart; the revision is "main" unless said. @throws a usage error. */
export function parseRepository(text: string): { id: string; revision: string } {
  const [, id, revision = "main"] = /^([\w.-]+\/[\w.-]+)(?:@(.+))?$/.exec(text) ?? [];
  if (id === undefined || id.split("/").some((part) => /^\.+$/.test(part))) {
    throw usageError(`expected a repository as OWNER/NAME or OWNER/NAME@REVISION, got ${text}`);
  }
  return { id, revision };
}

function toFile({ rfilename, size, blobId, lfs }: NonNullable<ModelInfo["siblings"]>[number]): HubFile[] {
  const bytes = lfs?.size ?? size;
  if (typeof rfilename !== "string" || typeof bytes !== "number") return [];
  return [{ path: rfilename, bytes, ...(lfs?.sha256 ? { sha256: lfs.sha256 } : blobId ? { blobId } : {}) }];
}

function licenseOf({ cardData, tags }: ModelInfo): string | undefined {
  const said = cardData?.license;
  if (typeof said === "string") return said;
  if (Array.isArray(said)) return said.join(", ");
  return tags?.find((tag) => tag.startsWith("license:"))?.slice("license:".length);
}
