/**
 * The pure stages in their order: forecast, optimize, decide, assess. The live run and the backtest both come through here, so
 * that what was tested is what runs. Reading the chain and proposing belong to `run.ts`.
 */
import { forecastOnThreads } from "./forecast/index.ts";
import { shrink } from "./forecast/shrink.ts";
import type {
  AllocationConstraints,
  ApprovedAllocation,
  Decision,
  Features,
  ForecastSet,
  Rejection,
  StrategyLimits,
  TargetAllocation,
} from "./kernel/artifacts.ts";
import { conditionalValueAtRisk, maximumDrawdown, valueAtRisk } from "./math/risk-measures.ts";
import { median, portfolioReturns, sum } from "./math/statistics.ts";
import { optimize } from "./optimize/index.ts";
import { decideLearned, type LearnedPolicy } from "./policy/dqn/index.ts";
import { decide, meanErrorsOf, type PolicyConfig } from "./policy/index.ts";
import type { Profile } from "./profiles.ts";
import { assess } from "./risk/index.ts";

/**
 * What is known of a strategy's price risk. "market": its value follows a market price. "protocol": it pays at the protocol's own
 * rate. "unmeasured": only a yield is known, and what its price did is not.
 */
export type RiskClass = "market" | "protocol" | "unmeasured";

export interface PolicyInput {
  readonly target: TargetAllocation;
  readonly constraints: AllocationConstraints;
  readonly forecast: ForecastSet;
  readonly features: Features;
  /** Limits that the current allocation breaks and that are to be mended whatever the gain. */
  readonly breaches: readonly string[];
  readonly config: PolicyConfig;
}

/** From a target to a decision. Further policies register here; each must keep every limit of `constraints`. */
export type Policy = (input: PolicyInput) => Decision | Promise<Decision>;

export const bandPolicy: Policy = ({ target, constraints, forecast, breaches, config }) =>
  decide(target, constraints, config, breaches, meanErrorsOf(forecast));

/**
 * The learned policy; it falls back to the band where it must not be asked.
 * @param daysSinceMove days since the last executed move; null when there was none, or none is known.
 */
export const dqnPolicy =
  (learned: LearnedPolicy, risk: Profile["risk"], daysSinceMove: () => number | null) =>
  ({ breaches, config, ...input }: PolicyInput): Decision =>
    decideLearned(
      learned,
      { ...input, daysSinceMove: daysSinceMove() },
      config,
      { beta: risk.beta, maximumCvar: risk.cvarLimit },
      breaches,
    );

export interface PlanInput {
  readonly features: Features;
  /** What `predict` gave for these features. */
  readonly forecast: ForecastSet;
  readonly constraints: AllocationConstraints;
  readonly classOf: (id: number) => RiskClass;
}

export interface Plan {
  /** The constraints with the profile's own limits. */
  readonly constraints: AllocationConstraints;
  readonly target: TargetAllocation;
  readonly decision: Decision;
  /** Null when the decision is to hold. */
  readonly assessment: ApprovedAllocation | Rejection | null;
  /** How the target came about, for reports. */
  readonly notes: readonly string[];
}

/** Forecasts to plan with, from forecasts as the models gave them. */
export const settle = (raw: ForecastSet, features: Features, profile: Profile): ForecastSet =>
  profile.shrink === null ? raw : shrink(raw, features, profile.forecast, profile.shrink);

export const predict = async (features: Features, profile: Profile): Promise<ForecastSet> =>
  settle(await forecastOnThreads(features, profile.forecast), features, profile);

/** Ids above any that a registry gives out: limits that the profile adds. */
const CLASS_RISK_IDS = { market: 1_000_001, unmeasured: 1_000_002 } as const;
type BoundedClass = keyof typeof CLASS_RISK_IDS;
const BOUNDED: readonly BoundedClass[] = ["market", "unmeasured"];

const canEnter = (limits: StrategyLimits): boolean => limits.entryBlockedBy === null && limits.capWeight > 0;

/** Equal weight over what may be entered and is measured, within caps and after the idle minimum. */
function equalWeights({ features, constraints }: PlanInput): Map<number, number> {
  const measured = new Set(features.strategies.map(({ id }) => id));
  const open = constraints.strategies.filter((s) => measured.has(s.id) && canEnter(s));
  const share = Math.max(0, 1 - constraints.idle.minimum) / Math.max(1, open.length);
  return new Map(open.map((s) => [s.id, Math.min(share, s.capWeight)]));
}

