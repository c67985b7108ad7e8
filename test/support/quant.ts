/** Seeded inputs for the pure stages: provenance, forecasts, constraints and snapshots of any size. */
import type {
  AllocationConstraints,
  ForecastSet,
  MarketSnapshot,
  Provenance,
  StrategyHistory,
  StrategyLimits,
  StrategyReading,
} from "../../keeper/kernel/artifacts.ts";
import type { Rng } from "../../keeper/kernel/rng.ts";
import { address, assets, hash, SECONDS_PER_DAY, shares, toWad, WAD, wad } from "../../keeper/kernel/units.ts";
import type { QuotePoint, VenueState } from "../../keeper/kernel/venue-state.ts";

export const ETHER = 10n ** 18n;

export const provenance = (timestamp = 1_747_180_800, seed = 7): Provenance => ({
  chainId: 31337,
  blockNumber: 1000,
  blockHash: hash(`0x${"ab".repeat(32)}`),
  timestamp,
  configHash: hash(`0x${"cd".repeat(32)}`),
  seed,
});

/** Limits of an empty, open strategy without costs; override what a test is about. */
export const limits = (id: number, changes: Partial<StrategyLimits> = {}): StrategyLimits => ({
  id,
  name: `strategy ${id}`,
  currentWeight: 0,
  minWeight: 0,
  capWeight: 1,
  reachableWeight: 10,
  entryBlockedBy: null,
  exitBlockedBy: null,
  riskIds: [],
  costs: { enter: 0, exit: 0 },
  ...changes,
});

export const constraints = (
  strategies: readonly StrategyLimits[],
  changes: Partial<AllocationConstraints> = {},
): AllocationConstraints => ({
  nav: assets(1000n * ETHER),
  strategies,
  riskIds: [],
  idle: { current: 1 - strategies.reduce((total, s) => total + s.currentWeight, 0), minimum: 0 },
  fixedCost: assets(0n),
  legCost: assets(0n),
  ...changes,
});

/** A forecast whose means over a one-day horizon are given and whose scenarios are the rows. */
export const forecastOf = (means: readonly number[], scenarios: readonly (readonly number[])[]): ForecastSet => ({
  provenance: provenance(),
  horizonDays: 1,
  strategies: means.map((meanDaily, i) => ({
    id: i + 1,
    name: `strategy ${i + 1}`,
    model: "naive",
    meanDaily,
    intervals: [],
    path: [],
    errors: [],
    trainedFrom: 0,
    trainedTo: 0,
  })),
  scenarios,
});

/** Rows of one common and one own normal factor. */
export function factorReturns(rng: Rng, rows: number, columns: number, scale: number): number[][] {
  const loadings = Array.from({ length: columns }, () => rng.uniform());
  const sizes = Array.from({ length: columns }, () => 0.3 + rng.uniform());
  return Array.from({ length: rows }, () => {
    const common = rng.normal() * (rng.uniform() < 0.05 ? 3 : 1);
    return loadings.map((load, i) => scale * (sizes[i] ?? 1) * (0.05 + load * common + rng.normal()));
  });
}

export const reading = (id: number, changes: Partial<StrategyReading> = {}): StrategyReading => ({
  id,
  protocol: "aave-v3",
  name: `strategy ${id}`,
  adapter: address(`0x${id.toString(16).padStart(40, "0")}`),
  state: "Active",
  riskIds: [],
  absoluteCap: assets(500n * ETHER),
  relativeCapBps: 2500,
  inflowLeft: assets(500n * ETHER),
  debt: assets(0n),
  value: assets(0n),
  liquid: assets(0n),
  pending: assets(0n),
  claimable: assets(0n),
  maxAllocate: assets(500n * ETHER),
  maxDeallocate: assets(0n),
  price: { status: "Normal", sellFactor: WAD, buyFactor: WAD, rate: WAD, marketWad: WAD, updatedAt: 0 },
  hasAsyncExit: false,
  exitDelayDays: 0,
  fault: null,
  ...changes,
});

/** An open venue without costs at the curves' sizes given in ether; override what a test is about. */
export const venueState = (strategyId: number, changes: Partial<VenueState> = {}): VenueState => {
  const move = { closed: null, curve: curveOf([1, 0], [5_000, 0]), source: "test" };
  const part = { kind: "known", apy: 0.03, source: "test" } as const;
  return {
    kind: "read",
    strategyId,
    protocol: "aave-v3",
    apy: { base: part, fees: part, reward: part },
    cap: null,
    enter: { ...move, available: assets(5_000n * ETHER) },
    leave: {
      ...move,
      instant: { ok: true, value: assets(5_000n * ETHER) },
      instantFee: 0,
      queued: null,
      own: assets(0n),
      delayDays: 0,
      delaySource: "test",
    },
    discount: 0,
    gas: { Allocate: null, Deallocate: null, RequestExit: null, Reposition: null },
    ...changes,
  };
};

/** Points of size in ether and shortfall in basis points, or the reason for none. */
export const curveOf = (...points: readonly (readonly [number, number | string])[]): readonly QuotePoint[] =>
  points.map(([ether, shortfall]): QuotePoint => {
    const size = assets(toWad(ether));
    if (typeof shortfall === "string") return { size, received: null, shortfall: null, reason: shortfall };
    const received = assets((size * BigInt(Math.round((10_000 - shortfall) * 1_000))) / 10_000_000n);
    return { size, received, shortfall: shortfall / 10_000, reason: null };
  });

/** A rate that grows by noisy yield, one sample a day ending at `end`, a few minutes off each time. */
export function history(rng: Rng, id: number, end: number, days: number, daily = 8e-5): StrategyHistory {
  const timestamps: number[] = [];
  const rates: bigint[] = [];
  const marketRatios: bigint[] = [];
  let rate = 10n ** 18n;
  for (let t = days; t >= 0; t--) {
    timestamps.push(end - t * SECONDS_PER_DAY - rng.int(600));
    rates.push(rate);
    marketRatios.push(BigInt(Math.round(1e15 * (1 + 0.0005 * rng.normal()))) * 1000n);
    rate += (rate * BigInt(Math.round(1e12 * daily * (1 + 0.2 * rng.normal())))) / 10n ** 12n;
  }
  return { id, timestamps, rates, marketRatios };
}

export function snapshot(
  strategies: readonly StrategyReading[],
  histories: readonly StrategyHistory[],
  timestamp = provenance().timestamp,
): MarketSnapshot {
  return {
    provenance: provenance(timestamp),
    vault: {
      address: address(`0x${"11".repeat(20)}`),
      nav: assets(1000n * ETHER),
      idle: assets(1000n * ETHER),
      totalDebt: assets(0n),
      totalAssets: assets(1000n * ETHER),
      totalSupply: shares(1000n * ETHER),
      lockedProfit: assets(0n),
      minimumIdle: assets(50n * ETHER),
      queueOwed: assets(0n),
      queuePending: assets(0n),
    },
    configEpoch: 1n,
    nextExecutionAt: timestamp,
    policy: { cooldown: 21_600, maxTtl: 604_800, maxLossBps: 5, windowLossBps: 20, maxNavToleranceBps: 50 },
    strategies,
    riskCaps: [],
    venues: [],
    history: histories,
    gas: {
      baseFee: wad(1_000_000_000n),
      timestamps: Array.from({ length: 48 }, (_, h) => timestamp - (48 - h) * 3600),
      baseFees: Array.from({ length: 48 }, (_, h) => BigInt(1_000_000_000 + h * 1_000_000)),
    },
    flags: [],
    httpRequests: 0,
  };
}
