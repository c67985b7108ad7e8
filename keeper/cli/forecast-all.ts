/** `amplified forecast --all`: every column of a table, on worker threads. */
import { type BatchAnswer, forecastBatch, isRefusal } from "../forecast/batch.ts";
import { OptionError, wholeNumber } from "./context.ts";
import { type ForecastFlags, parseLevels } from "./forecast.ts";
import type { CommandResult } from "./output.ts";
import { readTable, regularColumn } from "./table.ts";

const MAX_HORIZON = 3650;
const figure = (value: number): string => Number(value.toPrecision(6)).toString();

function lineOf(answer: BatchAnswer): string {
  if (isRefusal(answer)) return `${answer.name}: none: ${answer.refused.message}`;
  const bands = answer.horizonBands.map(
    ({ level, lower, upper }) => `${Math.round(level * 1000) / 10} %: ${figure(lower)} to ${figure(upper)}`,
  );
  return `${answer.name}: mean over the horizon ${figure(answer.horizonMean)}  ${bands.join("  ")}  (${answer.model})`;
}

/** @param onProgress called after each column; the command line shows it on stderr. */
export async function forecastAll(
  flags: ForecastFlags,
  onProgress: (done: number, total: number) => void,
): Promise<CommandResult> {
  const horizon = wholeNumber("--h", flags.h, MAX_HORIZON);
  if (horizon === 0) throw new OptionError("--h", flags.h, "Give a horizon of at least 1.");
  const period = wholeNumber("--period", flags.period, 366);
  if (period === 0) throw new OptionError("--period", flags.period, "Give 1 for no season, or its length in rows.");
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
  const series = table.columns.map((name) => ({ name, values: regularColumn(table, name).values, period }));
  const answers = await forecastBatch(series, { horizon, levels: parseLevels(flags.levels), onProgress });
  return { data: { file: table.file, horizon, forecasts: answers }, text: answers.map(lineOf).join("\n") };
}
