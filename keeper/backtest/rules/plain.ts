/** The strategies that the engine has to beat: none of them forecasts more than a mean. */
import { HoldError } from "../../kernel/errors.ts";
import { sampleCovariance } from "../../math/covariance.ts";
import { mean, standardDeviation } from "../../math/statistics.ts";
import { SharpeUnboundedError } from "../../optimize/portfolio/errors.ts";
import { MeanVariance } from "../../optimize/portfolio/mean-variance.ts";
import { longOnly, type Portfolio } from "../../optimize/portfolio/problem.ts";
import { Solver } from "../../optimize/solver.ts";
import { UnknownVenueError } from "../errors.ts";
import { equalOver, type Rule, type Verdict, type View } from "./rule.ts";

/** Days that the covariance rules look back; as in the figures of ../shared/data/README.md. */
const WINDOW = 60;
/** Share of the window that a venue must have to take part. */
const COVERED = 0.9;

const open = (view: View): number[] => view.names.flatMap((_, i) => (view.isOpen[i] ? [i] : []));
const hold = (reason: string): Verdict => ({ weights: null, reasons: [reason] });

/** Complete returns of the window for the venues that have nearly all of it; a missing day earns nothing. */
function windowOf(view: View): { members: number[]; rows: number[][] } {
  const from = Math.max(0, view.known - WINDOW);
  const members = open(view).filter((i) => {
    const series = view.realised[i]?.slice(from) ?? [];
    return series.filter((value) => !Number.isNaN(value)).length >= COVERED * WINDOW;
  });
  const rows = Array.from({ length: view.known - from }, (_, t) =>
    members.map((i) => {
      const value = view.realised[i]?.[from + t] ?? Number.NaN;
      return Number.isNaN(value) ? 0 : value;
    }),
  );
  return { members, rows };
}

const spread = (view: View, members: readonly number[], weights: readonly number[]): number[] =>
  view.names.map((_, i) => weights[members.indexOf(i)] ?? 0);

export const equalWeight: Rule = {
  name: "equal-weight",
  describes: "equal shares of all open venues, brought back at every decision",
  decide(view) {
    const members = open(view);
    if (members.length === 0) return hold("no venue is open");
    return { weights: equalOver(view.names.length, members), reasons: [] };
  },
};

export const holdRule = (venue: string): Rule => ({
  name: `hold:${venue}`,
  describes: `${venue} alone, bought once`,
  decide(view) {
    const at = view.names.indexOf(venue);
    if (at < 0) throw new UnknownVenueError(venue, view.names);
    if (!view.isOpen[at]) return hold(`${venue} has no figure`);
    if ((view.holding.weights[at] ?? 0) > 0) return hold("bought once");
    return { weights: equalOver(view.names.length, [at]), reasons: [] };
  },
});

/** Exponentially weighted mean over the days that have a figure; NaN when there is none. */
export function exponentialMean(series: readonly number[], halfLife: number): number {
  let total = 0;
  let weights = 0;
  for (let t = 0; t < series.length; t++) {
    const value = series[t] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const weight = 0.5 ** ((series.length - 1 - t) / halfLife);
    total += weight * value;
    weights += weight;
  }
  return weights > 0 ? total / weights : Number.NaN;
}

export const CARRY = { halfLife: 30, holdingDays: 90, costMultiple: 2 } as const;

/** The k venues of the highest smoothed yield; a trade must gain twice its cost in 90 days. */
export const carry = (count: number): Rule => ({
  name: count === 1 ? "carry" : `carry:${count}`,
  describes: `the ${count === 1 ? "venue" : `${count} venues`} of the highest yield, smoothed with a half-life of 30 days; trades when 90 days of gain pay twice the cost`,
  decide(view) {
    const yields = view.signal.map((series, i) =>
      view.isOpen[i] ? exponentialMean(series, CARRY.halfLife) : Number.NaN,
    );
    const ranked = open(view)
      .filter((i) => !Number.isNaN(yields[i] ?? Number.NaN))
      .sort((a, b) => (yields[b] ?? 0) - (yields[a] ?? 0) || a - b);
    if (ranked.length === 0) return hold("no venue is open");
    const target = equalOver(view.names.length, ranked.slice(0, count));
    const { weights } = view.holding;
    const closed = weights.some((w, i) => w > 1e-9 && !view.isOpen[i]);
    if (closed || weights.every((w) => w <= 1e-9)) return { weights: target, reasons: [] };
    const gain = target.reduce((sum, w, i) => sum + (w - (weights[i] ?? 0)) * (yields[i] ?? 0), 0) * CARRY.holdingDays;
    const cost = target.reduce((sum, w, i) => sum + Math.abs(w - (weights[i] ?? 0)) * (view.cost[i] ?? 0), 0);
    if (gain <= CARRY.costMultiple * cost) return hold("the gain does not pay");
    return { weights: target, reasons: [] };
  },
});

