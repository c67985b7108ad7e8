/**
 * Automatic order: the exhaustive search over p, q <= 5, P, Q <= 2 with at most five ARMA terms, each model by exact
 * likelihood, and then a climb beyond that limit. Nested models start from each other, which is what makes an exhaustive
 * search cheaper than a stepwise one that starts every fit afresh.
 */
import { rootsBeyond } from "../../math/arma.ts";
import { extendParameters } from "./coordinates.ts";
import { isConstant, ordinaryDifferences, seasonalDifferences } from "./differencing.ts";
import {
  type Estimate,
  estimate,
  estimateAt,
  estimateWithin,
  type FitOptions,
  hannanRissanen,
  optimizeFrom,
  POLISH,
  QUICK,
  type StartingData,
  startingData,
  THOROUGH,
} from "./fit.ts";
import {
  type ArimaFit,
  type ArimaInput,
  type Constant,
  checkInput,
  fitArima,
  fitFrom,
  isQuickToPublish,
  problemOf,
  publishedFit,
} from "./model.ts";
import { type ArimaCoefficients, type ArimaOrder, armaOf, difference } from "./order.ts";
import { type ArimaProblem, interpolate } from "./problem.ts";

export interface SearchLimits {
  readonly maxP: number;
  readonly maxQ: number;
  readonly maxSeasonalP: number;
  readonly maxSeasonalQ: number;
  /** Largest p + q + P + Q of the exhaustive part. */
  readonly maxTerms: number;
  /** Whether the search also climbs as a stepwise one does, past `maxTerms`, and ranks the nearest orders by the published criterion. */
  readonly isDeep: boolean;
}

export const DEFAULT_LIMITS: SearchLimits = {
  maxP: 5,
  maxQ: 5,
  maxSeasonalP: 2,
  maxSeasonalQ: 2,
  maxTerms: 5,
  isDeep: true,
};
/** For a member of a combination, whose order matters less than the time that a hundred series take. */
export const MEMBER_LIMITS: SearchLimits = { ...DEFAULT_LIMITS, isDeep: false };

/** Roots nearer to the unit circle than this make forecasts depend on rounding; R's rule. */
const MIN_ROOT = 1.01;
/** Beyond it by more than rounding. */
const INSIDE_RADIUS = MIN_ROOT * (1 + 1e-9);
/** Models this close to the best are fitted again from every start before one is chosen. */
const CONTENDERS = 3;
const CONTENDER_MARGIN = 3;
/** Models further than this behind the best keep what the approximate descent found: a fraction of this is what it leaves. */
const HOPELESS_MARGIN = 12;

interface Candidate {
  readonly constant: Constant;
  readonly estimate: Estimate;
  readonly admissible: boolean;
}

/** The search's view of one choice of constant: a problem and its starting values. */
interface Branch {
  readonly constant: Constant;
  readonly problem: ArimaProblem;
  readonly data: StartingData;
  readonly fitted: Map<string, Candidate>;
  /** Least AICc of an admissible model so far, shared by the branches. */
  readonly best: { aicc: number };
}

const keyOf = ({ p, q, P, Q }: ArimaOrder): string => `${p},${q},${P},${Q}`;
const termsOf = ({ p, q, P, Q }: ArimaOrder): number => p + q + P + Q;

function isAdmissible({ coefficients, order }: Pick<Estimate, "coefficients" | "order">): boolean {
  const { phi, theta } = armaOf(coefficients, order.m);
  return (
    rootsBeyond(phi, MIN_ROOT) &&
    rootsBeyond(
      theta.map((value) => -value),
      MIN_ROOT,
    )
  );
}

/** Orders with one term less: their optimum is a start that the larger model can only improve. */
function parents(order: ArimaOrder): ArimaOrder[] {
  return (["p", "q", "P", "Q"] as const)
    .filter((name) => order[name] > 0)
    .map((name) => ({ ...order, [name]: order[name] - 1 }));
}

function neighbours(order: ArimaOrder): ArimaOrder[] {
  const out: ArimaOrder[] = [];
  const steps = [-1, 0, 1];
  for (const p of steps) for (const q of steps) out.push({ ...order, p: order.p + p, q: order.q + q });
  if (order.m > 1) {
    for (const P of steps) for (const Q of steps) out.push({ ...order, P: order.P + P, Q: order.Q + Q });
  }
  return out;
}

