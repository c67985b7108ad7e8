/**
 * The shield: whatever a learned policy wants is brought inside the limits before anyone sees it. A limit that the current
 * allocation already exceeds, e.g. a position that grew past its cap, is widened to what is held: nothing may get worse. So
 * widened, the limits are a convex set that contains the current allocation, and scaling a move back toward it always ends inside.
 */
import type { AllocationConstraints } from "../../kernel/artifacts.ts";
import { conditionalValueAtRisk } from "../../math/risk-measures.ts";
import { sum } from "../../math/statistics.ts";

export interface ShieldLimits {
  /** Most turnover of one move, share of NAV; idle counts as a position. */
  readonly maximumTurnover: number;
  /** Joint scenarios of the horizon's return, one column per strategy of the constraints; empty: no tail limit. */
  readonly scenarios: readonly (readonly number[])[];
  readonly beta: number;
  /** Largest CVaR of the horizon's loss, share of NAV. */
  readonly maximumCvar: number;
}

/** What each strategy may hold after a move. */
export function boundsOf(constraints: AllocationConstraints): { readonly low: number; readonly high: number }[] {
  return constraints.strategies.map((s) => {
    const open = s.entryBlockedBy === null ? Math.min(s.capWeight, s.reachableWeight) : 0;
    return { low: Math.min(s.minWeight, s.currentWeight), high: Math.max(s.currentWeight, open) };
  });
}

export const turnoverBetween = (from: readonly number[], to: readonly number[]): number => {
  const moves = to.map((weight, i) => weight - (from[i] ?? 0));
  return (sum(moves.map(Math.abs)) + Math.abs(sum(moves))) / 2;
};

export const cvarOf = (weights: readonly number[], { scenarios, beta }: ShieldLimits): number =>
  conditionalValueAtRisk(
    scenarios.map((row) => row.reduce((total, value, i) => total + value * (weights[i] ?? 0), 0)),
    beta,
  );

/** Halvings of the step in search of the tail limit: the step is known to 1e-9. */
const HALVINGS = 30;

/**
 * The allowed allocation next to `wanted`: clipped to caps, groups and the idle minimum, then scaled back toward the current
 * allocation for turnover and tail.
 * @param wanted one weight per strategy of the constraints.
 */
export function shield(
  wanted: readonly number[],
  constraints: AllocationConstraints,
  limits: ShieldLimits,
): readonly number[] {
  const current = constraints.strategies.map((s) => s.currentWeight);
  const bounds = boundsOf(constraints);
  let weights = current.map((held, i) => {
    const { low, high } = bounds[i] ?? { low: held, high: held };
    const value = wanted[i] ?? held;
    return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : held;
  });
  /** Takes purchases of the members back in proportion, until they hold `most` together. */
  const reduce = (isMember: (i: number) => boolean, most: number): void => {
    const held = sum(weights.filter((_, i) => isMember(i)));
    if (held <= most) return;
    const bought = sum(weights.map((w, i) => (isMember(i) ? Math.max(0, w - (current[i] ?? 0)) : 0)));
    const keep = bought > 0 ? Math.max(0, 1 - (held - most) / bought) : 0;
    weights = weights.map((w, i) => {
      const base = current[i] ?? 0;
      return isMember(i) && w > base ? base + keep * (w - base) : w;
    });
  };
  for (const { riskId, capWeight } of constraints.riskIds) {
    const members = new Set(constraints.strategies.flatMap((s, i) => (s.riskIds.includes(riskId) ? [i] : [])));
    reduce((i) => members.has(i), Math.max(capWeight, sum(current.filter((_, i) => members.has(i)))));
  }
  const spendable = 1 - Math.min(constraints.idle.minimum, constraints.idle.current);
  reduce(() => true, Math.max(spendable, sum(current)));

  const toward = (share: number): number[] => current.map((held, i) => held + share * ((weights[i] ?? held) - held));
  const turnover = turnoverBetween(current, weights);
  if (turnover > limits.maximumTurnover) weights = toward(limits.maximumTurnover / turnover);
  if (limits.scenarios.length === 0) return weights;
  const most = Math.max(limits.maximumCvar, cvarOf(current, limits));
  if (cvarOf(weights, limits) <= most) return weights;
  let [inside, outside] = [0, 1];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (inside + outside) / 2;
    if (cvarOf(toward(middle), limits) <= most) inside = middle;
    else outside = middle;
  }
  return toward(inside);
}
