import { testConformance } from "./run-suite.ts";

testConformance("bun", "h2c");
