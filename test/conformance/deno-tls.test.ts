import { testConformance } from "./run-suite.ts";

testConformance("deno", "deno-tls");
