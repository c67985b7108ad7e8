/**
 * Calls of several venues in one `eth_call`, kept apart: a venue that fails, or burns all the gas of the call, is its own
 * affair.
 */
import { isRevert } from "../chain/answers.ts";
import { type ChainClient, decodeHeader, headerCall, type RpcAnswer, type RpcCall, resultOf } from "../chain/client.ts";
import { BlockHashMismatchError } from "../chain/errors.ts";
import { aggregateCall, decodeAggregate, type Outcome, type ViewCall } from "../chain/multicall.ts";
import { explainRevert } from "../chain/revert.ts";
import { EngineError } from "../kernel/errors.ts";
import type { Address, Hash } from "../kernel/units.ts";
import { type Reads, VenueUnreadError } from "../protocols/index.ts";
import { RequiredReadError } from "./errors.ts";
import { ReadPlan } from "./state.ts";

/** How a call that ran out of gas inside a multicall reads: no data at all. */
const NO_REASON = explainRevert("0x");

/** The block that a run stands on. */
export interface PinnedBlock {
  readonly number: number;
  readonly hash: Hash;
}

/** @throws {BlockHashMismatchError} when the chain reorganised in between. */
export function requireSameBlock(pinned: PinnedBlock, call: RpcCall, answer: RpcAnswer | undefined): void {
  if (answer === undefined) throw new RequiredReadError(null, "the pinned block", "no answer");
  const now = decodeHeader(resultOf(call, answer), pinned.number);
  if (now.hash !== pinned.hash) throw new BlockHashMismatchError(pinned.number, pinned.hash, now.hash);
}

/** The calls of one venue in one round. */
export class VenueRound implements Reads {
  readonly #plan = new ReadPlan();
  readonly #required: number[] = [];

  get calls(): readonly ViewCall<unknown>[] {
    return this.#plan.calls;
  }

  want<T>(call: ViewCall<T>): () => Outcome<T> {
    return this.#plan.want(call);
  }

  need<T>(call: ViewCall<T>): () => T {
    this.#required.push(this.#plan.calls.length);
    const read = this.want(call);
    return () => {
      const outcome = read();
      if (!outcome.ok) throw new VenueUnreadError(call.what, outcome.reason);
      return outcome.value;
    };
  }

  settle(outcomes: readonly Outcome<unknown>[]): void {
    this.#plan.settle(outcomes);
  }

  /** True where a required call failed without a word, as one does that ran out of gas. */
  isSilent(outcomes: readonly Outcome<unknown>[]): boolean {
    return this.#required.some((index) => {
      const outcome = outcomes[index];
      return outcome !== undefined && !outcome.ok && outcome.reason === NO_REASON;
    });
  }
}

/** The outcomes of one multicall for several venues; null where it must be repeated venue by venue. */
function together(
  rounds: readonly VenueRound[],
  call: RpcCall,
  answer: RpcAnswer,
): readonly (readonly Outcome<unknown>[])[] | null {
  if (!answer.ok) {
    // A node that cannot answer at all says so to the single calls, too.
    return null;
  }
  const outcomes = decodeAggregate(
    call,
    answer,
    rounds.flatMap(({ calls }) => calls),
  );
  let from = 0;
  const apart = rounds.map(({ calls }) => {
    const part = outcomes.slice(from, from + calls.length);
    from += calls.length;
    return part;
  });
  return rounds.some((round, index) => round.isSilent(apart[index] ?? [])) ? null : apart;
}

/**
 * Most calls in one multicall. A node takes longer over one large call than over the same in parts, and caps the gas of each;
 * the parts travel in one request.
 */
const PART_CALLS = 64;

interface Part {
  readonly rounds: readonly VenueRound[];
  readonly call: RpcCall;
}

