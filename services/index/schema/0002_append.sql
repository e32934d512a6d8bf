-- The two ways to write, each a function: one statement is one transaction and one round trip, so that the counter's lock
-- is held as shortly as can be, and never while a client is away.

-- Append versions; element n of each array belongs to item n. `models` and `model_dimensions` name each model once.
-- Where a model has other dimensions already, nothing is written, `last_seq` is null, and the model is returned.
create function "index".append_items(
  item_ids text[], owner_ids text[], categories text[], colours text[], embedding_lists text[], vector_hex text[],
  models text[], model_dimensions integer[],
  out last_seq bigint, out wrong_model text, out expected_dimensions integer
) language plpgsql as $$
#variable_conflict use_column
declare
  before bigint;
begin
  -- First of all, so that every statement below sees what earlier writers did.
  select p.last_seq into before from "index".log_position as p for update;

  select m.model, m.dimensions into wrong_model, expected_dimensions
  from unnest(models, model_dimensions) as sent (model, dimensions) join "index".model as m using (model)
  where m.dimensions <> sent.dimensions limit 1;
  if found then return; end if;
  insert into "index".model (model, dimensions) select * from unnest(models, model_dimensions) on conflict do nothing;

  with sent as (
    select before + s.at as change_seq, s.*
    from unnest(item_ids, owner_ids, categories, colours, embedding_lists, vector_hex)
      with ordinality as s (item_id, owner_id, category, colour, embeddings, vectors, at)
  ), added as (
    insert into "index".change (change_seq, item_id, deleted, owner_id, category, colour, embeddings, vectors)
    select change_seq, item_id, false, owner_id, category, colour, embeddings::jsonb, decode(vectors, 'hex') from sent
    returning change_seq, item_id
  )
  insert into "index".item (item_id, change_seq)
  select distinct on (item_id) item_id, change_seq from added order by item_id, change_seq desc
  on conflict (item_id) do update set change_seq = excluded.change_seq;

  last_seq := before + cardinality(item_ids);
  update "index".log_position set last_seq = before + cardinality(item_ids);
  perform pg_notify('flashfit_index_changed', last_seq::text);
end $$;

-- Append the end of those items that are there; `last_seq` is the end of the log after it.
create function "index".append_deletes(item_ids text[], out last_seq bigint, out deleted integer)
language plpgsql as $$
#variable_conflict use_column
declare
  before bigint;
begin
  select p.last_seq into before from "index".log_position as p for update;

  with gone as (
    delete from "index".item where item_id = any(item_ids) returning item_id
  )
  insert into "index".change (change_seq, item_id, deleted)
  select before + row_number() over (order by item_id), item_id, true from gone;
  get diagnostics deleted = row_count;

  last_seq := before + deleted;
  if deleted > 0 then
    update "index".log_position set last_seq = before + deleted;
    perform pg_notify('flashfit_index_changed', last_seq::text);
  end if;
end $$;
