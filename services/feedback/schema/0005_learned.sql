-- What was learned from the log up to `learned_seq`; written by one learner at a time, all of it in one transaction.

create table feedback.learner (
  only_row boolean primary key default true check (only_row),
  learned_seq bigint not null check (learned_seq >= 0),
  -- What is believed of everybody; null: nothing was learned yet.
  common bytea,
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
