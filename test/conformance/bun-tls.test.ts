import { testConformance } from "./run-suite.ts";

testConformance("bun", "tls");
