/**
 * assess: a decided move in; an approval or a rejection with every breach out. Everything is computed again from
 * scenarios, history and constraints; nothing the optimizer or the policy says is taken for granted.
 */
import type {
  AllocationConstraints,
  ApprovedAllocation,
  Breach,
  Decision,
  Features,
  ForecastSet,
  Rejection,
  RiskFigures,
} from "../kernel/artifacts.ts";
import { DAYS_PER_YEAR, fromWad } from "../kernel/units.ts";
import { requireFinite } from "../math/checks.ts";
import { DimensionMismatchError, EmptySampleError } from "../math/errors.ts";
import { conditionalValueAtRisk, maximumDrawdown, valueAtRisk } from "../math/risk-measures.ts";
import { portfolioReturns, standardDeviation, sum } from "../math/statistics.ts";
import { approve } from "./approve.ts";
import { checkRiskConfig, type RiskConfig } from "./config.ts";
import { DecisionMismatchError, ProvenanceMismatchError, UnmeasuredPositionError } from "./errors.ts";
import { structuralBreaches } from "./limits.ts";

export { DEFAULT_RISK_CONFIG, type RiskConfig } from "./config.ts";

type Move = Extract<Decision, { kind: "move" }>;

export interface AssessInput {
  readonly decision: Move;
  readonly forecast: ForecastSet;
  readonly features: Features;
  readonly constraints: AllocationConstraints;
}

/** Refuses inputs of different runs or shapes: their figures would be about another portfolio. */
function checkInputs({ decision, forecast, features, constraints }: AssessInput, config: RiskConfig): void {
  const hashes = new Set([decision, forecast, features].map((artifact) => artifact.provenance.blockHash));
  if (hashes.size > 1) {
    throw new ProvenanceMismatchError([decision, forecast, features].map((a) => a.provenance.blockNumber));
  }
  const ids = constraints.strategies.map((s) => s.id);
  const decided = decision.weights.map((w) => w.id);
  if (ids.length !== decided.length || ids.some((id, i) => id !== decided[i]))
    throw new DecisionMismatchError(decided, ids);
  requireFinite("weights", [...decision.weights.map((w) => w.weight), decision.idleWeight]);
  const { scenarios } = forecast;
  if (scenarios.length < config.minimumScenarios) {
    throw new EmptySampleError("scenario set", config.minimumScenarios, scenarios.length);
  }
  for (const row of scenarios) {
    if (row.length !== forecast.strategies.length) {
      throw new DimensionMismatchError("scenario row", forecast.strategies.length, row.length);
    }
  }
  if (features.days.length < config.minimumHistoryDays) {
    throw new EmptySampleError("aligned history", config.minimumHistoryDays, features.days.length);
  }
}

/**
 * Positions that scenarios or history do not cover. What cannot leave and does not grow is the same whether we move or
 * not: holding the run for it would keep the risk of all the others. What is being left is less than before: steps are limited, and
 * a run held for the rest of it would keep all of it. `riskPanel` states the weight of both as unmeasured.
 */
function checkMeasured({ decision, forecast, features, constraints }: AssessInput, config: RiskConfig): void {
  const forecasted = new Set(forecast.strategies.map((s) => s.id));
  const observed = new Set(features.strategies.map((s) => s.id));
  const mayRemain = (id: number, weight: number): boolean =>
    constraints.strategies.some((s) => {
      const isStuck = s.minWeight >= s.currentWeight && weight <= s.currentWeight + config.tolerance;
      const isBeingLeft = weight < s.currentWeight - config.tolerance;
      return s.id === id && (isStuck || isBeingLeft);
    });
  const missing = decision.weights.filter(
    (w) => w.weight > 0 && !(forecasted.has(w.id) && observed.has(w.id)) && !mayRemain(w.id, w.weight),
  );
  const weight = sum(missing.map((w) => w.weight));
  if (weight > config.maximumUnmeasuredWeight) {
    throw new UnmeasuredPositionError(
      missing.map((w) => w.id),
      weight,
      config.maximumUnmeasuredWeight,
    );
  }
}

