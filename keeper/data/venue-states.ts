/**
 * The state of every venue at one block in three requests: the block with the venues' addresses, their state, and what
 * follows from it together with the rates of a week before and a re-check of the block's hash. A cycle's rounds travel in the
 * requests that it makes anyway (observe.ts).
 */

import { AdapterBase__factory } from "../../types/ethers-contracts/factories/contracts/adapters/AdapterBase__factory.ts";
import { IStrategyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyAdapter__factory.ts";
import {
  type BlockHeader,
  type ChainClient,
  decodeHeader,
  headerCall,
  type RpcAnswer,
  type RpcCall,
  resultOf,
} from "../chain/client.ts";
import { type ChainEvent, decodeLogs, type EventQuery, logsCall } from "../chain/logs.ts";
import {
  aggregateCall,
  blockTimestamp,
  decodeAggregate,
  type Outcome,
  type ViewCall,
  viewUint,
} from "../chain/multicall.ts";
import { type Address, type Assets, assets, fromWad, type Hash, SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import type { QuotePoint, VenueReading, VenueState } from "../kernel/venue-state.ts";
import {
  type Inspect,
  type Protocol,
  type ProtocolId,
  protocolOf,
  type RateWindow,
  type VenueFacts,
} from "../protocols/index.ts";
import { RequiredReadError } from "./errors.ts";
import { anchorBlocks, blockAt, sortTimed } from "./timeline.ts";
import { attempt, requireSameBlock, runRounds, then, VenueRound } from "./venue-rounds.ts";

const ETHER = 10n ** 18n;
/** Sizes of the curves: a small leg, and up to what moves the smaller pools. */
export const CURVE_SIZES: readonly Assets[] = [1n, 10n, 50n, 100n, 500n, 1_000n, 5_000n].map((size) =>
  assets(size * ETHER),
);
/** The usual sizes and those that a strategy's run could move, ascending. */
export const curveSizes = (considered: readonly Assets[]): readonly Assets[] =>
  [...new Set([...CURVE_SIZES, ...considered])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
/** Span of the yields. Harvests and oracle reports come daily to weekly; a shorter span would show their teeth. */
export const WINDOW_DAYS = 7;
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
    if (quote.value <= 0n) return none(`the venue quotes ${quote.value} for ${inEther(size)}`);
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
      instantFee: leave.instantFee ?? 0,
      queued: leave.queued === null ? null : assets(leave.queued),
      own: assets(adapter.maxDeallocate),
      delayDays: leave.delay?.days ?? protocol.exitDelayDays,
      delaySource: leave.delay?.source ?? "the usual wait; the venue states none",
      curve: curveOf(sizes, leave.quotes, leave.closed, leaveLimit),
      source: leave.source,
    },
    discount: facts.discount ?? null,
    gas: protocol.gas,
  };
}

/** A venue of which the adapter's own answers are read, or travel in the same round. */
export interface VenuePlan {
  readonly request: VenueRequest;
  /** Answers of {@link Protocol.targets}. */
  readonly targets: readonly Address[];
  /** Sizes of its curves, ascending, asset units. */
  readonly sizes: readonly Assets[];
  readonly limits: () => Pick<AdapterAnswers, "maxAllocate" | "maxDeallocate">;
  /** Calls at the pinned block. */
  readonly round: VenueRound;
}

interface Started extends VenuePlan {
  readonly twin: Protocol;
  readonly proceed: ReturnType<Inspect>;
}
interface Finishing extends Started {
  readonly finish: ReturnType<ReturnType<Inspect>>;
  readonly refusal: (() => Outcome<bigint>) | null;
}

/** The rounds of several venues' states: `now` is planned at once, `next` and `past` once that has run. */
export class VenueInspection {
  readonly #requests: readonly VenueRequest[];
  readonly #started: readonly Outcome<Started>[];
  #finishing: readonly Outcome<Finishing>[] = [];
  readonly next: readonly VenueRound[];
  readonly past: readonly VenueRound[];
  /** By the venue's place. */
  readonly #queries = new Map<number, EventQuery>();
  readonly #events = new Map<number, Outcome<readonly ChainEvent[]>>();

