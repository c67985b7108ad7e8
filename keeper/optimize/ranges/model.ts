/**
 * The pair's behaviour: an anchor that grows with the protocol's rate, and a log basis of the market around it that follows
 * an AR(1). Without a rate the anchor is a time-weighted mean and the price a random walk: no reversion is assumed that
 * was not measured against something. Reads nothing after `asOf`.
 */
import type { RangeMarket, RangeModel } from "../../kernel/ranges.ts";
import { SECONDS_PER_DAY } from "../../kernel/units.ts";
import { median } from "../../math/statistics.ts";
import type { RangeConfig } from "./config.ts";
import { RangeSeriesError, RangeStillError } from "./errors.ts";

/** A normal sample's standard deviation over its median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;
/** Robust standard deviations of a jump that counts as a bad print when the next one takes it back. */
const BAD_PRINT = 12;

export interface FittedModel {
  readonly model: RangeModel;
  /** Log basis now: market over anchor. */
  readonly basisNow: number;
  /** Shocks of a step over the volatility expected before them. */
  readonly standardized: Float64Array;
  /** Volatility of one step now. */
  readonly stepVolatility: number;
}

interface Sample {
  readonly times: readonly number[];
  readonly logPrices: readonly number[];
  readonly logRates: readonly number[] | null;
}

function requirePositive(what: string, values: readonly number[], length: number): void {
  if (values.length !== length)
    throw new RangeSeriesError(what, values.length, length, "Give every series one value for each time.");
  const bad = values.findIndex((value) => !(value > 0 && Number.isFinite(value)));
  if (bad >= 0)
    throw new RangeSeriesError(what, bad, values[bad] ?? Number.NaN, "Leave out what is not a positive number.");
}

/** @throws {RangeSeriesError} on prices that are not positive, times that do not ascend or lie in the future. */
export function checkMarket({ times, prices, rates, legs, asOf, pool }: RangeMarket): void {
  requirePositive("prices", prices, times.length);
  if (rates !== null) requirePositive("protocol rates", rates, times.length);
  if (legs !== null) {
    requirePositive("asset's prices", legs.asset, times.length);
    requirePositive("other token's prices", legs.other, times.length);
  }
  requirePositive("pool's price", [pool.price], 1);
  times.forEach((time, i) => {
    if (i > 0 && time <= (times[i - 1] ?? 0))
      throw new RangeSeriesError("times", i, time, "Sort the rows by time and drop duplicates.");
    if (time > asOf) throw new RangeSeriesError("times", i, time, `Cut the history at ${asOf}: later is not known.`);
  });
}

function sampleOf({ times, prices, rates, asOf }: RangeMarket, lookbackDays: number): Sample {
  const from = times.findIndex((time) => time >= asOf - lookbackDays * SECONDS_PER_DAY);
  const first = from < 0 ? times.length : from;
  return {
    times: times.slice(first),
    logPrices: prices.slice(first).map(Math.log),
    logRates: rates === null ? null : rates.slice(first).map(Math.log),
  };
}

/** Robust size of the changes of a series: 1.4826 times their median absolute value. */
function scaleOfChanges(values: readonly number[]): number {
  const changes = values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? value)));
  return changes.length === 0 ? 0 : MAD_TO_SIGMA * median(changes);
}

/** Rows without prints that jump far away and straight back: no trade at that price is there to be modelled. */
function withoutBadPrints({ times, logPrices, logRates }: Sample): Sample & { readonly badPrints: number } {
  const limit = BAD_PRINT * scaleOfChanges(logPrices);
  const isBad = logPrices.map((value, i) => {
    const before = logPrices[i - 1];
    const after = logPrices[i + 1];
    if (before === undefined || after === undefined || limit === 0) return false;
    const jump = value - before;
    return Math.abs(jump) > limit && Math.abs(after - before) < 0.2 * Math.abs(jump);
  });
  const keep = <T>(values: readonly T[]): T[] => values.filter((_, i) => isBad[i] !== true);
  return {
    times: keep(times),
    logPrices: keep(logPrices),
    logRates: logRates === null ? null : keep(logRates),
    badPrints: isBad.filter(Boolean).length,
  };
}

/** Log of the time-weighted geometric mean price over the window that ends with the last observation. */
function timeWeightedMean(times: readonly number[], logPrices: readonly number[], seconds: number): number {
  const end = times[times.length - 1] ?? 0;
  let weighted = 0;
  let total = 0;
  for (let i = times.length - 1; i > 0; i--) {
    const start = Math.max(times[i - 1] ?? 0, end - seconds);
    const span = (times[i] ?? 0) - start;
    if (span <= 0) break;
    weighted += span * (logPrices[i - 1] ?? 0);
    total += span;
  }
  return total === 0 ? (logPrices[logPrices.length - 1] ?? 0) : weighted / total;
}

/** Slope per day through the medians of the first and the last third: no single print moves it. */
function robustSlope(times: readonly number[], values: readonly number[]): number {
  const third = Math.floor(values.length / 3);
  if (third < 2) return 0;
  const days = (median(times.slice(-third)) - median(times.slice(0, third))) / SECONDS_PER_DAY;
  return (median(values.slice(-third)) - median(values.slice(0, third))) / days;
}

