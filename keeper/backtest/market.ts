/** A panel as the chain would have shown it on a day: nothing after that day is in what this returns. */
import type { CostInputs, MarketSnapshot, StrategyHistory, StrategyReading } from "../kernel/artifacts.ts";
import { canonicalHash } from "../kernel/canonical.ts";
import { address, assets, type Hash, hash, shares, toWad, WAD } from "../kernel/units.ts";
import { guardStatuses } from "./guard.ts";
import type { Panel, Venue } from "./panel.ts";

/** Longest gap that a rate is carried over, days; as in the features stage. */
const LONGEST_GAP = 3;
/**
 * Where ratios of market to protocol value start. Only their changes are known from returns; a start below one keeps a premium
 * visible, which the vault's own valuation, the lower of the two, would cut off.
 */
const RATIO_START = 0.5;

const scaled = (value: number): bigint => BigInt(Math.round(value * 1e15)) * 1_000n;

/** Rate and market ratio of a venue, one sample per recorded day, from its returns up to and without day `known`. */
export function historyOf(id: number, venue: Venue, ends: readonly number[], known: number, from = 0): StrategyHistory {
  const timestamps: number[] = [];
  const rates: bigint[] = [];
  const ratios: bigint[] = [];
  const hasMarket = venue.signalSource !== venue.source;
  let rate = 1;
  let market = 1;
  let last = -1;
  for (let t = from; t < known; t++) {
    const signal = venue.signal[t] ?? Number.NaN;
    const realised = venue.realised[t] ?? Number.NaN;
    if (Number.isNaN(signal) || Number.isNaN(realised)) continue;
    const gap = last < 0 ? 0 : t - last - 1;
    // Rates and yields of missing days are not recorded: a short gap carries the figure that ends it, as features flags.
    const days = venue.bridgesGaps || gap > LONGEST_GAP ? 1 : gap + 1;
    if (last < 0 && timestamps.length === 0) {
      timestamps.push((ends[t] ?? 0) - 86_400);
      rates.push(WAD);
      ratios.push(scaled(RATIO_START));
    }
    rate *= (1 + signal) ** days;
    market *= (1 + realised) ** days;
    timestamps.push(ends[t] ?? 0);
    rates.push(scaled(rate));
    ratios.push(scaled((RATIO_START * market) / rate));
    last = t;
  }
  return { id, timestamps, rates, marketRatios: hasMarket ? ratios : null };
}

/** What is held when a decision is made; shares of NAV. */
export interface Holding {
  readonly weights: readonly number[];
  readonly idle: number;
  /** Waiting in exit queues, by venue. */
  readonly pending: readonly number[];
  /** True while the next purchase costs nothing: the first one, where it is not charged. */
  readonly isEntryFree?: boolean;
}

export interface MarketTerms {
  /** NAV, asset units of 1e18. */
  readonly nav: number;
  /** Share of NAV that stays idle. */
  readonly minimumIdle: number;
  /** Cost per unit entering and leaving, fractions, by venue. */
  readonly enter: readonly number[];
  readonly exit: readonly number[];
  /** Gas of an execution and of a leg, asset units. */
  readonly fixedCost: number;
  readonly legCost: number;
  readonly seed: number;
  readonly panelHash: Hash;
}

const amount = (value: number): bigint => toWad(Math.max(0, value));

/**
 * The snapshot of the end of day `known - 1`. `isOpen(i)` false closes the venue for entries; a venue whose series has ended is
 * to be left, at its last known value.
 */
export function snapshotAt(
  panel: Panel,
  known: number,
  holding: Holding,
  terms: MarketTerms,
  endedAt: (venue: number) => boolean,
): { snapshot: MarketSnapshot; costs: CostInputs } {
  const timestamp = panel.ends[known - 1] ?? 0;
  const nav = assets(toWad(terms.nav));
  const strategies = panel.venues.map((venue, i): StrategyReading => {
    const open = assets(amount((holding.weights[i] ?? 0) * terms.nav));
    const pending = assets(amount((holding.pending[i] ?? 0) * terms.nav));
    const level = venue.marketLevel?.slice(0, known) ?? [];
    const status = guardStatuses(level).at(-1) ?? "Normal";
    const market = level.findLast((value) => !Number.isNaN(value)) ?? 1;
    const room = venue.capacity === null ? nav : assets(amount(venue.capacity - (holding.weights[i] ?? 0) * terms.nav));
    return {
      id: i + 1,
      protocol: "backtest",
      name: venue.name,
      adapter: address(`0x${(i + 1).toString(16).padStart(40, "0")}`),
      state: endedAt(i) ? "ReduceOnly" : "Active",
      riskIds: [],
      absoluteCap: venue.capacity === null ? assets(nav * 2n) : assets(amount(venue.capacity)),
      relativeCapBps: endedAt(i) ? 0 : 10_000,
      inflowLeft: room,
      debt: open,
      value: assets(open + pending),
      liquid: open,
      pending,
      claimable: assets(0n),
      maxAllocate: room,
      maxDeallocate: open,
      price: {
        status,
        sellFactor: toWad(Math.min(1, market)),
        buyFactor: toWad(Math.max(1, market)),
        rate: WAD,
        marketWad: toWad(market),
        updatedAt: timestamp,
      },
      hasAsyncExit: venue.exitDays > 0,
      exitDelayDays: venue.exitDays,
      fault: null,
    };
  });
  const invested = strategies.reduce<bigint>((total, s) => total + s.value, 0n);
  const idle = assets(nav > invested ? nav - invested : 0n);
  const blockHash = hash(canonicalHash({ panel: terms.panelHash, known }));
  const snapshot: MarketSnapshot = {
    provenance: { chainId: 0, blockNumber: known, blockHash, timestamp, configHash: terms.panelHash, seed: terms.seed },
    vault: {
      address: address(`0x${"0".repeat(40)}`),
      nav,
      idle,
      totalDebt: assets(invested),
      totalAssets: nav,
      totalSupply: shares(nav),
      lockedProfit: assets(0n),
      minimumIdle: assets(amount(terms.minimumIdle * terms.nav)),
      // Nobody leaves a backtest through the queue.
      queueOwed: assets(0n),
      queuePending: assets(0n),
    },
    configEpoch: 0n,
    nextExecutionAt: timestamp,
    policy: { cooldown: 0, maxTtl: 604_800, maxLossBps: 5, windowLossBps: 20, maxNavToleranceBps: 50 },
    strategies,
    riskCaps: [],
    venues: [],
    history: panel.venues.map((venue, i) => historyOf(i + 1, venue, panel.ends, known)),
    gas: { baseFee: 0n, timestamps: [], baseFees: [] },
    flags: [],
    httpRequests: 0,
  };
  const costs: CostInputs = {
    perStrategy: panel.venues.map((_, i) => ({ id: i + 1, enter: terms.enter[i] ?? 0, exit: terms.exit[i] ?? 0 })),
    fixedCost: assets(amount(terms.fixedCost)),
    legCost: assets(amount(terms.legCost)),
  };
  return { snapshot, costs };
}