function withProfileLimits(input: PlanInput, profile: Profile): AllocationConstraints {
  const { constraints, classOf } = input;
  const equal = equalWeights(input);
  const share = equal.size === 0 ? 0 : (1 - constraints.idle.minimum) / equal.size;
  const cap = profile.venueMultiple === null ? Number.POSITIVE_INFINITY : profile.venueMultiple * share;
  const strategies = constraints.strategies.map((s) => {
    const own = classOf(s.id);
    const riskIds = profile.boundsRiskyTotals && own !== "protocol" ? [...s.riskIds, CLASS_RISK_IDS[own]] : s.riskIds;
    // What is there may stay: the number of open strategies changes, and with it every equal share.
    const kept = equal.size === 0 ? s.capWeight : Math.max(cap, s.currentWeight);
    return { ...s, riskIds, capWeight: Math.min(s.capWeight, kept) };
  });
  if (!profile.boundsRiskyTotals || equal.size === 0) return { ...constraints, strategies };
  const totals = BOUNDED.map((name) => ({
    riskId: CLASS_RISK_IDS[name],
    capWeight: Math.max(
      sum([...equal].map(([id, weight]) => (classOf(id) === name ? weight : 0))),
      sum(constraints.strategies.map((s) => (classOf(s.id) === name ? s.currentWeight : 0))),
    ),
  }));
  return { ...constraints, strategies, riskIds: [...constraints.riskIds, ...totals] };
}

interface Tail {
  readonly cvar: number;
  readonly var: number;
  readonly drawdown: number;
}

/** CVaR and VaR of the horizon loss, and the drawdown these weights would have had; gains count as no loss. */
function tailOf({ forecast: set, features }: PlanInput, weightOf: (id: number) => number, beta: number): Tail {
  const horizon = portfolioReturns(
    set.scenarios,
    set.strategies.map(({ id }) => weightOf(id)),
  );
  const daily = features.days.map((_, t) =>
    sum(features.strategies.map((s) => weightOf(s.id) * (s.totalReturns[t] ?? Number.NaN))),
  );
  return {
    cvar: Math.max(0, conditionalValueAtRisk(horizon, beta)),
    var: Math.max(0, valueAtRisk(horizon, beta)),
    drawdown: maximumDrawdown(daily, "compounded"),
  };
}

/** A hundredth of a basis point: below it a difference of tails is rounding. */
const TAIL_DUST = 1e-6;

const exceeds = (tail: Tail, limit: Pick<Tail, "cvar" | "drawdown">, multiple: number): boolean =>
  tail.cvar > multiple * limit.cvar + TAIL_DUST || tail.drawdown > multiple * limit.drawdown + TAIL_DUST;

/**
 * The tail that an allocation is compared with; null when there is nothing to compare with. "typical-single": the median CVaR and
 * drawdown of holding one strategy alone, over those of the class of the best-paid one.
 */
function referenceTail(input: PlanInput, profile: Profile): Pick<Tail, "cvar" | "drawdown"> | null {
  const { beta } = profile.risk;
  const equal = equalWeights(input);
  if (equal.size === 0) return null;
  if (profile.tail.reference === "equal-weight") return tailOf(input, (id) => equal.get(id) ?? 0, beta);
  const open = input.forecast.strategies.filter(({ id }) => equal.has(id));
  const best = open.reduce((most, s) => (s.meanDaily > most.meanDaily ? s : most), open[0] ?? { id: 0, meanDaily: 0 });
  const peers = open.filter(({ id }) => input.classOf(id) === input.classOf(best.id));
  const share = 1 - input.constraints.idle.minimum;
  const tails = peers.map((peer) => tailOf(input, (id) => (id === peer.id ? share : 0), beta));
  return { cvar: median(tails.map(({ cvar }) => cvar)), drawdown: median(tails.map(({ drawdown }) => drawdown)) };
}

/** Risk aversions tried on the way to the tail limit: each step quadruples the price of variance. */
const STEPS = 3;
const REFINEMENTS = 4;

/**
 * The target with the least risk aversion whose tail keeps the limits: relative to the reference, and the absolute ones that
 * the risk stage will ask for. Falls back to equal weights, as caps, when no aversion does.
 */