function fitBranch(branch: Branch, order: ArimaOrder): Candidate | null {
  const known = branch.fitted.get(keyOf(order));
  if (known !== undefined) return known;
  const { problem, data, constant } = branch;
  let found: Estimate | null;
  if (termsOf(order) === 0) found = estimateAt(problem, order, new Float64Array(0));
  else {
    let best: Candidate | null = null;
    for (const parent of parents(order)) {
      const candidate = branch.fitted.get(keyOf(parent));
      if (candidate !== undefined && (best === null || candidate.estimate.loglik > best.estimate.loglik))
        best = candidate;
    }
    const starts = [hannanRissanen(data, order)];
    if (best !== null) starts.push(extendParameters(best.estimate.parameters, best.estimate.order, order));
    const fit = optimizeFrom(problem, order, starts, QUICK, branch.best.aicc + HOPELESS_MARGIN);
    found = fit === null ? null : estimateAt(problem, order, fit.x);
  }
  if (found === null) return null;
  const candidate = { constant, estimate: found, admissible: isAdmissible(found) };
  branch.fitted.set(keyOf(order), candidate);
  if (candidate.admissible) branch.best.aicc = Math.min(branch.best.aicc, found.aicc);
  return candidate;
}

function exhaustiveOrders(base: ArimaOrder, limits: SearchLimits): ArimaOrder[] {
  const out: ArimaOrder[] = [];
  const seasonal = base.m > 1;
  for (let P = 0; P <= (seasonal ? limits.maxSeasonalP : 0); P++)
    for (let Q = 0; Q <= (seasonal ? limits.maxSeasonalQ : 0); Q++)
      for (let p = 0; p <= limits.maxP; p++)
        for (let q = 0; q <= limits.maxQ; q++) {
          const order = { ...base, p, q, P, Q };
          if (termsOf(order) <= limits.maxTerms) out.push(order);
        }
  return out.sort((a, b) => termsOf(a) - termsOf(b));
}

/** Limits that the length and the season of the data allow; R's rules. */
function feasibleLimits(limits: SearchLimits, length: number, m: number): SearchLimits {
  const third = Math.floor(length / 3);
  const bySeason = m > 1 ? m - 1 : Number.POSITIVE_INFINITY;
  return {
    maxP: Math.min(limits.maxP, third, bySeason),
    maxQ: Math.min(limits.maxQ, third, bySeason),
    maxSeasonalP: Math.min(limits.maxSeasonalP, Math.floor(third / m)),
    maxSeasonalQ: Math.min(limits.maxSeasonalQ, Math.floor(third / m)),
    maxTerms: limits.maxTerms,
    isDeep: limits.isDeep,
  };
}

const inLimits = ({ p, q, P, Q }: ArimaOrder, l: SearchLimits): boolean =>
  p >= 0 && q >= 0 && P >= 0 && Q >= 0 && p <= l.maxP && q <= l.maxQ && P <= l.maxSeasonalP && Q <= l.maxSeasonalQ;

const better = (a: Candidate, b: Candidate): number => a.estimate.aicc - b.estimate.aicc;

/** Differencing by test; the constants that it leaves meaningful. */
function differencingOf(y: ArrayLike<number>, m: number): { base: ArimaOrder; constants: Constant[] } {
  const D = seasonalDifferences(y, m);
  const seasonless = difference(y, { p: 0, d: 0, q: 0, P: 0, D, Q: 0, m });
  const d = ordinaryDifferences(seasonless);
  const constants: Constant[] = d + D === 0 ? ["none", "mean"] : d + D === 1 ? ["none", "drift"] : ["none"];
  return { base: { p: 0, d, q: 0, P: 0, D, Q: 0, m }, constants };
}

export interface AutoArima extends ArimaFit {
  /** Models that the search fitted. */
  readonly tried: number;
}

/**
 * Chooses an order by AICc.
 * @param m seasonal period, 1 for none.
 * @throws {EmptySampleError | SampleNotFiniteError | DimensionMismatchError}
 */
