/**
 * What the LSTM adds on real yields: rolling origins over the second half of each series, mean absolute error of the mean
 * over the horizon, in percentage points. One global network over all panels on one calendar; every fit knows what came
 * before its day only. Combinations are gated at each origin by the errors known there.
 */
import { defaultSettings, membersFor } from "../../keeper/forecast/automatic.ts";
import { exponentialForecaster, meanForecaster, naiveForecaster } from "../../keeper/forecast/baselines.ts";
import { type Combination, combine } from "../../keeper/forecast/combine.ts";
import { average, type Forecaster } from "../../keeper/forecast/forecaster.ts";
import { DEFAULT_LSTM_CONFIG, type LstmConfig } from "../../keeper/forecast/lstm/config.ts";
import { type GlobalLstm, globalLstm } from "../../keeper/forecast/lstm/forecaster.ts";
import { withoutSpikes } from "../../keeper/forecast/spikes.ts";
import { realizedMeans, walkForward } from "../../keeper/forecast/walk-forward.ts";
import { type PanelSeries, realPanels } from "../quant/panels.ts";

const DAY = 86_400;
const METHODS = ["naive", "exponential", "mean30", "lstm", "combination", "withLstm"] as const;
export type Method = (typeof METHODS)[number];
export interface Accuracy {
  readonly panel: string;
  readonly name: string;
  readonly origins: number;
  /** Mean absolute error of each method. */
  readonly mae: Readonly<Record<Method, number>>;
  /** Share of the combination in the forecast in use at the end; the rest is naive. */
  readonly open: number;
  readonly openWithLstm: number;
  /** Last weight of the LSTM in its combination. */
  readonly weight: number;
}

interface Calendar {
  readonly first: number;
  readonly days: number;
}

const dayOf = (seconds: number): number => Math.floor(seconds / DAY);

function calendarOf(list: readonly PanelSeries[]): Calendar {
  const first = Math.min(...list.map(({ times }) => dayOf(times?.[0] ?? Number.NaN)));
  const last = Math.max(...list.map(({ times }) => dayOf(times?.at(-1) ?? Number.NaN)));
  return { first, days: last - first + 1 };
}

const offsetOf = ({ times }: PanelSeries, { first }: Calendar): number => dayOf(times?.[0] ?? Number.NaN) - first;
const idOf = ({ panel, name }: PanelSeries): string => `${panel}/${name}`;

/** All series on one calendar, missing before they begin and after they end. */
export function globalPanel(list: readonly PanelSeries[]) {
  const calendar = calendarOf(list);
  const series = list.map((one) => {
    const values = new Float64Array(calendar.days).fill(Number.NaN);
    values.set(one.values, offsetOf(one, calendar));
    return { id: idOf(one), values };
  });
  const times = Array.from({ length: calendar.days }, (_, d) => (calendar.first + d) * DAY);
  return { calendar, panel: { times, series } };
}

/** The LSTM on a series that begins `offset` days into the calendar. */
function memberFor(lstm: GlobalLstm, id: string, offset: number): Forecaster {
  const inner = lstm.forecasterFor(id, "member");
  const shifted = (values: ArrayLike<number>): Float64Array => {
    const out = new Float64Array(offset + values.length).fill(Number.NaN);
    out.set(Array.from(values), offset);
    return out;
  };
  return {
    name: "lstm",
    fit(series) {
      const model = inner.fit({ values: shifted(series.values), period: 1 });
      return { ...model, on: (values) => this.fit({ values, period: 1 }) };
    },
  };
}

