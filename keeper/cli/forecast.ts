/** `amplified forecast`: a forecast of one column of the user's own table. */
import { type ArimaFit, type Constant, fitArima, namedCoefficients, predictArima } from "../forecast/arima/model.ts";
import { type ArimaOrder, orderName } from "../forecast/arima/order.ts";
import { autoArima } from "../forecast/arima/search.ts";
import { automaticForecast, canVouch, defaultSettings, observationsNeeded } from "../forecast/automatic.ts";
import {
  driftForecaster,
  exponentialForecaster,
  meanForecaster,
  medianForecaster,
  naiveForecaster,
  seasonalNaiveForecaster,
} from "../forecast/baselines.ts";
import { arimaForecaster, etsForecaster } from "../forecast/classical.ts";
import {
  type FittedModel,
  type Forecaster,
  gaussianPath,
  leadingGap,
  type PathForecast,
  type Series,
} from "../forecast/forecaster.ts";
import { thetaForecaster } from "../forecast/theta.ts";
import { EmptySampleError } from "../math/errors.ts";
import { OptionError } from "./context.ts";
import { forecastColumn, parseHorizon, parseLevels, parsePeriod, percentOf, requireSeasons } from "./forecast-input.ts";
import { describeLstm, type LstmFlags } from "./forecast-lstm.ts";
import type { CommandResult } from "./output.ts";
import { type Regressors, readRegressors } from "./regressors.ts";
import { readTable, type Table, timesAhead } from "./table.ts";
import { ColumnTooShortError } from "./table-errors.ts";
import { forecastUnitHints } from "./unit-hints.ts";

export interface ForecastFlags extends LstmFlags {
  readonly data: string;
  readonly column?: string;
  readonly model: string;
  readonly h: string;
  readonly levels: string;
  readonly order?: string;
  readonly period: string;
  /** Table of regressors, history and horizon. */
  readonly xreg?: string;
}

const FORECASTERS: ReadonlyMap<string, Forecaster> = new Map([
  ["arima", arimaForecaster],
  ["ets", etsForecaster],
  ["theta", thetaForecaster],
  ["naive", naiveForecaster],
  ["seasonal-naive", seasonalNaiveForecaster],
  ["drift", driftForecaster],
  ["mean", meanForecaster()],
  ["mean-30", meanForecaster(30)],
  ["median-30", medianForecaster(30)],
  ["exponential-mean", exponentialForecaster(0.2)],
]);
export const MODEL_NAMES = ["auto", "lstm", ...FORECASTERS.keys()];

/** p,d,q or p,d,q,P,D,Q,m. */
export function parseOrder(text: string): ArimaOrder {
  const parts = text.split(",").map((part) => part.trim());
  const remedy = "Give p,d,q or p,d,q,P,D,Q,m as whole numbers, for example 1,1,1 or 0,1,1,0,1,1,12.";
  if (![3, 7].includes(parts.length) || !parts.every((part) => /^\d{1,3}$/.test(part)))
    throw new OptionError("--order", text, remedy);
  const [p = 0, d = 0, q = 0, P = 0, D = 0, Q = 0, m = 1] = parts.map(Number);
  if (p > 30 || q > 30 || P > 5 || Q > 5 || d > 2 || D > 1)
    throw new OptionError("--order", text, "Keep p, q at most 30, P, Q at most 5, d at most 2 and D at most 1.");
  if (m < 1 || (m === 1 && P + D + Q > 0))
    throw new OptionError("--order", text, "Give a seasonal period m of at least 2 with P, D or Q.");
  return { p, d, q, P, D, Q, m: P + D + Q > 0 ? m : 1 };
}

/** The constant that a model of this differencing can have. */
const constantFor = ({ d, D }: ArimaOrder): Constant => (d + D === 0 ? "mean" : "none");

interface Described {
  readonly model: string;
  readonly path: PathForecast;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A criterion that the data do not define is left out: JSON has no word for it but null. */
const finiteOnly = (facts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => Number.isFinite(value)));

function arimaFacts(fit: ArimaFit): Readonly<Record<string, unknown>> {
  const { loglik, sigma2, aic, aicc, bic, used } = fit;
  return {
    order: fit.order,
    coefficients: namedCoefficients(fit),
    sigma2,
    ...finiteOnly({ loglik, aic, aicc, bic }),
    observationsUsed: used,
    ...(loglik === Number.POSITIVE_INFINITY
      ? { note: "the model repeats the data without error: no likelihood, and intervals without width" }
      : {}),
  };
}

