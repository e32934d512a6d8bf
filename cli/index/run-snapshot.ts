import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { SnapshotInfo } from "../../gen/flashfit/index/v1/index_pb.ts";
import { table } from "../client/table.ts";
import { formatBytes } from "../models/format.ts";
import { formatCount, formatMs } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit index snapshot` */
export async function run(job: Job): Promise<number> {
  const { snapshot, tookMs, snapshots } = await asked(job.index, () =>
    job.index.client.snapshot({}, { signal: job.signal }),
  );
  const lines = snapshots.map(lineOf);
  const rows = lines.map(({ generation, changeSeq, vectors, bytes, writtenAt }) => [
    ...[generation, formatCount(changeSeq), formatCount(vectors), formatBytes(bytes), writtenAt],
  ]);
  const said = table(["snapshot", "up to change", "vectors", "size", "written"], rows);
  const written = `${snapshot?.generation} was written in ${formatMs(Number(tookMs))}`;
  job.answer(
    { written: snapshot && lineOf(snapshot), tookMs: Number(tookMs), snapshots: lines },
    `${said}\n\n${written}`,
  );
  return 0;
}

function lineOf({ generation, changeSeq, vectorCount, bytes, writtenAt }: SnapshotInfo) {
  return {
    generation,
    changeSeq: Number(changeSeq),
    vectors: Number(vectorCount),
    bytes: Number(bytes),
    writtenAt: writtenAt ? timestampDate(writtenAt).toISOString() : "",
  };
}
