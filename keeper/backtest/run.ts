/** A backtest: every strategy over the same days, costs and data, and the figures that compare them. */
import { DEFAULT_FORECAST_CONFIG } from "../forecast/index.ts";
import { canonicalHash } from "../kernel/canonical.ts";
import { createRng } from "../kernel/rng.ts";
import { DAYS_PER_YEAR, type Hash } from "../kernel/units.ts";
import { requireBetween, requireCount } from "../math/checks.ts";
import type { ProfileName } from "../profiles.ts";
import { Checkpoint } from "./checkpoint.ts";
import { type CostModel, impactAt } from "./costs.ts";
import { HistoryTooShortError } from "./errors.ts";
import { configFor, type ForecastJob, type Prepared, prepareAll } from "./forecasts.ts";
import type { Holding } from "./market.ts";
import type { Panel } from "./panel.ts";
import type { Outlooks } from "./rules/engine.ts";
import { type ParsedStrategy, ruleOf } from "./rules/index.ts";
import { type Excess, excessOf, type Figures, figuresOf, sharpeRatio } from "./statistics.ts";
import { strategiesOf } from "./strategies.ts";
import { schedule, type Walked, type WalkTerms, walk } from "./walk.ts";

export interface BacktestOptions {
  readonly strategies: readonly string[];
  readonly profile: ProfileName;
  readonly warmup: number;
  readonly lag: number;
  readonly every: number;
  readonly costBps: number;
  readonly chargeEntry: boolean;
  /** NAV at the start, asset units. */
  readonly nav: number;
  readonly minimumIdle: number;
  readonly curve: CostModel["curve"];
  readonly gas: CostModel["gas"];
  readonly seed: number;
  /** Configurations tried before this run: the deflated Sharpe ratio counts them. */
  readonly priorTrials: number;
}

export const DEFAULT_BACKTEST: Omit<BacktestOptions, "strategies"> = {
  profile: "cautious",
  warmup: 60,
  lag: 1,
  every: 7,
  costBps: 5,
  chargeEntry: false,
  nav: 1000,
  minimumIdle: 0,
  curve: [],
  gas: [],
  seed: 1,
  priorTrials: 0,
};

/** What excess is measured against: daily returns on the days of the panel. */
export interface Benchmark {
  readonly name: string;
  readonly source: string;
  readonly returns: readonly number[];
}

export interface StrategyResult extends Figures {
  readonly strategy: string;
  readonly describes: string;
  readonly excess: Excess;
  /** Half-sum of changes a year, without the first purchase. */
  readonly turnoverPerYear: number;
  readonly entryTurnover: number;
  /** Fraction of NAV paid over the scored days. */
  readonly costs: number;
  readonly trades: number;
  readonly blindDays: number;
  readonly losingMonths: readonly string[];
  readonly returns: readonly number[];
  readonly decisions: Walked["decisions"];
}

export interface BacktestResult {
  readonly from: string;
  readonly to: string;
  /** First scored day. */
  readonly scoredFrom: string;
  readonly scoredDays: number;
  readonly venues: readonly { readonly name: string; readonly source: string; readonly signal: string }[];
  readonly notes: readonly string[];
  readonly benchmark: { readonly name: string; readonly source: string; readonly return: number };
  readonly terms: {
    readonly warmup: number;
    readonly lag: number;
    readonly every: number;
    readonly costBps: number;
    readonly chargeEntry: boolean;
    readonly nav: number;
    readonly minimumIdle: number;
    readonly seed: number;
    readonly trials: number;
  };
  readonly dates: readonly string[];
  readonly benchmarkReturns: readonly number[];
  readonly strategies: readonly StrategyResult[];
  /** Hash of data and options: the same inputs give the same result to the byte. */
  readonly inputs: Hash;
}

export interface RunServices {
  readonly workers: number;
  /** File that keeps finished forecasts; null: none. */
  readonly checkpoint: string | null;
  readonly say: (line: string) => void;
  readonly progress: (what: string, done: number, of: number) => void;
}

export const QUIET: RunServices = { workers: 1, checkpoint: null, say: () => {}, progress: () => {} };

