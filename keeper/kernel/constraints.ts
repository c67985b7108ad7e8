/** Turns a snapshot's caps, states and liquidity into the bounds that optimize, decide and assess share. */
import type {
  AllocationConstraints,
  CostInputs,
  MarketSnapshot,
  StrategyLimits,
  StrategyReading,
} from "./artifacts.ts";
import { HoldError, InputError } from "./errors.ts";
import { type Assets, assets, BPS } from "./units.ts";
import { entryTerms, exitTerms, queueRoom } from "./venue-moves.ts";
import type { VenueReading } from "./venue-state.ts";

export class NavNotPositiveError extends HoldError {
  readonly code = "NAV_NOT_POSITIVE";
  readonly nav: bigint;
  constructor(nav: bigint) {
    super(`The net asset value is ${nav}: shares of it are undefined. Wait for deposits.`);
    this.nav = nav;
  }
}

export class CostMissingError extends InputError {
  readonly code = "COST_MISSING";
  readonly strategyId: number;
  constructor(strategyId: number) {
    super(`Strategy ${strategyId} has no cost figures. Quote its entry and exit before optimizing.`);
    this.strategyId = strategyId;
  }
}

export class CostOutOfRangeError extends InputError {
  readonly code = "COST_OUT_OF_RANGE";
  readonly what: string;
  readonly value: number | bigint;
  constructor(what: string, value: number | bigint) {
    super(`The ${what} is ${value}; it must be finite, not negative and, as a fraction, below 1.`);
    this.what = what;
    this.value = value;
  }
}

export class RiskCapMissingError extends HoldError {
  readonly code = "RISK_CAP_MISSING";
  readonly riskId: number;
  constructor(riskId: number) {
    super(`Risk id ${riskId} is used by a strategy but the snapshot has no caps for it. Read it from the registry.`);
    this.riskId = riskId;
  }
}

/** `part / whole` as a float; 18 decimals are kept before the one rounding. */
const share = (part: bigint, whole: bigint): number => Number((part * 10n ** 18n) / whole) / 1e18;
/** What a solver's bounds may be off by when they meet exactly. */
const ROUNDING = 1e-9;
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function entryBlockedBy(reading: StrategyReading, venue: VenueReading | undefined): string | null {
  if (reading.state !== "Active") return `state is ${reading.state}`;
  if (reading.price.status !== "Normal") return `price status is ${reading.price.status}`;
  if (reading.fault !== null) return `the adapter does not answer: ${reading.fault}`;
  if (reading.absoluteCap === 0n || reading.relativeCapBps === 0) return "cap is zero";
  return entryTerms(venue).blockedBy;
}

/** Why nothing leaves by any way; a closed queue leaves open what the adapter pays at once. */
function exitBlockedBy(reading: StrategyReading, venue: VenueReading | undefined): string | null {
  if (reading.state === "Revoked") return "state is Revoked";
  if (reading.price.status === "Frozen" || reading.price.status === "Closed")
    return `price status is ${reading.price.status}`;
  if (reading.fault !== null) return `the adapter does not answer: ${reading.fault}`;
  const { blockedBy } = exitTerms(venue);
  return venue?.kind === "held" || reading.maxDeallocate === 0n ? blockedBy : null;
}

/** What has left the position and not yet arrived: it counts as idle that cannot be spent. */
const inTransit = (reading: StrategyReading): bigint => reading.pending + reading.claimable;

const notNegative = (value: bigint): bigint => (value > 0n ? value : 0n);

/** Most of the open position that can be asked to leave. An adapter knows what it pays at once; a queue takes what is quoted. */
function leavableOf(reading: StrategyReading, open: bigint, venue: VenueReading | undefined): bigint {
  const atOnce = smaller(reading.maxDeallocate, open);
  if (!reading.hasAsyncExit) return atOnce;
  const { blockedBy, most } = exitTerms(venue);
  const queued = blockedBy === null ? smaller(smaller(open, most ?? open), queueRoom(venue) ?? open) : 0n;
  return queued > atOnce ? queued : atOnce;
}

function limitsOf(
  reading: StrategyReading,
  nav: bigint,
  costs: { enter: number; exit: number },
  venue: VenueReading | undefined,
): StrategyLimits {
  const relativeCap = (nav * BigInt(reading.relativeCapBps)) / BPS;
  const open = notNegative(reading.value - inTransit(reading));
  const stuckBy = exitBlockedBy(reading, venue);
  const leavable = stuckBy === null ? leavableOf(reading, open, venue) : 0n;
  const allowed = smaller(reading.maxAllocate, reading.inflowLeft);
  const room = smaller(allowed, entryTerms(venue).most ?? allowed);
  return {
    id: reading.id,
    name: reading.name,
    currentWeight: share(open, nav),
    minWeight: share(open - leavable, nav),
    capWeight: share(notNegative(smaller(relativeCap, reading.absoluteCap) - inTransit(reading)), nav),
    reachableWeight: share(open + room, nav),
    entryBlockedBy: entryBlockedBy(reading, venue),
    exitBlockedBy: stuckBy,
    riskIds: reading.riskIds,
    costs,
  };
}

