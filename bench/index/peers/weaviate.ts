import { rest } from "./rest.ts";

const CLASS = "/v1/schema/Item";

/** How many candidates its graph keeps while searching, which is a setting of the collection. */
export async function setWeaviateEf(port: number, ef: number): Promise<void> {
  const schema = (await rest(port, "GET", CLASS)) as { vectorIndexConfig: object };
  await rest(port, "PUT", CLASS, { ...schema, vectorIndexConfig: { ...schema.vectorIndexConfig, ef } });
}
