import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import t from "tap";
import { parse } from "yaml";
import { launcherConfig, serviceNames } from "../../cli/up/settings.ts";
import { root } from "./command.ts";

interface Container {
  image?: string;
  build?: { dockerfile: string; args: Record<string, string> };
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  healthcheck?: { interval?: string; timeout?: string; start_period?: string; retries?: number; disable?: boolean };
  read_only?: boolean;
  cap_drop?: string[];
  user?: string;
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}

const text = readFileSync(join(root, "compose.yml"), "utf8");
const compose = parse(text, { merge: true }) as { services: Record<string, Container> };
const containers = Object.entries(compose.services);
const dockerfile = readFileSync(join(root, "deploy/Dockerfile"), "utf8");

t.test("compose.yml follows the Compose Specification", async (t) => {
  const schema = JSON.parse(readFileSync(join(root, "deploy/schema/compose-spec.json"), "utf8"));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const valid = ajv.validate(schema, compose);
  t.ok(valid, ajv.errorsText());
  t.notOk(ajv.validate(schema, { services: { a: { imagge: "x" } } }), "the schema refuses what is not in it");
});

t.test("it holds the mesh: four services, Envoy, PostgreSQL, Valkey and one set-up", async (t) => {
  t.same(Object.keys(compose.services).sort(), [...serviceNames, "envoy", "postgres", "setup", "valkey"].sort());
  for (const name of serviceNames) t.same(compose.services[name]?.command, [`services/${name}/main.ts`]);
  const ports = compose.services.envoy?.ports?.join(" ");
  const settings = launcherConfig.parse({});
  t.match(ports, `:${settings.EDGE_PORT}`);
  t.match(ports, `:${settings.EDGE_HTTP_PORT}`);
});

t.test("every container is read-only, without capabilities, limited, not root, and checked", async (t) => {
  t.match(dockerfile, /^USER 1000:1000$/m);
  t.match(dockerfile, /^HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3/m);
  for (const [name, container] of containers) {
    t.equal(container.read_only, true, `${name} is read-only`);
    t.same(container.cap_drop, ["ALL"], `${name} has no capabilities`);
    t.ok(container.deploy?.resources?.limits?.cpus && container.deploy.resources.limits.memory, `${name} has limits`);
    t.ok(container.build || /^[1-9]/.test(container.user ?? ""), `${name} is not root`);
    if (container.build) continue;
    t.match(container.healthcheck, { interval: "30s", timeout: "10s", start_period: "60s", retries: 3 }, name);
  }
});

t.test("no password has a default, and only Envoy is reachable from outside", async (t) => {
  const passwords = [...text.matchAll(/\$\{(\w*PASSWORD)([^}]*)\}/g)];
  t.ok(passwords.length > 0);
  for (const [, name, rest = ""] of passwords) t.match(rest, /^:\?/, `${name} has to be set`);
  t.same(
    containers.filter(([, { ports }]) => ports).map(([name]) => name),
    ["envoy"],
  );
});

t.test("images are named with a version", async (t) => {
  for (const [name, { image }] of containers) if (image) t.match(image, /:v?\d/, name);
  for (const [, image] of dockerfile.matchAll(/^FROM (\S+:\S+)/gm)) t.match(image, /:.*\d+\.\d+/);
});
