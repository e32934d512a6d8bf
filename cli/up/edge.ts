import { readFileSync } from "node:fs";
import { request } from "node:https";

/** What the edge says of the mesh. */
export interface EdgeState {
  /** GET /ready answered 200. */
  ready: boolean;
  /** What is missing, in words; empty when nothing is. */
  missing: string;
}

/** Asks GET /ready at the edge. Rejects if it does not answer within 2 s. */
export async function askEdge(host: string, port: number, caFile: string): Promise<EdgeState> {
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}/ready`;
  return new Promise((resolve, reject) => {
    const call = request(url, { ca: readFileSync(caFile), agent: false, timeout: 2000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => {
        const ready = response.statusCode === 200;
        resolve({ ready, missing: ready ? "" : `/ready answers ${response.statusCode}${missingParts(text)}` });
      });
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

/** The checks that failed and the parts that are down, from the body of /ready; of another body the beginning. */
function missingParts(text: string): string {
  try {
    const { checks = {}, services = {} } = JSON.parse(text) as {
      checks?: Record<string, boolean>;
      services?: Record<string, { status: string; reason?: string }>;
    };
    const failed = Object.keys(checks).filter((name) => !checks[name]);
    const down = Object.entries(services).filter(([, { status }]) => status === "down");
    const said = [...failed.map((name) => `not ${name}`), ...down.map(([name, { reason }]) => `${name}: ${reason}`)];
    if (said.length > 0) return `: ${said.join("; ")}`;
  } catch {
    // not the monitor's answer: what came is shown below
  }
  return text === "" ? "" : `: ${text.slice(0, 200).trim()}`;
}
