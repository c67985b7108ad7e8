/** `keeper run`: chores and cycles at an interval, until it is stopped. What fails once is said and tried again next time. */
import { EngineError } from "../kernel/errors.ts";
import { wholeNumber } from "./context.ts";
import { keeperOnce, type OnceFlags } from "./operator.ts";
import { type CommandResult, progress } from "./output.ts";
import { maintainOnce } from "./queue.ts";

export interface RunFlags extends OnceFlags {
  readonly interval: string;
  readonly rounds?: string;
}

interface Round {
  readonly maintenance: string;
  readonly cycle: string;
}

/** The text of a step, or its known failure: an unreachable node must not end the keeper, a programming error must. */
async function attempt(name: string, action: () => Promise<CommandResult>): Promise<string> {
  try {
    const { text } = await action();
    progress(text);
    return text;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const text = `${name} failed, ${error.code}: ${error.message}`;
    progress(text);
    return text;
  }
}

/** Sleeps, and ends early when the process is asked to stop. */
function pause(seconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, seconds * 1_000);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}

export async function keeperRun(flags: RunFlags): Promise<CommandResult> {
  const interval = wholeNumber("--interval", flags.interval, 7 * 86_400);
  const most = flags.rounds === undefined ? Number.POSITIVE_INFINITY : wholeNumber("--rounds", flags.rounds);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const rounds: Round[] = [];
  while (rounds.length < most && !stop.signal.aborted) {
    const maintenance = await attempt("maintenance", () => maintainOnce(flags));
    const cycle = stop.signal.aborted ? "stopped" : await attempt("the cycle", () => keeperOnce(flags));
    rounds.push({ maintenance, cycle });
    if (rounds.length < most && !stop.signal.aborted) await pause(interval, stop.signal);
  }
  return { data: { rounds }, text: `${rounds.length} round(s)` };
}
