/** From approved weights to legs: what can move now, in what order, and with which bounds. Pure. */

import type { KeeperConfig } from "../config/schema.ts";
import type { Leg, LegKindName, MarketSnapshot, StrategyReading, StrategyWeight } from "../kernel/artifacts.ts";
import type { RangeOutcome } from "../kernel/ranges.ts";
import { type Assets, assets, BPS, fromWad, mulDivDown, mulDivUp, toWad, WAD } from "../kernel/units.ts";
import { entryTerms, exitTerms, queueRoom, receivedAt } from "../kernel/venue-moves.ts";
import type { VenueReading } from "../kernel/venue-state.ts";
import { isProtocolId } from "../protocols/ids.ts";
import { PROTOCOLS, type Protocol } from "../protocols/index.ts";
import { repositions } from "./reposition.ts";

/** Amounts are cut to this many wei (1e-6 WETH), so that people can read them. */
const READABLE = 10n ** 12n;
/** Most legs the module takes. */
const MAX_LEGS = 16;
/** A pool's price may move this much between the pinned block and the execution before a leg that was quoted fails, basis points. */
const QUOTE_DRIFT_BPS = 5n;

/** A solver's 0.19999999999999996 is 0.2; a millionth of a millionth of NAV is below every dust threshold. */
const tidy = (weight: number): number => Math.round(weight * 1e12) / 1e12;
const smaller = (...values: readonly bigint[]): bigint =>
  values.reduce((least, value) => (value < least ? value : least));
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const readable = (amount: bigint): bigint => amount - (amount % READABLE);
const weth = (amount: bigint): string => fromWad(amount).toFixed(6);

export interface LegPlan {
  readonly legs: readonly Leg[];
  /** NAV after the reports of the touched strategies that execution makes first. */
  readonly refNav: Assets;
  /** Most these legs may lose by their own bounds and present prices. */
  readonly expectedLoss: Assets;
  /** Why a wanted move is smaller or absent. */
  readonly notes: readonly string[];
}

interface Move {
  readonly strategy: StrategyReading;
  /** The venue at the pinned block; undefined where it was not read. */
  readonly venue: VenueReading | undefined;
  readonly kind: LegKindName;
  readonly amount: bigint;
}

const protocolFor = ({ protocol }: StrategyReading): Protocol | null =>
  isProtocolId(protocol) ? PROTOCOLS[protocol] : null;

/**
 * What a leg should bring by the venue's own quote, in what its bound is measured in; null where no quote tells. A request is
 * bound by what it asks for, not by what the queue pays later, so it has none.
 */
function quoteOf({ venue, kind, amount }: Move): bigint | null {
  if (venue?.kind !== "read" || venue.discount === null) return null;
  const counted = WAD - toWad(venue.discount);
  if (kind === "Allocate") {
    const received = receivedAt(venue.enter.curve, amount);
    return received === null ? null : mulDivDown(received, counted, WAD);
  }
  // Units worth `amount` as the adapter counts them are worth more at the rate that the curve measures against.
  return kind === "Deallocate" ? receivedAt(venue.leave.curve, mulDivDown(amount, WAD, counted)) : null;
}

/**
 * Signed bound of a leg: the amount less the venue's own shortfall, or what the venue quotes at the pinned block less the drift
 * allowed since, whichever is tighter. Where a pool pays more than the adapter counts, the difference is not left to whoever
 * trades in front of the execution.
 */
function minValueOf(move: Move): bigint {
  const shortfall = BigInt(protocolFor(move.strategy)?.shortfallBps[move.kind] ?? 0);
  const policy = mulDivDown(move.amount, BPS - shortfall, BPS);
  return readable(larger(policy, mulDivDown(quoteOf(move) ?? 0n, BPS - QUOTE_DRIFT_BPS, BPS)));
}

function leg(move: Move): Leg {
  return {
    strategyId: move.strategy.id,
    kind: move.kind,
    amount: assets(move.amount),
    minValue: assets(minValueOf(move)),
    tickLower: 0,
    tickUpper: 0,
  };
}

/** The position that is still open: what waits at the venue is leaving already. */
const openOf = ({ value, pending, claimable }: StrategyReading): bigint => larger(value - pending - claimable, 0n);

