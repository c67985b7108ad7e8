/** Quality gates of one history: what it shows is flagged, and what it must not be used for excludes it. */
import type { DataFlag, StrategyHistory } from "../kernel/artifacts.ts";
import { SECONDS_PER_DAY } from "../kernel/units.ts";
import type { FeaturesConfig } from "./config.ts";

/** One reading of a history, in time order. */
export interface Sample {
  readonly timestamp: number;
  readonly rate: bigint;
  readonly marketRatio: bigint | null;
}

export interface Inspected {
  readonly samples: readonly Sample[];
  readonly flags: readonly DataFlag[];
}

/** `to / from - 1`, divided as integers first: rates of 1e18 differ in the last digits that a float would lose. */
export const growth = (from: bigint, to: bigint): number => Number(((to - from) * 10n ** 24n) / from) / 1e24;

/** Growth over `seconds` brought to exactly one day, compounding. */
export const perDay = (change: number, seconds: number): number =>
  Math.expm1((Math.log1p(change) * SECONDS_PER_DAY) / seconds);

const isoDay = (timestamp: number): string => new Date(timestamp * 1000).toISOString().slice(0, 10);

/** Shape of the arrays, order and signs; null when the rest cannot be looked at. */
function structuralFlag(history: StrategyHistory): { code: string; message: string } | null {
  const { timestamps, rates, marketRatios } = history;
  const n = timestamps.length;
  if (rates.length !== n || (marketRatios !== null && marketRatios.length !== n)) {
    return {
      code: "history-ragged",
      message: `${n} timestamps, ${rates.length} rates, ${marketRatios?.length ?? "no"} market ratios`,
    };
  }
  if (n === 0) return { code: "history-empty", message: "no sample" };
  const badTime = timestamps.findIndex((t) => !Number.isSafeInteger(t) || t <= 0);
  if (badTime >= 0) return { code: "timestamp-invalid", message: `sample ${badTime} is at ${timestamps[badTime]}` };
  const unsorted = timestamps.findIndex((t, i) => i > 0 && t < (timestamps[i - 1] ?? 0));
  if (unsorted >= 0) return { code: "timestamps-unsorted", message: `sample ${unsorted} is before its predecessor` };
  const badRate = rates.findIndex((rate) => rate <= 0n);
  if (badRate >= 0) return { code: "rate-not-positive", message: `sample ${badRate} has rate ${rates[badRate]}` };
  const badRatio = marketRatios?.findIndex((ratio) => ratio <= 0n) ?? -1;
  if (badRatio >= 0) {
    return { code: "market-not-positive", message: `sample ${badRatio} has market ratio ${marketRatios?.[badRatio]}` };
  }
  return null;
}

/** Repeated timestamps: equal readings are one sample; different ones mean that one is wrong. */
function withoutRepeats(samples: readonly Sample[]): { samples: Sample[]; repeats: number; conflict: number | null } {
  const kept: Sample[] = [];
  let repeats = 0;
  for (const sample of samples) {
    const last = kept[kept.length - 1];
    if (last === undefined || last.timestamp !== sample.timestamp) kept.push(sample);
    else if (last.rate === sample.rate && last.marketRatio === sample.marketRatio) repeats++;
    else return { samples: kept, repeats, conflict: sample.timestamp };
  }
  return { samples: kept, repeats, conflict: null };
}