/** @throws {ParameterOutOfRangeError | HistoryTooShortError} */
function checkOptions(panel: Panel, options: BacktestOptions): void {
  requireCount("--warmup", options.warmup, 2);
  requireCount("--lag", options.lag, 0);
  requireCount("--every", options.every, 1);
  requireBetween("--cost-bps", options.costBps, 0, 1000);
  requireBetween("--nav", options.nav, 1e-6, 1e9);
  requireBetween("--idle", options.minimumIdle, 0, 0.99);
  const needed = options.warmup + options.lag + 2;
  if (panel.dates.length < needed) {
    throw new HistoryTooShortError(
      panel.dates.length,
      needed,
      `${options.warmup} days of warm-up, ${options.lag} of execution lag, two scored days`,
    );
  }
}

/** Hash of everything the figures follow from. */
export const inputsHash = (panel: Panel, options: BacktestOptions, benchmark: Benchmark): Hash =>
  canonicalHash({
    dates: panel.dates,
    venues: panel.venues.map((venue) => ({
      ...venue,
      realised: venue.realised.map((value) => (Number.isNaN(value) ? null : value)),
      signal: venue.signal.map((value) => (Number.isNaN(value) ? null : value)),
      marketLevel: venue.marketLevel?.map((value) => (Number.isNaN(value) ? null : value)) ?? null,
    })),
    options,
    benchmark: { ...benchmark, returns: benchmark.returns.map((value) => (Number.isNaN(value) ? null : value)) },
  });

function walkTerms(panel: Panel, options: BacktestOptions, free: boolean): WalkTerms {
  const linear = panel.venues.map((venue) => (free ? 0 : (venue.costBps ?? options.costBps) / 1e4));
  return {
    warmup: options.warmup,
    lag: options.lag,
    every: options.every,
    chargeEntry: options.chargeEntry,
    nav: options.nav,
    minimumIdle: options.minimumIdle,
    costs: { linear, curve: free ? [] : options.curve, gas: free ? [] : options.gas },
    seed: options.seed,
  };
}

interface PreparedForecasts {
  readonly of: (strategy: ParsedStrategy) => { job: ForecastJob; forecasts: Map<number, Prepared> };
  /** Removes the checkpoints: there is nothing left to resume. */
  readonly finish: () => void;
}

/** Forecasts for every forecast configuration that the strategies use. */
async function forecastsFor(
  panel: Panel,
  parsed: readonly ParsedStrategy[],
  options: BacktestOptions,
  inputs: Hash,
  services: RunServices,
): Promise<PreparedForecasts> {
  const days = schedule(panel.dates.length, options).map(({ known }) => known);
  const found = new Map<Hash, { job: ForecastJob; forecasts: Map<number, Prepared> }>();
  const keyOf = (strategy: ParsedStrategy): Hash => canonicalHash(strategy.engine?.profile.forecast ?? null);
  const finished: Checkpoint[] = [];
  for (const strategy of parsed) {
    if (strategy.engine === null || found.has(keyOf(strategy))) continue;
    const config = strategy.engine.profile.forecast;
    const job: ForecastJob = {
      panel,
      panelHash: inputs,
      forecast: config,
      minimumDays: options.warmup,
      seed: options.seed,
    };
    const key = canonicalHash({ inputs, config });
    const file = services.checkpoint === null ? null : `${services.checkpoint}.${key.slice(2, 10)}`;
    const checkpoint = file === null ? null : Checkpoint.open(file, key, services.say);
    const shortest = configFor(options.warmup, config);
    if (shortest.horizonDays < config.horizonDays) {
      services.say(
        `the first decisions know ${options.warmup} days: forecasts reach ${shortest.horizonDays} instead of ${config.horizonDays} days until there are more`,
      );
    }
    const forecasts = await prepareAll(job, days, {
      workers: services.workers,
      checkpoint,
      progress: (done, of) => services.progress("forecasts", done, of),
    });
    found.set(keyOf(strategy), { job, forecasts });
    if (checkpoint !== null) finished.push(checkpoint);
  }
  const none: ForecastJob = {
    panel,
    panelHash: inputs,
    forecast: DEFAULT_FORECAST_CONFIG,
    minimumDays: options.warmup,
    seed: options.seed,
  };
  return {
    of: (strategy) => found.get(keyOf(strategy)) ?? { job: none, forecasts: new Map() },
    finish: () => {
      for (const checkpoint of finished) checkpoint.remove();
    },
  };
}

