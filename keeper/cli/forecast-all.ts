/** `amplified forecast --all`: every column of a table, on worker threads. */
import { type BatchAnswer, type BatchSeries, forecastBatch, isRefusal } from "../forecast/batch.ts";
import { EngineError, EXIT } from "../kernel/errors.ts";
import { OptionError } from "./context.ts";
import type { ForecastFlags } from "./forecast.ts";
import { forecastColumn, parseHorizon, parseLevels, parsePeriod, percentOf, requireSeasons } from "./forecast-input.ts";
import type { CommandResult } from "./output.ts";
import { readTable } from "./table.ts";
import { forecastUnitHints } from "./unit-hints.ts";

const figure = (value: number): string => Number(value.toPrecision(6)).toString();

function lineOf(answer: BatchAnswer): string {
  if (isRefusal(answer)) return `${answer.name}: none: ${answer.refused.message}`;
  const bands = answer.horizonBands.map(
    ({ level, lower, upper }) => `${percentOf(level)}: ${figure(lower)} to ${figure(upper)}`,
  );
  return `${answer.name}: mean over the horizon ${figure(answer.horizonMean)}  ${bands.join("  ")}  (${answer.model})`;
}

/** @param onProgress called after each column; the command line shows it on stderr. */
export async function forecastAll(
  flags: ForecastFlags,
  onProgress: (done: number, total: number) => void,
): Promise<CommandResult> {
  const horizon = parseHorizon(flags.h);
  const period = parsePeriod(flags.period);
  const levels = parseLevels(flags.levels);
  for (const [option, value] of [
    ["--column", flags.column],
    ["--order", flags.order],
    ["--xreg", flags.xreg],
  ] as const)
    if (value !== undefined)
      throw new OptionError(option, value, "Drop it, or drop --all, which treats every column alike.");
  if (flags.model !== "auto")
    throw new OptionError("--model", flags.model, "With --all only auto is there: it chooses for each column.");
  const table = await readTable(flags.data);
  requireSeasons(period, table.rows.length);
  const refused = new Map<string, BatchAnswer>();
  const series: BatchSeries[] = [];
  for (const name of table.columns) {
    try {
      series.push({ name, values: forecastColumn(table, name).values, period });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      refused.set(name, { name, refused: { code: error.code, message: error.message } });
    }
  }
  const found = await forecastBatch(series, { horizon, levels, onProgress });
  const byName = new Map([...refused, ...found.map((answer) => [answer.name, answer] as const)]);
  const answers = table.columns.flatMap((name) => byName.get(name) ?? []);
  const warnings = table.columns.flatMap((name) => forecastUnitHints(table, name));
  return {
    data: { file: table.file, horizon, forecasts: answers, warnings },
    text: [...answers.map(lineOf), ...warnings.map((warning) => `warning: ${warning}`)].join("\n"),
    // One column that can be forecast is a result; none is a bad file.
    exitCode: answers.every(isRefusal) ? EXIT.badInput : EXIT.ok,
  };
}
