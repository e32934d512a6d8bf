-- What was learned from the log up to `learned_seq`; written by one learner at a time, all of it in one transaction.

create table feedback.learner (
  only_row boolean primary key default true check (only_row),
  learned_seq bigint not null check (learned_seq >= 0),
  -- What is believed of everybody; null: nothing was learned yet.
  common bytea,
  -- How often somebody was erased: what was folded meanwhile is folded again.
  erasures bigint not null default 0,
  learned_at timestamptz not null default now()
);
insert into feedback.learner (learned_seq) values (0);

create table feedback.profile (
  user_id text primary key,
  state bytea not null,
  -- The entry of the log with which it was written last.
  learned_seq bigint not null
);
-- Whose profile changed since an entry.
create index profile_by_change on feedback.profile (learned_seq);

-- How often items were shown and answered to.
create table feedback.item_count (
  item_id text primary key,
  shown bigint not null,
  positive bigint not null,
  negative bigint not null
) with (fillfactor = 80);
create index item_by_popularity on feedback.item_count (positive desc, item_id) where positive > 0;

-- Store what the entries behind `expected_seq` up to `new_seq` made, all of it or, if somebody else learned or was erased
-- meanwhile, nothing: then it answers false. `publish`: a prior that new people start with, put into the log unless there is
-- one behind `publish_after` already. One statement is one transaction.
create function feedback.store_learned(
  expected_seq bigint, expected_erasures bigint, new_seq bigint, new_common text,
  user_ids text[], states text[],
  item_ids text[], shown bigint[], positive bigint[], negative bigint[],
  publish text, publish_after bigint
) returns boolean language plpgsql as $$
#variable_conflict use_column
declare
  prior bigint;
begin
  perform from feedback.learner where learned_seq = expected_seq and erasures = expected_erasures for update;
  if not found then return false; end if;
  insert into feedback.profile as kept (user_id, state, learned_seq)
  select sent.user_id, decode(sent.state, 'hex'), new_seq from unnest(user_ids, states) as sent (user_id, state)
  on conflict (user_id) do update set state = excluded.state, learned_seq = excluded.learned_seq;
  insert into feedback.item_count as kept (item_id, shown, positive, negative)
  select * from unnest(item_ids, shown, positive, negative)
  on conflict (item_id) do update set shown = kept.shown + excluded.shown,
    positive = kept.positive + excluded.positive, negative = kept.negative + excluded.negative;
  update feedback.learner set learned_seq = new_seq, common = decode(new_common, 'hex'), learned_at = clock_timestamp();
  if publish is not null and not exists (select from feedback.prior where prior_seq > publish_after) then
    update feedback.log_position set last_seq = last_seq + 1 returning last_seq into prior;
    insert into feedback.prior (prior_seq, priors, recorded_at) values (prior, decode(publish, 'hex'), clock_timestamp());
    perform pg_notify('feedback_log', '');
  end if;
  perform pg_notify('feedback_learned', '');
  return true;
end $$;

-- Remove everything that is kept of a person; answers rows by table.
create function feedback.erase_person(erased text) returns table (name text, removed bigint) language plpgsql as $$
declare
  removed_events bigint;
  removed_keys bigint;
begin
  -- The learner folds what it has read once more, without this person.
  update feedback.learner set erasures = erasures + 1;
  with gone as (
    delete from feedback.event where user_id = erased returning event_id
  ), keys as (
    delete from feedback.event_key as key using gone where key.event_id = gone.event_id returning 1
  )
  select (select count(*) from gone), (select count(*) from keys) into removed_events, removed_keys;
  return query values ('event', removed_events), ('event_key', removed_keys);
  with gone as (
    delete from feedback.recommendation where user_id = erased returning recommendation_id
  ), keys as (
    delete from feedback.recommendation_key as key using gone
    where key.recommendation_id = gone.recommendation_id returning 1
  )
  select (select count(*) from gone), (select count(*) from keys) into removed_events, removed_keys;
  return query values ('recommendation', removed_events), ('recommendation_key', removed_keys);
  delete from feedback.reset where user_id = erased;
  get diagnostics removed_events = row_count;
  return query values ('reset', removed_events);
  delete from feedback.profile where user_id = erased;
  get diagnostics removed_events = row_count;
  return query values ('profile', removed_events);
  perform pg_notify('feedback_person', erased);
end $$;
