/**
 * Mean-variance (Markowitz 1952): least variance, target return, target risk, greatest Sharpe ratio, the whole frontier.
 * Box limits alone go through the critical line and are exact; groups and turnover through the interior point.
 */
import { type BoxQuadratic, solveBoxQuadratic } from "../../math/box-quadratic.ts";
import { requireCount, requireFinite } from "../../math/checks.ts";
import { atMaximumSharpe, atReturn, atRisk, type CriticalLine, traceCriticalLine } from "../../math/critical-line.ts";
import { DimensionMismatchError, NotPositiveSemidefiniteError } from "../../math/errors.ts";
import { dot } from "../../math/statistics.ts";
import { InfeasibleError } from "../errors.ts";
import type { Solver } from "../solver.ts";
import { RisklessError, SharpeUnboundedError, UnreachableTargetError } from "./errors.ts";
import {
  cheapestMix,
  checkProblem,
  commonProgramme,
  isBoxOnly,
  isSoundBox,
  type Portfolio,
  type PortfolioProblem,
  violation,
} from "./problem.ts";
import { requireProof } from "./proof.ts";

export type Rows = readonly (readonly number[])[];

export interface FrontierPortfolio {
  readonly expectedReturn: number;
  /** Standard deviation. */
  readonly risk: number;
  readonly weights: readonly number[];
}

/** An answer read off the critical line counts when it proves itself; a singular covariance can lead the line astray. */
const isProven = ({ certificate: { gap, infeasibility } }: Portfolio): boolean => gap <= 1e-8 && infeasibility <= 1e-10;

/** Relative miss at which a search along the frontier ends, and how often it may widen and narrow its bracket. */
const BALANCED = 1e-13;
const MOST_WIDENINGS = 60;
const MOST_STEPS = 150;
/** Share of the largest variance below which one is what rounding, or a rounding of shrinkage, leaves of a constant. */
const NO_VARIANCE = 1e-15;
/** Share of the largest variance by which a riskless portfolio's may be negative: weights of up to 10 amplify the entries' rounding. */
const NEGATIVE = 1e-9;
/** A variance below this share of the largest one is rounding. */
const RISKLESS = 1e-14;
/** Share of the largest return by which a riskless gain must show: a risky mix that earns as little has more than RISKLESS variance. */
const NOTICEABLE = 1e-6;
/** Share of the largest return by which the end of the critical line may miss the greatest return by rounding. */
const WHOLE = 1e-12;

/** A point of the curve 1/2 w'Sw - tolerance m'w with the proof that it is one. */
interface Tangent {
  readonly weights: Float64Array;
  /** Proven distance of 1/2 w'Sw - tolerance m'w from its optimum. */
  readonly excess: number;
  readonly rounds: number;
}

/** One covariance, one set of means, one set of limits; every objective reads from it. */
export class MeanVariance {
  readonly #problem: PortfolioProblem;
  readonly #solver: Solver;
  readonly #mu: Float64Array;
  readonly #rows: Rows;
  readonly #matrix: Float64Array;
  readonly #scale: number;
  #line: CriticalLine | null | undefined;

  /**
   * @param covariance positive semidefinite; `requirePositiveSemidefinite` checks one of unknown origin.
   * @throws {DimensionMismatchError | SampleNotFiniteError | ParameterOutOfRangeError | NotPositiveSemidefiniteError}
   */
  constructor(problem: PortfolioProblem, solver: Solver, mu: readonly number[], covariance: Rows) {
    const n = mu.length;
    checkProblem(problem, n);
    requireFinite("expected returns", mu);
    if (covariance.length !== n) throw new DimensionMismatchError("covariance", n, covariance.length);
    for (const row of covariance) {
      if (row.length !== n) throw new DimensionMismatchError("covariance row", n, row.length);
      requireFinite("covariance row", row);
    }
    this.#problem = problem;
    this.#solver = solver;
    this.#mu = Float64Array.from(mu);
    this.#rows = covariance;
    this.#matrix = new Float64Array(n * n);
    covariance.forEach((row, i) => {
      this.#matrix.set(row, i * n);
    });
    const largest = covariance.reduce((most, row, i) => Math.max(most, row[i] ?? 0), 0);
    const least = covariance.reduce((most, row, i) => Math.min(most, row[i] ?? 0), 0);
    if (least < 0) throw new NotPositiveSemidefiniteError(least, largest);
    this.#scale = largest > 0 ? largest : 1;
  }

