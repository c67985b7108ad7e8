/** Base fee by hour of day, from what was observed. */
import type { DataFlag, MarketSnapshot } from "../kernel/artifacts.ts";
import { median } from "../math/statistics.ts";

/** Hours without an observation take the median of all observations, and the run is told so. */
export function baseFeeByHour(gas: MarketSnapshot["gas"], asOf: number): { medians: number[]; flags: DataFlag[] } {
  const byHour: number[][] = Array.from({ length: 24 }, () => []);
  const all: number[] = [];
  gas.timestamps.forEach((timestamp, i) => {
    const fee = gas.baseFees[i];
    if (fee === undefined || timestamp > asOf) return;
    all.push(Number(fee));
    byHour[Math.floor((timestamp % 86_400) / 3_600)]?.push(Number(fee));
  });
  if (all.length === 0) all.push(Number(gas.baseFee));
  const pooled = median(all);
  const missing = byHour.filter((fees) => fees.length === 0).length;
  const message = `${missing} of 24 hours have no base fee observation and show the median of all ${all.length}.`;
  return {
    medians: byHour.map((fees) => (fees.length === 0 ? pooled : median(fees))),
    flags: missing === 0 ? [] : [{ strategyId: null, code: "gas-hours-missing", message, excludes: false }],
  };
}
