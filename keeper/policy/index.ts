/** decide: whether to move toward the target now, and how far. A no-trade band with a break-even rule. */
import type { AllocationConstraints, Decision, ForecastSet, TargetAllocation } from "../kernel/artifacts.ts";
import { assets, toWad, WAD } from "../kernel/units.ts";
import { requireBetween, requireFinite } from "../math/checks.ts";
import { sum } from "../math/statistics.ts";
import { checkPolicyConfig, type PolicyConfig } from "./config.ts";
import { TargetMismatchError } from "./errors.ts";

export { DEFAULT_POLICY_CONFIG, type PolicyConfig } from "./config.ts";

/** Weights this far over a bound are rounding, not a breach. */
const DUST = 1e-9;

const percent = (fraction: number): string => `${(fraction * 100).toFixed(4)} %`;

/** What the current allocation violates and money can leave to mend: such moves do not wait for a gain. */
export function violations(constraints: AllocationConstraints, slack: number): string[] {
  const overCap = constraints.strategies.flatMap((s) =>
    s.currentWeight > Math.max(s.capWeight, s.minWeight) + slack
      ? [`strategy ${s.id} holds ${percent(s.currentWeight)}, its cap is ${percent(s.capWeight)}`]
      : [],
  );
  const overRiskCap = constraints.riskIds.flatMap(({ riskId, capWeight }) => {
    const members = constraints.strategies.filter((s) => s.riskIds.includes(riskId));
    const held = sum(members.map((s) => s.currentWeight));
    const stuck = sum(members.map((s) => s.minWeight));
    const over = held > Math.max(capWeight, stuck) + slack;
    return over ? [`risk id ${riskId} holds ${percent(held)}, its cap is ${percent(capWeight)}`] : [];
  });
  const { current, minimum } = constraints.idle;
  const lowIdle = current < minimum - slack ? [`idle is ${percent(current)}, the minimum is ${percent(minimum)}`] : [];
  return [...overCap, ...overRiskCap, ...lowIdle];
}

/** Cost of moving a share of the way, share of NAV: proportional part scales with it, gas does not. */
function costOf(constraints: AllocationConstraints, moves: readonly number[]): number {
  const legs = moves.filter((move) => Math.abs(move) > 1e-12).length;
  const linear = constraints.strategies.map((s, i) => {
    const move = moves[i] ?? 0;
    return move > 0 ? move * s.costs.enter : -move * s.costs.exit;
  });
  const gas = legs === 0 ? 0 : Number(constraints.fixedCost) + legs * Number(constraints.legCost);
  return sum(linear) + gas / Number(constraints.nav);
}

/** Turnover, half the sum of absolute changes, with idle as one of the positions. */
function turnoverOf(moves: readonly number[], idleMove: number): number {
  return (sum(moves.map(Math.abs)) + Math.abs(idleMove)) / 2;
}

/** Linear cost of what is sold and of as much bought for it, share of NAV: money that was idle is no switch. */
function switchingCostOf(constraints: AllocationConstraints, moves: readonly number[]): number {
  let [sold, bought, exits, entries] = [0, 0, 0, 0];
  constraints.strategies.forEach(({ costs }, i) => {
    const move = moves[i] ?? 0;
    if (move < 0) {
      sold -= move;
      exits -= move * costs.exit;
    } else {
      bought += move;
      entries += move * costs.enter;
    }
  });
  return exits + (bought > 0 ? entries * Math.min(1, sold / bought) : 0);
}

/** Turnover, in bands, below which no cost limit cuts a step: smaller ones would never leave the band. */
const LEAST_STEP_BANDS = 2;

/** Share of the way that turnover and cost of one proposal allow. */
function stepOf(
  target: TargetAllocation,
  constraints: AllocationConstraints,
  config: PolicyConfig,
  moves: readonly number[],
  drift: number,
): number {
  const most = Math.min(1, config.maximumTurnover / drift);
  const cost = switchingCostOf(constraints, moves);
  if (config.maximumCostDays === null || !(cost > 0)) return most;
  // What is lost by staying is earned by leaving: a portfolio that falls is not kept for what leaving costs.
  const earned = (target.expectedReturn - Math.min(0, target.currentReturn)) / target.horizonDays;
  const affordable = (config.maximumCostDays * Math.max(0, earned)) / cost;
  return Math.min(most, Math.max(affordable, (LEAST_STEP_BANDS * config.band) / drift));
}

/** Standard errors of the daily means, by strategy, as far as the forecast states them. */
export const meanErrorsOf = ({ strategies }: ForecastSet): ReadonlyMap<number, number> =>
  new Map(strategies.flatMap(({ id, meanError }) => (meanError === undefined ? [] : [[id, meanError] as const])));