  /** @param timestamp Of the pinned block, Unix seconds. */
  constructor(
    requests: readonly VenueRequest[],
    plans: readonly Outcome<VenuePlan>[],
    asset: Address,
    timestamp: number,
  ) {
    this.#requests = requests;
    this.next = requests.map(() => new VenueRound());
    this.past = requests.map(() => new VenueRound());
    this.#started = plans.map((planned, index) =>
      then(planned, (plan) => {
        const { request, targets, sizes, round } = plan;
        const twin: Protocol = protocolOf(request.protocol);
        if (twin.events !== undefined) this.#queries.set(index, twin.events(targets));
        const site = { adapter: request.adapter, asset, targets, sizes, timestamp };
        return { ...plan, twin, proceed: twin.inspect(site, round) };
      }),
    );
  }

  /** Plans the rounds `next` and `past` from the answers to `now`. */
  proceed(): void {
    this.#finishing = this.#started.map((outcome, index) =>
      then(outcome, (started) => {
        const [next, past] = [this.next[index] ?? new VenueRound(), this.past[index] ?? new VenueRound()];
        return {
          ...started,
          finish: started.proceed(next, past),
          // Why an adapter takes nothing is known to its venue alone.
          refusal:
            started.limits().maxAllocate > 0n
              ? null
              : next.want(viewUint(baseInterface, started.request.adapter, "venueMaxAllocate")),
        };
      }),
    );
  }

  /** The calls for the events after a block, up to the pinned one; their answers are for {@link settleEvents}. */
  eventCalls(after: number, pinned: number): readonly RpcCall[] {
    return after < pinned ? [...this.#queries.values()].map((query) => logsCall(query, after + 1, pinned)) : [];
  }

  settleEvents(calls: readonly RpcCall[], answers: readonly RpcAnswer[]): void {
    [...this.#queries].forEach(([index, query], place) => {
      const call = calls[place];
      if (call !== undefined) this.#events.set(index, decodeLogs(query, call, answers[place]));
    });
  }

  /** The part of a venue's window that its events are, after a block. */
  eventsAfter(index: number, block: number): Pick<RateWindow, "events"> {
    const events = this.#events.get(index);
    if (events === undefined) return {};
    return { events: then(events, (all) => all.filter((event) => event.block > block)) };
  }

  /**
   * The states, once all rounds have run, in the order of the requests. A venue that did not answer is held with its reason.
   * @param windowOf The rate at both ends of the yields' span, by the venue's place.
   */
  readings(windowOf: (index: number) => RateWindow): readonly VenueReading[] {
    return this.#requests.map((request, index): VenueReading => {
      const outcome = this.#finishing[index] ?? { ok: false, reason: "it was not read" };
      const state = then(outcome, ({ twin, sizes, finish, limits, refusal }) => {
        const refused = refusal?.() ?? null;
        return stateOf(request, twin, sizes, finish(windowOf(index)), {
          ...limits(),
          refusal: refused === null || refused.ok ? null : refused.reason,
        });
      });
      if (state.ok) return state.value;
      return { kind: "held", strategyId: request.strategyId, protocol: request.protocol, reason: state.reason };
    });
  }
}

/** Settles rounds with the answer of another block. The past is wanted, not needed: without it yields are missing, with the reason. */
export function settlePast(
  call: ReturnType<typeof aggregateCall>,
  answer: RpcAnswer | undefined,
  rounds: readonly VenueRound[],
): void {
  const calls = rounds.flatMap((round) => round.calls);
  const outcomes = attempt(() => {
    if (answer === undefined) throw new RequiredReadError(null, "the venues' past", "no answer");
    return decodeAggregate(call, answer, calls);
  });
  let from = 0;
  for (const round of rounds) {
    const { length } = round.calls;
    round.settle(outcomes.ok ? outcomes.value.slice(from, from + length) : round.calls.map(() => outcomes));
    from += length;
  }
}

export const callsOf = (rounds: readonly VenueRound[]): readonly ViewCall<unknown>[] =>
  rounds.flatMap(({ calls }) => calls);

interface KnownTargets {
  readonly request: VenueRequest;
  readonly targets: Outcome<readonly Address[]>;
}