function scoreOne(
  series: PanelSeries,
  lstm: GlobalLstm,
  offset: number,
  horizon: number,
  every: number,
): Accuracy | null {
  const { values } = series;
  const settings = defaultSettings(1);
  const options = { ...settings, horizon, step: every };
  const member = memberFor(lstm, idOf(series), offset);
  const input = { values, period: 1 };
  const without = combine(input, naiveForecaster, membersFor(1, settings), options);
  const joined = combine(
    input,
    naiveForecaster,
    [...membersFor(1, settings), { forecaster: member, sees: "cleaned" }],
    options,
  );
  const { origins } = without;
  const realized = realizedMeans(values, origins, horizon);
  const scored = origins
    .map((t, k) => ({ t, k }))
    .filter(({ t, k }) => t >= values.length / 2 && !Number.isNaN(realized[k] ?? Number.NaN))
    .map(({ k }) => k);
  if (scored.length === 0) return null;
  const walk = (forecaster: Forecaster): ArrayLike<number> => walkForward(forecaster, input, options).means;
  const meanUsed = ({ used }: Combination): readonly number[] => used.map((path) => average([...path]));
  const means: Readonly<Record<Method, ArrayLike<number>>> = {
    naive: walk(naiveForecaster),
    exponential: walk(exponentialForecaster(0.2)),
    mean30: walk(meanForecaster(30)),
    // Its inputs have no spikes, inside the combination and alone.
    lstm: walkForward(member, { values: withoutSpikes(values).values, period: 1 }, options).means,
    combination: meanUsed(without),
    withLstm: meanUsed(joined),
  };
  const errorOf = (method: Method): number =>
    average(scored.map((k) => Math.abs((realized[k] ?? 0) - (means[method][k] ?? Number.NaN))));
  return {
    panel: series.panel,
    name: series.name,
    origins: scored.length,
    mae: {
      naive: errorOf("naive"),
      exponential: errorOf("exponential"),
      mean30: errorOf("mean30"),
      lstm: errorOf("lstm"),
      combination: errorOf("combination"),
      withLstm: errorOf("withLstm"),
    },
    open: without.share,
    openWithLstm: joined.share,
    weight: joined.members.at(-1)?.weight ?? Number.NaN,
  };
}

export function lstmAccuracy(
  horizon: number,
  every: number,
  changes: Partial<LstmConfig> = {},
  only: (series: PanelSeries) => boolean = () => true,
): Accuracy[] {
  const list = realPanels();
  const { calendar, panel } = globalPanel(list);
  const lstm = globalLstm(panel, { ...DEFAULT_LSTM_CONFIG, horizon, ...changes });
  const out: Accuracy[] = [];
  for (const series of list.filter(only)) {
    const scored = scoreOne(series, lstm, offsetOf(series, calendar), horizon, every);
    if (scored !== null) out.push(scored);
    process.stderr.write(`lstm accuracy, h = ${horizon}: ${out.length} of ${list.length} series\r`);
  }
  process.stderr.write("\n");
  return out;
}

/** One line per panel, and one for all: mean of the series' errors. */
export function accuracyTable(list: readonly Accuracy[]): string[] {
  const panels = [...new Set(list.map(({ panel }) => panel)), "all"];
  return [
    "| panel | series | origins | naive | exponential mean | 30-day mean | LSTM | combination | with LSTM | share without / with |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...panels.map((name) => {
      const rows = name === "all" ? list : list.filter(({ panel }) => panel === name);
      const cells = METHODS.map((method) => average(rows.map(({ mae }) => mae[method])).toFixed(4));
      const shares = [average(rows.map(({ open }) => open)), average(rows.map(({ openWithLstm }) => openWithLstm))];
      const total = rows.reduce((sum, { origins }) => sum + origins, 0);
      return `| ${name} | ${rows.length} | ${total} | ${cells.join(" | ")} | ${shares.map((x) => `${Math.round(100 * x)} %`).join(" / ")} |`;
    }),
  ];
}

if (process.argv[1]?.endsWith("lstm-accuracy.ts")) {
  const every = Number(process.argv[3] ?? "7");
  for (const horizon of (process.argv[2] ?? "7,30").split(",").map(Number)) {
    const started = performance.now();
    const changes: Partial<LstmConfig> = JSON.parse(process.argv[4] ?? "{}");
    const list = lstmAccuracy(horizon, every, changes);
    process.stdout.write(
      `h = ${horizon}, every ${every} days, ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
    );
    process.stdout.write(`${accuracyTable(list).join("\n")}\n`);
  }
}
