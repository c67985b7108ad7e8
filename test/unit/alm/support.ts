/** Seeded pairs: a rate that grows and a log basis that follows an AR(1) around it. */
import type { RangeMarket, RangePool } from "../../../keeper/kernel/ranges.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { assets, SECONDS_PER_DAY } from "../../../keeper/kernel/units.ts";

export interface PairSettings {
  readonly days: number;
  readonly stepHours?: number;
  /** Standard deviation of the shocks per square root of a day. */
  readonly volatility: number;
  /** AR(1) coefficient per step. */
  readonly persistence: number;
  /** Log growth of the rate per year. */
  readonly rateGrowth: number;
  readonly seed: number;
}

export interface Pair {
  readonly times: readonly number[];
  readonly prices: readonly number[];
  readonly rates: readonly number[];
}

export function seriesOf({ days, stepHours = 24, volatility, persistence, rateGrowth, seed }: PairSettings): Pair {
  const rng = createRng(seed);
  const step = stepHours / 24;
  const count = Math.round(days / step) + 1;
  const shock = volatility * Math.sqrt(step);
  let basis = 0;
  const rates = Array.from({ length: count }, (_, i) => 1.15 * Math.exp((rateGrowth * i * step) / 365));
  const prices = rates.map((rate) => {
    basis = persistence * basis + shock * rng.normal();
    return rate * Math.exp(basis);
  });
  const start = 1_700_000_000;
  return { times: rates.map((_, i) => start + Math.round(i * step * SECONDS_PER_DAY)), prices, rates };
}

export const POOL: RangePool = {
  fee: 100,
  tickSpacing: 1,
  assetIsToken0: false,
  price: 1,
  volumePerDay: assets(0n),
  othersLiquidity: 0n,
};

/** A market at the series' end with the pool at the rate, 100 WETH and no range yet. */
export function marketOf(
  { times, prices, rates }: Omit<Pair, "rates"> & { readonly rates: readonly number[] | null },
  { pool }: { readonly pool?: Partial<RangePool> } = {},
): RangeMarket {
  return {
    asOf: times.at(-1) ?? 0,
    times,
    prices,
    rates,
    legs: null,
    pool: { ...POOL, price: rates?.at(-1) ?? prices.at(-1) ?? 1, ...pool },
    value: assets(100n * 10n ** 18n),
    current: null,
    gasCost: assets(10n ** 15n),
    slippage: 0.0005,
  };
}