export function autoArima(input: ArimaInput, m = 1, limits: SearchLimits = DEFAULT_LIMITS): AutoArima {
  checkInput(input);
  const gaps = Array.from(input.y).some(Number.isNaN);
  // Orders are compared on the interpolated series, whose likelihood is fast; the chosen one is fitted to the real one.
  const filled: ArimaInput = gaps ? interpolated(input) : input;
  const period = filled.y.length >= 2 * m ? m : 1;
  const { base, constants } = differencingOf(filled.y, period);
  const differenced = difference(filled.y, base);
  if (isConstant(differenced) || differenced.length < 4) return degenerate(input, base, differenced);
  const feasible = feasibleLimits(limits, filled.y.length, period);
  const best = { aicc: Number.POSITIVE_INFINITY };
  const branches: Branch[] = constants.map((constant) => {
    const problem = problemOf(filled, base, constant);
    return { constant, problem, data: startingData(problem, period), fitted: new Map(), best };
  });
  for (const branch of branches) for (const order of exhaustiveOrders(base, feasible)) fitBranch(branch, order);
  if (feasible.isDeep) for (const branch of branches) climbFromFootholds(branch, base, feasible);
  const chosen = climb(branches, feasible);
  if (chosen === null) return degenerate(input, base, differenced);
  const tried = branches.reduce((total, branch) => total + branch.fitted.size, 0);
  if (gaps) {
    const problem = problemOf(input, base, chosen.constant);
    const exact = estimate(problem, chosen.estimate.order, QUICK, [chosen.estimate.parameters]) ?? chosen.estimate;
    return { ...fitFrom(input, exact, chosen.constant), tried };
  }
  const { parameters } = chosen.estimate;
  const last = branches.find(({ constant }) => constant === chosen.constant);
  const exact =
    last === undefined || parameters.length === 0 ? null : finish(last.problem, chosen.estimate, limits.isDeep);
  const fit = fitFrom(input, exact ?? chosen.estimate, chosen.constant);
  return { ...(limits.isDeep ? bestPublished(input, branches, exact ?? chosen.estimate, fit) : fit), tried };
}

/** Up to the last observation: what is missing after it would be made up of that one value. */
function interpolated({ y, xreg = [] }: ArimaInput): ArimaInput {
  let end = y.length;
  while (end > 0 && Number.isNaN(y[end - 1] ?? Number.NaN)) end--;
  const upTo = (series: ArrayLike<number>): number[] => Array.from(series).slice(0, end);
  return { y: interpolate(upTo(y)), xreg: xreg.map(upTo) };
}

/** Criteria apart by more than this between the exact likelihood and the published one may rank orders differently. */
const SAME_CRITERION = 0.005;
/** Orders that are ranked again, and of them those that are fitted again. */
const RANKED_AGAIN = 40;
const FITTED_AGAIN = 6;

/**
 * The best of the nearest orders by the criterion that is published: for series whose level is large against their noise it is
 * not the one that the search ranks by.
 */
function bestPublished(input: ArimaInput, branches: readonly Branch[], found: Estimate, fit: ArimaFit): ArimaFit {
  const apart = Math.abs(fit.aicc - found.aicc);
  if (!(apart > SAME_CRITERION)) return fit;
  const near = admissibleOf(branches)
    .filter(({ estimate: one }) => one.aicc <= found.aicc + 2 * apart && isQuickToPublish(one, input.y.length))
    .sort(better)
    .slice(0, RANKED_AGAIN)
    .map(({ estimate: other, constant }) => ({ other, constant, aicc: fitFrom(input, other, constant).aicc }))
    .sort((x, y) => x.aicc - y.aicc);
  let best = fit;
  for (const { other, constant } of near.slice(0, FITTED_AGAIN)) {
    const published = publishedFit(input, other, constant);
    if (published.aicc < best.aicc && isAdmissible(published)) best = published;
  }
  return best;
}

/** The chosen model to the last digit that its likelihood can give; the best within the admissible region if those lead out. */
function finish(problem: ArimaProblem, chosen: Estimate, isDeep: boolean): Estimate {
  const { order, parameters, coefficients } = chosen;
  const found = optimizeFrom(problem, order, [parameters], THOROUGH);
  const free = found === null ? null : estimateAt(problem, order, found.x);
  if (free === null || (!isDeep && !isAdmissible(free))) return chosen;
  const end = intoRegion(problem, free, THOROUGH, [coefficients]);
  return end !== null && end.loglik > chosen.loglik ? end : chosen;
}

const admissibleOf = (branches: readonly Branch[]): Candidate[] =>
  branches.flatMap(({ fitted }) => [...fitted.values()]).filter((candidate) => candidate.admissible);

/** Where a stepwise search begins: uphill from there orders of many terms can be reached that none of five terms leads to. */
const FOOTHOLDS = [
  { p: 2, q: 2, P: 1, Q: 1 },
  { p: 0, q: 0, P: 0, Q: 0 },
  { p: 1, q: 0, P: 1, Q: 0 },
  { p: 0, q: 1, P: 0, Q: 1 },
] as const;
const LONGEST_CLIMB = 20;

