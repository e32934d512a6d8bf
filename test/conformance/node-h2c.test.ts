import { testConformance } from "./run-suite.ts";

testConformance("node", "h2c");