function describeArima(
  series: Series,
  fit: ArimaFit,
  h: number,
  levels: readonly number[],
  regressors: Regressors | null = null,
): Described {
  const input = { y: series.values, ...(regressors === null ? {} : { xreg: regressors.past }) };
  const { mean, standardError } = predictArima(input, fit, h, regressors?.future ?? []);
  const constant = { none: "", mean: " with mean", drift: " with drift" }[fit.constant];
  return {
    model: orderName(fit.order) + constant,
    path: gaussianPath(mean, (step) => standardError[step] ?? Number.NaN, levels),
    facts: { ...arimaFacts(fit), ...(regressors === null ? {} : { regressors: namedRegressors(regressors, fit) }) },
  };
}

/** Coefficients of the regressors by the names of their columns. */
const namedRegressors = ({ names }: Regressors, { xreg }: ArimaFit): Readonly<Record<string, number | undefined>> =>
  Object.fromEntries(names.map((name, i) => [name, xreg[i]]));

/** The correction of AICc outweighs any fit below this: it would choose a mean of zero for 3, 4, 7, 12. */
const FEWEST_FOR_AICC = 10;

const describeFitted = (fitted: FittedModel, h: number, levels: readonly number[]): Described => ({
  model: fitted.name,
  path: fitted.forecast(h, levels),
  facts: finiteOnly(fitted.aicc === undefined ? {} : { aicc: fitted.aicc }),
});

/** Called while a forecast is made, with what is done of how much. */
export type OnProgress = (done: number, total: number) => void;

/** Where weights and conformal intervals have too little behind them. */
function describeStandIn(series: Series, h: number, levels: readonly number[]): Described {
  const rows = series.values.length;
  const observed = Array.from(series.values).filter((value) => !Number.isNaN(value)).length;
  const known = observed === rows ? "" : `, ${observed} of them observed`;
  const needed = observationsNeeded(series.period, h, levels);
  const why = (name: string): string =>
    `${rows} rows${known}; weights and conformal intervals need ${needed}, so ${name} stands in`;
  if (observed < FEWEST_FOR_AICC)
    return { ...describeFitted(naiveForecaster.fit(series), h, levels), facts: { note: why("the naive forecast") } };
  const described = describeArima(series, autoArima({ y: series.values }, series.period), h, levels);
  return { ...described, facts: { ...described.facts, note: why("ARIMA by AICc") } };
}

function describeAutomatic(
  series: Series,
  h: number,
  levels: readonly number[],
  onProgress: OnProgress | undefined,
): Described {
  const settings = defaultSettings(series.period);
  if (!canVouch(series, h, levels, settings)) return describeStandIn(series, h, levels);
  const found = automaticForecast(series, h, levels, settings, [], onProgress);
  const { members, test, share, mae, naiveMae } = found.combination;
  return {
    model: found.model,
    path: found,
    facts: {
      members: members.map(({ name, mae, weight }) => ({ name, mae, weight })),
      gate: { share, mae, naiveMae, statistic: test.statistic, pValue: test.pValue },
      horizonBands: found.horizonBands,
      intervals: "adaptive conformal",
    },
  };
}

function describe(
  flags: ForecastFlags,
  series: Series,
  h: number,
  levels: readonly number[],
  regressors: Regressors | null,
  onProgress: OnProgress | undefined,
): Described {
  if (flags.xreg !== undefined && !["auto", "arima"].includes(flags.model))
    throw new OptionError(
      "--xreg",
      flags.xreg,
      `Only ARIMA uses regressors: choose --model arima, not ${flags.model}.`,
    );
  const input = { y: series.values, ...(regressors === null ? {} : { xreg: regressors.past }) };
  if (flags.order !== undefined) {
    if (!["auto", "arima"].includes(flags.model))
      throw new OptionError("--order", flags.order, `Drop it, or choose --model arima instead of ${flags.model}.`);
    const order = parseOrder(flags.order);
    return describeArima(series, fitArima(input, order, constantFor(order)), h, levels, regressors);
  }
  if (flags.model === "auto" && regressors === null) return describeAutomatic(series, h, levels, onProgress);
  if (["auto", "arima"].includes(flags.model))
    return describeArima(series, autoArima(input, series.period), h, levels, regressors);
  const forecaster = FORECASTERS.get(flags.model);
  if (forecaster === undefined)
    throw new OptionError("--model", flags.model, `Choose one of ${MODEL_NAMES.join(", ")}.`);
  return describeFitted(forecaster.fit(series), h, levels);
}

