import process from "node:process";

/**
 * Resolves with the reason when this process is told to end: SIGTERM, SIGINT, or, with FLASHFIT_SUPERVISED=1, the end
 * of stdin, which a supervisor holds open as long as it lives. A second signal ends the process at once.
 */
export function untilTold(): Promise<string> {
  return new Promise((resolve) => {
    let told = false;
    const onSignal = (signal: string) => {
      if (told) process.exit(130);
      told = true;
      resolve(signal);
    };
    process.on("SIGTERM", () => onSignal("SIGTERM"));
    process.on("SIGINT", () => onSignal("SIGINT"));
    if (process.env.FLASHFIT_SUPERVISED === "1") {
      process.stdin.on("end", () => onSignal("supervisor is gone"));
      process.stdin.on("error", () => onSignal("supervisor is gone"));
      process.stdin.resume();
    }
  });
}
