/** `keeper run`: chores and cycles at an interval, until it is stopped. What fails once is said and tried again next time. */
import { EngineError } from "../kernel/errors.ts";
import { connected, wholeNumber } from "./context.ts";
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

/**
 * The proposal that owners are still asked to sign, as text; null when there is none. A keeper that published another each round
 * would bury them in choices that exclude each other.
 */
async function openProposal(configFile: string): Promise<string | null> {
  const { listProposals } = await import("../propose/list.ts");
  const { readEpoch } = await import("../propose/publish.ts");
  return connected(configFile, async ({ client, config }) => {
    const [all, head, epoch] = await Promise.all([
      listProposals(client, config, null),
      client.header("latest"),
      readEpoch(client, config.addresses.module),
    ]);
    const open = all.findLast(
      ({ state, published: { proposal } }) =>
        state === "Proposed" && proposal.deadline > head.timestamp && proposal.configEpoch === epoch,
    );
    if (open === undefined) return null;
    const until = new Date(open.published.proposal.deadline * 1000).toISOString().slice(0, 16).replace("T", " ");
    return `proposal ${open.published.id} is open until ${until} UTC: no other is published meanwhile`;
  });
}

/** A cycle, unless a proposal of an earlier one still waits for its owners. */
async function cycleUnlessOpen(flags: RunFlags): Promise<CommandResult> {
  const open = flags.propose ? await openProposal(flags.config) : null;
  return open === null ? keeperOnce(flags) : { data: { status: "waiting" }, text: open };
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
    const cycle = stop.signal.aborted ? "stopped" : await attempt("the cycle", () => cycleUnlessOpen(flags));
    rounds.push({ maintenance, cycle });
    if (rounds.length < most && !stop.signal.aborted) await pause(interval, stop.signal);
  }
  return { data: { rounds }, text: `${rounds.length} round(s)` };
}
