import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import t from "tap";
import { contracts, meshOnly, restPaths } from "../../envoy/mesh/services.ts";
import { openApiFiles } from "../openapi.ts";

const root = join(import.meta.dirname, "../..");
const document = JSON.parse(readFileSync(join(root, "docs/openapi/openapi.json"), "utf8"));

t.test("the committed document is what the contract says: npm run gen", async (t) => {
  for (const [path, text] of Object.entries(await openApiFiles())) {
    t.ok(readFileSync(join(root, path), "utf8") === text, `${path} is fresh`);
  }
});

t.test("every REST path and every unary method of the edge is there, and none that is hidden", async (t) => {
  const hidden = meshOnly.map((method) => `/${method.parent.typeName}/${method.name}`);
  const methods = Object.values(contracts).flatMap((services) => services.flatMap(({ methods }) => methods));
  const unary = methods.filter(({ methodKind }) => methodKind === "unary");
  const expected = [
    ...restPaths.map(({ method, path }) => `${method} ${path}`),
    ...unary.map((method) => `POST /${method.parent.typeName}/${method.name}`),
  ].filter((one) => !hidden.includes(one.slice(5)));
  const found = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.keys(verbs as object).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  t.same(found.sort(), expected.sort());
});

t.test("every reference leads somewhere, every operation has its own name and says what it does", async (t) => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  const schemas = document.components.schemas as Record<string, unknown>;
  t.same(
    references.map(([, name = ""]) => name).filter((name) => !(name in schemas)),
    [],
  );
  const operations = Object.values(document.paths as Record<string, Record<string, Operation>>).flatMap(Object.values);
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  const ours = operations.filter(({ operationId }) => !operationId.startsWith("inference."));
  for (const { operationId, description } of ours) t.match(description, /^\w+ .*\./s, operationId);
});

t.test("its schemas take what the mesh takes and refuse what it refuses", async (t) => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: "api", ...document });
  const takes = (name: string, value: object) => ajv.compile({ $ref: `api#/components/schemas/${name}` })(value);
  const recommend = "flashfit.fusion.v1.RecommendRequest";
  t.ok(takes(recommend, { text: "red shoes", k: 10, seasons: ["summer"] }));
  for (const wrong of [{ k: 101 }, { seasons: ["monsoon"] }, { txt: "red shoes" }]) t.notOk(takes(recommend, wrong));
  const record = "flashfit.feedback.v1.RecordEventsRequest";
  const event = { eventId: "e", userId: "ada", itemId: "g", action: "ACTION_LIKE" };
  t.ok(takes(record, { events: [event] }));
  for (const wrong of [{}, { events: [] }, { events: [{ ...event, itemId: "" }] }]) t.notOk(takes(record, wrong));
});

interface Operation {
  operationId: string;
  description: string;
}