/** Uphill from each foothold to an order that no neighbour betters, however far behind the best it begins. */
function climbFromFootholds(branch: Branch, base: ArimaOrder, limits: SearchLimits): void {
  for (const { p, q, P, Q } of FOOTHOLDS) {
    const from = { p: Math.min(p, limits.maxP), q: Math.min(q, limits.maxQ) };
    const season = { P: Math.min(P, limits.maxSeasonalP), Q: Math.min(Q, limits.maxSeasonalQ) };
    let at = fitBranch(branch, { ...base, ...from, ...(base.m > 1 ? season : { P: 0, Q: 0 }) });
    for (let step = 0; step < LONGEST_CLIMB && at !== null; step++) {
      const here: Candidate = at;
      let next: Candidate | null = null;
      for (const order of neighbours(here.estimate.order)) {
        const near = inLimits(order, limits) ? fitBranch(branch, order) : null;
        if (near?.admissible === true && better(near, next ?? here) < 0) next = near;
      }
      at = next;
    }
  }
}

/** The estimate itself, or the greatest likelihood of its order within the admissible region, from there and from other places. */
function intoRegion(
  problem: ArimaProblem,
  found: Estimate,
  options: FitOptions,
  others: readonly ArimaCoefficients[] = [],
): Estimate | null {
  if (isAdmissible(found)) return found;
  const inside = estimateWithin(problem, found.order, [found.coefficients, ...others], INSIDE_RADIUS, options);
  return inside !== null && isAdmissible(inside) ? inside : null;
}

/** From the best models outwards, past the limit on terms, until no neighbour is better. */
function climb(branches: readonly Branch[], limits: SearchLimits): Candidate | null {
  const polished = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const ranked = admissibleOf(branches).sort(better);
    const [first] = ranked;
    if (first === undefined) return null;
    let moved = false;
    for (const candidate of ranked.slice(0, CONTENDERS)) {
      const { order } = candidate.estimate;
      const key = `${candidate.constant} ${keyOf(order)}`;
      if (polished.has(key) || candidate.estimate.aicc > first.estimate.aicc + CONTENDER_MARGIN) continue;
      polished.add(key);
      moved = true;
      for (const branch of branches) {
        if (branch.constant === candidate.constant && termsOf(order) > 0) {
          const again = estimate(branch.problem, order, POLISH, [candidate.estimate.parameters], branch.data);
          if (again !== null && again.loglik > candidate.estimate.loglik) {
            const replaced = { ...candidate, estimate: again, admissible: isAdmissible(again) };
            // A higher likelihood at the edge of the admissible region does not displace an admissible optimum.
            if (replaced.admissible) branch.fitted.set(keyOf(order), replaced);
          }
        }
        for (const near of neighbours(order)) if (inLimits(near, limits)) fitBranch(branch, near);
      }
    }
    if (!moved) return first;
  }
  return null;
}

/** Constant after differencing, or too short to choose: the differences and their mean are the model. */
function degenerate(input: ArimaInput, base: ArimaOrder, differenced: Float64Array): AutoArima {
  const moves = base.d + base.D === 1 && Math.abs(differenced[0] ?? 0) > 0;
  const observed = Array.from(input.y).filter((value) => !Number.isNaN(value)).length;
  const constant: Constant = base.d + base.D === 0 ? "mean" : moves ? "drift" : "none";
  if (observed >= base.d + base.D * base.m + 3) return { ...fitArima(input, base, constant), tried: 1 };
  return { ...shortFit(input), tried: 1 };
}

/** One to three observations: their mean, with the variance they show. */
function shortFit({ y }: ArimaInput): ArimaFit {
  const observed = Array.from(y).filter((value) => !Number.isNaN(value));
  const centre = observed.reduce((total, value) => total + value, 0) / observed.length;
  const squares = observed.reduce((total, value) => total + (value - centre) ** 2, 0);
  return {
    order: { p: 0, d: 0, q: 0, P: 0, D: 0, Q: 0, m: 1 },
    constant: "mean",
    coefficients: { ar: [], ma: [], sar: [], sma: [] },
    constantValue: centre,
    xreg: [],
    loglik: Number.NaN,
    sigma2: squares / Math.max(1, observed.length - 1),
    aic: Number.NaN,
    aicc: Number.NaN,
    bic: Number.NaN,
    used: observed.length,
  };
}
