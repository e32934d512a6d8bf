import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import t from "tap";
import { parse } from "yaml";
import { alertSettings } from "../../cli/observe/settings.ts";
import { processes } from "../../cli/up/processes.ts";
import { launcherConfig } from "../../cli/up/settings.ts";
import { composeTargets } from "../../observability/targets.ts";
import { root } from "./command.ts";

interface Container {
  profiles?: string[];
  networks?: string[];
  volumes?: string[];
  entrypoint?: string[];
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

t.test("it holds the mesh: its processes, Envoy, PostgreSQL, Valkey and one set-up", async (t) => {
  const always = containers.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
  t.same(always.sort(), [...Object.keys(processes), "envoy", "postgres", "setup", "valkey"].sort());
  for (const [name, { main }] of Object.entries(processes)) t.same(compose.services[name]?.command, [main]);
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

t.test("the profile monitoring has Prometheus, Alertmanager and Grafana", async (t) => {
  const monitoring = containers.filter(([, { profiles }]) => profiles?.join() === "monitoring");
  t.same(
    monitoring.map(([name]) => name),
    ["prometheus", "alertmanager", "grafana"],
  );
  const targets = [...composeTargets.mesh, ...composeTargets.own].map(({ url }) => new URL(url).hostname);
  const seen = compose.services.prometheus?.networks ?? [];
  for (const name of [...targets, "alertmanager"]) {
    const networks = compose.services[name]?.networks ?? [];
    t.ok(
      networks.some((network) => seen.includes(network)),
      `Prometheus reaches ${name}`,
    );
  }
  for (const name of Object.keys(processes)) {
    const host = compose.services[name]?.environment?.[`${name.toUpperCase()}_HOST`];
    t.equal(host, "0.0.0.0", `${name} is heard by its neighbours`);
  }
  const grafana = compose.services.grafana;
  t.equal(grafana?.environment?.GF_AUTH_ANONYMOUS_ENABLED, "false");
  const mounts = (grafana?.volumes ?? []).filter((volume) => volume.startsWith("./"));
  t.ok(mounts.length > 0 && mounts.every((volume) => volume.endsWith(":ro")), "its configuration is read-only");
});

t.test("the set-up is told of every channel for alerts", async (t) => {
  const told = Object.keys(compose.services.setup?.environment ?? {});
  const channels = Object.keys(alertSettings.shape).filter((name) => !/_(WAIT|INTERVAL)$/.test(name));
  t.same(
    channels.filter((name) => !told.includes(name)),
    [],
  );
});

t.test(
  "the image has a folder for every volume that the set-up fills, so that the volume belongs to its user",
  async (t) => {
    const prepared = /^RUN mkdir (.*) && chown 1000:1000 (.*)$/m.exec(dockerfile);
    for (const volume of compose.services.setup?.volumes ?? []) {
      const folder = volume.split(":")[1] ?? "";
      t.ok(
        prepared?.slice(1).every((folders) => folders.split(" ").includes(folder)),
        folder,
      );
    }
  },
);

/** Empty is right where nobody has to log in; Compose would ask for any other even if its container is not wanted. */
const MAY_BE_EMPTY = ["ALERT_SMTP_PASSWORD", "GRAFANA_ADMIN_PASSWORD"];

t.test("no password has a default, and only Envoy is reachable from outside", async (t) => {
  const passwords = [...text.matchAll(/\$\{(\w*PASSWORD)([^}]*)\}/g)];
  t.ok(passwords.length > 0);
  for (const [, name = "", rest = ""] of passwords) {
    if (MAY_BE_EMPTY.includes(name)) t.equal(rest, ":-", name);
    else t.match(rest, /^:\?/, `${name} has to be set`);
  }
  const { entrypoint = [], environment } = compose.services.grafana ?? {};
  t.equal(environment?.GF_SECURITY_ADMIN_PASSWORD, "$" + "{GRAFANA_ADMIN_PASSWORD:-}");
  const start = ["-c", (entrypoint[2] ?? "").replaceAll("$$", "$").replace("exec /run.sh", "echo started")];
  const refused = spawnSync("sh", start, { env: {}, encoding: "utf8" });
  t.equal(refused.status, 1, "Grafana does not start without a password");
  t.match(refused.stderr, "set GRAFANA_ADMIN_PASSWORD");
  const env = { GF_SECURITY_ADMIN_PASSWORD: "x" };
  t.equal(spawnSync("sh", start, { env, encoding: "utf8" }).stdout, "started\n");
  for (const [name, { ports = [] }] of containers) {
    for (const port of ports) t.match(port, /^(\$\{(EDGE|GRAFANA)_BIND:-)?127\.0\.0\.1\}?:/, `${name} is on loopback`);
  }
  t.same(
    containers.filter(([, { ports }]) => ports?.some((port) => port.startsWith("$"))).map(([name]) => name),
    ["envoy", "grafana"],
    "only these, which ask for a password or limit callers, can be opened to others",
  );
});

t.test("images are named with a version", async (t) => {
  for (const [name, { image }] of containers) if (image) t.match(image, /:v?\d/, name);
  for (const [, image] of dockerfile.matchAll(/^FROM (\S+:\S+)/gm)) t.match(image, /:.*\d+\.\d+/);
});

t.test("the Encoder keeps activations on a volume that it may write to", async (t) => {
  const { environment, volumes = [] } = compose.services.encoder ?? {};
  const folder = dirname(environment?.ENCODER_ACTIVE_FILE ?? "");
  t.ok(volumes.includes(`activations:${folder}`), volumes.join(", "));
  t.match(dockerfile, new RegExp(`mkdir .*${folder}\\b.* && chown 1000:1000 .*${folder}\\b`));
});