function exitMove(
  strategy: StrategyReading,
  venue: VenueReading | undefined,
  excess: bigint,
  notes: string[],
): Move | null {
  const { name, price, state, liquid, fault } = strategy;
  if (fault !== null) {
    notes.push(`${name}: nothing can leave, the adapter does not answer (${fault})`);
    return null;
  }
  if (state === "None" || state === "Revoked" || price.status === "Frozen" || price.status === "Closed") {
    notes.push(`${name}: nothing can leave (registry ${state}, price ${price.status})`);
    return null;
  }
  const { blockedBy, most } = exitTerms(venue);
  if (venue?.kind === "held") {
    notes.push(`${name}: nothing can leave, ${blockedBy}`);
    return null;
  }
  const open = smaller(excess, liquid);
  const instant = smaller(open, strategy.maxDeallocate);
  if (strategy.hasAsyncExit && instant < open && blockedBy === null) {
    const step = protocolFor(strategy)?.exitStep ?? 1n;
    const queued = smaller(open, most ?? open, queueRoom(venue) ?? open);
    if (queued < open)
      notes.push(`${name}: ${weth(open)} WETH should leave, the venue quotes exits up to ${weth(queued)}`);
    const whole = queued - (queued % step);
    if (whole > instant) return { strategy, venue, kind: "RequestExit", amount: readable(whole) };
    if (whole === 0n && queued > 0n)
      notes.push(`${name}: ${weth(queued)} WETH should leave, requests are multiples of ${weth(step)}`);
  }
  if (instant < open) {
    const why = blockedBy === null ? "" : `: ${blockedBy}`;
    notes.push(`${name}: ${weth(open)} WETH should leave, ${weth(instant)} can leave now${why}`);
  }
  return { strategy, venue, kind: "Deallocate", amount: readable(instant) };
}

/** Most a move loses by its own bound, and by what valuation takes at once from whatever enters below par. */
function lossOf(move: Move): bigint {
  const repriced =
    move.kind === "Allocate" ? mulDivUp(move.amount, WAD - smaller(move.strategy.price.sellFactor, WAD), WAD) : 0n;
  // A bound above the amount is a gain to be insisted on, not one to be spent on other legs.
  return larger(move.amount - minValueOf(move), 0n) + repriced;
}

/** Cuts inflows in proportion until all legs together may lose no more than allowed, with a tenth to spare. */
function withinLoss(inflows: readonly Move[], spent: bigint, maxLoss: bigint, notes: string[]): readonly Move[] {
  const wanted = inflows.reduce((sum, move) => sum + lossOf(move), 0n);
  const budget = larger(mulDivDown(maxLoss, 9n, 10n) - spent, 0n);
  if (wanted <= budget) return inflows;
  notes.push(
    `entering at present discounts could lose ${weth(wanted)} WETH, ${weth(budget)} are allowed: every inflow is cut in proportion, the rest follows in later proposals`,
  );
  return inflows.map((move) => ({ ...move, amount: mulDivDown(move.amount, budget, wanted) }));
}

/** Room under every cap the vault checks after the legs, asset units. */
function roomOf(
  strategy: StrategyReading,
  snapshot: MarketSnapshot,
  capNav: bigint,
  planned: ReadonlyMap<number, bigint>,
  quoted: bigint,
): bigint {
  const { id, value, absoluteCap, relativeCapBps, inflowLeft, maxAllocate, riskIds } = strategy;
  const own = smaller(
    absoluteCap - value,
    mulDivDown(capNav, BigInt(relativeCapBps), BPS) - value,
    inflowLeft,
    maxAllocate,
    quoted,
  );
  const shared = riskIds.map((riskId) => {
    const cap = snapshot.riskCaps.find((candidate) => candidate.riskId === riskId);
    if (cap === undefined) return 0n;
    const held = snapshot.strategies
      .filter((other) => other.riskIds.includes(riskId))
      .reduce((sum, other) => sum + other.value + (other.id === id ? 0n : (planned.get(other.id) ?? 0n)), 0n);
    return smaller(cap.absoluteCap, mulDivDown(capNav, BigInt(cap.relativeCapBps), BPS)) - held;
  });
  return larger(smaller(own, ...shared), 0n);
}

