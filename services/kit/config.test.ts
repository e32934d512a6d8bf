import t from "tap";
import { z } from "zod";
import { ConfigError, commonSettings, databaseSettings, readConfig } from "./config.ts";

const schema = z.object({ ...commonSettings, ...databaseSettings });
const DATABASE_URL = "postgres://someone:secret@127.0.0.1:5432/db";

t.test("what is not set has its default, and an empty variable is not set", async (t) => {
  const config = readConfig(schema, { DATABASE_URL, LOG_LEVEL: "", DRAIN_MS: "250" });
  t.match(config, { LOG_LEVEL: "info", DRAIN_MS: 250, DATABASE_URL });
});

t.test("a refusal names every bad variable, what it is and what was expected, but no secret", async (t) => {
  const env = { DATABASE_URL: "mysql://root:hunter2@db", DRAIN_MS: "soon", LOG_LEVEL: "loud" };
  const error = t.throws(() => readConfig(schema, env), ConfigError) as unknown as Error;
  for (const name of ["DATABASE_URL", "DRAIN_MS", "LOG_LEVEL", '"soon"', '"loud"', "how long calls may go on"]) {
    t.match(error.message, name);
  }
  t.notMatch(error.message, "hunter2");
});

t.test("every setting says what it is for", async (t) => {
  for (const [name, setting] of Object.entries(schema.shape)) t.ok(setting.description, name);
});
