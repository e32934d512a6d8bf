import { SingleBar } from "cli-progress";
import type { CommandIo } from "../command.ts";

/** Shows how far a long work is. */
export interface Progress {
  /** So many more are done; default one. */
  step(by?: number): void;
  /** A line beside the bar. */
  note(line: string): void;
  stop(): void;
}

/** A bar on a terminal, else about ten lines; both with the rate and the time that is left. Written to stderr. */
export function showProgress(
  stderr: CommandIo["stderr"],
  total: number,
  { unit = "photos", now = () => performance.now() }: { unit?: string; now?: () => number } = {},
): Progress {
  const startedAt = now();
  let done = 0;
  const pace = () => {
    const rate = done / Math.max((now() - startedAt) / 1000, 0.001);
    return { rate: rate.toFixed(1), left: `${Math.ceil((total - done) / Math.max(rate, 0.001))} s` };
  };
  if (stderr.isTTY) return barProgress();
  const every = Math.max(1, Math.ceil(total / 10));
  return {
    step(by = 1) {
      const before = Math.floor(done / every);
      done += by;
      if (Math.floor(done / every) === before && done !== total) return;
      const { rate, left } = pace();
      stderr.write(`${done}/${total} ${unit}, ${rate}/s, ${left} left\n`);
    },
    note: (line) => void stderr.write(`${line}\n`),
    stop() {},
  };

  function barProgress(): Progress {
    const bar = new SingleBar({
      format: `{bar} {value}/{total} ${unit} · {rate}/s · {left} left`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      hideCursor: true,
      stream: stderr,
    });
    bar.start(total, 0, { rate: "0.0", left: "?" });
    return {
      step(by = 1) {
        done += by;
        bar.update(done, pace());
      },
      note: (line) => void stderr.write(`\r\u001b[K${line}\n`),
      stop: () => bar.stop(),
    };
  }
}
