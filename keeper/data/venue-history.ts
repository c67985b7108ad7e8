/**
 * What every venue paid over the past, apart by source, one figure a day: what a unit held since that day has earned. The same
 * reads as the present state's (venue-states.ts), with each day in place of its week ago.
 *
 * Requests (20 venues, 365 days, batches of 25): 1 head with the addresses, 1 state with anchor headers, 15 days.
 */
import { toQuantity } from "ethers";
import { type ChainClient, decodeHeader, headerCall, type RpcCall, resultOf } from "../chain/client.ts";
import { aggregateCall, blockTimestamp, type Outcome } from "../chain/multicall.ts";
import { type Address, assets } from "../kernel/units.ts";
import type { YieldPart, YieldParts } from "../kernel/venue-state.ts";
import { protocolOf, type RateWindow } from "../protocols/index.ts";
import { growth, known as knownYield, NO_FEES } from "../protocols/quotes.ts";
import { anchorBlocks, blockAt, dayTargets, sortTimed } from "./timeline.ts";
import { requireSameBlock, runRounds, then, VenueRound } from "./venue-rounds.ts";
import {
  callsOf,
  pinWithTargets,
  settlePast,
  VenueInspection,
  type VenuePlan,
  type VenueRequest,
} from "./venue-states.ts";

export interface PastYield {
  /** Of the day's block, Unix seconds. */
  readonly timestamp: number;
  /** Compounded yearly yield from that block to the pinned one. */
  readonly apy: YieldParts;
}

export interface VenueHistory {
  readonly strategyId: number;
  /** Ascending in time; a day whose block cannot be read is absent, a part that cannot be read is missing with its reason. */
  readonly days: readonly PastYield[];
  /** Why the venue has no history at all; null where it has. */
  readonly held: string | null;
}

export interface VenueHistories {
  readonly venues: readonly VenueHistory[];
  /** HTTP requests made. */
  readonly httpRequests: number;
}

/** A unit that yields are measured on; prices of sizes are no part of a history. */
const NO_SIZES = [assets(10n ** 18n)];
const NO_LIMITS = { maxAllocate: 1n, maxDeallocate: 0n };
const UNREAD: Outcome<bigint> = { ok: false, reason: "it was not read" };

/**
 * A venue without fees, or with fees that its events tell, may state what it pays at present; what it paid is in the growth of its
 * rate, and such fees with it.
 */
function earnedBase({ base, fees }: YieldParts, window: RateWindow): YieldPart {
  if (fees !== NO_FEES && window.events === undefined) return base;
  const earned = growth(window, "the venue's rate");
  if (earned.kind === "missing" || fees === NO_FEES) return earned;
  if (fees.kind === "missing") return knownYield(earned.apy, `${earned.source}, fees included`);
  return knownYield((1 + earned.apy) / (1 + fees.apy) - 1, `${earned.source}, less fees`);
}

/**
 * Reads the yields of `days` past days of every venue.
 * @throws {BlockHashMismatchError} when the chain reorganised in between.
 */
export async function readVenueHistories(
  client: ChainClient,
  at: { readonly multicall: Address; readonly asset: Address },
  requests: readonly VenueRequest[],
  days: number,
): Promise<VenueHistories> {
  const before = client.httpRequests();
  const { pinned, known } = await pinWithTargets(client, at.multicall, requests);
  const nowRounds = requests.map(() => new VenueRound());
  const rates: (() => Outcome<bigint>)[] = [];
  const plans = known.map(({ request, targets: found }, index) =>
    then(found, (targets): VenuePlan => {
      const round = nowRounds[index] ?? new VenueRound();
      rates[index] = round.want(protocolOf(request.protocol).rateAt(targets, at.asset));
      // What may move is no part of the past.
      return { request, targets, sizes: NO_SIZES, limits: () => NO_LIMITS, round };
    }),
  );
  const inspection = new VenueInspection(requests, plans, at.asset, pinned.timestamp);
  const anchorCalls = anchorBlocks(pinned, days, client.maxBatch - 1).map(headerCall);
  const anchorAnswers = await runRounds(client, at.multicall, nowRounds, pinned, anchorCalls);
  const anchors = anchorCalls.flatMap((call, index) => {
    const answer = anchorAnswers[index];
    return answer === undefined ? [] : [decodeHeader(resultOf(call, answer), "latest")];
  });
  const points = sortTimed([...anchors, pinned]);
  const blocks = [...new Set(dayTargets(pinned, days).flatMap((target) => blockAt(points, target) ?? []))].filter(
    (number) => number < pinned.number,
  );

  inspection.proceed();
  const clock = new VenueRound();
  const time = clock.want(blockTimestamp(at.multicall));
  const pastRates = plans.map((plan, index) => {
    const round = inspection.past[index];
    if (!plan.ok || round === undefined) return () => UNREAD;
    return round.want(protocolOf(plan.value.request.protocol).rateAt(plan.value.targets, at.asset));
  });
  // The calls are the same on every day: encoded once, and each day's answers take the place of the last one's.
  const pastRounds = [clock, ...inspection.past];
  const template = aggregateCall(at.multicall, callsOf(pastRounds), "latest");
  const calls = blocks.map((block): RpcCall => ({ ...template, params: [template.params[0], toQuantity(block)] }));
  const recheck = headerCall(pinned.number);
  const eventCalls = inspection.eventCalls(Math.min(pinned.number, ...blocks), pinned.number);
  const beside = [...calls, ...eventCalls, recheck];
  const answers = await runRounds(client, at.multicall, inspection.next, pinned, beside);
  requireSameBlock(pinned, recheck, answers.at(-1));
  inspection.settleEvents(eventCalls, answers.slice(calls.length, -1));

  const held: (string | null)[] = requests.map(() => (calls.length === 0 ? "no past block was read" : null));
  const seen: PastYield[][] = requests.map(() => []);
  calls.forEach((call, day) => {
    settlePast(call, answers[day], pastRounds);
    const read = time();
    if (!read.ok) return;
    const timestamp = Number(read.value);
    const windowOf = (index: number): RateWindow => ({
      now: rates[index]?.() ?? UNREAD,
      past: pastRates[index]?.() ?? UNREAD,
      seconds: pinned.timestamp - timestamp,
      ...inspection.eventsAfter(index, blocks[day] ?? pinned.number),
      isHistory: true,
    });
    inspection.readings(windowOf).forEach((state, index) => {
      if (state.kind === "held") {
        held[index] = state.reason;
        return;
      }
      const base = earnedBase(state.apy, windowOf(index));
      seen[index]?.push({ timestamp, apy: { ...state.apy, base } });
    });
  });
  const venues = requests.map(
    ({ strategyId }, index): VenueHistory => ({ strategyId, days: seen[index] ?? [], held: held[index] ?? null }),
  );
  return { venues, httpRequests: client.httpRequests() - before };
}
