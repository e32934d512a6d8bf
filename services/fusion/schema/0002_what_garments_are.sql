-- Price and words of garments, corrections by people, and the end of the log of recommendations: Feedback keeps that now,
-- in one order with what people answered.
alter table fusion.garments
  -- In the smallest unit of the currency; 0: unknown.
  add column price_cents bigint not null default 0 check (price_cents between 0 and 4294967295),
  -- Words that a recommendation can ask for.
  add column tags text[] not null default '{}' check (cardinality(tags) <= 32),
  -- Rises with every change of what is known of the garment.
  add column revision bigint not null default 0,
  -- Changes that began and of which it is not known yet whether the Index has them.
  add column open_changes integer not null default 0 check (open_changes >= 0);

drop index fusion.garments_unfinished;
create index garments_unfinished on fusion.garments (updated_at) where state <> 'ready' or open_changes > 0;
-- Everything of a person, whatever its state: erasure.
create index garments_of_owner on fusion.garments (owner_id) where owner_id <> '';

-- Corrections that Feedback has not acknowledged yet. A row is written with the change and removed after the acknowledgement;
-- the event counts once, however often it is sent.
create table fusion.corrections (
  event_id uuid primary key,
  user_id text not null,
  garment_id uuid not null,
  occurred_at timestamptz not null default now()
);
create index corrections_of_person on fusion.corrections (user_id);

drop table fusion.recommendations;