/** Whole rounds, in their order, as few parts as hold at most {@link PART_CALLS} each; a longer round is a part of its own. */
function partsOf(multicall: Address, rounds: readonly VenueRound[], block: number | "latest", most: number): Part[] {
  const groups: VenueRound[][] = [];
  let size = 0;
  for (const round of rounds) {
    const { length } = round.calls;
    const group = groups.at(-1);
    if (group === undefined || (size + length > PART_CALLS && groups.length < most)) {
      groups.push([round]);
      size = length;
    } else {
      group.push(round);
      size += length;
    }
  }
  return groups.map((group) => {
    const calls = group.flatMap(({ calls: own }) => own);
    return { rounds: group, call: aggregateCall(multicall, calls, block) };
  });
}

function settleAll(rounds: readonly VenueRound[], outcomes: readonly (readonly Outcome<unknown>[])[]): void {
  rounds.forEach((round, index) => {
    round.settle(outcomes[index] ?? []);
  });
}

/**
 * Runs the rounds of all venues beside other calls, in one request. One venue that burns all its gas would starve the others,
 * so where a required call failed without a reason each venue of that part is asked again by itself, in one more request.
 * @returns the answers to `beside`.
 * @throws {BlockHashMismatchError} when the block was replaced before that.
 */
export async function runRounds(
  client: ChainClient,
  multicall: Address,
  rounds: readonly VenueRound[],
  pinned: PinnedBlock | "latest",
  beside: readonly RpcCall[],
): Promise<readonly RpcAnswer[]> {
  // Parts of "latest" could meet two blocks, and parts beyond the batch would cost a request of their own.
  const room = pinned === "latest" ? 1 : Math.max(1, client.maxBatch - beside.length);
  const parts = partsOf(multicall, rounds, pinned === "latest" ? pinned : pinned.number, room);
  const answers = await client.batch([...parts.map(({ call }) => call), ...beside]);
  const starved: VenueRound[] = [];
  parts.forEach((part, place) => {
    const answer = answers[place];
    if (answer === undefined) throw new RequiredReadError(null, "the venues", "no answer");
    const outcomes = together(part.rounds, part.call, answer);
    if (outcomes === null) starved.push(...part.rounds);
    else settleAll(part.rounds, outcomes);
  });
  if (starved.length > 0) settleAll(starved, await oneByOne(client, multicall, starved, pinned));
  return answers.slice(parts.length);
}

async function oneByOne(
  client: ChainClient,
  multicall: Address,
  rounds: readonly VenueRound[],
  pinned: PinnedBlock | "latest",
): Promise<readonly (readonly Outcome<unknown>[])[]> {
  const block = pinned === "latest" ? pinned : pinned.number;
  const calls = rounds.map((round) => aggregateCall(multicall, round.calls, block));
  // What stood beside the first try may have been the run's re-check of the block: these answers came later.
  const recheck = headerCall(block);
  const answers = await client.batch([...calls, recheck]);
  if (pinned !== "latest") requireSameBlock(pinned, recheck, answers.at(-1));
  return rounds.map((round, index): readonly Outcome<unknown>[] => {
    const [call, answer] = [calls[index], answers[index]];
    if (call === undefined || answer === undefined) throw new RequiredReadError(null, "a venue", "no answer");
    // Only what the venue's code did is the venue's; a node that fails is everyone's.
    const read = attempt(() => decodeAggregate(call, answer, round.calls));
    if (read.ok) return read.value;
    if (!answer.ok && isRevert(answer.error)) return round.calls.map(() => read);
    if (!answer.ok && /out of gas/i.test(answer.error.message)) return round.calls.map(() => read);
    return decodeAggregate(call, answer, round.calls);
  });
}

/** The value, or the reason to hold the venue. What is no failure of the engine's is a fault, and thrown on. */
export function attempt<T>(body: () => T): Outcome<T> {
  try {
    return { ok: true, value: body() };
  } catch (error) {
    if (error instanceof EngineError) return { ok: false, reason: error.message };
    throw error;
  }
}

export function then<T, U>(outcome: Outcome<T>, body: (value: T) => U): Outcome<U> {
  return outcome.ok ? attempt(() => body(outcome.value)) : outcome;
}
