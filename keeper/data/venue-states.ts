/**
 * The state of every venue at one block in three requests: the block with the venues' addresses, their state, and what
 * follows from it together with the rates of a week before and a re-check of the block's hash.
 */

import { AdapterBase__factory } from "../../types/ethers-contracts/factories/contracts/adapters/AdapterBase__factory.ts";
import { IStrategyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyAdapter__factory.ts";
import { isRevert } from "../chain/answers.ts";
import { type ChainClient, decodeHeader, headerCall, type RpcAnswer, type RpcCall, resultOf } from "../chain/client.ts";
import { BlockHashMismatchError } from "../chain/errors.ts";
import {
  aggregateCall,
  blockTimestamp,
  decodeAggregate,
  type Outcome,
  type ViewCall,
  viewUint,
} from "../chain/multicall.ts";
import { explainRevert } from "../chain/revert.ts";
import { EngineError } from "../kernel/errors.ts";
import { type Address, type Assets, assets, fromWad, type Hash, SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import {
  type Protocol,
  type ProtocolId,
  protocolOf,
  type QuotePoint,
  type Reads,
  type VenueFacts,
  type VenueReading,
  type VenueState,
  VenueUnreadError,
} from "../protocols/index.ts";
import { RequiredReadError } from "./errors.ts";
import { ReadPlan } from "./state.ts";
import { anchorBlocks, blockAt, sortTimed } from "./timeline.ts";

const ETHER = 10n ** 18n;
/** Sizes of the curves: a small leg, and up to what moves the smaller pools. */
export const CURVE_SIZES: readonly Assets[] = [1n, 10n, 50n, 100n, 500n, 1_000n, 5_000n].map((size) =>
  assets(size * ETHER),
);
/** Span of the yields. Harvests and oracle reports come daily to weekly; a shorter span would show their teeth. */
const WINDOW_DAYS = 7;
/** How a call that ran out of gas inside a multicall reads: no data at all. */
const NO_REASON = explainRevert("0x");
/** Headers that find the block of a week ago: enough where blocks are even, few enough for one request. */
const ANCHORS = 16;

const adapterInterface = IStrategyAdapter__factory.createInterface();
const baseInterface = AdapterBase__factory.createInterface();

export interface VenueRequest {
  readonly strategyId: number;
  readonly protocol: ProtocolId;
  readonly adapter: Address;
}

export interface VenueStates {
  readonly block: { readonly number: number; readonly hash: Hash; readonly timestamp: number };
  /** In the order of the requests. */
  readonly venues: readonly VenueReading[];
  /** HTTP requests made. */
  readonly httpRequests: number;
}

/** The calls of one venue in one round. */
class VenueRound implements Reads {
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
): readonly Outcome<unknown>[][] | null {
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
 * Runs the rounds of all venues in one `eth_call` beside other calls, in one request. One venue that burns all its gas would
 * starve the others, so where a required call failed without a reason each venue is asked again by itself, in one more request.
 */
async function run(
  client: ChainClient,
  multicall: Address,
  rounds: readonly VenueRound[],
  block: number | "latest",
  beside: readonly RpcCall[],
): Promise<readonly RpcAnswer[]> {
  const call = aggregateCall(
    multicall,
    rounds.flatMap(({ calls }) => calls),
    block,
  );
  const [answer, ...others] = await client.batch([call, ...beside]);
  if (answer === undefined) throw new RequiredReadError(null, "the venues", "no answer");
  const outcomes = together(rounds, call, answer) ?? (await oneByOne(client, multicall, rounds, block));
  rounds.forEach((round, index) => {
    round.settle(outcomes[index] ?? []);
  });
  return others;
}

async function oneByOne(
  client: ChainClient,
  multicall: Address,
  rounds: readonly VenueRound[],
  block: number | "latest",
): Promise<readonly (readonly Outcome<unknown>[])[]> {
  const calls = rounds.map((round) => aggregateCall(multicall, round.calls, block));
  const answers = await client.batch(calls);
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
function attempt<T>(body: () => T): Outcome<T> {
  try {
    return { ok: true, value: body() };
  } catch (error) {
    if (error instanceof EngineError) return { ok: false, reason: error.message };
    throw error;
  }
}

function then<T, U>(outcome: Outcome<T>, body: (value: T) => U): Outcome<U> {
  return outcome.ok ? attempt(() => body(outcome.value)) : outcome;
}

interface Limit {
  readonly most: bigint;
  readonly reason: string;
}

function curveOf(
  sizes: readonly Assets[],
  quotes: readonly Outcome<bigint>[],
  closed: string | null,
  limit: Limit | null,
): readonly QuotePoint[] {
  return sizes.map((size, index): QuotePoint => {
    const none = (reason: string): QuotePoint => ({ size, received: null, shortfall: null, reason });
    if (closed !== null) return none(closed);
    if (limit !== null && size > limit.most) return none(limit.reason);
    const quote = quotes[index] ?? { ok: false, reason: "not quoted" };
    if (!quote.ok) return none(quote.reason);
    const shortfall = fromWad(((size - quote.value) * WAD) / size);
    return { size, received: assets(quote.value), shortfall, reason: null };
  });
}

const inEther = (amount: bigint): string => `${fromWad(amount).toFixed(4)} ETH`;

interface AdapterAnswers {
  readonly maxAllocate: bigint;
  readonly maxDeallocate: bigint;
  /** Why `maxAllocate` is 0, by the venue's own revert; null where it did not revert. */
  readonly refusal: string | null;
}

/** Most that can leave in one move, at once or by the queue, whichever takes more; null where no call tells. */
function mostOf({ instant, queued }: VenueFacts["leave"]): bigint | null {
  const paid = instant.ok ? instant.value : null;
  if (queued === null || paid === null) return queued ?? paid;
  return queued > paid ? queued : paid;
}

function stateOf(
  request: VenueRequest,
  protocol: Protocol,
  sizes: readonly Assets[],
  facts: VenueFacts,
  adapter: AdapterAnswers,
): VenueState {
  const { enter, leave } = facts;
  const silent =
    adapter.maxAllocate > 0n
      ? null
      : `the adapter takes nothing: ${adapter.refusal ?? "the venue is closed to it, or full"}`;
  const enterClosed = enter.closed ?? silent;
  const enterLimit = { most: adapter.maxAllocate, reason: `only ${inEther(adapter.maxAllocate)} may enter now` };
  const leaveMost = mostOf(leave);
  const leaveLimit =
    leaveMost === null ? null : { most: leaveMost, reason: `only ${inEther(leaveMost)} can leave in one move now` };
  return {
    kind: "read",
    strategyId: request.strategyId,
    protocol: request.protocol,
    apy: facts.apy,
    cap: facts.cap,
    enter: {
      closed: enterClosed,
      available: assets(enterClosed === null ? adapter.maxAllocate : 0n),
      curve: curveOf(sizes, enter.quotes, enterClosed, enterLimit),
      source: enter.source,
    },
    leave: {
      closed: leave.closed,
      instant: leave.instant.ok ? { ok: true, value: assets(leave.instant.value) } : leave.instant,
      queued: leave.queued === null ? null : assets(leave.queued),
      own: assets(adapter.maxDeallocate),
      delayDays: leave.delay?.days ?? protocol.exitDelayDays,
      delaySource: leave.delay?.source ?? "the usual wait; the venue states none",
      curve: curveOf(sizes, leave.quotes, leave.closed, leaveLimit),
      source: leave.source,
    },
    gas: protocol.gas,
  };
}

/**
 * Reads every venue at one block. A venue that does not answer is held with its reason; the others are not touched by it.
 * @param sizes Ascending, asset units.
 * @throws {BlockHashMismatchError} when the chain reorganised in between.
 */
export async function readVenues(
  client: ChainClient,
  at: { readonly multicall: Address; readonly asset: Address },
  requests: readonly VenueRequest[],
  sizes: readonly Assets[] = CURVE_SIZES,
): Promise<VenueStates> {
  const before = client.httpRequests();
  // Immutables do not depend on the block, so they travel with the request that pins it.
  const addressRounds = requests.map(() => new VenueRound());
  const targetReads = requests.map(({ protocol, adapter }, index) => {
    const calls = protocolOf(protocol)
      .targets(adapter)
      .map((call) => addressRounds[index]?.need(call));
    return () => calls.flatMap((call) => call?.() ?? []);
  });
  const head = headerCall("latest");
  const [headAnswer] = await run(client, at.multicall, addressRounds, "latest", [head]);
  if (headAnswer === undefined) throw new RequiredReadError(null, "the latest block", "no answer");
  const pinned = decodeHeader(resultOf(head, headAnswer), "latest");

  const nowRounds = requests.map(() => new VenueRound());
  const first = requests.map(({ protocol, adapter }, index) => {
    const reads = nowRounds[index] ?? new VenueRound();
    const twin = protocolOf(protocol);
    return then(
      attempt(() => targetReads[index]?.() ?? []),
      (targets) => {
        const site = { adapter, asset: at.asset, targets, sizes, timestamp: pinned.timestamp };
        const maxAllocate = reads.need(viewUint(adapterInterface, adapter, "maxAllocate"));
        const maxDeallocate = reads.need(viewUint(adapterInterface, adapter, "maxDeallocate"));
        const rate = reads.want(twin.rateAt(targets, at.asset));
        return { twin, targets, maxAllocate, maxDeallocate, rate, proceed: twin.inspect(site, reads) };
      },
    );
  });
  const anchorCalls = anchorBlocks(pinned, WINDOW_DAYS * 2, ANCHORS).map(headerCall);
  const anchorAnswers = await run(client, at.multicall, nowRounds, pinned.number, anchorCalls);
  const anchors = anchorCalls.flatMap((call, index) => {
    const found = anchorAnswers[index];
    return found === undefined ? [] : [decodeHeader(resultOf(call, found), "latest")];
  });
  const points = sortTimed([...anchors, pinned]);
  // A young chain has no block of a week ago: its oldest known one then, and the source says over how many days.
  const pastBlock =
    blockAt(points, pinned.timestamp - WINDOW_DAYS * SECONDS_PER_DAY) ?? points[0]?.number ?? pinned.number;

  const nextRounds = requests.map(() => new VenueRound());
  const pastRounds = requests.map(() => new VenueRound());
  const clock = new VenueRound();
  const pastTime = clock.want(blockTimestamp(at.multicall));
  const second = first.map((outcome, index) =>
    then(outcome, ({ twin, targets, proceed, ...rest }) => {
      const [next, past] = [nextRounds[index] ?? new VenueRound(), pastRounds[index] ?? new VenueRound()];
      return {
        ...rest,
        twin,
        pastRate: past.want(twin.rateAt(targets, at.asset)),
        finish: proceed(next, past),
        // Why an adapter takes nothing is known to its venue alone.
        refusal:
          rest.maxAllocate() > 0n
            ? null
            : next.want(viewUint(baseInterface, requests[index]?.adapter ?? at.asset, "venueMaxAllocate")),
      };
    }),
  );
  const pastCalls = [clock, ...pastRounds].flatMap(({ calls }) => calls);
  const pastCall = aggregateCall(at.multicall, pastCalls, pastBlock);
  const recheck = headerCall(pinned.number);
  const [pastAnswer, headAgain] = await run(client, at.multicall, nextRounds, pinned.number, [pastCall, recheck]);
  if (pastAnswer === undefined || headAgain === undefined)
    throw new RequiredReadError(null, "the venues' past", "no answer");
  const again = decodeHeader(resultOf(recheck, headAgain), pinned.number);
  if (again.hash !== pinned.hash) throw new BlockHashMismatchError(pinned.number, pinned.hash, again.hash);
  // The past is wanted, not needed: without it the yields are missing, with the reason.
  const pastOutcomes = attempt(() => decodeAggregate(pastCall, pastAnswer, pastCalls));
  let from = 0;
  for (const round of [clock, ...pastRounds]) {
    const { length } = round.calls;
    round.settle(pastOutcomes.ok ? pastOutcomes.value.slice(from, from + length) : round.calls.map(() => pastOutcomes));
    from += length;
  }
  const time = pastTime();
  const seconds = time.ok ? pinned.timestamp - Number(time.value) : 0;

  const venues = requests.map((request, index): VenueReading => {
    const outcome = second[index] ?? { ok: false, reason: "it was not read" };
    const state = then(outcome, ({ twin, rate, pastRate, finish, maxAllocate, maxDeallocate, refusal }) => {
      const facts = finish({ now: rate(), past: pastRate(), seconds });
      const refused = refusal?.() ?? null;
      return stateOf(request, twin, sizes, facts, {
        maxAllocate: maxAllocate(),
        maxDeallocate: maxDeallocate(),
        refusal: refused === null || refused.ok ? null : refused.reason,
      });
    });
    if (state.ok) return state.value;
    return { kind: "held", strategyId: request.strategyId, protocol: request.protocol, reason: state.reason };
  });
  const { number, hash, timestamp } = pinned;
  return { block: { number, hash, timestamp }, venues, httpRequests: client.httpRequests() - before };
}