/** The latest block, and each venue's targets: immutables do not depend on the block, so they travel with what pins it. */
export async function pinWithTargets(
  client: ChainClient,
  multicall: Address,
  requests: readonly VenueRequest[],
): Promise<{ readonly pinned: BlockHeader; readonly known: readonly KnownTargets[] }> {
  const rounds = requests.map(() => new VenueRound());
  const reads = requests.map((request, index) => {
    const calls = protocolOf(request.protocol)
      .targets(request.adapter)
      .map((call) => rounds[index]?.need(call));
    return (): KnownTargets => ({ request, targets: attempt(() => calls.flatMap((call) => call?.() ?? [])) });
  });
  const head = headerCall("latest");
  const [answer] = await runRounds(client, multicall, rounds, "latest", [head]);
  if (answer === undefined) throw new RequiredReadError(null, "the latest block", "no answer");
  return { pinned: decodeHeader(resultOf(head, answer), "latest"), known: reads.map((read) => read()) };
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
  const { pinned, known } = await pinWithTargets(client, at.multicall, requests);
  const nowRounds = requests.map(() => new VenueRound());
  const rateReads: (() => Outcome<bigint>)[] = [];
  const pastRateReads: (() => Outcome<bigint>)[] = [];
  const plans = known.map(({ request, targets: found }, index) =>
    then(found, (targets): VenuePlan => {
      const { adapter, protocol } = request;
      const round = nowRounds[index] ?? new VenueRound();
      const maxAllocate = round.need(viewUint(adapterInterface, adapter, "maxAllocate"));
      const maxDeallocate = round.need(viewUint(adapterInterface, adapter, "maxDeallocate"));
      rateReads[index] = round.want(protocolOf(protocol).rateAt(targets, at.asset));
      const limits = () => ({ maxAllocate: maxAllocate(), maxDeallocate: maxDeallocate() });
      return { request, targets, sizes, limits, round };
    }),
  );
  const inspection = new VenueInspection(requests, plans, at.asset, pinned.timestamp);
  const anchorCalls = anchorBlocks(pinned, WINDOW_DAYS * 2, ANCHORS).map(headerCall);
  const anchorAnswers = await runRounds(client, at.multicall, nowRounds, pinned, anchorCalls);
  const anchors = anchorCalls.flatMap((call, index) => {
    const found = anchorAnswers[index];
    return found === undefined ? [] : [decodeHeader(resultOf(call, found), "latest")];
  });
  const points = sortTimed([...anchors, pinned]);
  // A young chain has no block of a week ago: its oldest known one then, and the source says over how many days.
  const pastBlock =
    blockAt(points, pinned.timestamp - WINDOW_DAYS * SECONDS_PER_DAY) ?? points[0]?.number ?? pinned.number;

  inspection.proceed();
  const clock = new VenueRound();
  const pastTime = clock.want(blockTimestamp(at.multicall));
  plans.forEach((plan, index) => {
    const round = inspection.past[index];
    if (plan.ok && round !== undefined)
      pastRateReads[index] = round.want(protocolOf(plan.value.request.protocol).rateAt(plan.value.targets, at.asset));
  });
  const pastRounds = [clock, ...inspection.past];
  const pastCall = aggregateCall(at.multicall, callsOf(pastRounds), pastBlock);
  const eventCalls = inspection.eventCalls(pastBlock, pinned.number);
  const recheck = headerCall(pinned.number);
  const beside = [pastCall, ...eventCalls, recheck];
  const [pastAnswer, ...rest] = await runRounds(client, at.multicall, inspection.next, pinned, beside);
  requireSameBlock(pinned, recheck, rest.at(-1));
  inspection.settleEvents(eventCalls, rest.slice(0, -1));
  settlePast(pastCall, pastAnswer, pastRounds);
  const time = pastTime();
  const seconds = time.ok ? pinned.timestamp - Number(time.value) : 0;
  const unread: Outcome<bigint> = { ok: false, reason: "it was not read" };
  const venues = inspection.readings((index) => ({
    now: rateReads[index]?.() ?? unread,
    past: pastRateReads[index]?.() ?? unread,
    seconds,
    ...inspection.eventsAfter(index, pastBlock),
  }));
  const { number, hash, timestamp } = pinned;
  return { block: { number, hash, timestamp }, venues, httpRequests: client.httpRequests() - before };
}