  /**
   * Of a riskless portfolio rounding may leave less than nothing.
   * @throws {NotPositiveSemidefiniteError} when it is less than that.
   */
  variance(weights: ArrayLike<number>): number {
    const value = dot(this.#product(weights), weights);
    if (value < -NEGATIVE * this.#scale) throw new NotPositiveSemidefiniteError(value, this.#scale);
    return Math.max(0, value);
  }

  /**
   * What variances of such weights are told apart in: the least variance of an asset, or the terms that their variance is the sum of,
   * where assets of great risk cancel. In units of the largest variance of all, one wild asset would drown the others' differences.
   */
  #varianceUnit(weights: ArrayLike<number>): number {
    let terms = 0;
    let least = this.#scale;
    this.#rows.forEach((row, i) => {
      const w = Math.abs(weights[i] ?? 0);
      if ((row[i] ?? 0) > NO_VARIANCE * this.#scale) least = Math.min(least, row[i] ?? 0);
      if (w > 0)
        row.forEach((value, j) => {
          terms += w * Math.abs(value * (weights[j] ?? 0));
        });
    });
    return Math.max(least, terms);
  }

  #provenVariance(found: Portfolio): Portfolio {
    return requireProof(found, () => this.#varianceUnit(found.weights));
  }

  #product(weights: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.#rows, (row) => dot(row, weights));
  }

  #box(tolerance: number): BoxQuadratic {
    return {
      matrix: this.#matrix,
      cost: this.#mu.map((m) => -tolerance * m),
      lower: Float64Array.from(this.#problem.lower),
      upper: Float64Array.from(this.#problem.upper),
      budget: 1,
    };
  }

  /** f'(w)(w - v) at the v of least f'(w)v: by how much 1/2 w'Sw - tolerance m'w can at most improve. */
  #excessOverBox(weights: Float64Array, tolerance: number): number {
    const slopes = this.#product(weights).map((value, i) => value - tolerance * (this.#mu[i] ?? 0));
    const mix = cheapestMix(slopes, this.#problem);
    return mix === null ? Number.POSITIVE_INFINITY : Math.max(0, dot(slopes, weights) - mix.value);
  }

  /** Minimises 1/2 w'Sw - tolerance m'w, with at least `floor` of return when it is not null. */
  #tangent(tolerance: number, floor: number | null = null): Tangent {
    if (isSoundBox(this.#problem) && floor === null) {
      const solution = solveBoxQuadratic(this.#box(tolerance));
      if (solution !== null) {
        return {
          weights: solution.x,
          excess: this.#excessOverBox(solution.x, tolerance),
          rounds: solution.rounds,
        };
      }
    }
    const builder = commonProgramme(this.#problem);
    this.#mu.forEach((m, i) => {
      builder.setCost(i, (-tolerance * m) / this.#scale);
    });
    if (floor !== null) {
      const unit = this.#largestReturn();
      const entries = [...this.#mu].map((m, i) => [i, m / unit] as const);
      builder.addRow("least expected return", floor / unit, Number.POSITIVE_INFINITY, entries, false, unit);
    }
    const hessian = this.#rows.map((row) => row.map((value) => value / this.#scale));
    const optimum = this.#solver.minimize(builder.build(hessian), 1e-6);
    return {
      weights: optimum.x.slice(0, this.#mu.length),
      excess: Math.max(0, optimum.primal - optimum.dual) * this.#scale,
      rounds: 0,
    };
  }

  #criticalLine(): CriticalLine | null {
    if (this.#line === undefined) {
      const line = isSoundBox(this.#problem) ? traceCriticalLine(this.#box(0), this.#mu) : null;
      // On a singular covariance the walk may see no further corner; a line that stops short knows nothing of what lies beyond.
      const reached = line?.corners.at(-1)?.expectedReturn ?? Number.NaN;
      const isWhole = reached >= this.#greatestReturn() - WHOLE * this.#largestReturn();
      this.#line = isWhole ? line : null;
    }
    return this.#line;
  }

  /** The greatest expected return within box limits. */
  #greatestReturn(): number {
    const mix = cheapestMix(
      this.#mu.map((m) => -m),
      this.#problem,
    );
    return -(mix?.value ?? Number.NEGATIVE_INFINITY);
  }

  #asVariance({ weights, excess, rounds }: Tangent, method: string): Portfolio {
    const primal = this.variance(weights);
    const dual = primal - 2 * excess;
    return {
      weights: [...weights],
      objective: primal,
      certificate: {
        primal,
        dual,
        gap: (primal - dual) / (primal || 1),
        infeasibility: violation(this.#problem, weights),
      },
      method,
      rounds,
    };
  }

  #method(): string {
    return isBoxOnly(this.#problem) ? "primal-dual active set" : "interior point";
  }

  /** @throws {InfeasibleError | NotConvergedError} */
  leastVariance(): Portfolio {
    return this.#provenVariance(this.#asVariance(this.#tangent(0), this.#method()));
  }

  /** Least variance with an expected return of at least `wanted`. */
  targetReturn(wanted: number): Portfolio {
    requireFinite("target return", [wanted]);
    if (!isSoundBox(this.#problem)) return this.#aboveFloor(wanted);
    const line = this.#criticalLine();
    const most = line?.corners.at(-1)?.expectedReturn ?? this.#greatestReturn();
    // The greatest return itself may be asked for, and is a sum: its last digits are not the user's.
    const isMost = wanted > most && wanted - most <= 1e-13 * Math.abs(most);
    if (wanted > most && !isMost) throw new UnreachableTargetError("expected return", wanted, "at most", most);
    const weights = line === null ? null : atReturn(line, isMost ? most : wanted);
    if (line === null || weights === null) return this.#aboveFloor(isMost ? most : wanted);
    // The floor's multiplier is the tolerance of the line at this point: without the floor nothing else changes.
    const tolerance = this.#toleranceOf(weights, line);
    const reached = dot(this.#mu, weights);
    const excess = this.#excessOverBox(weights, tolerance) + tolerance * Math.max(0, reached - wanted);
    const found = this.#asVariance({ weights, excess, rounds: line.corners.length }, "critical line");
    return isProven(found) ? found : this.#aboveFloor(isMost ? most : wanted);
  }

  /** @throws {InfeasibleError} when the floor contradicts the limits. */
  #aboveFloor(wanted: number): Portfolio {
    return this.#provenVariance(this.#asVariance(this.#tangent(0, wanted), "interior point"));
  }

  /** The tolerance at which these frontier weights are the tangent point. */
  #toleranceOf(weights: Float64Array, { corners }: CriticalLine): number {
    const reached = dot(this.#mu, weights);
    for (let k = 0; k + 1 < corners.length; k++) {
      const a = corners[k];
      const b = corners[k + 1];
      if (a === undefined || b === undefined || reached > b.expectedReturn) continue;
      const width = b.expectedReturn - a.expectedReturn;
      const share = width > 0 ? (reached - a.expectedReturn) / width : 0;
      return a.tolerance + Math.min(1, Math.max(0, share)) * (b.tolerance - a.tolerance);
    }
    return corners.at(-1)?.tolerance ?? 0;
  }

  /** A portfolio of the greatest expected return, and a return that none passes. */
  #mostReturn(): { weights: Float64Array; value: number; bound: number } {
    const builder = commonProgramme(this.#problem);
    const unit = this.#largestReturn();
    this.#mu.forEach((m, i) => {
      builder.setCost(i, -m / unit);
    });
    const optimum = this.#solver.minimize(builder.build(null));
    const weights = optimum.x.slice(0, this.#mu.length);
    return { weights, value: dot(this.#mu, weights), bound: -optimum.dual * unit };
  }

  /**
   * The tangent point at which `balance` (falling in the tolerance, relative to what is balanced) is zero: brackets around a guess,
   * then regula falsi.
   */
  #search(
    guess: number,
    balance: (weights: Float64Array, tolerance: number) => number,
  ): { tangent: Tangent; tolerance: number } {
    const at = (tolerance: number): { tangent: Tangent; tolerance: number; value: number } => {
      const tangent = this.#tangent(tolerance);
      return { tangent, tolerance, value: balance(tangent.weights, tolerance) };
    };
    const spread = Math.max(...this.#mu) - Math.min(...this.#mu);
    let last = at(guess > 0 && Number.isFinite(guess) ? guess : this.#scale / (spread || 1));
    let low = last;
    let high = last;
    for (let k = 0; k < MOST_WIDENINGS && low.value < 0; k++) low = at(low.tolerance / 8);
    for (let k = 0; k < MOST_WIDENINGS && high.value > 0; k++) high = at(high.tolerance * 8);
    last = Math.abs(low.value) < Math.abs(high.value) ? low : high;
    let atLow = low.value;
    let atHigh = high.value;
    let wasLow: boolean | null = null;
    for (let k = 0; k < MOST_STEPS && Math.abs(last.value) > BALANCED; k++) {
      if (!(high.tolerance - low.tolerance > 1e-15 * high.tolerance)) break;
      // Illinois: regula falsi that halves the weight of a side it keeps twice.
      const secant = (low.tolerance * atHigh - high.tolerance * atLow) / (atHigh - atLow);
      const isInside = secant > low.tolerance && secant < high.tolerance;
      last = at(isInside && k % 3 !== 2 ? secant : (low.tolerance + high.tolerance) / 2);
      const isLow = last.value > 0;
      if (isLow) {
        low = last;
        atLow = last.value;
        if (wasLow === true) atHigh /= 2;
      } else {
        high = last;
        atHigh = last.value;
        if (wasLow === false) atLow /= 2;
      }
      wasLow = isLow;
    }
    return Math.abs(low.value) < Math.abs(high.value) ? low : high;
  }

  /** Greatest expected return with a standard deviation of at most `risk`. */
  targetRisk(risk: number): Portfolio {
    requireFinite("target risk", [risk]);
    const least = Math.sqrt(this.leastVariance().objective);
    if (risk < least * (1 - 1e-12)) throw new UnreachableTargetError("risk", risk, "at least", least);
    const line = this.#criticalLine();
    if (line !== null) {
      const weights = atRisk(line, this.#matrix, risk) ?? line.corners[0]?.weights ?? new Float64Array(0);
      const tolerance = this.#toleranceOf(weights, line);
      const excess = this.#excessOverBox(weights, tolerance);
      const found = this.#asReturn(weights, excess, tolerance, this.#greatestReturn(), "critical line");
      if (isProven(found)) return found;
    }
    const most = this.#mostReturn();
    if (this.variance(most.weights) <= risk * risk) {
      return this.#asReturn(most.weights, 0, 1, most.bound, "linear programme");
    }
    const { tangent, tolerance } = this.#search(Number.NaN, (w) => 1 - this.variance(w) / (risk * risk));
    const { weights, excess } = tangent;
    return requireProof(this.#asReturn(weights, excess, tolerance, most.bound, this.#method()), this.#largestReturn());
  }

  #largestReturn(): number {
    return this.#mu.reduce((most, m) => Math.max(most, Math.abs(m)), 0) || 1;
  }

  /**
   * m'v <= m'w + excess / tolerance for every v of no greater variance.
   * @param most a return that no portfolio within the limits passes.
   */
  #asReturn(weights: Float64Array, excess: number, tolerance: number, most: number, method: string): Portfolio {
    const objective = dot(this.#mu, weights);
    // No portfolio at all earns more than the greatest return, whatever a tolerance of zero leaves open.
    const dual = Math.max(-objective - excess / Math.max(tolerance, 1e-300), -most);
    return {
      weights: [...weights],
      objective,
      certificate: {
        primal: -objective,
        dual,
        gap: (-objective - dual) / (Math.abs(objective) || 1),
        infeasibility: violation(this.#problem, weights),
      },
      method,
      rounds: 0,
    };
  }

  /**
   * Greatest (return - riskFree) / standard deviation.
   * @throws {UnreachableTargetError} when no portfolio earns more than riskFree: the ratio then rewards risk.
   * @throws {SharpeUnboundedError} when one earns more without risk.
   */
  maximumSharpe(riskFree: number): Portfolio {
    requireFinite("risk-free return", [riskFree]);
    const line = this.#criticalLine();
    const most = line === null ? this.#mostReturn().value : (line.corners.at(-1)?.expectedReturn ?? Number.NaN);
    // A lead in the last digits of the means is none.
    const lead = WHOLE * Math.max(this.#largestReturn(), Math.abs(riskFree));
    if (!(most - riskFree > lead))
      throw new UnreachableTargetError("return above the risk-free", riskFree, "below", most);
    const calm = this.leastVariance();
    const gained = dot(this.#mu, calm.weights) - riskFree;
    if (gained > NOTICEABLE * this.#largestReturn() && this.#isRiskless(calm)) throw new SharpeUnboundedError(gained);
    const onLine = line === null ? null : atMaximumSharpe(line, this.#matrix, riskFree);
    const provenOnLine = (least: number): Portfolio | null => {
      if (onLine === null) return null;
      const found = this.#asSharpe(onLine, null, riskFree, least, "critical line", line?.corners.length ?? 0);
      return isProven(found) ? found : null;
    };
    const quick = provenOnLine(calm.certificate.dual);
    if (quick !== null) return quick;
    // The calmest portfolio says too little about the ratio where it earns less than the risk-free return.
    const earning = gained >= 0 ? calm : this.targetReturn(riskFree);
    if (this.#isRiskless(earning)) {
      this.#refuseRisklessGain(riskFree);
      return this.#sharpeBesideCash(riskFree);
    }
    const slow = provenOnLine(earning.certificate.dual);
    if (slow !== null) return slow;
    // At the greatest ratio the tolerance is variance over return; the calmest portfolio's is a first guess of it.
    const ratioOf = (w: ArrayLike<number>): number => this.variance(w) / (dot(this.#mu, w) - riskFree);
    const { tangent, tolerance } = this.#search(ratioOf(earning.weights), (w, at) => {
      const earned = dot(this.#mu, w) - riskFree;
      return 1 - (at * earned) / this.variance(w);
    });
    const { weights } = tangent;
    // The proof holds at the tolerance searched; the one used below differs by rounding, and so may the slopes.
    const drift = Math.abs(tolerance - this.variance(weights) / (dot(this.#mu, weights) - riskFree));
    const proven = tangent.excess + drift * (Math.max(...this.#mu) - Math.min(...this.#mu));
    return requireProof(this.#asSharpe(weights, proven, riskFree, earning.certificate.dual, this.#method(), 0), 1);
  }

  /**
   * Where cash earns the risk-free return every mix with it has one ratio: the answer is the mix without cash. Without caps and
   * groups what is proven among those holds for all, since the risky part of any mix can be scaled up to a whole portfolio.
   */
  #sharpeBesideCash(riskFree: number): Portfolio {
    const { lower, upper, names } = this.#problem;
    const isCash = (i: number): boolean => (this.#rows[i]?.[i] ?? 0) <= RISKLESS * this.#scale;
    const canScale = isBoxOnly(this.#problem) && lower.every((low) => low === 0) && upper.every((high) => high >= 1);
    const cash = names.filter((_, i) => isCash(i));
    if (!canScale || cash.length === 0 || cash.length === names.length)
      throw new RisklessError(cash.length > 0 ? cash.join(", ") : "a mix of the assets", 0);
    const risky = { ...this.#problem, upper: upper.map((high, i) => (isCash(i) ? 0 : high)) };
    return new MeanVariance(risky, this.#solver, [...this.#mu], this.#rows).maximumSharpe(riskFree);
  }

  /** What is left of a variance of zero after rounding: of the covariance's entries, or of the returns it was estimated from. */
  #isRiskless({ objective }: Portfolio): boolean {
    return objective <= Math.max(RISKLESS * this.#scale, RISKLESS ** 2 * this.#largestReturn() ** 2);
  }

  /** @throws {SharpeUnboundedError} when something without risk earns noticeably more than the risk-free return. */
  #refuseRisklessGain(riskFree: number): void {
    const more = riskFree + NOTICEABLE * this.#largestReturn();
    let found: Portfolio;
    try {
      found = this.targetReturn(more);
    } catch (error) {
      if (error instanceof UnreachableTargetError || error instanceof InfeasibleError) return;
      throw error;
    }
    if (this.#isRiskless(found)) throw new SharpeUnboundedError(more - riskFree);
  }

  /**
   * w'Sv <= sd(w) sd(v) turns the tangent's proof into one about the ratio; sd(v) is at least the least risk of what earns more
   * than riskFree, since nothing else has a ratio above zero.
   */
  #asSharpe(
    weights: Float64Array,
    proven: number | null,
    riskFree: number,
    leastVariance: number,
    method: string,
    rounds: number,
  ): Portfolio {
    const variance = this.variance(weights);
    const earned = dot(this.#mu, weights) - riskFree;
    const ratio = earned / Math.sqrt(variance);
    const tolerance = variance / earned;
    const excess = proven ?? this.#excessOverBox(weights, tolerance);
    const dual = -ratio - (excess > 0 ? excess / (tolerance * Math.sqrt(Math.max(0, leastVariance))) : 0);
    return {
      weights: [...weights],
      objective: ratio,
      certificate: {
        primal: -ratio,
        dual,
        gap: (-ratio - dual) / Math.abs(ratio),
        infeasibility: violation(this.#problem, weights),
      },
      method,
      rounds,
    };
  }

  /** Least-risk portfolios at returns evenly spaced from the least-variance one's to the greatest, each of them proven. */
  frontier(points: number): FrontierPortfolio[] {
    requireCount("frontier points", points, 2);
    const calm = this.leastVariance();
    const line = this.#criticalLine();
    const first = dot(this.#mu, calm.weights);
    const last = line?.corners.at(-1)?.expectedReturn ?? this.#mostReturn().value;
    // The greatest return is a sum: a floor at its last digit may be out of reach of another way of summing.
    const room = 1e-12 * Math.max(Math.abs(first), Math.abs(last));
    return Array.from({ length: points }, (_, k) => {
      const wanted = first + (k / (points - 1)) * (last - first);
      const isFirst = k === 0 || !(wanted - room > first);
      const { weights } = isFirst ? calm : this.targetReturn(wanted - room);
      return { expectedReturn: dot(this.#mu, weights), risk: Math.sqrt(this.variance(weights)), weights };
    });
  }
}
