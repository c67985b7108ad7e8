/**
 * Where the range of a concentrated position should stand, or why it stays: the width with the greatest expected growth
 * among those within the tail bound, centred on the anchor and longer on the side that the anchor drifts to; moved only when
 * the expected gain over the horizon is a multiple of what moving costs. A hold is an outcome, not an error.
 */
import type { HeldRange, RangeDecision, RangeEvaluation, RangeMarket, RangeModel } from "../../kernel/ranges.ts";
import { createRng } from "../../kernel/rng.ts";
import { type Assets, assets, fromWad, mulDivUp, toWad, WAD } from "../../kernel/units.ts";
import { closedForm } from "./closed-form.ts";
import { checkRangeConfig, type RangeConfig } from "./config.ts";
import { checkMarket, fitModel } from "./model.ts";
import { holdingsAt, pricesOf, ticksOf, worthAt } from "./position.ts";
import {
  arbitraged,
  evaluateRange,
  growthDifference,
  type Paths,
  type SimulatedRange,
  simulatePaths,
} from "./simulate.ts";

/** Standard errors that the gain is reduced by before it is compared: what a few hundred scenarios cannot tell from nothing. */
const SURENESS = 2;
const weth = (amount: bigint): string => fromWad(amount).toFixed(6);
const percent = (fraction: number, digits = 3): string => `${(fraction * 100).toFixed(digits)} %`;

/** Ranges around the anchor, narrow to wide: below it a width, above it the same and the way the anchor drifts (or mirrored). */
export function candidateRanges(model: RangeModel, market: RangeMarket, config: RangeConfig): HeldRange[] {
  const drift = model.driftDaily * config.horizonDays;
  const found = new Map<string, HeldRange>();
  for (const width of config.halfWidths) {
    const lowerPrice = model.anchor * Math.exp(-width + Math.min(0, drift));
    const upperPrice = model.anchor * Math.exp(width + Math.max(0, drift));
    const range = ticksOf({ lowerPrice, upperPrice }, market.pool.tickSpacing, market.pool.assetIsToken0);
    found.set(`${range.tickLower}:${range.tickUpper}`, range);
  }
  return [...found.values()];
}

const figuresOf = ({ growth: _, ...evaluation }: SimulatedRange): RangeEvaluation => evaluation;

/** Share of the worth that stands in the other token, at the pool's price and the market's. */
function otherShare(pool: number, price: number, range: HeldRange, assetIsToken0: boolean): number {
  const bounds = pricesOf(range, assetIsToken0);
  return (holdingsAt(pool, bounds).other * price) / worthAt(pool, price, bounds);
}

/**
 * Gas, and for the part that changes its token: what is sold pays fee and slippage; what is bought is bought at the anchor,
 * so a market below it is a loss at once. Without a present range everything is asset.
 */
function moveCost(market: RangeMarket, next: HeldRange, poolStart: number, paths: Paths, model: RangeModel): Assets {
  const { assetIsToken0, fee } = market.pool;
  const before = market.current === null ? 0 : otherShare(poolStart, paths.start, market.current, assetIsToken0);
  const change = otherShare(poolStart, paths.start, next, assetIsToken0) - before;
  const discount = Math.max(0, 1 - paths.start / model.anchor);
  const share = change < 0 ? -change * (fee / 1e6 + market.slippage) : change * discount;
  return assets(market.gasCost + mulDivUp(market.value, toWad(share), WAD));
}

function staleness(market: RangeMarket, stepSeconds: number, config: RangeConfig): string | null {
  const age = market.asOf - (market.times[market.times.length - 1] ?? 0);
  const most = config.maxAgeSteps * stepSeconds;
  return age > most ? `the last price is ${age} s old, at most ${most} s are allowed` : null;
}

/**
 * Decides at `market.asOf` from what was known then. Equal inputs and seed give equal decisions.
 * @throws {RangeSeriesError} on unusable series, {RangeStillError} when the price never moves,
 * {ParameterOutOfRangeError} on a bad configuration.
 */
