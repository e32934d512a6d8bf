-- The store of record of the Index: every version of every item, in one global order.
create schema "index";

-- The counter of that order. A writer holds this row's lock from taking its numbers until its commit, so the numbers
-- become visible in order and without a gap: who has read up to n has missed nothing before n.
create table "index".log_position (
  only_row boolean primary key default true check (only_row),
  last_seq bigint not null check (last_seq >= 0)
);
insert into "index".log_position (last_seq) values (0);

-- The first vector of a model fixes how long its vectors are.
create table "index".model (
  model text primary key,
  dimensions integer not null check (dimensions between 1 and 4096)
);

-- One row a version. A deleted item is a row without embeddings.
create table "index".change (
  change_seq bigint primary key,
  item_id text not null,
  deleted boolean not null,
  owner_id text not null default '',
  category text not null default '',
  colour text not null default '',
  -- [{"model": "clip", "revision": "1", "dimensions": 256}], in the order of the vectors.
  embeddings jsonb not null default '[]',
  -- All vectors one after the other: unit length, float32 little-endian.
  vectors bytea not null default '',
  changed_at timestamptz not null default now()
);

-- The version of each item that counts now; a deleted item has none.
create table "index".item (
  item_id text primary key,
  change_seq bigint not null unique references "index".change
);