export const inverseVolatility: Rule = {
  name: "inverse-vol",
  describes: `weights by inverse volatility of the last ${WINDOW} days`,
  decide(view) {
    const { members, rows } = windowOf(view);
    if (members.length === 0) return hold("no venue has enough history");
    const inverse = members.map((_, k) => 1 / Math.max(1e-12, standardDeviation(rows.map((row) => row[k] ?? 0))));
    const total = inverse.reduce((sum, value) => sum + value, 0);
    const weights = inverse.map((value) => value / total);
    return { weights: spread(view, members, weights), reasons: [] };
  },
};

/** Where a window without any change makes every Sharpe ratio small beside an infinite one: the best paid of those; null without one. */
function flatWinner(
  view: View,
  members: readonly number[],
  rows: readonly (readonly number[])[],
  means: readonly number[],
): Verdict | null {
  const flat = members.flatMap((_, k) => (rows.every((row) => row[k] === rows[0]?.[k]) ? [k] : []));
  const [best] = flat.sort((a, b) => (means[b] ?? 0) - (means[a] ?? 0) || a - b);
  const venue = best === undefined ? undefined : members[best];
  if (venue === undefined) return null;
  return {
    weights: equalOver(view.names.length, [venue]),
    reasons: [
      `${view.names[venue]} did not change in the window: its Sharpe ratio has no bound, and it earned most of such`,
    ],
  };
}

const sampleRule = (name: string, describes: string, solve: (problem: MeanVariance) => Portfolio): Rule => ({
  name,
  describes,
  async decide(view) {
    const { members, rows } = windowOf(view);
    if (members.length === 0) return hold("no venue has enough history");
    if (members.length === 1) return { weights: equalOver(view.names.length, members), reasons: [] };
    const solver = await Solver.load();
    const means = members.map((_, k) => mean(rows.map((row) => row[k] ?? 0)));
    const problem = longOnly(members.map((i) => view.names[i] ?? ""));
    try {
      const found = solve(new MeanVariance(problem, solver, means, sampleCovariance(rows)));
      return { weights: spread(view, members, found.weights), reasons: [] };
    } catch (error) {
      if (!(error instanceof HoldError)) throw error;
      const flat = error instanceof SharpeUnboundedError ? flatWinner(view, members, rows, means) : null;
      return flat ?? hold(error.message);
    }
  },
});

export const minimumVariance = sampleRule(
  "min-variance",
  `least sample variance over the last ${WINDOW} days`,
  (problem) => problem.leastVariance(),
);

export const maximumSharpe = sampleRule(
  "max-sharpe",
  `greatest sample Sharpe ratio over the last ${WINDOW} days`,
  (problem) => problem.maximumSharpe(0),
);

export const lastWinner: Rule = {
  name: "top-1",
  describes: `the venue that returned most over the last ${WINDOW} days`,
  decide(view) {
    const { members, rows } = windowOf(view);
    const totals = members.map((_, k) => rows.reduce((sum, row) => sum + Math.log1p(row[k] ?? 0), 0));
    const best = totals.reduce((most, value, k) => (value > (totals[most] ?? Number.NEGATIVE_INFINITY) ? k : most), 0);
    const winner = members[best];
    if (winner === undefined) return hold("no venue has enough history");
    return { weights: equalOver(view.names.length, [winner]), reasons: [] };
  },
};

export const idleRule: Rule = {
  name: "idle",
  describes: "nothing invested",
  decide: () => hold("idle by choice"),
};
