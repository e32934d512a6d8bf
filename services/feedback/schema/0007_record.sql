-- feedback.record as before, in time that grows with the rows and no faster: what is new is found once and written to both
-- tables from there, without a join of the rows with themselves; what an id stands for already is read only if one does.
create or replace function feedback.record(
  recommendation_ids text[], shown_to text[], kinds text[], query_item_ids text[], policies text[], layouts text[],
  messages text[], created_micros bigint[],
  calls integer[], event_ids text[], user_ids text[], item_ids text[], actions smallint[], ratings smallint[],
  of_recommendations text[], occurred_micros bigint[], now_micros bigint
) returns table (kind text, call integer, recorded integer, conflicting_id text) language plpgsql
-- Each statement looks up a few ids in tables of any size: one plan for that is good for all groups, and to make one costs
-- more than to write a row.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  before bigint;
  at_time timestamptz;
  shown integer := 0;
  added integer := 0;
  -- By call, from 1 on: the id that refuses it.
  refusals text[] := '{}';
begin
  -- First of all, so that what the statements below compare with is final.
  select last_seq into before from feedback.log_position for update;
  at_time := clock_timestamp();

  if cardinality(recommendation_ids) > 0 then
    with new as materialized (
      select sent.*, before + row_number() over (order by sent.at) as seq
      from unnest(recommendation_ids, shown_to, kinds, query_item_ids, policies, layouts, messages, created_micros)
        with ordinality as sent (id, user_id, kind, query_item_id, policy, layout, message, micros, at)
      where not exists (select from feedback.recommendation_key as kept where kept.recommendation_id = sent.id)
    ), keys as (
      insert into feedback.recommendation_key (recommendation_id, recommendation_seq, recorded_at)
      select id, seq, at_time from new
    )
    insert into feedback.recommendation (recommendation_seq, recommendation_id, user_id, kind, query_item_id, policy, layout,
      message, created_at, recorded_at)
    select seq, id, user_id, kind, query_item_id, policy, layout,
      decode(message, 'hex'), timestamptz 'epoch' + micros * interval '1 microsecond', at_time
    from new;
    get diagnostics shown = row_count;
    return query
      select 'recommendation', sent.at::integer, (key.recommendation_seq > before)::integer,
        case when kept.user_id <> sent.user_id then sent.id end
      from unnest(recommendation_ids, shown_to) with ordinality as sent (id, user_id, at)
        join feedback.recommendation_key as key on key.recommendation_id = sent.id
        left join feedback.recommendation as kept on key.recommendation_seq <= before
          and kept.recommendation_seq = key.recommendation_seq and kept.recorded_at = key.recorded_at;
  end if;

  if cardinality(event_ids) > 0 then
    if exists (
      select from unnest(event_ids) as sent (event_id) join feedback.event_key as key on key.event_id = sent.event_id
    ) then
      for call, conflicting_id in
        select sent.call, sent.event_id
        from unnest(calls, event_ids, user_ids, item_ids, actions, ratings, of_recommendations, occurred_micros)
          with ordinality as sent (call, event_id, user_id, item_id, action, rating, recommendation_id, micros, at)
          join feedback.event_key as key on key.event_id = sent.event_id
          join feedback.event as kept on kept.event_seq = key.event_seq and kept.recorded_at = key.recorded_at
        where (kept.user_id, kept.item_id, kept.action, kept.rating, kept.recommendation_id)
            <> (sent.user_id, sent.item_id, sent.action, sent.rating, sent.recommendation_id)
          or kept.occurred_at <> timestamptz 'epoch' + sent.micros * interval '1 microsecond'
        -- The first one of a call comes last, and stays.
        order by sent.at desc
      loop
        refusals[call + 1] := conflicting_id;
      end loop;
    end if;

    with new as materialized (
      select sent.*, before + shown + row_number() over (order by sent.at) as seq
      from unnest(calls, event_ids, user_ids, item_ids, actions, ratings, of_recommendations, occurred_micros)
        with ordinality as sent (call, event_id, user_id, item_id, action, rating, recommendation_id, micros, at)
      where refusals[sent.call + 1] is null
        and not exists (select from feedback.event_key as kept where kept.event_id = sent.event_id)
    ), keys as (
      insert into feedback.event_key (event_id, event_seq, recorded_at) select event_id, seq, at_time from new
    )
    insert into feedback.event (event_seq, event_id, user_id, item_id, action, rating, recommendation_id, occurred_at,
      recorded_at)
    select seq, event_id, user_id, item_id, action, rating, recommendation_id,
      timestamptz 'epoch' + coalesce(micros, now_micros) * interval '1 microsecond', at_time
    from new;
    get diagnostics added = row_count;
    return query
      select 'events', sent.call, count(*) filter (where key.event_seq > before)::integer, refusals[sent.call + 1]
      from unnest(calls, event_ids) as sent (call, event_id)
        left join feedback.event_key as key on key.event_id = sent.event_id
      group by sent.call;
  end if;

  if shown + added > 0 then
    update feedback.log_position set last_seq = before + shown + added;
    -- Told when this is committed; several of one transaction are one.
    perform pg_notify('feedback_log', '');
  end if;
end $$;
