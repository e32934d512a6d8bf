import { readFile } from "node:fs/promises";
import { createClient } from "@connectrpc/connect";
import { EncoderService } from "../gen/flashfit/encoder/v1/encoder_pb.ts";
import { floatsFromBytes } from "../services/kit/vector.ts";
import { edgeTransport } from "../test/mesh/clients.ts";
import type { TestMesh } from "../test/support/mesh.ts";
import type { Labelled } from "./measures.ts";
import type { LabelledFile } from "./photographs.ts";

/** What the Encoder says of one photograph. */
export interface Encoded {
  category: string;
  /** By model. */
  vectors: Map<string, Float32Array>;
  /** The best category and colour of the classifying model. */
  saidCategory: string | undefined;
  saidColour: string | undefined;
  caption: string;
}

const TIMEOUT_MS = 60_000;

/** Photographs and prompts through the Encoder of a mesh, several at a time. */
export class MeshEncoder {
  readonly #client;
  readonly #concurrency: number;

  constructor(mesh: TestMesh, concurrency = 8) {
    this.#client = createClient(EncoderService, edgeTransport(mesh, TIMEOUT_MS));
    this.#concurrency = concurrency;
  }

  /** In the order given. */
  async photographs(files: readonly LabelledFile[], caption: boolean): Promise<Encoded[]> {
    const encoded: Encoded[] = [];
    const queue = files.entries();
    const work = async () => {
      for (const [i, { category, file }] of queue) {
        const answer = await this.#client.encode({ input: { case: "photo", value: await readFile(file) }, caption });
        if (answer.unavailable.length > 0) throw new Error(`${answer.unavailable.join(", ")} did not answer ${file}`);
        encoded[i] = {
          category,
          vectors: new Map(answer.embeddings.map(({ model, vector }) => [model, floatsFromBytes(vector)])),
          saidCategory: answer.categories[0]?.name,
          saidColour: answer.colours[0]?.name,
          caption: answer.caption,
        };
      }
    };
    await Promise.all(Array.from({ length: this.#concurrency }, work));
    return encoded;
  }

  /** A sentence in the space of every model. */
  async text(value: string): Promise<Map<string, Float32Array>> {
    const { embeddings } = await this.#client.encode({ input: { case: "text", value } });
    return new Map(embeddings.map(({ model, vector }) => [model, floatsFromBytes(vector)]));
  }
}

/** The photographs as one model sees them. */
export function seenBy(model: string, encoded: readonly Encoded[]): Labelled[] {
  return encoded.map(({ category, vectors }) => {
    const vector = vectors.get(model);
    if (!vector) throw new Error(`expected a vector of ${model}, got ${[...vectors.keys()].join(", ") || "none"}`);
    return { category, vector };
  });
}
