-- What people did, in the order in which it was recorded; rows are only ever added.
create schema feedback;

-- The counter of that order. Writers hold this row's lock until their commit: the numbers have no gap, become visible in
-- order, and what a batch is compared with cannot change under it.
create table feedback.log_position (
  only_row boolean primary key default true check (only_row),
  last_seq bigint not null check (last_seq >= 0)
);
insert into feedback.log_position (last_seq) values (0);

create table feedback.event (
  event_seq bigint primary key,
  event_id text not null unique,
  user_id text not null,
  item_id text not null,
  -- Number of the action in feedback.proto.
  action smallint not null check (action > 0),
  recommendation_id text not null default '',
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now()
);

-- Pages of a person's events, newest first.
create index event_by_user on feedback.event (user_id, occurred_at desc, event_seq desc);
-- The latest action of a person on each item.
create index event_by_user_and_item on feedback.event (user_id, item_id, occurred_at desc, event_seq desc) include (action);
