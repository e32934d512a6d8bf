-- Garments of people and of the catalogue, and what was recommended to whom.
create schema fusion;

create table fusion.garments (
  -- Derived from owner and photo, so that adding the same photo again finds the same row.
  id uuid primary key,
  -- Empty: the catalogue, which everybody sees.
  owner_id text not null check (char_length(owner_id) <= 128),
  photo_sha256 bytea not null check (octet_length(photo_sha256) = 32),
  -- WebP, longest side at most 512 pixels, without metadata.
  photo bytea not null,
  category text not null check (char_length(category) <= 64),
  colour text not null check (char_length(colour) <= 64),
  caption text not null,
  -- Only `ready` garments are seen by anybody; the other two are on their way in or out.
  state text not null check (state in ('adding', 'ready', 'deleting')),
  -- The change by which the Index knows it; a search that waits for the highest one sees every ready garment.
  change_seq bigint check (state <> 'ready' or change_seq is not null),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner_id, photo_sha256)
);
-- WebP does not get smaller by compressing it again.
alter table fusion.garments alter column photo set storage external;

create index garments_newest on fusion.garments (owner_id, created_at desc, id desc) where state = 'ready';
create index garments_newest_change on fusion.garments (owner_id, change_seq desc) where state = 'ready';
create index garments_unfinished on fusion.garments (updated_at) where state <> 'ready';

create table fusion.recommendations (
  id uuid primary key,
  -- Empty: nobody in particular asked.
  user_id text not null,
  query_kind text not null check (query_kind in ('photo', 'text', 'item')),
  -- The garment that was asked for, when one was.
  query_item_id uuid,
  policy text not null,
  -- Model name to its share in the fusion.
  weights jsonb not null,
  -- As shown, best first: [{"id", "score", "scores": {model: cosine}}].
  items jsonb not null,
  degraded text[] not null,
  created_at timestamptz not null default now()
);
create index recommendations_of_person on fusion.recommendations (user_id, created_at desc);
