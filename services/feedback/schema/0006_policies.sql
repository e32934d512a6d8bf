-- Ways to rank, and how people are shared out among them.

create table feedback.policy (
  name text primary key,
  -- The number by which rollouts name it; never used again for another one.
  place smallint not null unique check (place between 0 and 255)
);
insert into feedback.policy (name, place) values ('baseline', 0), ('convex', 1), ('adaptive', 2);

-- Every rollout there was; the last one counts. A person belongs to one of 10,000 buckets by a hash of the user id.
create table feedback.rollout (
  rollout_id bigint generated always as identity primary key,
  -- One byte a bucket: the place of its policy.
  buckets bytea not null check (octet_length(buckets) = 10000),
  set_at timestamptz not null default now()
);
-- baseline 10 %, convex 0 %, adaptive 90 %.
insert into feedback.rollout (buckets)
values (decode(repeat('00', 1000) || repeat('02', 9000), 'hex'));

-- Share people out anew, if the last rollout is still the one that this began with; otherwise it answers false.
create function feedback.set_rollout(expected_id bigint, new_buckets text) returns boolean language plpgsql as $$
begin
  lock table feedback.rollout in exclusive mode;
  if (select max(rollout_id) from feedback.rollout) <> expected_id then return false; end if;
  insert into feedback.rollout (buckets) values (decode(new_buckets, 'hex'));
  perform pg_notify('feedback_learned', 'rollout');
  return true;
end $$;
