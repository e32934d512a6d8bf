// Shows openapi.json. Text from it is only ever set as text.

/** An element with children: text or elements. */
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** What a value looks like, in few words; a named schema is a link to it. */
function typeOf(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return element("a", { href: `#${name}` }, name.split(".").at(-1));
  }
  if (schema.type === "array") return element("span", {}, "list of ", typeOf(schema.items));
  if (typeof schema.additionalProperties === "object") {
    return element("span", {}, "map to ", typeOf(schema.additionalProperties));
  }
  return schema.contentEncoding ?? schema.format ?? schema.enum?.join(" | ") ?? schema.type ?? "any";
}

/** Limits of a value, in words. */
function limitsOf({ minLength, maxLength, minimum, maximum, minItems, maxItems }) {
  const range = (low, high, unit) =>
    low === undefined && high === undefined ? [] : [`${low ?? ""}…${high ?? ""}${unit}`];
  return [
    ...range(minLength, maxLength, " characters"),
    ...range(minimum, maximum, ""),
    ...range(minItems, maxItems, " elements"),
  ].join(", ");
}

function row(name, schema, description, required) {
  const cells = [
    element("code", {}, name),
    typeOf(schema),
    limitsOf(schema),
    required ? "required" : "",
    description ?? "",
  ];
  return element("tr", {}, ...cells.map((cell) => element("td", { className: "said" }, cell)));
}

function tableOf(rows) {
  return element("table", {}, element("tbody", {}, ...rows));
}

function schemaBlock(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, one]) =>
    row(field, one, one.description, schema.required?.includes(field)),
  );
  const body = schema.enum ? [element("p", {}, element("code", {}, schema.enum.join(" | ")))] : [tableOf(rows)];
  const said = element("p", { className: "said" }, schema.description ?? "");
  return element("details", { id: name }, element("summary", {}, element("code", {}, name)), said, ...body);
}

function operationBlock(path, verb, operation) {
  const parameters = (operation.parameters ?? []).map((one) =>
    row(one.name, one.schema, [`in ${one.in}.`, one.description].filter(Boolean).join(" "), one.required),
  );
  const request = operation.requestBody?.content["application/json"].schema;
  const answer = operation.responses["200"].content["application/json"].schema;
  const line = element(
    "summary",
    {},
    element("span", { className: "verb" }, verb.toUpperCase()),
    element("span", { className: "path" }, path),
  );
  const parts = [element("p", { className: "said" }, operation.description)];
  if (parameters.length > 0) parts.push(tableOf(parameters));
  if (request) parts.push(element("p", {}, "Request: ", typeOf(request)));
  parts.push(element("p", {}, "Answer: ", typeOf(answer)));
  return element("details", {}, line, ...parts);
}

/** A link to a schema opens it. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

const response = await fetch("/docs/openapi.json");
const api = document.getElementById("api");
if (response.ok) {
  const { info, tags, paths, components } = await response.json();
  const operations = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
  );
  const sections = tags.flatMap(({ name, description }) => [
    element("h2", {}, name),
    element("p", { className: "said" }, description),
    ...operations
      .filter(({ operation }) => operation.tags[0] === name)
      .map(({ path, verb, operation }) => operationBlock(path, verb, operation)),
  ]);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaBlock(name, schema));
  api.replaceChildren(
    element("p", { className: "said" }, `Version ${info.version}. ${info.description}`),
    ...sections,
    element("h2", {}, "Messages"),
    ...schemas,
  );
  addEventListener("hashchange", openTarget);
  openTarget();
} else {
  api.replaceChildren(`openapi.json could not be read: ${response.status}`);
}
