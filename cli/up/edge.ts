import { readFileSync } from "node:fs";
import { request } from "node:https";

/** True if GET /ready at the edge answers 200: all four services are healthy for Envoy. */
export async function edgeIsReady(host: string, port: number, caFile: string): Promise<boolean> {
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}/ready`;
  return new Promise((resolve, reject) => {
    const call = request(url, { ca: readFileSync(caFile), agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once("timeout", () => call.destroy(new Error("no answer within 2 s")));
    call.once("error", reject);
    call.end();
  });
}

/** The address under which this machine reaches a listener: a wildcard is no address to call. */
export function reachable(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}
