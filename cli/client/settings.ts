import { z } from "zod";

/** What `flashfit seed` and `flashfit recommend` read. */
export const clientConfig = z.object({
  FLASHFIT_URL: z
    .string()
    .optional()
    .describe("the edge that the commands talk to; unset: https://127.0.0.1 and EDGE_PORT"),
  FLASHFIT_CA: z.string().optional().describe("its certificate authority; unset: certs/ca.crt in FLASHFIT_HOME"),
});
