/**
 * What the learned policy sees and what it may want. All inputs are aggregates over the strategies, so that one network serves any
 * number of them; both come from the same artifacts in training and in the live run.
 */
import type { AllocationConstraints, Features, ForecastSet, TargetAllocation } from "../../kernel/artifacts.ts";
import { DAYS_PER_YEAR } from "../../kernel/units.ts";
import { mean, sum } from "../../math/statistics.ts";
import { boundsOf, turnoverBetween } from "./shield.ts";

export interface DqnInput {
  readonly target: TargetAllocation;
  readonly constraints: AllocationConstraints;
  readonly forecast: ForecastSet;
  readonly features: Features;
  /** Days since the last executed move; null when there was none. */
  readonly daysSinceMove: number | null;
}

export const INPUTS = [
  "drift from the target",
  "gain a year of the target",
  "cost of going to the target",
  "gain of the target over its cost",
  "drift from equal weight",
  "gain a year of equal weight",
  "cost of going to equal weight",
  "invested share",
  "expected return of the current allocation",
  "volatility of the current allocation",
  "volatility of the target",
  "forecast interval of the change",
  "gas",
  "time since the last move",
  "concentration now",
  "concentration of the target",
  "number of strategies",
  "realised gain of the target, 30 days",
] as const;

export const ACTIONS = ["hold", "25 % of the way", "50 % of the way", "the target", "equal weight", "idle"] as const;
export type ActionName = (typeof ACTIONS)[number];

/** Days over which a gain is weighed against its cost, as in the no-trade band. */
const HOLDING_DAYS = 90;
/** Days at which "long ago" begins. */
const LONG_AGO = 365;
const RECENT_DAYS = 30;

const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, i) => value * (b[i] ?? 0)));
/** Linear near zero, logarithmic far out: one scale for values over many magnitudes. */
const squash = (value: number, unit: number): number => Math.asinh(value / unit);

/** Weights wanted by each action, before the shield. */
export function wishes({ target, constraints, forecast }: DqnInput): readonly (readonly number[])[] {
  const current = constraints.strategies.map((s) => s.currentWeight);
  const aim = target.weights.map(({ weight }) => weight);
  const toward = (share: number): number[] => current.map((held, i) => held + share * ((aim[i] ?? held) - held));
  return [current, toward(0.25), toward(0.5), aim, equalWeights(constraints, forecast), current.map(() => 0)];
}

/** Equal shares of the strategies that are forecast and that money may enter; what cannot leave the others stays. */
export function equalWeights(constraints: AllocationConstraints, forecast: ForecastSet): number[] {
  const bounds = boundsOf(constraints);
  const isForecast = new Set(forecast.strategies.map(({ id }) => id));
  const isOpen = constraints.strategies.map(
    (s) => s.entryBlockedBy === null && s.capWeight > 0 && isForecast.has(s.id),
  );
  const stuck = sum(bounds.map(({ low }, i) => (isOpen[i] ? 0 : low)));
  const count = isOpen.filter(Boolean).length;
  const each = count === 0 ? 0 : Math.max(0, 1 - constraints.idle.minimum - stuck) / count;
  return bounds.map(({ low }, i) => (isOpen[i] ? each : low));
}

/** Cost of a move, share of NAV, gas included. */
export function costOf(constraints: AllocationConstraints, to: readonly number[]): number {
  let legs = 0;
  const linear = constraints.strategies.map((s, i) => {
    const move = (to[i] ?? 0) - s.currentWeight;
    if (Math.abs(move) > 1e-12) legs++;
    return move > 0 ? move * s.costs.enter : -move * s.costs.exit;
  });
  const gas = legs === 0 ? 0 : Number(constraints.fixedCost) + legs * Number(constraints.legCost);
  return sum(linear) + gas / Number(constraints.nav);
}

/** Expected simple return a day of each strategy of the constraints; 0 where there is no forecast. */
export function meansOf({ constraints, forecast }: Pick<DqnInput, "constraints" | "forecast">): number[] {
  const byId = new Map(forecast.strategies.map((s) => [s.id, s.meanDaily]));
  return constraints.strategies.map(({ id }) => byId.get(id) ?? 0);
}

/** The network's inputs, in the order of `INPUTS`. */
export function stateOf(input: DqnInput): number[] {
  const { target, constraints, forecast, features, daysSinceMove } = input;
  const current = constraints.strategies.map((s) => s.currentWeight);
  const aim = target.weights.map(({ weight }) => weight);
  const equal = equalWeights(constraints, forecast);
  const means = meansOf(input);
  const intervals = new Map(
    forecast.strategies.map(({ id, intervals }) => {
      const [first] = intervals;
      return [id, first === undefined ? 0 : (first.upper - first.lower) / 2];
    }),
  );
  const byId = new Map(features.strategies.map((s) => [s.id, s]));
  const volatilities = constraints.strategies.map(({ id }) => byId.get(id)?.volatility ?? 0);
  const recent = constraints.strategies.map(({ id }) => {
    const series = byId.get(id)?.totalReturns ?? [];
    return series.length === 0 ? 0 : mean(series.slice(-RECENT_DAYS));
  });
  const gainOf = (to: readonly number[]): number => dot(to, means) - dot(current, means);
  const risk = (weights: readonly number[]): number =>
    Math.sqrt(sum(weights.map((weight, i) => (weight * (volatilities[i] ?? 0)) ** 2)));
  const doubt = sum(
    constraints.strategies.map(({ id }, i) => Math.abs((aim[i] ?? 0) - (current[i] ?? 0)) * (intervals.get(id) ?? 0)),
  );
  const gas = Number(constraints.fixedCost + constraints.legCost) / Number(constraints.nav);
  const concentration = (weights: readonly number[]): number => sum(weights.map((weight) => weight ** 2));
  const cost = costOf(constraints, aim);
  const gain = gainOf(aim);
  return [
    turnoverBetween(current, aim),
    squash(gain * DAYS_PER_YEAR, 0.005),
    squash(cost, 5e-4),
    squash(gain * HOLDING_DAYS, Math.max(cost, 1e-6)),
    turnoverBetween(current, equal),
    squash(gainOf(equal) * DAYS_PER_YEAR, 0.005),
    squash(costOf(constraints, equal), 5e-4),
    sum(current),
    squash(dot(current, means) * DAYS_PER_YEAR, 0.02),
    squash(risk(current), 0.01),
    squash(risk(aim), 0.01),
    squash(doubt * DAYS_PER_YEAR, 0.005),
    squash(gas, 1e-4),
    Math.log1p(Math.min(LONG_AGO, daysSinceMove ?? LONG_AGO)) / Math.log1p(LONG_AGO),
    concentration(current),
    concentration(aim),
    constraints.strategies.length / 10,
    squash((dot(aim, recent) - dot(current, recent)) * DAYS_PER_YEAR, 0.02),
  ];
}
