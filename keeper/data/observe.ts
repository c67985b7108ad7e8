/**
 * Stage observe: the chain at one pinned block, and its past, in as few requests as the numbers allow.
 *
 * Requests (30 venues, 365 days, batches of 25): 1 head, 1 core state with anchor headers, 1 adapters with fee history,
 * 15 or 16 days of rates, 1 refinement with the re-check of the pinned hash. The venues' states travel with them: addresses and
 * limits with the adapters, the first round with the days, the second with the refinement.
 */
import { toQuantity } from "ethers";
import type { ChainClient, RpcAnswer, RpcCall } from "../chain/client.ts";
import { decodeHeader, headerCall, resultOf } from "../chain/client.ts";
import { aggregateCall, blockTimestamp, decodeAggregate, type Outcome } from "../chain/multicall.ts";
import { configHash } from "../config/load.ts";
import type { KeeperConfig } from "../config/schema.ts";
import type { DataFlag, MarketSnapshot, StrategyReading } from "../kernel/artifacts.ts";
import { netAssetValue } from "../kernel/constraints.ts";
import { assets, SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import { sizesConsidered } from "../kernel/venue-moves.ts";
import { BooksDifferError, NoHistoryError, NoPastError, RequiredReadError, WiringError } from "./errors.ts";
import { feeHistoryCalls, gasHistory } from "./gas-history.ts";
import { buildHistory, type HistoryReads, type HistorySample, historyReads, priceFlags } from "./history.ts";
import { planQueueRange, planQueueShares, worthOf } from "./queue.ts";
import {
  type AdapterState,
  type CoreState,
  planCore,
  planVenue,
  ReadPlan,
  type RegisteredStrategy,
  type VenueAnswer,
} from "./state.ts";
import {
  anchorBlocks,
  blockAt,
  type DaySample,
  dayTargets,
  refineBlocks,
  sortTimed,
  type TimedBlock,
} from "./timeline.ts";
import { requireSameBlock, runRounds, VenueRound } from "./venue-rounds.ts";
import { callsOf, curveSizes, settlePast, VenueInspection, type VenuePlan, WINDOW_DAYS } from "./venue-states.ts";

/** A day's sample may lie this far from its target before a closer block is looked for, seconds. */
const SAMPLE_TOLERANCE = 900;
/** Rounds of refinement; each is one request while few days are off. */
const REFINEMENTS = 2;
/** Distance between the venue's own rate and the adapter's that rounding explains. */
const RATE_TOLERANCE_WAD = 1_000_000_000n;

function at(answers: readonly RpcAnswer[], index: number, what: string): RpcAnswer {
  const answer = answers[index];
  if (answer === undefined) throw new RequiredReadError(null, what, "no answer");
  return answer;
}

function checkBooks(core: CoreState, config: KeeperConfig): readonly DataFlag[] {
  if (core.registryVault !== config.addresses.vault) {
    throw new WiringError("the registry's vault", config.addresses.vault, core.registryVault);
  }
  const debts = core.strategies.reduce((sum, { debt }) => sum + debt, 0n);
  if (debts !== core.vault.totalDebt) {
    throw new BooksDifferError(
      "sum of debts",
      core.vault.totalDebt,
      debts,
      "Add the missing strategies to the configuration.",
    );
  }
  const { idle, totalDebt, queueOwed, nav } = core.vault;
  // The vault never shows a negative NAV.
  const found = idle + totalDebt > queueOwed ? idle + totalDebt - queueOwed : 0n;
  if (found !== nav) {
    throw new BooksDifferError("idle plus debt, less what the queue is owed", nav, found, "Check the vault's address.");
  }
  if (core.registered === core.strategies.length) return [];
  const message = `the registry has ${core.registered} strategies, the configuration names ${core.strategies.length}; the others hold no debt and are left alone`;
  return [{ strategyId: null, code: "STRATEGIES_NOT_CONFIGURED", message, excludes: false }];
}

/** A strategy whose adapter is silent counts as the contracts count it: at its book value, and nothing can be done with it. */
function silentVenue({ id }: RegisteredStrategy): AdapterState {
  const nothing = { liquid: 0n, pending: 0n, claimable: 0n, maxAllocate: 0n, maxDeallocate: 0n };
  return { id, ...nothing, targets: [], feedDecimals: null };
}

function reading(strategy: RegisteredStrategy, answer: VenueAnswer): StrategyReading {
  const { quote, protocol } = strategy;
  const venue = answer.ok ? answer.venue : silentVenue(strategy);
  const { liquid, pending, claimable } = venue;
  return {
    id: strategy.id,
    protocol: protocol.id,
    name: strategy.name,
    adapter: strategy.adapter,
    state: strategy.state,
    riskIds: strategy.riskIds,
    absoluteCap: assets(strategy.absoluteCap),
    relativeCapBps: strategy.relativeCapBps,
    inflowLeft: assets(strategy.inflowLeft),
    debt: assets(strategy.debt),
    // IOracleGuard.value, computed here: it needs realAssets of the same block as an argument.
    value: assets(answer.ok ? (liquid * quote.sellFactor) / WAD + pending + claimable : strategy.debt),
    liquid: assets(liquid),
    pending: assets(pending),
    claimable: assets(claimable),
    maxAllocate: assets(venue.maxAllocate),
    maxDeallocate: assets(venue.maxDeallocate),
    price: quote,
    hasAsyncExit: protocol.hasAsyncExit,
    exitDelayDays: strategy.exitDelayDays,
    fault: answer.ok ? null : answer.fault,
  };
}

/** The rate read at the venue must be the one the adapter vouches for, or the history is of another thing. */
function rateFlag({ strategy }: HistoryReads, rate: Outcome<bigint>): readonly DataFlag[] {
  const stated = strategy.quote.rate;
  if (!rate.ok) {
    const message = `${strategy.name}: the venue's rate cannot be read (${rate.reason})`;
    return [{ strategyId: strategy.id, code: "RATE_UNREADABLE", message, excludes: true }];
  }
  const distance = rate.value > stated ? rate.value - stated : stated - rate.value;
  if (distance * WAD <= RATE_TOLERANCE_WAD * stated) return [];
  const message = `${strategy.name}: the venue's rate is ${rate.value}, the adapter's is ${stated}`;
  return [{ strategyId: strategy.id, code: "RATE_SOURCE_DIFFERS", message, excludes: true }];
}

/** What keeps one strategy out of a run without holding the others. */
const flagOf = ({ id, name }: RegisteredStrategy, code: string, problem: string): DataFlag => ({
  strategyId: id,
  code,
  message: `${name}: ${problem}`,
  excludes: true,
});

const UNREAD: Outcome<bigint> = { ok: false, reason: "it was not read" };

/** One venue at the pinned block: the end of its history, and the first round of its state. */
interface Present {
  readonly past: HistoryReads;
  readonly sample: (timestamp: number) => HistorySample;
  readonly plan: VenuePlan;
}

function planPresent(past: HistoryReads, now: StrategyReading, nav: bigint): Present {
  const { strategy, venue } = past;
  const round = new VenueRound();
  const rate = round.want(past.rate);
  const feed = past.round === null ? null : round.want(past.round);
  return {
    past,
    sample: (timestamp) => ({ timestamp, rate: rate(), round: feed === null ? null : feed() }),
    plan: {
      request: { strategyId: strategy.id, protocol: strategy.protocol.id, adapter: strategy.adapter },
      targets: venue.targets,
      sizes: curveSizes(sizesConsidered(now, nav)),
      limits: () => venue,
      round,
    },
  };
}

/** All samples at one block, in the order of the reads. */
interface BlockSample extends TimedBlock {
  readonly samples: readonly HistorySample[];
}

/** Reads every venue at past blocks. The calldata is the same at each block and is encoded once. */
class HistoryReader {
  readonly #multicall: KeeperConfig["addresses"]["multicall"];
  readonly #reads: readonly HistoryReads[];
  readonly #template: RpcCall;

  constructor(multicall: KeeperConfig["addresses"]["multicall"], reads: readonly HistoryReads[]) {
    this.#multicall = multicall;
    this.#reads = reads;
    this.#template = aggregateCall(multicall, this.#plan().plan.calls, "latest");
  }

  #plan(): { readonly plan: ReadPlan; readonly read: (number: number) => BlockSample | null } {
    const plan = new ReadPlan();
    const timestamp = plan.want(blockTimestamp(this.#multicall));
    const samples = this.#reads.map(({ rate, round }) => {
      const rateOutcome = plan.want(rate);
      const roundOutcome = round === null ? null : plan.want(round);
      return (time: number): HistorySample => ({
        timestamp: time,
        rate: rateOutcome(),
        round: roundOutcome === null ? null : roundOutcome(),
      });
    });
    const read = (number: number): BlockSample | null => {
      const time = timestamp();
      // Before Multicall3 was deployed nothing can be read this way: the history starts later.
      if (!time.ok) return null;
      return { number, timestamp: Number(time.value), samples: samples.map((sample) => sample(Number(time.value))) };
    };
    return { plan, read };
  }

  call(block: number): RpcCall {
    return { method: this.#template.method, params: [this.#template.params[0], toQuantity(block)] };
  }

  decode(block: number, answer: RpcAnswer): BlockSample | null {
    const { plan, read } = this.#plan();
    plan.settle(decodeAggregate(this.call(block), answer, plan.calls));
    return read(block);
  }
}

/** Distance of the days' samples from their targets, worst first in the message. */
function offTargetFlags(samples: readonly DaySample[]): readonly DataFlag[] {
  const off = samples.filter(({ timestamp, target }) => Math.abs(timestamp - target) > SAMPLE_TOLERANCE);
  if (off.length === 0) return [];
  const worst = Math.max(...off.map(({ timestamp, target }) => Math.abs(timestamp - target)));
  const message = `${off.length} of ${samples.length} days have no block within ${SAMPLE_TOLERANCE} s of their end; the worst is ${worst} s off. Timestamps are real`;
  return [{ strategyId: null, code: "SAMPLE_OFF_TARGET", message, excludes: false }];
}

/** For each day the sample nearest to its end, each sample once, ascending. */
function nearestSamples(
  targets: readonly number[],
  found: readonly BlockSample[],
): readonly (DaySample & BlockSample)[] {
  const chosen = new Map<number, DaySample & BlockSample>();
  for (const target of targets) {
    let best: BlockSample | null = null;
    for (const sample of found) {
      if (best === null || Math.abs(sample.timestamp - target) < Math.abs(best.timestamp - target)) best = sample;
    }
    if (best === null) continue;
    const earlier = chosen.get(best.number);
    if (earlier === undefined || Math.abs(best.timestamp - target) < Math.abs(earlier.timestamp - earlier.target)) {
      chosen.set(best.number, { ...best, target });
    }
  }
  return [...chosen.values()].sort((a, b) => a.number - b.number);
}

/** Observes the market at a block (the latest by default). Held with a typed error when a required number is missing. */
export async function observe(client: ChainClient, config: KeeperConfig, block?: number): Promise<MarketSnapshot> {
  const requestsBefore = client.httpRequests();
  const pinned = await client.header(block ?? "latest");
  const { multicall } = config.addresses;

  const corePlan = new ReadPlan();
  const readCore = planCore(config, corePlan);
  const coreCall = aggregateCall(multicall, corePlan.calls, pinned.number);
  const anchorCalls = anchorBlocks(pinned, config.history.days, client.maxBatch - 1).map(headerCall);
  const first = await client.batch([coreCall, ...anchorCalls]);
  corePlan.settle(decodeAggregate(coreCall, at(first, 0, "the vault"), corePlan.calls));
  const core = readCore();
  const flags: DataFlag[] = [...checkBooks(core, config)];
  const anchors = anchorCalls.map((call, index) =>
    decodeHeader(resultOf(call, at(first, index + 1, "an anchor header")), "latest"),
  );
  let points = sortTimed([...anchors, pinned]);

  // A strategy written off without debt has nothing left to read.
  const strategies = core.strategies.filter((strategy) => {
    flags.push(...priceFlags(strategy, pinned.timestamp));
    return strategy.state !== "Revoked" || strategy.debt > 0n;
  });
  const adapterRounds = strategies.map(() => new VenueRound());
  const readVenues = strategies.map((strategy, index) => planVenue(strategy, adapterRounds[index] ?? new VenueRound()));
  const rangePlan = new ReadPlan();
  const readRange = core.queue === null ? null : planQueueRange(core.queue, rangePlan);
  const rangeCalls = core.queue === null ? [] : [aggregateCall(multicall, rangePlan.calls, pinned.number)];
  const gasFrom =
    blockAt(points, pinned.timestamp - config.history.gasDays * 86_400) ?? points[0]?.number ?? pinned.number;
  const feeCalls = feeHistoryCalls(gasFrom, pinned.number);
  const feesBeside = client.maxBatch - 1 - rangeCalls.length;
  const firstFees = feeCalls.slice(0, feesBeside);
  const second = await runRounds(client, multicall, adapterRounds, pinned, [...rangeCalls, ...firstFees]);
  for (const call of rangeCalls)
    rangePlan.settle(decodeAggregate(call, at(second, 0, "the redeem queue"), rangePlan.calls));
  const answers = readVenues.map((read) => read());
  const range = readRange === null ? { first: 1, last: 0 } : readRange();

  const read = strategies.map((strategy, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new RequiredReadError(strategy.name, "the adapter", "it was not read");
    return { strategy, answer, reading: reading(strategy, answer) };
  });
  const readings = read.map((venue) => venue.reading);
  const nav = netAssetValue({ vault: core.vault, strategies: readings });
  const present = read.flatMap(({ strategy, answer, reading: now }) => {
    if (answer.ok) return [planPresent(historyReads(strategy, answer.venue, core.asset), now, nav)];
    flags.push(flagOf(strategy, "ADAPTER_FAULT", `the adapter does not answer (${answer.fault})`));
    return [];
  });
  const reads = present.map(({ past }) => past);
  const inspection = new VenueInspection(
    present.map(({ plan }) => plan.request),
    present.map(({ plan }) => ({ ok: true, value: plan })),
    core.asset,
    pinned.timestamp,
  );
  const reader = new HistoryReader(multicall, reads);
  const targets = dayTargets(pinned, config.history.days);
  const wanted = [...new Set(targets.flatMap((target) => blockAt(points, target) ?? []))].filter(
    (number) => number < pinned.number,
  );
  const queuePlan = new ReadPlan();
  const readShares = core.queue === null ? () => 0n : planQueueShares(core.queue, range, queuePlan);
  const queueCalls = queuePlan.calls.length === 0 ? [] : [aggregateCall(multicall, queuePlan.calls, pinned.number)];
  const laterFees = feeCalls.slice(firstFees.length);
  const nowRounds = present.map(({ plan }) => plan.round);
  const dayCalls = wanted.map((number) => reader.call(number));
  const third = await runRounds(client, multicall, nowRounds, pinned, [...dayCalls, ...laterFees, ...queueCalls]);
  const queueAt = wanted.length + laterFees.length;
  for (const call of queueCalls)
    queuePlan.settle(decodeAggregate(call, at(third, queueAt, "the redeem queue"), queuePlan.calls));
  const found = wanted.flatMap((number, index) => reader.decode(number, at(third, index, `block ${number}`)) ?? []);
  const feeAnswers = [...second.slice(rangeCalls.length), ...third.slice(wanted.length, queueAt)];

  inspection.proceed();
  // The day's sample of a week ago is the other end of the yields' span: its rates are read already.
  const [ago] = nearestSamples([pinned.timestamp - WINDOW_DAYS * SECONDS_PER_DAY], found);
  const pastCalls = ago === undefined ? [] : [aggregateCall(multicall, callsOf(inspection.past), ago.number)];

  const here: BlockSample = { number: pinned.number, timestamp: pinned.timestamp, samples: [] };
  // The re-check travels last in the last batch: what was read before it was read from this very chain.
  const recheck = headerCall(pinned.number);
  for (let round = 1; round <= REFINEMENTS; round += 1) {
    points = sortTimed([...points, ...found]);
    // The pinned block counts here as what is nearest so far: after an outage of days it is, and earlier ones are then looked for.
    const refined = refineBlocks(nearestSamples(targets, [...found, here]), points, SAMPLE_TOLERANCE);
    const numbers = [...new Set(refined.map(({ block: number }) => number))];
    if (numbers.length === 0 && round > 1) break;
    const calls = numbers.map((number) => reader.call(number));
    const answered =
      round === 1
        ? await runRounds(client, multicall, inspection.next, pinned, [...calls, ...pastCalls, recheck])
        : await client.batch([...calls, recheck]);
    requireSameBlock(pinned, recheck, answered.at(-1));
    if (round === 1) for (const call of pastCalls) settlePast(call, answered[numbers.length], inspection.past);
    found.push(
      ...numbers.flatMap((number, index) => reader.decode(number, at(answered, index, `block ${number}`)) ?? []),
    );
    if (numbers.length === 0) break;
  }
  points = sortTimed([...points, ...found]);

  const days = nearestSamples(targets, found);
  if (days.length === 0) throw new NoPastError(days.length);
  flags.push(...offTargetFlags(days));
  const history = present.flatMap(({ past, sample }, index) => {
    const sampleOf = ({ samples }: BlockSample): HistorySample => {
      const found = samples[index];
      if (found === undefined) throw new RequiredReadError(past.strategy.name, "a past sample", "it was not read");
      return found;
    };
    const now = sample(pinned.timestamp);
    flags.push(...rateFlag(past, now.rate));
    try {
      const built = buildHistory(past, [...days.map(sampleOf), now], targets[0] ?? pinned.timestamp);
      flags.push(...built.flags);
      return [built.history];
    } catch (error) {
      if (!(error instanceof NoHistoryError)) throw error;
      flags.push(flagOf(past.strategy, error.code, `it has no usable history (${error.reason})`));
      return [];
    }
  });

  const venues = inspection.readings((index) => ({
    now: present[index]?.sample(pinned.timestamp).rate ?? UNREAD,
    past: ago?.samples[index]?.rate ?? UNREAD,
    seconds: ago === undefined ? 0 : pinned.timestamp - ago.timestamp,
  }));
  for (const venue of venues) {
    if (venue.kind === "read") continue;
    const name = strategies.find(({ id }) => id === venue.strategyId)?.name ?? venue.strategyId;
    const message = `${name}: the venue is held: ${venue.reason}`;
    flags.push({ strategyId: venue.strategyId, code: "VENUE_HELD", message, excludes: false });
  }

  return {
    provenance: {
      chainId: client.chainId,
      blockNumber: pinned.number,
      blockHash: pinned.hash,
      timestamp: pinned.timestamp,
      configHash: configHash(config),
      seed: config.seed,
    },
    vault: { ...core.vault, queuePending: worthOf(readShares(), core.vault) },
    configEpoch: core.configEpoch,
    nextExecutionAt: core.nextExecutionAt,
    policy: core.policy,
    strategies: readings,
    riskCaps: core.riskCaps,
    venues,
    history,
    gas: { baseFee: pinned.baseFee, ...gasHistory(feeCalls, feeAnswers, points, { from: gasFrom, to: pinned.number }) },
    flags,
    httpRequests: client.httpRequests() - requestsBefore,
  };
}
