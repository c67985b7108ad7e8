/** Named hypotheticals. Each says what it assumes, what it costs at once, and what cannot be reached and for how long. */
import { requireBetween } from "../math/checks.ts";
import { sum } from "../math/statistics.ts";

/** What a stress needs to know of a position; 0 where it does not apply. */
export interface Position {
  readonly name: string;
  readonly weight: number;
  /** Share of the position whose value follows the price of a staked token. */
  readonly stakedShare: number;
  /** True when the position is lent out, so that a full utilization stops withdrawals. */
  readonly isLent: boolean;
  /** True when the vault prices it by a market feed that can die. */
  readonly hasFeed: boolean;
  /** Share that can leave today without a loss beyond the exit cost. */
  readonly liquidShare: number;
  /** Loss per unit when the liquid share is sold. */
  readonly exitCost: number;
  /** Days in the exit queue for what is not liquid; 0 when there is none. */
  readonly exitDays: number;
  /** Expected return per day: what waits in a queue stops earning it. */
  readonly dailyReturn: number;
}

export interface StressResult {
  readonly name: string;
  readonly assumes: string;
  /** Loss, share of the portfolio. */
  readonly loss: number;
  /** Share of the portfolio that cannot be withdrawn while it lasts. */
  readonly locked: number;
  readonly byPosition: readonly { readonly name: string; readonly loss: number }[];
}

const DEPEG = 0.05;
const SLASHING = 0.01;
const QUEUE_DAYS = 10;

function result(
  name: string,
  assumes: string,
  positions: readonly Position[],
  lossOf: (p: Position) => number,
  lockedOf: (p: Position) => number,
): StressResult {
  const byPosition = positions.map((p) => ({ name: p.name, loss: lossOf(p) }));
  return { name, assumes, loss: sum(byPosition.map((p) => p.loss)), locked: sum(positions.map(lockedOf)), byPosition };
}

const illiquid = (p: Position): number => p.weight * (1 - p.liquidShare);

/** @throws {ParameterOutOfRangeError} */
export function stressTests(positions: readonly Position[]): StressResult[] {
  for (const p of positions) {
    requireBetween(`weight of ${p.name}`, p.weight, 0, 2);
    requireBetween(`staked share of ${p.name}`, p.stakedShare, 0, 1);
    requireBetween(`liquid share of ${p.name}`, p.liquidShare, 0, 1);
    requireBetween(`exit cost of ${p.name}`, p.exitCost, 0, 1);
    requireBetween(`exit days of ${p.name}`, p.exitDays, 0, 3650);
    requireBetween(`daily return of ${p.name}`, p.dailyReturn, -1, 1);
  }
  return [
    result(
      "depeg 5 %",
      "staked tokens trade 5 % below what they redeem for, and the vault counts them at market",
      positions,
      (p) => p.weight * p.stakedShare * DEPEG,
      () => 0,
    ),
    result(
      "utilization 100 %",
      "everything lent is borrowed: no withdrawal, interest still accrues",
      positions,
      () => 0,
      (p) => (p.isLent ? p.weight : 0),
    ),
    result(
      "slashing 1 %",
      "validators behind the staked tokens lose 1 % of their stake, passed on in full",
      positions,
      (p) => p.weight * p.stakedShare * SLASHING,
      () => 0,
    ),
    result(
      "dead feed",
      "every market feed stops: positions that depend on one are frozen at their last value, neither lost nor reachable",
      positions,
      () => 0,
      (p) => (p.hasFeed ? p.weight : 0),
    ),
    result(
      `exit queue ${QUEUE_DAYS} days`,
      `what is not liquid waits at least ${QUEUE_DAYS} days and earns nothing meanwhile`,
      positions,
      (p) => illiquid(p) * Math.max(0, p.dailyReturn) * Math.max(QUEUE_DAYS, p.exitDays),
      illiquid,
    ),
  ];
}

/**
 * Liquidity-adjusted loss (after Bangia, Diebold, Schuermann, Stroughair 1999): a market loss at confidence beta, plus the cost
 * of selling what can be sold, plus the loss that builds up on the rest while it waits, growing with the root of time.
 */
export function liquidityAdjustedLoss(positions: readonly Position[], oneDayLoss: number): number {
  const exit = sum(positions.map((p) => p.weight * p.liquidShare * p.exitCost));
  const total = sum(positions.map((p) => p.weight));
  const waiting = sum(positions.map((p) => illiquid(p) * Math.sqrt(Math.max(1, p.exitDays))));
  const reachable = sum(positions.map((p) => p.weight * p.liquidShare));
  const share = total > 0 ? (reachable + waiting) / total : 0;
  return exit + Math.max(0, oneDayLoss) * share;
}
