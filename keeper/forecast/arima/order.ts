/** ARIMA(p,d,q)(P,D,Q)m: the order, its coefficients, and the differencing both imply. */

import { type Arma, seasonalProduct } from "../../math/arma.ts";
import { requireCount } from "../../math/checks.ts";
import { ParameterOutOfRangeError } from "../../math/errors.ts";

export interface ArimaOrder {
  readonly p: number;
  readonly d: number;
  readonly q: number;
  readonly P: number;
  readonly D: number;
  readonly Q: number;
  /** Seasonal period, 1 for none. */
  readonly m: number;
}

/** Box and Jenkins' signs: 1 - ar B, 1 + ma B. */
export interface ArimaCoefficients {
  readonly ar: readonly number[];
  readonly ma: readonly number[];
  readonly sar: readonly number[];
  readonly sma: readonly number[];
}

export const plainOrder = (p: number, d: number, q: number): ArimaOrder => ({ p, d, q, P: 0, D: 0, Q: 0, m: 1 });

export const orderName = ({ p, d, q, P, D, Q, m }: ArimaOrder): string =>
  m > 1 && P + D + Q > 0 ? `ARIMA(${p},${d},${q})(${P},${D},${Q})[${m}]` : `ARIMA(${p},${d},${q})`;

/** Days lost to differencing. */
export const differencingLoss = ({ d, D, m }: ArimaOrder): number => d + D * m;

/** @throws {ParameterOutOfRangeError} */
export function checkOrder(order: ArimaOrder): void {
  for (const name of ["p", "d", "q", "P", "D", "Q"] as const) requireCount(`order ${name}`, order[name], 0);
  requireCount("seasonal period m", order.m, 1);
  if (order.m === 1 && order.P + order.D + order.Q > 0)
    throw new ParameterOutOfRangeError("seasonal period m", order.m, "at least 2 when P, D or Q is not 0");
  if (order.d + order.D > 3) throw new ParameterOutOfRangeError("d + D", order.d + order.D, "at most 3");
}

export const armaOf = ({ ar, ma, sar, sma }: ArimaCoefficients, m: number): Arma => ({
  phi: seasonalProduct(ar, sar, m, -1),
  theta: seasonalProduct(ma, sma, m, 1),
});

/** Coefficients delta of (1 - B)^d (1 - B^m)^D = 1 - delta_1 B - ... */
export function differencingPolynomial({ d, D, m }: ArimaOrder): Float64Array {
  let delta = new Float64Array(0);
  const multiply = (lag: number): void => {
    const seasonal = new Float64Array(1).fill(1);
    delta = Float64Array.from(seasonalProduct(delta, seasonal, lag, -1));
  };
  for (let i = 0; i < d; i++) multiply(1);
  for (let i = 0; i < D; i++) multiply(m);
  return delta;
}

/** The differenced series; d + D m values shorter. */
export function difference(series: ArrayLike<number>, order: ArimaOrder): Float64Array {
  const delta = differencingPolynomial(order);
  const lost = delta.length;
  const out = new Float64Array(Math.max(0, series.length - lost));
  for (let t = 0; t < out.length; t++) {
    let value = series[t + lost] ?? Number.NaN;
    for (let j = 0; j < lost; j++) value -= (delta[j] ?? 0) * (series[t + lost - 1 - j] ?? Number.NaN);
    out[t] = value;
  }
  return out;
}
