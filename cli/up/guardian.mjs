// Ends the mesh's children if the launcher is killed: a pipe from it is our stdin, and its end is the news.
// Plain JavaScript and few imports: this process lives as long as the mesh and should cost next to nothing.
// Every line on stdin is the whole list of children: [{ "pid": 1, "startTime": "…", "stopSignal": "SIGTERM" }, …]
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const GRACE_MS = 5000;

let children = [];
let unread = "";
process.stdin.setEncoding("utf8");
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
for await (const chunk of process.stdin) {
  const lines = (unread + chunk).split("\n");
  unread = lines.pop();
  if (lines.length > 0) children = JSON.parse(lines.at(-1));
}
await endAll();

async function endAll() {
  const running = () => children.filter(({ pid, startTime }) => startTimeOf(pid) === startTime);
  for (const { pid, stopSignal } of running()) signalGroup(pid, stopSignal);
  for (const deadline = Date.now() + GRACE_MS; running().length > 0 && Date.now() < deadline; ) await sleep(50);
  for (const { pid } of running()) signalGroup(pid, "SIGKILL");
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** As in cli/state/process-identity.ts. */
function startTimeOf(pid) {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? undefined : fields[19];
    }
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return line.startsWith("Z") ? undefined : line.split(/\s+/).slice(1).join(" ");
  } catch {
    return undefined;
  }
}