async function targetWithin(
  input: PlanInput,
  limited: AllocationConstraints,
  profile: Profile,
  mustMend: boolean,
): Promise<{ target: TargetAllocation; constraints: AllocationConstraints; notes: string[] }> {
  const { risk } = profile;
  const bound = referenceTail(input, profile);
  const keeps = (target: TargetAllocation): boolean => {
    const weights = new Map(target.weights.map((w) => [w.id, w.weight]));
    const tail = tailOf(input, (id) => weights.get(id) ?? 0, risk.beta);
    const absolute = tail.cvar <= risk.cvarLimit && tail.var <= risk.varLimit && tail.drawdown <= risk.drawdownLimit;
    return absolute && (bound === null || !exceeds(tail, bound, profile.tail.target));
  };
  const solve = (riskAversion: number, constraints = limited): Promise<TargetAllocation> =>
    optimize(input.forecast, constraints, { ...profile.optimize, riskAversion, frontierPoints: 0 });
  const finish = (riskAversion: number): Promise<TargetAllocation> =>
    profile.optimize.frontierPoints === 0
      ? solve(riskAversion)
      : optimize(input.forecast, limited, { ...profile.optimize, riskAversion });

  // CVaR as the objective already looks at the tail; there is no aversion to search.
  if (profile.optimize.objective === "min-cvar") {
    return { target: await finish(profile.optimize.riskAversion), constraints: limited, notes: [] };
  }
  let aversion = Math.max(profile.optimize.riskAversion, 1e-3);
  if (keeps(await solve(aversion))) return { target: await finish(aversion), constraints: limited, notes: [] };
  let fails = aversion;
  for (let step = 0; step < STEPS; step++) {
    aversion *= 4;
    if (!keeps(await solve(aversion))) {
      fails = aversion;
      continue;
    }
    for (let k = 0; k < REFINEMENTS; k++) {
      const middle = Math.sqrt(fails * aversion);
      if (keeps(await solve(middle))) aversion = middle;
      else fails = middle;
    }
    const note = `risk aversion raised to ${aversion.toPrecision(3)}: the tail may not be worse than ${profile.tail.reference}`;
    return { target: await finish(aversion), constraints: limited, notes: [note] };
  }
  const equal = equalWeights(input);
  // Caps at equal weight. What is held above them leaves only when its tail has to be mended, or when leaving pays.
  const capOf = ({ id, currentWeight }: StrategyLimits): number =>
    Math.max(equal.get(id) ?? 0, mustMend ? 0 : currentWeight);
  const asReference = {
    ...limited,
    strategies: limited.strategies.map((s) => ({ ...s, capWeight: Math.min(s.capWeight, capOf(s)) })),
  };
  const target = await solve(profile.optimize.riskAversion, asReference);
  const note = `no mix keeps the tail of ${profile.tail.reference}: nothing may grow above equal weight`;
  return { target, constraints: asReference, notes: [note] };
}

const percent = (value: number): string => `${(100 * value).toFixed(3)} %`;

/** What the tail of the allocation in place breaks. */
function tailBreaches(input: PlanInput, profile: Profile): string[] {
  const { mendAbove, reference } = profile.tail;
  const current = new Map(input.constraints.strategies.map((s) => [s.id, s.currentWeight]));
  const measured = new Set(input.features.strategies.map(({ id }) => id));
  const held = input.constraints.strategies.filter((s) => s.currentWeight > 0);
  if (mendAbove === null || held.length === 0 || held.some(({ id }) => !measured.has(id))) return [];
  const bound = referenceTail(input, profile);
  if (bound === null) return [];
  const tail = tailOf(input, (id) => current.get(id) ?? 0, profile.risk.beta);
  if (!exceeds(tail, bound, mendAbove)) return [];
  return [
    `CVaR ${percent(tail.cvar)} and drawdown ${percent(tail.drawdown)} of the current allocation against ` +
      `${percent(bound.cvar)} and ${percent(bound.drawdown)} of ${reference}: more than ${mendAbove} times`,
  ];
}

/**
 * A decision and its verdict.
 * @throws {HoldError} when a stage cannot vouch for its numbers.
 */
export async function plan(input: PlanInput, profile: Profile, policy: Policy = bandPolicy): Promise<Plan> {
  const limited = withProfileLimits(input, profile);
  const breaches = tailBreaches(input, profile);
  const { target, constraints, notes } = await targetWithin(input, limited, profile, breaches.length > 0);
  const decision = await policy({
    target,
    constraints,
    forecast: input.forecast,
    features: input.features,
    breaches,
    config: profile.policy,
  });
  const assessment =
    decision.kind === "hold"
      ? null
      : assess({ decision, forecast: input.forecast, features: input.features, constraints }, profile.risk);
  return { constraints, target, decision, assessment, notes };
}
