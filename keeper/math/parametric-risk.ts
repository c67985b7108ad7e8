/** VaR and CVaR from moments: normal, and Cornish and Fisher (1938) with skewness and excess kurtosis. */
import { requireFinite, requireInside } from "./checks.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { mean, standardDeviation, sum } from "./statistics.ts";

const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

export interface Moments {
  readonly mean: number;
  readonly deviation: number;
  readonly skewness: number;
  /** Kurtosis less three. */
  readonly excessKurtosis: number;
}

export function momentsOf(returns: ArrayLike<number>): Moments {
  requireFinite("returns of a parametric measure", returns, 2);
  const centre = mean(returns);
  const deviations = Array.from(returns, (value) => value - centre);
  const size = deviations.length;
  const second = sum(deviations.map((d) => d * d)) / size;
  // Constant returns have no shape; their tail is their mean.
  const isFlat = !(second > 0);
  return {
    mean: centre,
    deviation: standardDeviation(returns),
    skewness: isFlat ? 0 : sum(deviations.map((d) => d ** 3)) / size / second ** 1.5,
    excessKurtosis: isFlat ? 0 : sum(deviations.map((d) => d ** 4)) / size / second ** 2 - 3,
  };
}

export interface ParametricRisk {
  readonly var: number;
  readonly cvar: number;
}

export function normalRisk({ mean: centre, deviation }: Moments, beta: number): ParametricRisk {
  requireInside("beta", beta, 0, 1);
  const z = normalQuantile(beta);
  return { var: deviation * z - centre, cvar: (deviation * normalDensity(z)) / (1 - beta) - centre };
}

export interface CornishFisherRisk extends ParametricRisk {
  /** False where the expansion is not monotone at this level: its quantile then means nothing. */
  readonly isValid: boolean;
}

/** CVaR by Boudt, Peterson and Croux (2008), J. Risk 11:79-103: the expansion's density integrated beyond its VaR. */
export function cornishFisherRisk(moments: Moments, beta: number): CornishFisherRisk {
  requireInside("beta", beta, 0, 1);
  const { mean: centre, deviation, skewness: s, excessKurtosis: k } = moments;
  // The lower tail of returns.
  const z = normalQuantile(1 - beta);
  const g = z + ((z * z - 1) * s) / 6 + ((z ** 3 - 3 * z) * k) / 24 - ((2 * z ** 3 - 5 * z) * s * s) / 36;
  const slope = 1 + (z * s) / 3 + ((z * z - 1) * k) / 8 - ((6 * z * z - 5) * s * s) / 36;
  const density = normalDensity(g);
  const i = (power: number): number => integral(g, power);
  const tail =
    density +
    (k * (i(4) - 6 * i(2) + 3 * density)) / 24 +
    (s * (i(3) - 3 * i(1))) / 6 +
    (s * s * (i(6) - 15 * i(4) + 45 * i(2) - 15 * density)) / 72;
  const valueAtRisk = -centre - deviation * g;
  return {
    var: valueAtRisk,
    // Below VaR the series has left its range; VaR is then the least that can be said.
    cvar: Math.max(valueAtRisk, -centre + (deviation * tail) / (1 - beta)),
    isValid: slope > 0,
  };
}

/** The integrals I^q of Boudt, Peterson and Croux, appendix A. */
function integral(g: number, power: number): number {
  const density = normalDensity(g);
  let total = 0;
  if (power % 2 === 0) {
    const half = power / 2;
    for (let i = 1; i <= half; i++) {
      let ratio = 1;
      for (let j = i + 1; j <= half; j++) ratio *= 2 * j;
      total += ratio * g ** (2 * i) * density;
    }
    let all = 1;
    for (let j = 1; j <= half; j++) all *= 2 * j;
    return total + all * density;
  }
  const half = (power - 1) / 2;
  for (let i = 0; i <= half; i++) {
    let ratio = 1;
    for (let j = i + 1; j <= half; j++) ratio *= 2 * j + 1;
    total += ratio * g ** (2 * i + 1) * density;
  }
  let all = 1;
  for (let j = 0; j <= half; j++) all *= 2 * j + 1;
  return total - all * normalCdf(g);
}
