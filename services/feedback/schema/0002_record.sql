-- Record the events that are new; element n of each array belongs to event n, ids are distinct. One statement, one
-- transaction. If an id stands for something else already, nothing is recorded and that id is returned.
create function feedback.record_events(
  event_ids text[], user_ids text[], item_ids text[], actions smallint[], recommendation_ids text[],
  occurred_micros bigint[], now_micros bigint,
  out recorded integer, out conflicting_id text
) language plpgsql as $$
#variable_conflict use_column
declare
  before bigint;
begin
  -- First of all, so that what the statements below compare with is final.
  select last_seq into before from feedback.log_position for update;
  recorded := 0;

  select sent.event_id into conflicting_id
  from unnest(event_ids, user_ids, item_ids, actions, recommendation_ids, occurred_micros)
    with ordinality as sent (event_id, user_id, item_id, action, recommendation_id, micros, at)
    join feedback.event as kept using (event_id)
  where (kept.user_id, kept.item_id, kept.action, kept.recommendation_id)
      <> (sent.user_id, sent.item_id, sent.action, sent.recommendation_id)
    or kept.occurred_at <> timestamptz 'epoch' + sent.micros * interval '1 microsecond'
  order by sent.at limit 1;
  if found then return; end if;

  insert into feedback.event (event_seq, event_id, user_id, item_id, action, recommendation_id, occurred_at)
  select before + row_number() over (order by sent.at), sent.event_id, sent.user_id, sent.item_id, sent.action,
    sent.recommendation_id, timestamptz 'epoch' + coalesce(sent.micros, now_micros) * interval '1 microsecond'
  from unnest(event_ids, user_ids, item_ids, actions, recommendation_ids, occurred_micros)
    with ordinality as sent (event_id, user_id, item_id, action, recommendation_id, micros, at)
  where not exists (select from feedback.event as kept where kept.event_id = sent.event_id);
  get diagnostics recorded = row_count;
  update feedback.log_position set last_seq = before + recorded;
end $$;