/** Standard error of the gain of these moves over `days`, from errors per day that are independent between strategies. */
const gainErrorOf = (
  constraints: AllocationConstraints,
  moves: readonly number[],
  meanErrors: ReadonlyMap<number, number>,
  days: number,
): number =>
  days *
  Math.hypot(
    ...constraints.strategies.map(({ id }, i) => {
      const move = moves[i] ?? 0;
      // Zero times an error without a bound would be no number.
      return move === 0 ? 0 : move * (meanErrors.get(id) ?? 0);
    }),
  );

/**
 * Decides between moving and holding.
 * @param target its `currentReturn` and `expectedReturn` are the two sides of the gain.
 * @param breaches what the current allocation violates besides its caps, e.g. a tail limit; mending it needs no gain.
 * @param meanErrors standard errors of the daily means behind the gain, by strategy: a move whose gain does not exceed its own
 * standard error is not made. None by default, which asks for the cost only.
 */
export function decide(
  target: TargetAllocation,
  constraints: AllocationConstraints,
  config: PolicyConfig,
  breaches: readonly string[] = [],
  meanErrors: ReadonlyMap<number, number> = new Map(),
): Decision {
  checkPolicyConfig(config);
  const ids = constraints.strategies.map((s) => s.id);
  const targetIds = target.weights.map((w) => w.id);
  if (ids.length !== targetIds.length || ids.some((id, i) => id !== targetIds[i])) {
    throw new TargetMismatchError(targetIds, ids);
  }
  requireFinite("target", [...target.weights.map((w) => w.weight), target.expectedReturn, target.currentReturn]);
  requireBetween("horizonDays of the target", target.horizonDays, 1, 3650);

  const { provenance } = target;
  const fullMoves = constraints.strategies.map((s, i) => (target.weights[i]?.weight ?? 0) - s.currentWeight);
  const drift = turnoverOf(fullMoves, target.idleWeight - constraints.idle.current);
  if (drift <= DUST) return { kind: "hold", provenance, reasons: ["the target is the current allocation"] };

  const invested = sum(constraints.strategies.map((s) => s.currentWeight));
  const isIdle = invested <= 1e-6;
  const forced = [...violations(constraints, Math.max(config.mendAbove, DUST)), ...breaches];
  // Mending does not wait until it can be afforded.
  const limits = forced.length > 0 ? { ...config, maximumCostDays: null } : config;
  // The limit is on switching: first money that waits for its turn earns nothing and protects nobody.
  const step = isIdle ? 1 : stepOf(target, constraints, limits, fullMoves, drift);
  const moves = fullMoves.map((move) => step * move);
  const turnover = step * drift;
  const cost = costOf(constraints, moves);
  const periods = config.holdingDays / target.horizonDays;
  const gain = step * (target.expectedReturn - target.currentReturn) * periods;
  const figures = `gain ${percent(gain)} of NAV over ${config.holdingDays} days, cost ${percent(cost)}`;

  const reasons: string[] = [];
  if (forced.length > 0) reasons.push(...forced, figures);
  else if (isIdle) {
    if (gain <= cost) return { kind: "hold", provenance, reasons: [`all idle, but ${figures}: no net gain`] };
    reasons.push(`all idle: ${figures}`);
  } else {
    const against: string[] = [];
    if (turnover <= config.band) against.push(`drift ${percent(turnover)} is within the band ${percent(config.band)}`);
    if (gain <= config.costMultiple * cost) against.push(`${figures}: below ${config.costMultiple} x cost`);
    const error = gainErrorOf(constraints, moves, meanErrors, config.holdingDays);
    // An error that is no number lets nothing pass.
    if (!(gain > error)) against.push(`gain ${percent(gain)} is within its standard error ${percent(error)}`);
    const [first, ...others] = against;
    if (first !== undefined) return { kind: "hold", provenance, reasons: [first, ...others] };
    reasons.push(`${figures}: above ${config.costMultiple} x cost`, `drift ${percent(drift)} exceeds the band`);
  }
  if (step < 1) {
    const isTurnover = step * drift >= config.maximumTurnover - DUST;
    const limit = isTurnover
      ? `turnover is limited to ${percent(config.maximumTurnover)}`
      : `a step may cost ${config.maximumCostDays} days of the expected return, or turn over ${percent(LEAST_STEP_BANDS * config.band)}`;
    reasons.push(`moving ${percent(step)} of the way: ${limit}`);
  }

  // Toward zero for either sign: a forced move may cost more than it gains.
  const inAssets = (fraction: number) => assets((constraints.nav * toWad(fraction)) / WAD);
  return {
    kind: "move",
    provenance,
    weights: constraints.strategies.map((s, i) => ({ id: s.id, weight: s.currentWeight + (moves[i] ?? 0) })),
    idleWeight: constraints.idle.current + step * (target.idleWeight - constraints.idle.current),
    expectedGain: inAssets(gain - cost),
    expectedCost: inAssets(cost),
    turnover,
    reasons,
  };
}
