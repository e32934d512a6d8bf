-- One log: events, recommendations as shown, fresh starts and published priors take their numbers from one gap-free counter
-- (feedback.log_position). Events and recommendations lie in partitions by the month (UTC) in which they were recorded.

drop function feedback.record_events;
alter table feedback.event rename to event_before;
alter index feedback.event_pkey rename to event_before_pkey;
drop index feedback.event_by_user, feedback.event_by_user_and_item;

create table feedback.event (
  event_seq bigint not null,
  event_id text not null,
  user_id text not null,
  item_id text not null,
  -- Number of the action in feedback.proto.
  action smallint not null check (action > 0),
  -- 1 to 5 with ACTION_RATE, 0 with every other action.
  rating smallint not null default 0 check (rating between 0 and 5),
  recommendation_id text not null default '',
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (event_seq, recorded_at)
) partition by range (recorded_at);
-- Pages of a person's events, newest first.
create index event_by_user on feedback.event (user_id, occurred_at desc, event_seq desc);
-- A person's events in the order of the log: what is not learned yet, exports.
create index event_of_user_in_log on feedback.event (user_id, event_seq);
-- The answers to a recommendation.
create index event_by_recommendation on feedback.event (recommendation_id, event_seq) where recommendation_id <> '';

-- Which ids are used: no unique index reaches over partitions.
create table feedback.event_key (
  event_id text primary key,
  event_seq bigint not null,
  recorded_at timestamptz not null
);

create table feedback.recommendation (
  recommendation_seq bigint not null,
  recommendation_id text not null,
  -- Empty: nobody in particular.
  user_id text not null,
  kind text not null,
  query_item_id text not null,
  policy text not null,
  layout text not null,
  -- All of it, as Protobuf: flashfit.feedback.v1.Recommendation.
  message bytea not null,
  created_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (recommendation_seq, recorded_at)
) partition by range (recorded_at);
create index recommendation_of_user_in_log on feedback.recommendation (user_id, recommendation_seq);
create index recommendation_by_time on feedback.recommendation (created_at, recommendation_seq);

create table feedback.recommendation_key (
  recommendation_id text primary key,
  recommendation_seq bigint not null,
  recorded_at timestamptz not null
);

-- A person wanted a fresh start.
create table feedback.reset (
  reset_seq bigint primary key,
  user_id text not null,
  recorded_at timestamptz not null
);
create index reset_of_user on feedback.reset (user_id, reset_seq);

-- What new people start with from here on; written by the learner.
create table feedback.prior (
  prior_seq bigint primary key,
  priors bytea not null,
  recorded_at timestamptz not null
);

-- Partitions for `months` months from the one of `first` on, as far as they are missing; answers how many were made.
create function feedback.add_partitions(first timestamptz, months integer) returns integer language plpgsql as $$
declare
  made integer := 0;
  parent text;
  part text;
  start timestamp := date_trunc('month', first at time zone 'UTC');
begin
  -- Any number, the same for all: processes make them one after the other.
  perform pg_advisory_xact_lock(4270119);
  for n in 0 .. months - 1 loop
    foreach parent in array array['event', 'recommendation'] loop
      part := parent || to_char(start + n * interval '1 month', '_YYYY_MM');
      continue when to_regclass('feedback.' || part) is not null;
      -- Made apart and attached, so that nobody who reads or writes the others is kept waiting.
      execute format('create table feedback.%I (like feedback.%I including all)', part, parent);
      execute format('alter table feedback.%I attach partition feedback.%I for values from (%L) to (%L)', parent, part,
        (start + n * interval '1 month') at time zone 'UTC', (start + (n + 1) * interval '1 month') at time zone 'UTC');
      made := made + 1;
    end loop;
  end loop;
  return made;
end $$;

select feedback.add_partitions(
  first => coalesce(min(recorded_at), now()),
  months => 4 + (12 * extract(year from age(now(), coalesce(min(recorded_at), now())))
    + extract(month from age(now(), coalesce(min(recorded_at), now()))))::integer)
from feedback.event_before;

insert into feedback.event
  (event_seq, event_id, user_id, item_id, action, recommendation_id, occurred_at, recorded_at)
select event_seq, event_id, user_id, item_id, action, recommendation_id, occurred_at, recorded_at
from feedback.event_before;
insert into feedback.event_key (event_id, event_seq, recorded_at)
select event_id, event_seq, recorded_at from feedback.event_before;
drop table feedback.event_before;
