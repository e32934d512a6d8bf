-- Outfits that people saved. The same garments are the same outfit of a person; without one of them it is none any more.
create table fusion.outfits (
  user_id text not null check (user_id <> '' and char_length(user_id) <= 128),
  -- Derived from the ids of the garments.
  id uuid not null,
  -- As they were when it was saved.
  score double precision not null,
  compatibility double precision not null check (compatibility between 0 and 1),
  -- [{"name", "value", "contribution"}], their contributions sum to the score.
  parts jsonb not null,
  reason text not null,
  created_at timestamptz not null default now(),
  primary key (user_id, id)
);
create index outfits_newest on fusion.outfits (user_id, created_at desc, id desc);

create table fusion.outfit_garments (
  user_id text not null,
  outfit_id uuid not null,
  garment_id uuid not null references fusion.garments (id) on delete cascade,
  primary key (user_id, outfit_id, garment_id),
  foreign key (user_id, outfit_id) references fusion.outfits (user_id, id) on delete cascade
);
create index outfit_garments_of_garment on fusion.outfit_garments (garment_id);

create function fusion.outfit_lost_garment() returns trigger language plpgsql as $$
begin
  delete from fusion.outfits where user_id = old.user_id and id = old.outfit_id;
  return null;
end $$;
create trigger outfit_lost_garment after delete on fusion.outfit_garments
  for each row execute function fusion.outfit_lost_garment();

-- The newest garments of each category and colour, and which of these there are, without reading all garments.
create index garments_by_look on fusion.garments (owner_id, category, colour, created_at desc, id desc)
  where state = 'ready';
