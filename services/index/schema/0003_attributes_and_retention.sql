-- Prices, tags and how vectors are compared; and an end for versions that no longer count.
alter table "index".change
  add column price_cents bigint not null default 0 check (price_cents between 0 and 4294967295),
  add column tags text[] not null default '{}';

-- The vectors of a model are kept as its metric wants them: at unit length for cosine, as they were sent otherwise.
alter table "index".model add column metric text not null default 'cosine' check (metric in ('cosine', 'ip', 'l2'));

-- Pages of items go by the bytes of their ids, whatever the database's own order is.
create index item_in_order on "index".item (item_id collate "C");
create index change_of_owner on "index".change (owner_id) where owner_id <> '';

-- Up to the horizon versions that were replaced may be gone: who has read less far loads the items anew.
alter table "index".log_position add column horizon bigint not null default 0 check (horizon between 0 and last_seq);

-- Versions that do not count any more, and the change since when. They are deleted once that lies behind the horizon.
create table "index".superseded (
  change_seq bigint primary key,
  by_seq bigint not null
);
create index superseded_by on "index".superseded (by_seq);
insert into "index".superseded (change_seq, by_seq)
select c.change_seq, p.last_seq from "index".change as c, "index".log_position as p
where not exists (select from "index".item as i where i.change_seq = c.change_seq);

-- As before, with prices, lists of tags (JSON) and the models' metrics. Where a model has other dimensions or another
-- metric already, nothing is written, `last_seq` is null, and the model is returned with what it has.
create function "index".append_items(
  item_ids text[], owner_ids text[], categories text[], colours text[], prices bigint[], tag_lists text[],
  embedding_lists text[], vector_hex text[], models text[], model_dimensions integer[], model_metrics text[],
  out last_seq bigint, out wrong_model text, out expected_dimensions integer, out expected_metric text
) language plpgsql as $$
#variable_conflict use_column
declare
  before bigint;
  after bigint;
begin
  -- First of all, so that every statement below sees what earlier writers did.
  select p.last_seq into before from "index".log_position as p for update;
  after := before + cardinality(item_ids);

  select m.model, m.dimensions, m.metric into wrong_model, expected_dimensions, expected_metric
  from unnest(models, model_dimensions, model_metrics) as sent (model, dimensions, metric)
  join "index".model as m using (model)
  where m.dimensions <> sent.dimensions or m.metric <> sent.metric limit 1;
  if found then return; end if;
  insert into "index".model (model, dimensions, metric)
  select * from unnest(models, model_dimensions, model_metrics) on conflict do nothing;

  insert into "index".superseded (change_seq, by_seq)
  select i.change_seq, after from "index".item as i where i.item_id = any(item_ids);

  with sent as (
    select before + s.at as change_seq, s.*
    from unnest(item_ids, owner_ids, categories, colours, prices, tag_lists, embedding_lists, vector_hex)
      with ordinality as s (item_id, owner_id, category, colour, price_cents, tags, embeddings, vectors, at)
  ), added as (
    insert into "index".change
      (change_seq, item_id, deleted, owner_id, category, colour, price_cents, tags, embeddings, vectors)
    select change_seq, item_id, false, owner_id, category, colour, price_cents,
      array(select jsonb_array_elements_text(tags::jsonb)), embeddings::jsonb, decode(vectors, 'hex')
    from sent
    returning change_seq, item_id
  )
  insert into "index".item (item_id, change_seq)
  select distinct on (item_id) item_id, change_seq from added order by item_id, change_seq desc
  on conflict (item_id) do update set change_seq = excluded.change_seq;

  -- An item that is given twice: only its last version counts.
  insert into "index".superseded (change_seq, by_seq)
  select before + s.at, after from unnest(item_ids) with ordinality as s (item_id, at)
  join "index".item as i using (item_id) where i.change_seq <> before + s.at;

  last_seq := after;
  update "index".log_position set last_seq = after;
  perform pg_notify('flashfit_index_changed', after::text);
end $$;

-- The form that processes of the release before call while they are being replaced.
create or replace function "index".append_items(
  item_ids text[], owner_ids text[], categories text[], colours text[], embedding_lists text[], vector_hex text[],
  models text[], model_dimensions integer[],
  out last_seq bigint, out wrong_model text, out expected_dimensions integer
) language sql as $$
  select done.last_seq, done.wrong_model, done.expected_dimensions from "index".append_items(
    item_ids, owner_ids, categories, colours, array_fill(0::bigint, array[cardinality(item_ids)]),
    array_fill('[]'::text, array[cardinality(item_ids)]), embedding_lists, vector_hex, models, model_dimensions,
    array_fill('cosine'::text, array[cardinality(models)])) as done
$$;

create or replace function "index".append_deletes(item_ids text[], out last_seq bigint, out deleted integer)
language plpgsql as $$
#variable_conflict use_column
declare
  before bigint;
begin
  select p.last_seq into before from "index".log_position as p for update;

  with gone as (
    delete from "index".item where item_id = any(item_ids) returning item_id, change_seq
  ), ends as (
    insert into "index".change (change_seq, item_id, deleted)
    select before + row_number() over (order by item_id), item_id, true from gone
    returning change_seq
  )
  insert into "index".superseded (change_seq, by_seq)
  select change_seq, before + (select count(*) from gone) from (
    select change_seq from gone union all select change_seq from ends
  ) as old;
  get diagnostics deleted = row_count;
  deleted := deleted / 2;

  last_seq := before + deleted;
  if deleted > 0 then
    update "index".log_position set last_seq = before + deleted;
    perform pg_notify('flashfit_index_changed', last_seq::text);
  end if;
end $$;

-- Append the end of all items of a person.
create function "index".append_owner_deletes(owner text, out last_seq bigint, out deleted integer)
language plpgsql as $$
#variable_conflict use_column
begin
  -- The lock first: an item that is added while we wait for it belongs to the person too.
  perform from "index".log_position for update;
  select d.last_seq, d.deleted into last_seq, deleted from "index".append_deletes(array(
    select i.item_id from "index".item as i join "index".change as c using (change_seq) where c.owner_id = owner
  )) as d;
end $$;

-- Move the horizon up to `keep` changes behind the end and delete at most `most` versions that do not count any more
-- behind it. Returns how many. Writers wait meanwhile, so `most` should be some thousands.
create function "index".prune(keep bigint, most integer) returns integer
language plpgsql as $$
#variable_conflict use_column
declare
  upto bigint;
  pruned integer;
begin
  select greatest(p.horizon, p.last_seq - keep) into upto from "index".log_position as p for update;
  if not exists (select from "index".superseded where by_seq <= upto) then return 0; end if;
  update "index".log_position set horizon = upto where horizon < upto;
  with old as (
    delete from "index".superseded where change_seq in (
      select change_seq from "index".superseded where by_seq <= upto order by by_seq limit most
    ) returning change_seq
  )
  delete from "index".change where change_seq in (select change_seq from old);
  get diagnostics pruned = row_count;
  return pruned;
end $$;
