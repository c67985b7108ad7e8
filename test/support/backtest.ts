/** Seeded panels for the backtest's tests. */
import { buildPanel, isoOf, type Panel, type RawVenue } from "../../keeper/backtest/panel.ts";
import type { Benchmark } from "../../keeper/backtest/run.ts";
import { createRng } from "../../keeper/kernel/rng.ts";

export const FIRST_DAY = 19_800;

/** A venue of given daily returns, from `FIRST_DAY` on. */
export const venueOf = (name: string, realised: readonly number[], changes: Partial<RawVenue> = {}): RawVenue => ({
  name,
  realised: { days: realised.map((_, t) => FIRST_DAY + t), values: realised },
  signal: null,
  source: "protocol rate",
  signalSource: "protocol rate",
  bridgesGaps: false,
  ...changes,
});

export const panelOf = (
  raw: readonly RawVenue[],
  minimumCoverage = 0,
  terms: Parameters<typeof buildPanel>[2]["terms"] = new Map(),
): Panel => buildPanel(raw, [], { from: null, to: null, minimumCoverage, minimumDays: 3, terms });

/** Two staked tokens with noisy prices, a lending venue and a pool of which only the yield is known. */
export function seededVenues(days: number, seed = 5): RawVenue[] {
  const rng = createRng(seed);
  const yieldsOf = (label: string, daily: number): number[] => {
    const stream = rng.fork(label);
    let level = daily;
    return Array.from({ length: days }, () => {
      level += 0.1 * (daily - level) + 0.05 * daily * stream.normal();
      return level;
    });
  };
  const marketOf = (label: string, yields: readonly number[], noise: number): number[] => {
    const stream = rng.fork(`${label} market`);
    let discount = 0;
    return yields.map((daily) => {
      const next = 0.8 * discount + noise * stream.normal();
      const change = next - discount;
      discount = next;
      return daily + change;
    });
  };
  const staked = (name: string, daily: number, noise: number): RawVenue => {
    const yields = yieldsOf(name, daily);
    return venueOf(name, marketOf(name, yields, noise), {
      signal: venueOf(name, yields).realised,
      source: "market price",
      signalSource: "protocol rate",
    });
  };
  return [
    staked("tokenA", 8.4e-5, 2e-4),
    staked("tokenB", 7.6e-5, 3e-4),
    venueOf("lending", yieldsOf("lending", 5.6e-5)),
    venueOf("pool", yieldsOf("pool", 5.8e-5), { source: "APY only", signalSource: "APY only" }),
  ];
}

export const benchmarkOf = (panel: Panel, name: string): Benchmark => ({
  name,
  source: "protocol rate",
  returns: panel.venues.find((venue) => venue.name === name)?.realised ?? panel.dates.map(() => 0),
});

export { isoOf };