/** Legs that bring the vault towards the weights, as far as chain state allows now. */
export function planLegs(
  snapshot: MarketSnapshot,
  weights: readonly StrategyWeight[],
  idleWeight: number,
  limits: KeeperConfig["limits"],
  ranges: readonly RangeOutcome[] = [],
): LegPlan {
  const notes: string[] = [];
  // WETH has 18 decimals, so a WAD of WETH is its raw amount.
  const dust: bigint = toWad(limits.minLegEth);
  const lossBps = BigInt(Math.min(limits.maxLossBps, snapshot.policy.maxLossBps));
  const strategies = [...snapshot.strategies].sort((a, b) => a.id - b.id);
  const { idle, queueOwed } = snapshot.vault;
  // The NAV: what the queue is owed lies in idle or in debts and belongs to those who left.
  const base = strategies.reduce<bigint>((sum, { value }) => sum + value, idle) - queueOwed;
  const targetOf = (id: number): bigint =>
    mulDivDown(base, toWad(tidy(weights.find((weight) => weight.id === id)?.weight ?? 0)), WAD);

  const venueOf = new Map(snapshot.venues.map((venue) => [venue.strategyId, venue]));
  const exits = strategies.flatMap((strategy) => {
    const excess = openOf(strategy) - targetOf(strategy.id);
    if (excess < dust) return [];
    const move = exitMove(strategy, venueOf.get(strategy.id), excess, notes);
    return move === null || move.amount < dust ? [] : [move];
  });
  const proceeds = exits.filter(({ kind }) => kind === "Deallocate").reduce((sum, move) => sum + minValueOf(move), 0n);

  // The reserve grows with the NAV between now and execution: keep it for the NAV the tolerance allows.
  const buffer = larger(snapshot.vault.minimumIdle - queueOwed, 0n);
  const minimum = queueOwed + mulDivUp(buffer, BPS + BigInt(limits.navToleranceBps), BPS);
  // The idle weight covers what is in exit queues; that part is not in the vault to be kept.
  const transit = strategies.reduce<bigint>((sum, { pending, claimable }) => sum + pending + claimable, 0n);
  const reserve = larger(minimum, queueOwed + mulDivDown(base, toWad(tidy(Math.max(0, idleWeight))), WAD) - transit);
  const available = larger(idle + proceeds - reserve, 0n);

  // Caps are shares of the NAV at execution, which may be lower by the tolerance.
  const capNav = mulDivDown(base, BPS - BigInt(limits.navToleranceBps), BPS);
  const planned = new Map<number, bigint>();
  const wanted = strategies.flatMap((strategy): Move[] => {
    const missing = targetOf(strategy.id) - openOf(strategy);
    if (missing < dust) return [];
    if (strategy.fault !== null) {
      notes.push(`${strategy.name}: nothing may enter, the adapter does not answer (${strategy.fault})`);
      return [];
    }
    if (strategy.state !== "Active" || strategy.price.status !== "Normal") {
      notes.push(`${strategy.name}: nothing may enter (registry ${strategy.state}, price ${strategy.price.status})`);
      return [];
    }
    const venue = venueOf.get(strategy.id);
    const { blockedBy, most } = entryTerms(venue);
    if (blockedBy !== null) {
      notes.push(`${strategy.name}: nothing may enter, ${blockedBy}`);
      return [];
    }
    const amount = smaller(missing, roomOf(strategy, snapshot, capNav, planned, most ?? missing));
    if (amount < missing)
      notes.push(`${strategy.name}: ${weth(missing)} WETH wanted, limits leave room for ${weth(amount)}`);
    planned.set(strategy.id, amount);
    return [{ strategy, venue, kind: "Allocate", amount }];
  });
  const total = wanted.reduce((sum, { amount }) => sum + amount, 0n);
  if (total > available)
    notes.push(
      `${weth(total)} WETH should enter strategies, ${weth(available)} are available now: every inflow is cut in proportion`,
    );
  const affordable = wanted.map((move) => ({
    ...move,
    amount: total > available ? mulDivDown(move.amount, available, total) : move.amount,
  }));
  const maxLoss = mulDivDown(base, lossBps, BPS);
  const spent = exits.reduce((sum, move) => sum + lossOf(move), 0n);
  const leaving = new Set(exits.map(({ strategy }) => strategy.id));
  const moved = repositions(strategies, ranges, leaving, larger(mulDivDown(maxLoss, 9n, 10n) - spent, 0n), notes);
  const inflows = withinLoss(affordable, spent + moved.loss, maxLoss, notes)
    .map((move) => ({ ...move, amount: readable(move.amount) }))
    .filter(({ amount }) => amount >= dust);

  let legs: readonly Leg[] = [
    ...exits.filter(({ kind }) => kind === "Deallocate").map(leg),
    ...exits.filter(({ kind }) => kind === "RequestExit").map(leg),
    ...moved.legs,
    ...inflows.map(leg),
  ];
  if (legs.length > MAX_LEGS) {
    // Inflows go first: they depend on exits, never the other way round.
    notes.push(`${legs.length} moves are wanted, a proposal takes ${MAX_LEGS}: the last ones wait`);
    legs = legs.slice(0, MAX_LEGS);
  }
  const touched = new Set(legs.map(({ strategyId }) => strategyId));
  const refNav = strategies.reduce<bigint>(
    (sum, { id, value, debt }) => sum + (touched.has(id) ? value : debt),
    idle - queueOwed,
  );
  // Inflows that were cut off lose nothing.
  const entering = inflows.slice(0, legs.filter(({ kind }) => kind === "Allocate").length);
  const expectedLoss = entering.reduce((sum, move) => sum + lossOf(move), spent + moved.loss);
  return { legs, refNav: assets(refNav), expectedLoss: assets(expectedLoss), notes };
}