export function decideRange(market: RangeMarket, config: RangeConfig): RangeDecision {
  checkRangeConfig(config);
  checkMarket(market);
  const hold = (reason: string, more: object = {}): RangeDecision => ({
    kind: "hold",
    best: null,
    reasons: [reason],
    ...more,
  });
  if (market.value <= 0n) return hold("the position is empty: there is nothing to move");
  const fitted = fitModel(market, config);
  if (fitted === null)
    return hold(
      `fewer than ${config.minimumObservations} observations in the last ${config.lookbackDays} days: no width can be vouched for`,
    );
  const { model } = fitted;
  const known = { model, horizonDays: config.horizonDays, beta: config.beta, cvarLimit: config.cvarLimit };
  const stale = staleness(market, model.stepSeconds, config);
  if (stale !== null) return hold(stale, known);
  if (Math.abs(model.deviation) > config.maxDeviation)
    return hold(
      `the pool's price is ${percent(model.deviation)} from the ${model.anchorSource}, at most ${percent(config.maxDeviation)} is allowed: somebody may be holding it there, or the peg is moving`,
      known,
    );

  const paths = simulatePaths(fitted, config, createRng(config.seed).fork("ranges"));
  // Where arbitrage will have put the pool before anything of ours can execute.
  const poolStart = arbitraged(market.pool.price, paths.start, market.pool.fee / 1e6);
  const evaluate = (range: HeldRange): SimulatedRange => evaluateRange(range, paths, market, poolStart, config);
  const simulated = candidateRanges(model, market, config).map(evaluate);
  const present = market.current === null ? null : evaluate(market.current);
  const current = present === null ? null : figuresOf(present);
  const candidates = simulated.map(figuresOf);
  const findings = { ...known, candidates, current };
  const bounded = simulated.filter(({ cvar }) => cvar <= config.cvarLimit);
  if (bounded.length === 0) {
    const least = Math.min(...candidates.map(({ cvar }) => cvar));
    return hold(
      `no width keeps the CVaR of ${config.horizonDays} days at ${percent(config.cvarLimit)} or below; the least is ${percent(least)}. Holding the tokens would not either: leaving is the allocation's decision`,
      findings,
    );
  }
  const best = bounded.reduce((most, next) => (next.expectedGrowth > most.expectedGrowth ? next : most));
  const chosen = figuresOf(best);
  const cost = moveCost(market, chosen, poolStart, paths, model);
  // Against the present range, or without one the plain asset, which does not grow.
  const difference = growthDifference(best.growth, present?.growth ?? null);
  const worthOf = (growth: number): Assets => assets((market.value * toWad(growth)) / WAD);
  const gain = worthOf(difference.mean);
  const sure = worthOf(difference.mean - SURENESS * difference.standardError);
  const figures = `expected gain ${weth(gain)} over ${config.horizonDays} days, at least ${weth(sure)} by the scenarios' own error; cost ${weth(cost)}, factor ${config.gainFactor}`;
  if (current !== null && current.tickLower === chosen.tickLower && current.tickUpper === chosen.tickUpper)
    return hold("the range already stands where it would be put", { ...findings, best: chosen });
  if (fromWad(sure) <= config.gainFactor * fromWad(cost)) {
    const why =
      current === null
        ? "providing liquidity does not pay its cost over holding the asset"
        : "moving the range does not pay its cost";
    return hold(`${why}: ${figures}`, { ...findings, best: chosen });
  }
  return {
    kind: "reposition",
    tickLower: chosen.tickLower,
    tickUpper: chosen.tickUpper,
    chosen,
    closedForm: closedForm(paths.start, chosen, config.horizonDays, model.driftDaily, model.volatilityDaily),
    expectedGain: gain,
    cost,
    reasons: [
      figures,
      `in range ${percent(chosen.inRange, 1)} of the time, fees ${percent(chosen.fees)}, divergence ${percent(chosen.divergence)}, CVaR ${percent(chosen.cvar)}`,
    ],
    ...findings,
  };
}