/** The same with what the data lack said by file and column. */
async function described(
  table: Table,
  flags: ForecastFlags,
  series: Series,
  h: number,
  levels: readonly number[],
  regressors: Regressors | null,
  onProgress: OnProgress | undefined,
): Promise<Described> {
  try {
    if (flags.model === "lstm" && flags.order === undefined && flags.xreg === undefined)
      return await describeLstm(table, flags.column, flags, h, levels);
    return describe(flags, series, h, levels, regressors, onProgress);
  } catch (error) {
    if (!(error instanceof EmptySampleError)) throw error;
    const remedy =
      flags.order === undefined ? "Collect more history." : "Choose a smaller --order, or collect more history.";
    const column = flags.column ?? table.columns[0] ?? "1";
    throw new ColumnTooShortError(table.file, column, error.got, error.needed, `the ${error.what}`, remedy);
  }
}

/** An option that would do nothing is refused, so that nobody believes it did something. */
function refuseLstmFlags(flags: ForecastFlags): void {
  if (flags.model === "lstm") return;
  for (const name of ["backend", "liquidity", "pools", "checkpoint", "seed"] as const) {
    const value = flags[name];
    if (value !== undefined)
      throw new OptionError(`--${name}`, value, "It belongs to --model lstm: add that or drop this.");
  }
}

/** Unix times of a yield's rows are later: 1973. */
const FIRST_DATE = 1e8;

const dateOf = (time: number): string => {
  const text = new Date(time * 1000).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
};

export async function forecastTable(flags: ForecastFlags, onProgress?: OnProgress): Promise<CommandResult> {
  const h = parseHorizon(flags.h);
  const period = parsePeriod(flags.period);
  const levels = parseLevels(flags.levels);
  refuseLstmFlags(flags);
  const table = await readTable(flags.data);
  const { values, times, absentSteps } = forecastColumn(table, flags.column);
  const gap = leadingGap(values);
  const series = { values: values.slice(gap), period };
  requireSeasons(period, series.values.length);
  const warnings = forecastUnitHints(table, flags.column ?? table.columns[0] ?? "");
  const read = flags.xreg === undefined ? null : await readRegressors(flags.xreg, values.length, times, h);
  const regressors = read === null ? null : { ...read, past: read.past.map((column) => column.slice(gap)) };
  const started = performance.now();
  const { model, path, facts } = await described(table, flags, series, h, levels, regressors, onProgress);
  const milliseconds = Math.round(performance.now() - started);
  // Rows that are merely numbered have no date.
  const dated = times !== null && (times[0] ?? 0) >= FIRST_DATE ? times : null;
  const missing = values.filter(Number.isNaN).length;
  const ahead = dated === null ? null : timesAhead(dated, h);
  const rows = Array.from(path.mean, (mean, k) => ({
    step: k + 1,
    ...(ahead === null ? {} : { date: dateOf(ahead[k] ?? Number.NaN) }),
    mean,
    intervals: path.bands.map(({ level, lower, upper }) => ({ level, lower: lower[k], upper: upper[k] })),
  }));
  const data = {
    file: table.file,
    column: flags.column ?? table.columns[0],
    observations: values.length - missing,
    missing,
    absentSteps,
    model,
    horizon: h,
    horizonMean: path.horizonMean,
    ...facts,
    forecast: rows,
    milliseconds,
    warnings,
  };
  return { data, text: textOf(data, rows, facts) };
}

const figure = (value: number): string => Number(value.toPrecision(6)).toString();

function textOf(
  data: {
    readonly column: string | undefined;
    readonly observations: number;
    readonly missing: number;
    readonly model: string;
    readonly horizonMean: number;
    readonly warnings: readonly string[];
  },
  rows: readonly {
    readonly step: number;
    readonly date?: string;
    readonly mean: number;
    readonly intervals: readonly {
      readonly level: number;
      readonly lower: number | undefined;
      readonly upper: number | undefined;
    }[];
  }[],
  facts: Readonly<Record<string, unknown>>,
): string {
  const lines = [
    `${data.column}: ${data.observations} observations, ${data.missing} missing; model ${data.model}; mean over the horizon ${figure(data.horizonMean)}`,
  ];
  for (const name of [
    ...["coefficients", "regressors", "sigma2", "loglik", "aicc", "note", "gate", "members"],
    ...["backend", "trainedOn", "networks", "horizonQuantiles"],
  ]) {
    const fact = facts[name];
    if (fact !== undefined)
      lines.push(
        `${name}: ${JSON.stringify(fact, (_k, v: unknown) => (typeof v === "number" ? Number(v.toPrecision(8)) : v))}`,
      );
  }
  for (const { step, date, mean, intervals } of rows) {
    const bands = intervals.map(
      (b) => `${percentOf(b.level)}: ${figure(b.lower ?? Number.NaN)} to ${figure(b.upper ?? Number.NaN)}`,
    );
    lines.push(`${date ?? `+${step}`}  ${figure(mean)}  ${bands.join("  ")}`);
  }
  return [...lines, ...data.warnings.map((warning) => `warning: ${warning}`)].join("\n");
}