/** Everything that a pair of neighbouring samples can show. */
function inspectSteps(samples: readonly Sample[], asOf: number, config: FeaturesConfig) {
  const found = { drops: 0, deepest: 0, badRate: null as string | null, jumps: 0, lastJump: 0, largestJump: 0 };
  let flatSince = samples[0]?.timestamp ?? asOf;
  let equalSteps = 0;
  let previousStep: { step: bigint; seconds: number } | null = null;
  for (let i = 1; i < samples.length; i++) {
    const from = samples[i - 1];
    const to = samples[i];
    if (from === undefined || to === undefined) continue;
    const seconds = to.timestamp - from.timestamp;
    // Not brought to a day when less has passed: a step is a step, however soon after the last sample it happens.
    const allowed = config.maximumDailyJump * Math.max(1, seconds / SECONDS_PER_DAY);
    const change = growth(from.rate, to.rate);
    if (Math.abs(change) > allowed) {
      found.badRate ??= `rate moved ${(change * 100).toPrecision(4)} % on ${isoDay(to.timestamp)}`;
    }
    if (to.rate < from.rate) {
      found.drops++;
      found.deepest = Math.min(found.deepest, change);
    }
    if (to.rate !== from.rate) flatSince = to.timestamp;
    const step: bigint = to.rate - from.rate;
    if (previousStep !== null && step !== 0n && step === previousStep.step && seconds === previousStep.seconds) {
      equalSteps++;
    }
    previousStep = { step, seconds };
    if (from.marketRatio !== null && to.marketRatio !== null) {
      const jump = Math.abs(growth(from.marketRatio, to.marketRatio));
      if (jump > allowed) {
        found.jumps++;
        found.lastJump = to.timestamp;
        found.largestJump = Math.max(found.largestJump, jump);
      }
    }
  }
  return { ...found, flatDays: (asOf - flatSince) / SECONDS_PER_DAY, equalSteps };
}

/**
 * Inspects one history as of a moment. Samples after it are cut off first, so that nothing below can see them.
 * @param earnsNothing true where the position itself explains a rate that stands still: it holds the asset alone.
 */
export function inspectHistory(
  history: StrategyHistory,
  asOf: number,
  config: FeaturesConfig,
  earnsNothing = false,
): Inspected {
  const flags: DataFlag[] = [];
  const flag = (code: string, message: string, excludes: boolean): void => {
    flags.push({ strategyId: history.id, code, message: `Strategy ${history.id}: ${message}.`, excludes });
  };
  const structural = structuralFlag(history);
  if (structural !== null) {
    flag(structural.code, structural.message, true);
    return { samples: [], flags };
  }
  const earliest = asOf - (config.lookbackDays + config.maximumGapDays) * SECONDS_PER_DAY;
  const within = history.timestamps.flatMap((timestamp, i): Sample[] => {
    const rate = history.rates[i];
    if (rate === undefined || timestamp > asOf || timestamp < earliest) return [];
    return [{ timestamp, rate, marketRatio: history.marketRatios?.[i] ?? null }];
  });
  const { samples, repeats, conflict } = withoutRepeats(within);
  if (conflict !== null) {
    flag("timestamp-conflict", `two different readings at ${conflict}`, true);
    return { samples: [], flags };
  }
  if (repeats > 0) flag("timestamp-duplicated", `${repeats} repeated readings were dropped`, false);
  const last = samples[samples.length - 1];
  const age = last === undefined ? Number.POSITIVE_INFINITY : (asOf - last.timestamp) / SECONDS_PER_DAY;
  if (age > config.maximumAgeDays) {
    flag("history-stale", `last sample is ${age.toFixed(1)} days old, at most ${config.maximumAgeDays} allowed`, true);
  }

  const steps = inspectSteps(samples, asOf, config);
  if (steps.badRate !== null) flag("rate-jump", steps.badRate, true);
  if (steps.drops > 0) {
    flag("index-drop", `rate fell ${steps.drops} times, at most ${(-steps.deepest * 100).toPrecision(3)} %`, false);
  }
  if (samples.length > 1 && steps.flatDays > config.maximumFlatDays) {
    const days = `rate has not moved for ${steps.flatDays.toFixed(1)} days`;
    if (earnsNothing) flag("flat-index", `${days}: its range holds the asset alone`, false);
    else flag("flat-index", days, true);
  }
  if (samples.length > 10 && steps.equalSteps > samples.length / 2) {
    flag("index-interpolated", `${steps.equalSteps} equal steps: looks interpolated, volatility is understated`, false);
  }
  if (steps.jumps > 0) {
    const recent = asOf - steps.lastJump < config.jumpQuarantineDays * SECONDS_PER_DAY;
    const size = (steps.largestJump * 100).toPrecision(3);
    flag(
      "market-jump",
      `market ratio jumped ${steps.jumps} times, up to ${size} %, last ${isoDay(steps.lastJump)}`,
      recent,
    );
  }
  return { samples, flags };
}