function resultOf(
  walked: Walked,
  benchmark: readonly number[],
  trials: { readonly sharpes: readonly number[]; readonly untold: number },
  seed: number,
): StrategyResult {
  const figures = figuresOf(walked.dates, walked.returns);
  return {
    strategy: walked.rule,
    describes: walked.describes,
    ...figures,
    excess: excessOf(walked.returns, benchmark, trials, createRng(seed).fork(`bootstrap ${walked.rule}`)),
    turnoverPerYear: (walked.turnover * DAYS_PER_YEAR) / walked.returns.length,
    entryTurnover: walked.entryTurnover,
    costs: walked.costs,
    trades: walked.trades,
    blindDays: walked.blindDays,
    losingMonths: figures.months.filter((month) => month.return < 0).map(({ month }) => month),
    returns: walked.returns,
    decisions: walked.decisions,
  };
}

/** Daily Sharpe ratio of the excess; 0 where there is no variation. */
export const dailySharpe = (returns: readonly number[], benchmark: readonly number[]): number =>
  (sharpeRatio(returns.map((r, t) => r - (benchmark[t] ?? 0))) ?? 0) / Math.sqrt(DAYS_PER_YEAR);

export async function runBacktest(
  panel: Panel,
  benchmark: Benchmark,
  options: BacktestOptions,
  services: RunServices = QUIET,
): Promise<BacktestResult> {
  checkOptions(panel, options);
  const parsed = strategiesOf(panel, options.strategies, options.profile);
  const inputs = inputsHash(panel, options, benchmark);
  const prepared = await forecastsFor(panel, parsed, options, inputs, services);
  const walks: Walked[] = [];
  const outlooks: Outlooks = new Map();
  for (const [k, strategy] of parsed.entries()) {
    services.progress("strategies", k, parsed.length);
    const terms = walkTerms(panel, options, strategy.engine?.variant.withoutCosts ?? false);
    const { job, forecasts } = prepared.of(strategy);
    const rule = ruleOf(strategy, {
      outlooks,
      panel,
      job,
      forecasts,
      terms: (known: number, { isEntryFree }: Holding) => {
        // A tenth of NAV is a usual move: its impact stands for all in a linear cost.
        const impact = impactAt(terms.costs.curve, 0.1 * options.nav);
        // Plans are told what the books will charge.
        const gas = isEntryFree ? undefined : terms.costs.gas[known - 1];
        const rate = terms.costs.linear.map((cost) => cost + impact);
        return {
          nav: options.nav,
          minimumIdle: options.minimumIdle,
          enter: isEntryFree ? rate.map(() => 0) : rate,
          exit: rate,
          fixedCost: gas?.fixed ?? 0,
          legCost: gas?.leg ?? 0,
          seed: options.seed,
          panelHash: inputs,
        };
      },
    });
    walks.push(await walk(panel, rule, terms));
  }
  services.progress("strategies", parsed.length, parsed.length);
  prepared.finish();

  const first = options.warmup + options.lag;
  const scored = benchmark.returns.slice(first).map((value) => (Number.isNaN(value) ? 0 : value));
  const trials = {
    sharpes: walks.map(({ returns }) => dailySharpe(returns, scored)),
    untold: options.priorTrials,
  };
  const dates = panel.dates.slice(first);
  return {
    from: panel.dates[0] ?? "",
    to: panel.dates[panel.dates.length - 1] ?? "",
    scoredFrom: dates[0] ?? "",
    scoredDays: dates.length,
    venues: panel.venues.map(({ name, source, signalSource }) => ({ name, source, signal: signalSource })),
    notes: panel.notes,
    benchmark: { name: benchmark.name, source: benchmark.source, return: figuresOf(dates, scored).return },
    terms: {
      warmup: options.warmup,
      lag: options.lag,
      every: options.every,
      costBps: options.costBps,
      chargeEntry: options.chargeEntry,
      nav: options.nav,
      minimumIdle: options.minimumIdle,
      seed: options.seed,
      trials: trials.sharpes.length + trials.untold,
    },
    dates,
    benchmarkReturns: scored,
    strategies: walks.map((walked) => resultOf(walked, scored, trials, options.seed)),
    inputs,
  };
}
