/**
 * The learned policy in the place of the no-trade band. It chooses how far to go; the band still decides where a limit is broken and
 * has to be mended, where everything is idle, and where the state is unlike anything in training. What it chooses goes
 * through the shield, and afterwards through the same risk assessment as every other move.
 */
import type { Decision, ForecastSet } from "../../kernel/artifacts.ts";
import { assets, toWad, WAD } from "../../kernel/units.ts";
import { requireBetween } from "../../math/checks.ts";
import { createMlp, type DuelingNetwork } from "../../math/neural/mlp.ts";
import type { Backend } from "../../math/neural/wasm.ts";
import { sum } from "../../math/statistics.ts";
import type { PolicyConfig } from "../config.ts";
import { decide, meanErrorsOf, violations } from "../index.ts";
import { fromCheckpoint, loadCheckpoint, type SavedPolicy } from "./checkpoint.ts";
import { cvarOf, shield, turnoverBetween } from "./shield.ts";
import { ACTIONS, costOf, type DqnInput, INPUTS, meansOf, stateOf, wishes } from "./state.ts";

export type { DqnInput } from "./state.ts";

export interface DqnLimits {
  readonly beta: number;
  /** Largest CVaR of the horizon's loss, share of NAV. */
  readonly maximumCvar: number;
}

/** A loaded policy. */
export interface LearnedPolicy {
  readonly network: DuelingNetwork;
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly source: string;
}

/** An input may lie this share of its range in training outside of it. */
const MARGIN = 0.05;
/** Moves below this share of NAV are rounding. */
const STILL = 1e-6;
const size = { inputs: INPUTS.length, actions: ACTIONS.length };

function learned({ shape, online, low, high }: SavedPolicy, source: string, backend?: Backend): LearnedPolicy {
  const network = createMlp(shape, 1, backend === undefined ? {} : { backend });
  network.restore({ online, target: online, moment1: online, moment2: online, steps: 0 });
  return { network, low, high, source };
}

/** @param sha256 what the file's digest must be; omitted for the policy that comes with the engine. @throws {SavedModelError} */
export const loadPolicy = (file: string, sha256?: string): LearnedPolicy =>
  learned(loadCheckpoint(file, size, sha256), file);

/** @throws {SavedModelError} */
export const policyOf = (text: string, source: string, backend?: Backend): LearnedPolicy =>
  learned(fromCheckpoint(text, source, size), source, backend);

const percent = (fraction: number): string => `${(fraction * 100).toFixed(4)} %`;

/** The first input unlike training, in words; null when all are alike. */
export function strangeness({ low, high }: LearnedPolicy, state: readonly number[]): string | null {
  for (const [i, value] of state.entries()) {
    const [least, most] = [low[i] ?? 0, high[i] ?? 0];
    const margin = MARGIN * (most - least);
    // A plain comparison would let NaN pass.
    if (!(value >= least - margin && value <= most + margin))
      return `${INPUTS[i]} is ${value.toPrecision(4)}; in training it was ${least.toPrecision(4)} to ${most.toPrecision(4)}`;
  }
  return null;
}

/** Scenarios with their columns in the order of the constraints; one without a forecast is neither held nor wanted. */
function scenariosOf(forecast: ForecastSet, ids: readonly number[]): number[][] {
  const columns = ids.map((id) => forecast.strategies.findIndex((s) => s.id === id));
  return forecast.scenarios.map((row) => columns.map((column) => (column < 0 ? 0 : (row[column] ?? 0))));
}

/**
 * Decides with the learned policy, or with the band where it must not be asked; the reasons say which.
 * @param breaches what the current allocation violates besides its caps.
 */
export function decideLearned(
  policy: LearnedPolicy,
  input: DqnInput,
  config: PolicyConfig,
  limits: DqnLimits,
  breaches: readonly string[] = [],
): Decision {
  requireBetween("beta", limits.beta, 0.5, 0.9999);
  const { target, constraints, forecast } = input;
  // First, because it also refuses targets that do not fit the constraints.
  const banded = decide(target, constraints, config, breaches, meanErrorsOf(forecast));
  const because = (reason: string): Decision =>
    banded.kind === "hold"
      ? { ...banded, reasons: [`band: ${reason}`, ...banded.reasons] }
      : { ...banded, reasons: [`band: ${reason}`, ...banded.reasons] };
  const forced = [...violations(constraints, config.mendAbove), ...breaches];
  if (forced.length > 0) return because("a limit is broken, and mending it is not learned");
  const current = constraints.strategies.map((s) => s.currentWeight);
  if (sum(current) <= STILL) return because("all is idle, and first deposits are not learned");
  const isForecast = new Set(forecast.strategies.map(({ id }) => id));
  const blind = constraints.strategies.find(
    ({ id, currentWeight }, i) =>
      !isForecast.has(id) && Math.max(currentWeight, target.weights[i]?.weight ?? 0) > STILL,
  );
  if (blind !== undefined) return because(`strategy ${blind.id} has no forecast`);
  const state = stateOf(input);
  const strange = strangeness(policy, state);
  if (strange !== null) return because(`unlike training: ${strange}`);

  const action = policy.network.best(state);
  const name = ACTIONS[action] ?? ACTIONS[0];
  const values = Array.from(policy.network.q.subarray(0, ACTIONS.length));
  const advantage = (values[action] ?? 0) - (values[0] ?? 0);
  const why = `learned policy: ${name}, worth ${advantage.toPrecision(3)} reward more than holding`;
  const { provenance } = target;
  const scenarios = scenariosOf(
    forecast,
    constraints.strategies.map(({ id }) => id),
  );
  const shieldLimits = { maximumTurnover: config.maximumTurnover, scenarios, ...limits };
  const weights = shield(wishes(input)[action] ?? current, constraints, shieldLimits);
  const turnover = turnoverBetween(current, weights);
  if (turnover <= STILL) {
    return { kind: "hold", provenance, reasons: [action === 0 ? why : `${why}; no limit lets it move`] };
  }
  // Signatures cost the same whoever decides: what is too small for the band is too small here.
  if (turnover <= config.band) {
    const small = `${why}; turnover ${percent(turnover)} is within the band ${percent(config.band)}`;
    return { kind: "hold", provenance, reasons: [small] };
  }
  const means = meansOf(input);
  const gain = config.holdingDays * sum(weights.map((w, i) => (w - (current[i] ?? 0)) * (means[i] ?? 0)));
  const cost = costOf(constraints, weights);
  const inAssets = (fraction: number) => assets((constraints.nav * toWad(fraction)) / WAD);
  const tail = scenarios.length > 0 ? `, CVaR ${percent(cvarOf(weights, shieldLimits))}` : "";
  return {
    kind: "move",
    provenance,
    weights: constraints.strategies.map(({ id }, i) => ({ id, weight: weights[i] ?? 0 })),
    idleWeight: constraints.idle.current - sum(weights) + sum(current),
    expectedGain: inAssets(gain - cost),
    expectedCost: inAssets(cost),
    turnover,
    reasons: [
      why,
      `gain ${percent(gain)} of NAV over ${config.holdingDays} days, cost ${percent(cost)}, turnover ${percent(turnover)}${tail}`,
    ],
  };
}
