/** The risk of a portfolio over a sample of its assets' returns: every measure, and which asset it comes from. */
import { requireFinite, requireInside } from "../math/checks.ts";
import { drawdowns, entropicDrawdownAtRisk, entropicTail } from "../math/entropic.ts";
import { DimensionMismatchError, EmptySampleError } from "../math/errors.ts";
import {
  type CornishFisherRisk,
  cornishFisherRisk,
  momentsOf,
  normalRisk,
  type ParametricRisk,
} from "../math/parametric-risk.ts";
import {
  conditionalDrawdownAtRisk,
  conditionalValueAtRisk,
  maximumDrawdown,
  tailCount,
  valueAtRisk,
  worstLoss,
} from "../math/risk-measures.ts";
import { dot, portfolioReturns, standardDeviation, sum } from "../math/statistics.ts";

export interface Contribution {
  readonly name: string;
  readonly weight: number;
  /** Change of the measure per unit of weight. */
  readonly marginal: number;
  /** weight x marginal: these add up to the measure. */
  readonly component: number;
}

export interface PortfolioRisk {
  readonly observations: number;
  readonly beta: number;
  readonly mean: number;
  readonly deviation: number;
  readonly skewness: number;
  readonly excessKurtosis: number;
  readonly historical: { readonly var: number; readonly cvar: number; readonly evar: number; readonly worst: number };
  readonly normal: ParametricRisk;
  readonly cornishFisher: CornishFisherRisk;
  /** Of the compounded value, share of the peak. */
  readonly drawdown: { readonly maximum: number; readonly cdar: number; readonly edar: number };
  readonly contributions: {
    readonly volatility: readonly Contribution[];
    readonly cvar: readonly Contribution[];
    readonly evar: readonly Contribution[];
  };
}

type Rows = readonly (readonly number[])[];

/** All three measures are homogeneous of degree one, so weight x derivative adds up to them (Euler; Tasche 1999). */
function contributions(
  names: readonly string[],
  weights: readonly number[],
  marginals: readonly number[],
): Contribution[] {
  return names.map((name, i) => {
    const weight = weights[i] ?? 0;
    const marginal = marginals[i] ?? 0;
    return { name, weight, marginal, component: weight * marginal };
  });
}

/** E_q[-R] per asset. */
const expectedLosses = (rows: Rows, q: ArrayLike<number>, assets: number): number[] =>
  Array.from({ length: assets }, (_, i) => sum(rows.map((row, s) => -(q[s] ?? 0) * (row[i] ?? 0))));

/** Tail weights of CVaR: the whole observations of the tail and the fraction that is left for the last ones. */
export function cvarWeights(returns: readonly number[], beta: number): Float64Array {
  const tail = Math.max(1, tailCount(returns.length, beta));
  const threshold = valueAtRisk(returns, beta);
  const weights = new Float64Array(returns.length);
  const level = returns.map((value) => -value);
  const above = level.filter((loss) => loss > threshold).length;
  const tied = level.filter((loss) => loss === threshold).length;
  // Observations that tie at the threshold share what is left: which of them is "the last" is not defined.
  const share = tied > 0 ? (tail - above) / tied : 0;
  level.forEach((loss, s) => {
    weights[s] = loss > threshold ? 1 / tail : loss === threshold ? share / tail : 0;
  });
  return weights;
}

/** @throws {DimensionMismatchError | EmptySampleError | SampleNotFiniteError | ParameterOutOfRangeError} */
export function portfolioRisk(
  names: readonly string[],
  rows: Rows,
  weights: readonly number[],
  beta: number,
): PortfolioRisk {
  requireInside("beta", beta, 0, 1);
  if (weights.length !== names.length) throw new DimensionMismatchError("weights", names.length, weights.length);
  requireFinite("weights", weights);
  if (rows.length < 2) throw new EmptySampleError("return sample", 2, rows.length);
  rows.forEach((row, t) => {
    if (row.length !== names.length) throw new DimensionMismatchError(`return row ${t + 1}`, names.length, row.length);
    requireFinite(`return row ${t + 1}`, row);
  });
  const returns = portfolioReturns(rows, weights);
  const moments = momentsOf(returns);
  const deviation = standardDeviation(returns);
  const losses = returns.map((value) => -value);
  const tail = entropicTail(losses, 1 - beta);
  // d sd / d w_i = cov(r_i, r_p) / sd
  const covariances = names.map((_, i) => {
    const centre = sum(rows.map((row) => row[i] ?? 0)) / rows.length;
    return (
      dot(
        rows.map((row) => (row[i] ?? 0) - centre),
        returns.map((value) => value - moments.mean),
      ) /
      (rows.length - 1)
    );
  });
  const worst = worstLoss(returns);
  const cvar = conditionalValueAtRisk(returns, beta);
  const cdar = conditionalDrawdownAtRisk(drawdowns(returns, "compounded"), beta);
  return {
    observations: rows.length,
    beta,
    ...moments,
    historical: {
      var: valueAtRisk(returns, beta),
      cvar,
      // Rounding must not undo what theory orders: VaR <= CVaR <= EVaR <= worst loss.
      evar: Math.min(worst, Math.max(cvar, tail.evar)),
      worst,
    },
    normal: normalRisk(moments, beta),
    cornishFisher: cornishFisherRisk(moments, beta),
    drawdown: {
      maximum: maximumDrawdown(returns, "compounded"),
      cdar,
      edar: Math.max(cdar, entropicDrawdownAtRisk(returns, beta, "compounded")),
    },
    contributions: {
      volatility: contributions(
        names,
        weights,
        covariances.map((c) => (deviation > 0 ? c / deviation : 0)),
      ),
      cvar: contributions(names, weights, expectedLosses(rows, cvarWeights(returns, beta), names.length)),
      evar: contributions(names, weights, expectedLosses(rows, tail.weights, names.length)),
    },
  };
}
