import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { SearchRequestSchema, SearchResponseSchema } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { bytesFromFloats } from "../../../services/kit/vector.ts";
import type { Address } from "./wire/connection.ts";
import { Http2Wire } from "./wire/http2.ts";
import { intsOf, PostgresWire } from "./wire/postgres.ts";
import { command, RedisWire, replyOf } from "./wire/redis.ts";
import type { Wire } from "./wire/wire.ts";

/** Where and how a server is asked; travels to the clients as JSON. */
export interface Endpoint {
  dialect: keyof typeof dialects;
  address: Address;
  k: number;
  /** Candidates that the graph keeps. */
  ef: number;
  /** FlashFit: asked in one call, each with the same vector. */
  indices?: string[];
  /** FlashFit: `ef` is how many cells are visited, of a graph that has cells. */
  cells?: boolean;
  /** pgvector: the number that the type has in this database. */
  vectorType?: number;
}

interface Dialect {
  wire(endpoint: Endpoint): Wire;
  request(vector: Float32Array, endpoint: Endpoint): Uint8Array;
  /** Row numbers, nearest first; of the first list. */
  rows(answer: Buffer): number[];
}

/** How each server is asked for the k nearest of a vector. Each in the fastest way that it documents, all with binary vectors. */
export const dialects = {
  flashfit: {
    wire: ({ address: { host, port } }) => {
      const path = "/flashfit.index.v1.IndexService/Search";
      return new Http2Wire({ authority: `${host}:${port}`, scheme: "https", path, protocol: "connect" });
    },
    request: (values, { k, ef, indices = [], cells = false }) => {
      const vector = new Uint8Array(bytesFromFloats(values));
      const queries = indices.map((index) => ({ index, vector }));
      const params = cells ? { nprobe: ef } : { efSearch: ef };
      return toBinary(SearchRequestSchema, create(SearchRequestSchema, { queries, k, params }));
    },
    rows: (answer) =>
      fromBinary(SearchResponseSchema, answer).results[0]!.neighbours.map(({ itemId }) => Number(itemId)),
  },
  weaviate: {
    wire: ({ address: { host, port } }) => {
      const path = "/weaviate.v1.Weaviate/Search";
      return new Http2Wire({ authority: `${host}:${port}`, scheme: "http", path, protocol: "grpc" });
    },
    // SearchRequest of its weaviate.proto: collection 1, properties 20, metadata 21 (uuid 1), limit 30, near_vector 43
    // (vector_bytes 4), uses_123_api 102. The candidates are a setting of the collection.
    request: (values, { k }) => {
      const bytes = new Uint8Array(bytesFromFloats(values));
      const writer = new BinaryWriter();
      writer.tag(1, WireType.LengthDelimited).string("Item");
      writer.tag(20, WireType.LengthDelimited).bytes(new Uint8Array());
      writer.tag(21, WireType.LengthDelimited).fork().tag(1, WireType.Varint).bool(true).join();
      writer.tag(30, WireType.Varint).uint32(k);
      writer.tag(43, WireType.LengthDelimited).fork().tag(4, WireType.LengthDelimited).bytes(bytes).join();
      writer.tag(102, WireType.Varint).bool(true);
      return writer.finish();
    },
    // SearchReply: results 2, of each its metadata 2, of that id_as_bytes 20 without leading zeros; a row's id is row + 1.
    rows: (answer) =>
      fieldsOf(answer, 2)
        .flatMap((result) => fieldsOf(result, 2))
        .flatMap((metadata) => fieldsOf(metadata, 20))
        .map((id) => id.reduce((sum, byte) => sum * 256 + byte, 0) - 1),
  },
  pgvector: {
    wire: ({ ef, k, vectorType = 0 }) =>
      new PostgresWire({
        ...{ user: "postgres", database: "postgres", parameterType: vectorType },
        settings: `set hnsw.ef_search = ${ef}; set enable_seqscan = off`,
        statement: `select id from item order by v <-> $1 limit ${k}`,
      }),
    request: (values) => {
      const bytes = Buffer.alloc(4 + 4 * values.length);
      bytes.writeUInt16BE(values.length);
      values.forEach((value, at) => {
        bytes.writeFloatBE(value, 4 + 4 * at);
      });
      return bytes;
    },
    rows: intsOf,
  },
  redis: {
    wire: () => new RedisWire(),
    request: (values, { k, ef }) => {
      const search = `*=>[KNN ${k} @v $q EF_RUNTIME ${ef}]`;
      const vector = new Uint8Array(bytesFromFloats(values));
      return command("FT.SEARCH", "items", search, "NOCONTENT", "PARAMS", 2, "q", vector, "DIALECT", 2);
    },
    rows: (answer) => {
      const [, ...ids] = replyOf(answer) as Buffer[];
      return ids.map((id) => Number(id.toString()));
    },
  },
} satisfies Record<string, Dialect>;

/** The values of one field of a message, each as bytes. */
function fieldsOf(message: Uint8Array, field: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, number);
  }
  return found;
}
