import { fromBinary } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import {
  type Action,
  type Recommendation,
  RecommendationSchema,
} from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { floatsFromBytes } from "../../kit/vector.ts";
import type { LoggedRecommendation } from "./logged.ts";
import { rewardOfItem } from "./reward.ts";

/** What is read of the log. */
export interface ReadOptions {
  /** Only recommendations since then, microseconds since 1970; undefined: all. */
  sinceMicros: bigint | undefined;
  /** At most so many, the newest. */
  limit: number;
  /** Places that count. */
  places: number;
  /** Called after every page. */
  pause?: () => Promise<void>;
}

interface Row {
  recommendation_seq: string;
  micros: string;
  message: Uint8Array;
  answers: [itemId: string, action: Action, rating: number][];
}

const PAGE = 500;

/**
 * The newest recommendations that somebody was shown, with what that person answered to them. Those of nobody in particular
 * are left out: nobody is shared out among the policies by them, and nobody's answer is theirs.
 */
export async function readAnswered(
  sql: Sql,
  { sinceMicros, limit, places, pause = async () => {} }: ReadOptions,
): Promise<LoggedRecommendation[]> {
  const found: LoggedRecommendation[] = [];
  const since = sinceMicros === undefined ? sql`` : sql`and shown.created_at >= ${moment(sql, sinceMicros)}`;
  for (let last: Row | undefined; found.length < limit; ) {
    const behind = last
      ? sql`and (shown.created_at, shown.recommendation_seq) < (${moment(sql, BigInt(last.micros))}, ${last.recommendation_seq})`
      : sql``;
    const size = Math.min(PAGE, limit - found.length);
    const rows: Row[] = await sql<Row[]>`
      select shown.recommendation_seq, (extract(epoch from shown.created_at) * 1000000)::bigint as micros, shown.message,
        array(
          select jsonb_build_array(event.item_id, event.action, event.rating) from feedback.event as event
          where event.recommendation_id = shown.recommendation_id and event.recommendation_id <> ''
            and event.user_id = shown.user_id and event.event_seq > shown.recommendation_seq
        ) as answers
      from feedback.recommendation as shown
      where shown.user_id <> '' ${since} ${behind}
      order by shown.created_at desc, shown.recommendation_seq desc limit ${size}`;
    found.push(...rows.map((row) => loggedOf(fromBinary(RecommendationSchema, row.message), row.answers, places)));
    if (rows.length < size) break;
    last = rows.at(-1);
    await pause();
  }
  return found;
}

function moment(sql: Sql, micros: bigint) {
  return sql`timestamptz 'epoch' + ${micros.toString()}::bigint * interval '1 microsecond'`;
}

/** A recommendation of the log and the answers to it, as evaluation sees them. */
function loggedOf(
  { policy, kind, layout, items, expectedFeatures }: Recommendation,
  answers: readonly Row["answers"][number][],
  places: number,
): LoggedRecommendation {
  const byItem = Map.groupBy(answers, ([itemId]) => itemId);
  return {
    policy,
    kind,
    layout,
    places: items.slice(0, places).map(({ itemId, propensity, otherPropensities, features }) => ({
      propensities: { ...otherPropensities, [policy]: propensity },
      reward: rewardOfItem((byItem.get(itemId) ?? []).map(([, action, rating]) => ({ action, rating }))),
      features: features.length === 0 ? undefined : floats(features),
    })),
    expectedFeatures: Object.fromEntries(
      Object.entries(expectedFeatures).map(([name, bytes]) => [name, floats(bytes)]),
    ),
  };
}

/** Float32 values; what does not fill a whole number at the end is cut off. */
function floats(bytes: Uint8Array): Float32Array {
  return floatsFromBytes(bytes.subarray(0, bytes.byteLength - (bytes.byteLength % Float32Array.BYTES_PER_ELEMENT)));
}
