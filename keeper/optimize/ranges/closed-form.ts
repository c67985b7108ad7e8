/**
 * The same expectations without simulation, for a lognormal price without reversion: ln(p_T / p_0) ~ N(m, s^2). Holdings are
 * powers -1/2, 0 and 1/2 of the price on three pieces, so expected worth is a sum of partial moments
 * E[p^k; a < p < b] = p_0^k exp(k m + k^2 s^2 / 2) (N(d_b - k s) - N(d_a - k s)), d_x = (ln(x / p_0) - m) / s.
 */
import type { ClosedForm } from "../../kernel/ranges.ts";
import { normalCdf } from "../../math/normal.ts";
import { holdingsAt, type PriceRange, worthAt } from "./position.ts";

const QUADRATURE = 200;

/** E[p^power; low < p < high] with p = start exp(mean + deviation z). */
function partialMoment(
  power: number,
  low: number,
  high: number,
  start: number,
  mean: number,
  deviation: number,
): number {
  const upTo = (price: number): number =>
    price === 0
      ? 0
      : price === Number.POSITIVE_INFINITY
        ? 1
        : normalCdf((Math.log(price / start) - mean) / deviation - power * deviation);
  const scale = start ** power * Math.exp(power * mean + (power * power * deviation * deviation) / 2);
  return scale * (upTo(high) - upTo(low));
}

/** Expected worth per unit of L at the horizon; mean and standard deviation of the log price over it. */
export function expectedWorth(start: number, range: PriceRange, mean: number, deviation: number): number {
  const { lowerPrice: a, upperPrice: b } = range;
  const moment = (power: number, low: number, high: number): number =>
    partialMoment(power, low, high, start, mean, deviation);
  const allOther = (1 / Math.sqrt(a) - 1 / Math.sqrt(b)) * moment(1, 0, a);
  const allAsset = (Math.sqrt(b) - Math.sqrt(a)) * moment(0, b, Number.POSITIVE_INFINITY);
  const between = 2 * moment(0.5, a, b) - moment(1, a, b) / Math.sqrt(b) - Math.sqrt(a) * moment(0, a, b);
  return allOther + between + allAsset;
}

/**
 * Expected divergence from holding and share of time in range over `days`.
 * @param drift Log growth of the median price per day. @param volatility Standard deviation per square root of a day.
 */
export function closedForm(
  start: number,
  range: PriceRange,
  days: number,
  drift: number,
  volatility: number,
): ClosedForm {
  const deviation = volatility * Math.sqrt(days);
  const held = holdingsAt(start, range);
  const meanPrice = start * Math.exp(drift * days + (deviation * deviation) / 2);
  const worth = expectedWorth(start, range, drift * days, deviation);
  let inside = 0;
  for (let i = 0; i < QUADRATURE; i++) {
    const time = ((i + 0.5) / QUADRATURE) * days;
    const spread = volatility * Math.sqrt(time);
    const below = (price: number): number => normalCdf((Math.log(price / start) - drift * time) / spread);
    inside += (below(range.upperPrice) - below(range.lowerPrice)) / QUADRATURE;
  }
  return {
    divergence: (worth - held.asset - held.other * meanPrice) / worthAt(start, start, range),
    inRange: inside,
  };
}

/**
 * Loss-versus-rebalancing per day of a position of worth 1 in range: the rate at which arbitrage without fees takes value,
 * sigma^2 L sqrt(p) / 4 (Milionis, Moallemi, Roughgarden, Zhang 2022).
 */
export function lossVersusRebalancing(price: number, range: PriceRange, volatility: number): number {
  if (price <= range.lowerPrice || price >= range.upperPrice) return 0;
  return (volatility * volatility * Math.sqrt(price)) / 4 / worthAt(price, price, range);
}
