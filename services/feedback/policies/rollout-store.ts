import type { Sql } from "postgres";
import { CONVEX_WEIGHTS } from "../learning/default-priors.ts";
import { bucketOf, shareOut, sharesOf } from "./rollout.ts";

/** A policy, as it is kept. */
export interface PolicyRow {
  name: string;
  /** Percent of people. */
  share: number;
  /** Model name to its share, of a policy with fixed ones. */
  weights: Readonly<Record<string, number>>;
}

/** A share of a policy that does not exist. */
export class UnknownPolicy extends Error {
  override name = "UnknownPolicy";
}

/** The name of the policy that ranks for a person. */
export async function policyOf(sql: Sql, userId: string): Promise<string> {
  const [row] = await sql<{ name: string }[]>`
    select policy.name from feedback.policy as policy
      join (select buckets from feedback.rollout order by rollout_id desc limit 1) as rollout
        on policy.place = get_byte(rollout.buckets, ${bucketOf(userId)}::integer)`;
  return row!.name;
}

/** All policies with the share of people who have them, in the order of their places. */
export async function readPolicies(sql: Sql): Promise<PolicyRow[]> {
  const [policies, [rollout]] = await Promise.all([
    sql<{ name: string; place: number }[]>`
      select name, place from feedback.policy order by place`,
    sql<{ buckets: Uint8Array }[]>`select buckets from feedback.rollout order by rollout_id desc limit 1`,
  ]);
  const shares = sharesOf(rollout!.buckets);
  return policies.map(({ name, place }) => ({
    name,
    share: shares.get(place) ?? 0,
    weights: name === "convex" ? CONVEX_WEIGHTS : {},
  }));
}

/**
 * Share people out anew, and tell those who watch; as few as possible change their policy.
 *
 * @param shares percent by name, whose sum is 100; who is not named gets none
 * @throws UnknownPolicy
 */
export async function setRollout(sql: Sql, shares: ReadonlyMap<string, number>): Promise<void> {
  const policies = await sql<{ name: string; place: number }[]>`select name, place from feedback.policy`;
  const places = new Map(policies.map(({ name, place }) => [name, place]));
  const byPlace = new Map<number, number>();
  for (const [name, share] of shares) {
    const place = places.get(name);
    if (place === undefined) {
      throw new UnknownPolicy(`no policy "${name}"; there are ${[...places.keys()].sort().join(", ")}`);
    }
    byPlace.set(place, share);
  }
  for (let stored = false; !stored; ) {
    const [last] = await sql<{ rollout_id: string; buckets: Uint8Array }[]>`
      select rollout_id, buckets from feedback.rollout order by rollout_id desc limit 1`;
    const buckets = Buffer.from(shareOut(last!.buckets, byPlace)).toString("hex");
    const [row] = await sql<{ stored: boolean }[]>`
      select feedback.set_rollout(${last!.rollout_id}, ${buckets}) as stored`;
    // Otherwise somebody else was faster: begin with theirs.
    stored = row!.stored;
  }
}