/**
 * Least idle weight: the buffer, and what the redeem queue is owed or about to be owed. Money on its way out of a venue
 * cannot be the buffer, but it is what the queue waits for: asking for it again each run would empty the venue. No more is
 * asked for the queue than can leave at all: what is stuck would make every other move impossible.
 */
function minimumIdleWeight(
  { vault }: MarketSnapshot,
  nav: bigint,
  transit: bigint,
  strategies: readonly StrategyLimits[],
): number {
  const { minimumIdle, queueOwed, queuePending } = vault;
  const buffer = notNegative(minimumIdle - queueOwed);
  const withoutQueue = share(buffer + transit - queueOwed, nav);
  const wanted = queueOwed + queuePending;
  if (wanted <= transit) return Math.max(0, withoutQueue);
  const reachable = 1 - strategies.reduce((sum, { minWeight }) => sum + minWeight, 0) - ROUNDING;
  return Math.max(0, Math.min(share(buffer + wanted - queueOwed, nav), Math.max(reachable, withoutQueue)));
}

/**
 * Present values, not the vault's cached debts: execution reports before it moves. What the queue is owed is not the vault's.
 */
export const netAssetValue = ({
  vault: { idle, queueOwed },
  strategies,
}: {
  readonly vault: Pick<MarketSnapshot["vault"], "idle" | "queueOwed">;
  readonly strategies: readonly StrategyReading[];
}): Assets => assets(strategies.reduce<bigint>((sum, reading) => sum + reading.value, idle) - queueOwed);

/**
 * The bounds of one run.
 * @throws {NavNotPositiveError | RiskCapMissingError} when the snapshot cannot be used.
 * @throws {CostMissingError | CostOutOfRangeError} when the costs cannot.
 */
export function buildConstraints(snapshot: MarketSnapshot, costs: CostInputs): AllocationConstraints {
  const { idle, queueOwed } = snapshot.vault;
  const nav = netAssetValue(snapshot);
  const transit = snapshot.strategies.reduce<bigint>((sum, reading) => sum + inTransit(reading), 0n);
  const transitOf = (riskId: number): bigint =>
    snapshot.strategies.reduce<bigint>(
      (sum, reading) => sum + (reading.riskIds.includes(riskId) ? inTransit(reading) : 0n),
      0n,
    );
  if (nav <= 0n) throw new NavNotPositiveError(nav);
  if (costs.fixedCost < 0n) throw new CostOutOfRangeError("fixed cost", costs.fixedCost);
  if (costs.legCost < 0n) throw new CostOutOfRangeError("cost per leg", costs.legCost);
  const venueOf = new Map(snapshot.venues.map((venue) => [venue.strategyId, venue]));
  const byId = new Map(costs.perStrategy.map((cost) => [cost.id, cost]));
  const capped = new Set(snapshot.riskCaps.map((cap) => cap.riskId));

  const strategies = snapshot.strategies
    .filter((reading) => reading.state !== "None")
    .map((reading) => {
      const cost = byId.get(reading.id);
      if (cost === undefined) throw new CostMissingError(reading.id);
      for (const [what, value] of [
        ["entry cost", cost.enter],
        ["exit cost", cost.exit],
      ] as const) {
        if (!(value >= 0 && value < 1)) throw new CostOutOfRangeError(`${what} of strategy ${reading.id}`, value);
      }
      for (const riskId of reading.riskIds) if (!capped.has(riskId)) throw new RiskCapMissingError(riskId);
      return limitsOf(reading, nav, { enter: cost.enter, exit: cost.exit }, venueOf.get(reading.id));
    })
    .sort((a, b) => a.id - b.id);

  return {
    nav,
    strategies,
    riskIds: snapshot.riskCaps.map((cap) => ({
      riskId: cap.riskId,
      capWeight: share(
        notNegative(smaller((nav * BigInt(cap.relativeCapBps)) / BPS, cap.absoluteCap) - transitOf(cap.riskId)),
        nav,
      ),
    })),
    idle: {
      current: share(idle - queueOwed + transit, nav),
      minimum: minimumIdleWeight(snapshot, nav, transit, strategies),
    },
    fixedCost: costs.fixedCost,
    legCost: costs.legCost,
  };
}
