import { readdir, readFile } from "node:fs/promises";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import pino from "pino";
import postgres from "postgres";
import { Registry } from "prom-client";
import sharp from "sharp";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { OutfitService } from "../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { createFusion } from "./create-fusion.ts";
import { inMemoryUpstreams } from "./in-memory-upstreams.ts";
import type { Upstreams } from "./upstreams.ts";

const MIB = 1024 * 1024;

/** A connection to an empty database that gets Fusion's schema. For tests. */
export async function fusionDatabase(url: string): Promise<postgres.Sql> {
  const sql = postgres(url, { onnotice: () => {} });
  const folder = new URL("./schema/", import.meta.url);
  for (const name of (await readdir(folder)).sort()) {
    await sql.unsafe(await readFile(new URL(name, folder), "utf8")).simple();
  }
  return sql;
}

/** Fusion's handlers on a database, asked without sockets. */
export function localFusion<U extends Upstreams>(sql: postgres.Sql, upstreams: U) {
  const log = pino({ level: "silent" });
  const fusion = createFusion({
    sql,
    upstreams,
    log,
    metrics: new Registry(),
    ...{ profileTimeoutMs: 500, recordTimeoutMs: 500, profileMaxAgeMs: 0, itemMaxAgeMs: 300_000, abandonedAfterMs: 0 },
    ...{ profileCacheBytes: 64 * MIB, itemCacheBytes: 64 * MIB, parallelAdds: 4 },
    random: () => 0.5,
  });
  const transport = createRouterTransport((router) => {
    for (const { service, methods } of fusion.implementations) router.service(service, methods);
  });
  return {
    upstreams,
    sweep: fusion.sweep,
    follow: fusion.follow,
    recommender: createClient(FusionService, transport),
    wardrobe: createClient(WardrobeService, transport),
    outfits: createClient(OutfitService, transport),
  };
}

/** The same with in-memory upstreams, on an emptied database. */
export async function freshFusion(sql: postgres.Sql) {
  await sql`truncate fusion.garments, fusion.corrections cascade`;
  return localFusion(sql, inMemoryUpstreams());
}

/** The same with so many garments of an owner, default: the catalogue; their ids in the order of adding. */
export async function stockedFusion(sql: postgres.Sql, count: number, ownerId = "") {
  const fusion = await freshFusion(sql);
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const { garment } = await fusion.wardrobe.addGarment({ garment: { ownerId, photo: await plainPhoto(n) } });
    ids.push(garment?.id ?? "");
  }
  return { ...fusion, ids };
}

/** A small PNG of one colour: another number, another photo. */
export function plainPhoto(n: number): Promise<Uint8Array> {
  const background = { r: n % 256, g: (n >> 8) % 256, b: 0 };
  return sharp({ create: { width: 24, height: 24, channels: 3, background } })
    .png()
    .toBuffer();
}