/** AR(1) coefficient of deviations with bounded shocks, less its small-sample bias (Kendall 1954), within 0..1. */
function persistenceOf(deviations: readonly number[], isNext: readonly boolean[], clip: number): number {
  const limit = clip * scaleOfChanges(deviations);
  let cross = 0;
  let squares = 0;
  let pairs = 0;
  for (let i = 1; i < deviations.length; i++) {
    if (isNext[i] !== true) continue;
    const before = deviations[i - 1] ?? 0;
    const change = Math.min(Math.max((deviations[i] ?? 0) - before, -limit), limit);
    cross += before * (before + change);
    squares += before * before;
    pairs++;
  }
  if (pairs < 20 || squares === 0) return 1;
  const raw = cross / squares;
  return Math.min(1, Math.max(0, raw + (1 + 3 * raw) / pairs));
}

/** Pearson correlation of the log returns of two price series. */
export function correlationOf(a: readonly number[], b: readonly number[]): number | null {
  const returns = (values: readonly number[]) =>
    values.slice(1).map((value, i) => Math.log(value / (values[i] ?? value)));
  const [x, y] = [returns(a), returns(b)];
  const centre = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [centre(x), centre(y)];
  let [xx, yy, xy] = [0, 0, 0];
  x.forEach((value, i) => {
    const dy = (y[i] ?? 0) - my;
    xx += (value - mx) ** 2;
    yy += dy * dy;
    xy += (value - mx) * dy;
  });
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

/** Fits the model; null when the history within the lookback has fewer observations than the configuration asks for. */
export function fitModel(market: RangeMarket, config: RangeConfig): FittedModel | null {
  const { times, logPrices, logRates, badPrints } = withoutBadPrints(sampleOf(market, config.lookbackDays));
  const count = times.length;
  if (count < config.minimumObservations) return null;
  const stepSeconds = median(times.slice(1).map((time, i) => time - (times[i] ?? 0)));
  const isNext = times.map((time, i) => i > 0 && time - (times[i - 1] ?? 0) < 1.5 * stepSeconds);
  const stepDays = stepSeconds / SECONDS_PER_DAY;

  const last = logPrices[count - 1] ?? 0;
  const driftDaily = robustSlope(times, logRates ?? logPrices);
  const logAnchor = logRates?.[count - 1] ?? timeWeightedMean(times, logPrices, config.twapDays * SECONDS_PER_DAY);
  // Without a rate the random walk's basis starts at the last price and has no level to return to.
  const basis = logPrices.map(
    (value, i) => value - (logRates?.[i] ?? driftDaily * ((times[i] ?? 0) / SECONDS_PER_DAY)),
  );
  const level = logRates === null ? 0 : median(basis);
  const deviations = basis.map((value) => value - level);
  const persistence = logRates === null ? 1 : persistenceOf(deviations, isNext, config.clip);

  const shocks: number[] = [];
  for (let i = 1; i < count; i++)
    if (isNext[i] === true) shocks.push((deviations[i] ?? 0) - persistence * (deviations[i - 1] ?? 0));
  const { standardized, now } = filterShocks(shocks, config, config.decayDaily ** stepDays);

  const anchor = Math.exp(logAnchor);
  const from = market.times.findIndex((time) => time >= market.asOf - config.lookbackDays * SECONDS_PER_DAY);
  return {
    model: {
      anchor,
      anchorSource: logRates === null ? "time-weighted mean price" : "protocol rate",
      deviation: market.pool.price / anchor - 1,
      stepSeconds,
      observations: count,
      badPrints,
      volatilityDaily: now / Math.sqrt(stepDays),
      driftDaily,
      persistence,
      basis: level,
      correlation:
        market.legs === null ? null : correlationOf(market.legs.asset.slice(from), market.legs.other.slice(from)),
    },
    basisNow: last - logAnchor,
    standardized,
    stepVolatility: now,
  };
}

/**
 * Exponentially weighted variance that no single shock moves by more than `clip` standard deviations, and each shock over the
 * volatility expected before it (filtered historical simulation; Barone-Adesi, Giannopoulos and Vosper 1999). The
 * standardized shocks are not bounded: the tail stays as long as it was.
 */
function filterShocks(shocks: readonly number[], { clip }: RangeConfig, decay: number) {
  const robust = MAD_TO_SIGMA * median(shocks.map(Math.abs));
  const plain = Math.sqrt(shocks.reduce((sum, shock) => sum + shock * shock, 0) / shocks.length);
  if (!(plain > 0)) throw new RangeStillError(shocks.length);
  // More than half of the steps without any change: the median says zero, the mean square does not.
  const start = robust > 0 ? robust : plain;
  // A quiet stretch must not make the next shock infinite; the floor is a tenth of the sample's own scale.
  const floor = (0.1 * start) ** 2;
  let variance = start * start;
  const standardized = new Float64Array(shocks.length);
  shocks.forEach((shock, i) => {
    standardized[i] = shock / Math.sqrt(variance);
    variance = Math.max(floor, decay * variance + (1 - decay) * Math.min(shock * shock, clip * clip * variance));
  });
  return { standardized, now: Math.sqrt(variance) };
}
