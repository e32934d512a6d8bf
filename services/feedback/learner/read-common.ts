import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import type { CommonLearningSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { commonLearningOf, popularityOf } from "../learning/profile.ts";
import type { ItemCount } from "../learning/state.ts";
import { policyMessages } from "../policies/list-policies.ts";
import { type Learned, readPosition } from "./learned-store.ts";

/** Items with a positive answer that popularity looks at, those with the most. */
const COUNTED_ITEMS = 20_000;

/** What is believed of everybody, and the entry of the log that it rests on. */
export async function readCommon(sql: Sql): Promise<Learned> {
  return (await readPosition(sql, undefined)).learned;
}

/** The same as a message, with popularity, policies and their shares. */
export async function readCommonLearning(
  sql: Sql,
): Promise<{ seq: bigint; common: MessageInitShape<typeof CommonLearningSchema> }> {
  const [{ seq, common }, counts] = await Promise.all([readCommon(sql), readCounts(sql)]);
  const policies = await policyMessages(sql, common);
  return { seq, common: { ...commonLearningOf(common, popularityOf(counts)), policies } };
}

async function readCounts(sql: Sql): Promise<ItemCount[]> {
  const rows = await sql<{ item_id: string; shown: string; positive: string; negative: string }[]>`
    select item_id, shown, positive, negative from feedback.item_count
    where positive > 0 order by positive desc, item_id limit ${COUNTED_ITEMS}`;
  return rows.map(({ item_id, shown, positive, negative }) => ({
    itemId: item_id,
    shown: Number(shown),
    positive: Number(positive),
    negative: Number(negative),
  }));
}