function riskFigures({ decision, forecast, features }: AssessInput, config: RiskConfig): RiskFigures {
  const weightOf = new Map(decision.weights.map((w) => [w.id, w.weight]));
  const horizon = portfolioReturns(
    forecast.scenarios,
    forecast.strategies.map((s) => weightOf.get(s.id) ?? 0),
  );
  const daily = features.days.map((_, t) =>
    sum(features.strategies.map((s) => (weightOf.get(s.id) ?? 0) * (s.totalReturns[t] ?? Number.NaN))),
  );
  return {
    beta: config.beta,
    horizonDays: forecast.horizonDays,
    var: valueAtRisk(horizon, config.beta),
    cvar: conditionalValueAtRisk(horizon, config.beta),
    maxDrawdown: maximumDrawdown(daily, "compounded"),
    volatility: standardDeviation(daily) * Math.sqrt(DAYS_PER_YEAR),
  };
}

/** Turnover and cost from the weights alone, against what the decision states. */
function differences({ decision, constraints }: AssessInput, config: RiskConfig): Breach[] {
  const moves = constraints.strategies.map((s, i) => (decision.weights[i]?.weight ?? 0) - s.currentWeight);
  const idleMove = decision.idleWeight - constraints.idle.current;
  const turnover = (sum(moves.map(Math.abs)) + Math.abs(idleMove)) / 2;
  const paid = constraints.strategies.map((s, i) => {
    const move = moves[i] ?? 0;
    return Math.abs(move) * (move > 0 ? s.costs.enter : s.costs.exit);
  });
  const legs = moves.filter((move) => Math.abs(move) > 1e-12).length;
  const gas = legs === 0 ? 0 : fromWad(constraints.fixedCost) + legs * fromWad(constraints.legCost);
  const nav = fromWad(constraints.nav);
  const figures = [
    { what: "turnover", stated: decision.turnover, recomputed: turnover },
    {
      what: "expected cost, share of NAV",
      stated: fromWad(decision.expectedCost) / nav,
      recomputed: sum(paid) + gas / nav,
    },
  ];
  return figures
    .filter(({ stated, recomputed }) => !(Math.abs(stated - recomputed) <= config.tolerance))
    .map((figure) => ({ type: "recomputationDiffers", ...figure }));
}

function limitBreaches(risk: RiskFigures, config: RiskConfig): Breach[] {
  const breaches: Breach[] = [];
  if (!(risk.var <= config.varLimit)) breaches.push({ type: "varAboveLimit", var: risk.var, limit: config.varLimit });
  if (!(risk.cvar <= config.cvarLimit)) {
    breaches.push({ type: "cvarAboveLimit", cvar: risk.cvar, limit: config.cvarLimit });
  }
  if (!(risk.maxDrawdown <= config.drawdownLimit)) {
    breaches.push({ type: "drawdownAboveLimit", maxDrawdown: risk.maxDrawdown, limit: config.drawdownLimit });
  }
  return breaches;
}

/** True when no strategy grows. Refusing such a move for what is left of the risk would keep all of it. */
const onlyReduces = ({ decision, constraints }: AssessInput, config: RiskConfig): boolean =>
  constraints.strategies.every((s, i) => (decision.weights[i]?.weight ?? 0) <= s.currentWeight + config.tolerance);

/**
 * Judges a move.
 * @throws {UnmeasuredPositionError | EmptySampleError} when the risk cannot be stated: the run is held.
 */
export function assess(input: AssessInput, config: RiskConfig): ApprovedAllocation | Rejection {
  checkRiskConfig(config);
  checkInputs(input, config);
  checkMeasured(input, config);
  const risk = riskFigures(input, config);
  const { decision, constraints } = input;

  const breaches: Breach[] = structuralBreaches(decision.weights, decision.idleWeight, constraints, config.tolerance);
  breaches.push(...differences(input, config));
  if (!onlyReduces(input, config)) breaches.push(...limitBreaches(risk, config));
  const [first, ...others] = breaches;
  if (first === undefined) return approve(decision, risk);
  return { kind: "rejected", provenance: decision.provenance, risk, breaches: [first, ...others] };
}
