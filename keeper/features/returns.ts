/** From samples at irregular times to one return per day on a grid that all strategies share. */
import type { DataFlag } from "../kernel/artifacts.ts";
import { SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import type { FeaturesConfig } from "./config.ts";
import { growth, perDay, type Sample } from "./quality.ts";

export interface DailyReturns {
  /** Grid slot of the first return; slot 0 ends at the as-of time. */
  readonly firstSlot: number;
  readonly yieldReturns: readonly number[];
  readonly totalReturns: readonly number[];
  readonly flags: readonly DataFlag[];
}

/** What the vault counts a unit at: the rate, or the market where that is lower. */
const countedValue = (sample: Sample): bigint =>
  sample.marketRatio === null || sample.marketRatio >= WAD ? sample.rate : (sample.rate * sample.marketRatio) / WAD;

/**
 * Day on the grid whose end the sample is nearest to. The phase is that of the as-of time, so that a sample taken a few
 * minutes off its usual second stays in its day.
 */
const slotOf = (timestamp: number, phase: number): number => Math.round((timestamp - phase) / SECONDS_PER_DAY);

/**
 * Returns per day, each the growth between two neighbouring samples brought to exactly one day by the time that really
 * passed. Only the part after the last long gap is returned.
 */
export function dailyReturns(
  id: number,
  samples: readonly Sample[],
  phase: number,
  config: FeaturesConfig,
): DailyReturns {
  // Several samples nearest to one day's end: the last one stands for it, growth is measured between kept samples.
  const kept: { slot: number; sample: Sample }[] = [];
  for (const sample of samples) {
    const slot = slotOf(sample.timestamp, phase);
    if (kept[kept.length - 1]?.slot === slot) kept.pop();
    kept.push({ slot, sample });
  }
  let firstSlot = (kept[0]?.slot ?? 0) + 1;
  let yieldReturns: number[] = [];
  let totalReturns: number[] = [];
  let bridged = 0;
  let cutAt: number | null = null;
  for (let i = 1; i < kept.length; i++) {
    const from = kept[i - 1];
    const to = kept[i];
    if (from === undefined || to === undefined) continue;
    const days = to.slot - from.slot;
    if (days > config.maximumGapDays) {
      cutAt = to.sample.timestamp;
      firstSlot = to.slot + 1;
      yieldReturns = [];
      totalReturns = [];
      bridged = 0;
      continue;
    }
    const seconds = to.sample.timestamp - from.sample.timestamp;
    const yieldReturn = perDay(growth(from.sample.rate, to.sample.rate), seconds);
    const totalReturn = perDay(growth(countedValue(from.sample), countedValue(to.sample)), seconds);
    bridged += days - 1;
    for (let day = 0; day < days; day++) {
      yieldReturns.push(yieldReturn);
      totalReturns.push(totalReturn);
    }
  }
  const flags: DataFlag[] = [];
  if (cutAt !== null) {
    const message = `Strategy ${id}: history before the gap that ends at ${cutAt} is not used.`;
    flags.push({ strategyId: id, code: "gap-cut", message, excludes: false });
  }
  if (bridged > 0) {
    const message = `Strategy ${id}: ${bridged} missing days carry the average growth of their gap; volatility is understated.`;
    flags.push({ strategyId: id, code: "gap-bridged", message, excludes: false });
  }
  return { firstSlot, yieldReturns, totalReturns, flags };
}
