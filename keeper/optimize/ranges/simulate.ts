/**
 * What a range earns and loses along market paths. The pool's price follows the market as far as arbitrage pays: it stands
 * within the fee of it. Every move of the pool is a trade along the curve whose input pays the fee; trade that leaves the
 * price where it was pays fees by share of the liquidity in range.
 */
import type { HeldRange, RangeEvaluation, RangeMarket } from "../../kernel/ranges.ts";
import type { Rng } from "../../kernel/rng.ts";
import { fromWad, SECONDS_PER_DAY } from "../../kernel/units.ts";
import { conditionalValueAtRisk } from "../../math/risk-measures.ts";
import { mean, standardDeviation } from "../../math/statistics.ts";
import type { RangeConfig } from "./config.ts";
import type { FittedModel } from "./model.ts";
import { holdingsAt, type PriceRange, pricesOf, worthAt } from "./position.ts";

export interface Paths {
  /** paths x steps market prices, row by row; the first is one step after now. */
  readonly prices: Float64Array;
  readonly count: number;
  readonly steps: number;
  readonly stepDays: number;
  /** Market price now. */
  readonly start: number;
}

/** Steps of the horizon; a coarse series has few, and never none. */
export const stepsOf = (horizonDays: number, stepSeconds: number): number =>
  Math.max(1, Math.round((horizonDays * SECONDS_PER_DAY) / stepSeconds));

/** Paths of the market: the anchor's growth times a mean-reverting basis driven by resampled shocks of the past. */
export function simulatePaths(fitted: FittedModel, config: RangeConfig, rng: Rng): Paths {
  const { model, basisNow, standardized, stepVolatility } = fitted;
  const steps = stepsOf(config.horizonDays, model.stepSeconds);
  const stepDays = model.stepSeconds / SECONDS_PER_DAY;
  const prices = new Float64Array(config.paths * steps);
  const logAnchor = Math.log(model.anchor);
  for (let path = 0; path < config.paths; path++) {
    let deviation = basisNow - model.basis;
    for (let step = 0; step < steps; step++) {
      const shock = (standardized[rng.int(standardized.length)] ?? 0) * stepVolatility;
      deviation = model.persistence * deviation + shock;
      prices[path * steps + step] = Math.exp(
        logAnchor + model.driftDaily * stepDays * (step + 1) + model.basis + deviation,
      );
    }
  }
  return { prices, count: config.paths, steps, stepDays, start: Math.exp(logAnchor + basisNow) };
}

/** The pool's price once arbitrage has done what pays: moved to within the fee of the market, or left alone. */
export function arbitraged(pool: number, market: number, fee: number): number {
  const [low, high] = [market * (1 - fee), market / (1 - fee)];
  return pool < low ? low : pool > high ? high : pool;
}

export interface SimulatedRange extends RangeEvaluation {
  /** ln(value + fees) of each path: ranges on the same paths are compared path by path. */
  readonly growth: Float64Array;
}

/** Mean and tail of one range over the paths, for a position of worth 1 that starts at the pool's price `poolStart`. */
export function evaluateRange(
  range: HeldRange,
  paths: Paths,
  market: RangeMarket,
  poolStart: number,
  config: RangeConfig,
): SimulatedRange {
  const bounds = pricesOf(range, market.pool.assetIsToken0);
  const fee = market.pool.fee / 1e6;
  const value = fromWad(market.value);
  const worthNow = worthAt(poolStart, paths.start, bounds);
  const liquidity = 1 / worthNow;
  const flow = volumeFees(market, liquidity * value, value, fee);
  const held = holdingsAt(poolStart, bounds);
  const results = new Float64Array(paths.count);
  const growth = new Float64Array(paths.count);
  let [fees, divergence, inside] = [0, 0, 0];
  const { prices, steps, stepDays } = paths;
  for (let path = 0; path < paths.count; path++) {
    let pool = poolStart;
    let [feeAsset, feeOther] = [0, 0];
    let stepsInside = 0;
    for (let step = 0; step < steps; step++) {
      const next = arbitraged(pool, prices[path * steps + step] ?? pool, fee);
      if (next !== pool) {
        const trade = tradeBetween(pool, next, bounds);
        if (next > pool) feeAsset += (trade * liquidity * fee) / (1 - fee);
        else feeOther += (trade * liquidity * fee) / (1 - fee);
        pool = next;
      }
      if (pool > bounds.lowerPrice && pool < bounds.upperPrice) stepsInside++;
    }
    const last = prices[path * steps + steps - 1] ?? paths.start;
    const kept = worthAt(pool, last, bounds) * liquidity;
    const earned = feeAsset + feeOther * last + flow * stepsInside * stepDays;
    results[path] = kept + earned - 1;
    growth[path] = Math.log(kept + earned);
    fees += earned;
    divergence += kept - (held.asset + held.other * last) * liquidity;
    inside += stepsInside / steps;
  }
  return {
    ...range,
    ...bounds,
    expectedGrowth: mean(growth),
    fees: fees / paths.count,
    divergence: divergence / paths.count,
    cvar: conditionalValueAtRisk(results, config.beta),
    inRange: inside / paths.count,
    growth,
  };
}

/** Mean difference of growth between two ranges on the same paths, and its standard error. */
export function growthDifference(next: Float64Array, before: Float64Array | null) {
  const differences = next.map((value, path) => value - (before?.[path] ?? 0));
  const centre = mean(differences);
  return { mean: centre, standardError: standardDeviation(differences) / Math.sqrt(differences.length) };
}

/** Input that moves the pool between two prices per unit of L: asset upward, other token downward; none outside the range. */
function tradeBetween(from: number, to: number, { lowerPrice, upperPrice }: PriceRange): number {
  const a = Math.sqrt(Math.min(Math.max(from, lowerPrice), upperPrice));
  const b = Math.sqrt(Math.min(Math.max(to, lowerPrice), upperPrice));
  return b > a ? b - a : 1 / b - 1 / a;
}

/** Fees a day, as a share of the position, from trade that leaves the price alone. L in raw token units over 1e18. */
function volumeFees({ pool }: RangeMarket, ours: number, value: number, fee: number): number {
  const volume = fromWad(pool.volumePerDay);
  if (volume === 0 || value === 0) return 0;
  return (volume * fee * (ours / (ours + fromWad(pool.othersLiquidity)))) / value;
}
