-- Record a group of calls in one statement, which is one transaction. Element n of each array belongs to entry n; no id is
-- in two entries. Recommendations come first. A call with an event id that stands for something else already is refused
-- as a whole; the other calls of the group are not touched by that.
--
-- Answers a row a call of events (kind 'events', call, how many were new, the id that refuses it or null) and a row a
-- recommendation (kind 'recommendation', its place from 1 on, 1 if it was new, its id if it is another person's or null).
create function feedback.record(
  recommendation_ids text[], shown_to text[], kinds text[], query_item_ids text[], policies text[], layouts text[],
  messages text[], created_micros bigint[],
  calls integer[], event_ids text[], user_ids text[], item_ids text[], actions smallint[], ratings smallint[],
  of_recommendations text[], occurred_micros bigint[], now_micros bigint
) returns table (kind text, call integer, recorded integer, conflicting_id text) language plpgsql
-- Each statement looks up a few ids in tables of any size: whatever the statistics were when its plan was made.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  before bigint;
  at_time timestamptz;
  shown integer := 0;
  added integer := 0;
  refused_calls integer[];
  refused_ids text[];
begin
  -- First of all, so that what the statements below compare with is final.
  select last_seq into before from feedback.log_position for update;
  at_time := clock_timestamp();

  if cardinality(recommendation_ids) > 0 then
    with new as (
      insert into feedback.recommendation_key (recommendation_id, recommendation_seq, recorded_at)
      select sent.id, before + row_number() over (order by sent.at), at_time
      from unnest(recommendation_ids) with ordinality as sent (id, at)
      where not exists (select from feedback.recommendation_key as kept where kept.recommendation_id = sent.id)
      returning recommendation_id, recommendation_seq
    )
    insert into feedback.recommendation (recommendation_seq, recommendation_id, user_id, kind, query_item_id, policy, layout,
      message, created_at, recorded_at)
    select new.recommendation_seq, sent.id, sent.user_id, sent.kind, sent.query_item_id, sent.policy, sent.layout,
      decode(sent.message, 'hex'), timestamptz 'epoch' + sent.micros * interval '1 microsecond', at_time
    from unnest(recommendation_ids, shown_to, kinds, query_item_ids, policies, layouts, messages, created_micros)
      as sent (id, user_id, kind, query_item_id, policy, layout, message, micros)
      join new on new.recommendation_id = sent.id;
    get diagnostics shown = row_count;
    return query
      select 'recommendation', sent.at::integer, (key.recommendation_seq > before)::integer,
        case when kept.user_id <> sent.user_id then sent.id end
      from unnest(recommendation_ids, shown_to) with ordinality as sent (id, user_id, at)
        join feedback.recommendation_key as key on key.recommendation_id = sent.id
        join feedback.recommendation as kept
          on kept.recommendation_seq = key.recommendation_seq and kept.recorded_at = key.recorded_at;
  end if;

  if cardinality(event_ids) > 0 then
    select array_agg(first.call), array_agg(first.event_id) into refused_calls, refused_ids from (
      select distinct on (sent.call) sent.call, sent.event_id
      from unnest(calls, event_ids, user_ids, item_ids, actions, ratings, of_recommendations, occurred_micros)
        with ordinality as sent (call, event_id, user_id, item_id, action, rating, recommendation_id, micros, at)
        join feedback.event_key as key on key.event_id = sent.event_id
        join feedback.event as kept on kept.event_seq = key.event_seq and kept.recorded_at = key.recorded_at
      where (kept.user_id, kept.item_id, kept.action, kept.rating, kept.recommendation_id)
          <> (sent.user_id, sent.item_id, sent.action, sent.rating, sent.recommendation_id)
        or kept.occurred_at <> timestamptz 'epoch' + sent.micros * interval '1 microsecond'
      order by sent.call, sent.at) as first;

    with new as (
      insert into feedback.event_key (event_id, event_seq, recorded_at)
      select sent.event_id, before + shown + row_number() over (order by sent.at), at_time
      from unnest(calls, event_ids) with ordinality as sent (call, event_id, at)
      where sent.call <> all (coalesce(refused_calls, '{}'))
        and not exists (select from feedback.event_key as kept where kept.event_id = sent.event_id)
      returning event_id, event_seq
    )
    insert into feedback.event (event_seq, event_id, user_id, item_id, action, rating, recommendation_id, occurred_at,
      recorded_at)
    select new.event_seq, sent.event_id, sent.user_id, sent.item_id, sent.action, sent.rating, sent.recommendation_id,
      timestamptz 'epoch' + coalesce(sent.micros, now_micros) * interval '1 microsecond', at_time
    from unnest(event_ids, user_ids, item_ids, actions, ratings, of_recommendations, occurred_micros)
      as sent (event_id, user_id, item_id, action, rating, recommendation_id, micros)
      join new on new.event_id = sent.event_id;
    get diagnostics added = row_count;
    return query
      select 'events', sent.call, count(*) filter (where key.event_seq > before)::integer, min(refused.id)
      from unnest(calls, event_ids) as sent (call, event_id)
        left join feedback.event_key as key on key.event_id = sent.event_id
        left join unnest(refused_calls, refused_ids) as refused (call, id) on refused.call = sent.call
      group by sent.call;
  end if;

  if shown + added > 0 then
    update feedback.log_position set last_seq = before + shown + added;
    -- Told when this is committed; several of one transaction are one.
    perform pg_notify('feedback_log', '');
  end if;
end $$;
