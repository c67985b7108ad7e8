/** `amplified ranges`: where a concentrated position of the user's own pair should stand, and a picture of it. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { HeldRange, RangeDecision, RangeEvaluation, RangeMarket } from "../kernel/ranges.ts";
import { assets, fromWad, toWad } from "../kernel/units.ts";
import { DEFAULT_RANGE_CONFIG, decideRange } from "../optimize/ranges/index.ts";
import { renderRangePage } from "../report/ranges.ts";
import { FolderUnwritableError, numberBetween, OptionError, wholeNumber } from "./context.ts";
import type { CommandResult } from "./output.ts";
import { columnOf, readTable, type Table } from "./table.ts";
import { TableFormatError } from "./table-errors.ts";

export interface RangesFlags {
  readonly data: string;
  readonly column?: string;
  readonly rateColumn?: string;
  readonly legs?: string;
  readonly fee: string;
  readonly spacing: string;
  readonly assetToken: string;
  readonly value: string;
  readonly volume: string;
  readonly othersLiquidity: string;
  readonly poolPrice?: string;
  readonly current?: string;
  readonly gasCost: string;
  readonly slippage: string;
  readonly horizon: string;
  readonly cvarLimit: string;
  readonly seed: string;
  readonly out?: string;
}

/** Two ticks, "lower,upper". */
export function parseRange(value: string): HeldRange {
  const parts = value.split(",").map((part) => part.trim());
  const [tickLower = Number.NaN, tickUpper = Number.NaN] = parts.map(Number);
  if (parts.length !== 2 || !parts.every((part) => /^-?\d{1,6}$/.test(part)) || tickLower >= tickUpper)
    throw new OptionError("--current", value, "Give two ticks in ascending order, for example 1400,1600.");
  return { tickLower, tickUpper };
}

interface PairSeries {
  readonly times: readonly number[];
  readonly prices: readonly number[];
  readonly rates: readonly number[] | null;
  readonly legs: RangeMarket["legs"];
  /** Rows left out because a cell was empty. */
  readonly left: number;
}

/** Rows where every wanted column has a value; nothing is filled in. */
function pairOf(table: Table, flags: RangesFlags): PairSeries {
  if (table.times === null)
    throw new TableFormatError(table.file, "it has no dates, and volatility needs to know how far apart rows are");
  const times = table.times;
  const prices = columnOf(table, flags.column);
  const rates = flags.rateColumn === undefined ? null : columnOf(table, flags.rateColumn);
  const names = flags.legs?.split(",").map((name) => name.trim());
  if (names !== undefined && names.length !== 2)
    throw new OptionError("--legs", flags.legs ?? "", "Name two columns, the asset first: WETH_USD,stETH_USD.");
  const legs = names?.map((name) => columnOf(table, name)) ?? [];
  const wanted = [prices, ...(rates === null ? [] : [rates]), ...legs];
  const keep = times.map((_, t) => wanted.every((values) => Number.isFinite(values[t])));
  const kept = (values: readonly number[]) => values.filter((_, t) => keep[t] === true);
  const [asset, other] = legs;
  return {
    times: kept(times),
    prices: kept(prices),
    rates: rates === null ? null : kept(rates),
    legs: asset === undefined || other === undefined ? null : { asset: kept(asset), other: kept(other) },
    left: keep.filter((isWhole) => !isWhole).length,
  };
}

function marketOf(pair: PairSeries, flags: RangesFlags): RangeMarket {
  const last = pair.prices[pair.prices.length - 1];
  if (last === undefined)
    throw new TableFormatError(flags.data, "no row has a value in every column that was asked for");
  const eth = (option: string, value: string) => assets(toWad(numberBetween(option, value, 0, 1e12)));
  const othersLiquidity = numberBetween("--others-liquidity", flags.othersLiquidity, 0, 1e15);
  return {
    asOf: pair.times[pair.times.length - 1] ?? 0,
    times: pair.times,
    prices: pair.prices,
    rates: pair.rates,
    legs: pair.legs,
    pool: {
      fee: wholeNumber("--fee", flags.fee, 999_999),
      tickSpacing: Math.max(1, wholeNumber("--spacing", flags.spacing, 32_767)),
      assetIsToken0: flags.assetToken === "0",
      price: flags.poolPrice === undefined ? last : numberBetween("--pool-price", flags.poolPrice, 1e-18, 1e18),
      volumePerDay: eth("--volume", flags.volume),
      othersLiquidity: toWad(othersLiquidity),
    },
    value: eth("--value", flags.value),
    current: flags.current === undefined ? null : parseRange(flags.current),
    gasCost: eth("--gas-cost", flags.gasCost),
    slippage: numberBetween("--slippage", flags.slippage, 0, 0.5),
  };
}

export async function decideRanges(flags: RangesFlags): Promise<CommandResult> {
  const table = await readTable(flags.data);
  const pair = pairOf(table, flags);
  const market = marketOf(pair, flags);
  const config = {
    ...DEFAULT_RANGE_CONFIG,
    horizonDays: numberBetween("--horizon", flags.horizon, 1, 365),
    cvarLimit: numberBetween("--cvar-limit", flags.cvarLimit, 0, 1),
    seed: wholeNumber("--seed", flags.seed, 0xffff_ffff),
  };
  const decision = decideRange(market, config);
  const column = flags.column ?? table.columns[0] ?? "";
  const assumptions = [
    market.pool.volumePerDay === 0n
      ? "fees: arbitrage along the price alone; other trade is not known (--volume) and counts as none"
      : `fees: arbitrage, and ${flags.volume} a day of other trade shared with others' liquidity ${flags.othersLiquidity}`,
    ...(flags.poolPrice === undefined ? ["the last price of the file stands for the pool's (--pool-price)"] : []),
    ...(pair.left > 0 ? [`${pair.left} rows without a value in every column are left out`] : []),
  ];
  if (flags.out !== undefined) await writePage(flags.out, { title: `Range of ${column}`, ...pair, decision });
  const data = { file: table.file, column, assumptions, ...decision };
  return { data, text: textOf(column, decision, assumptions, flags.out) };
}

async function writePage(out: string, page: Parameters<typeof renderRangePage>[0]): Promise<void> {
  const folder = dirname(resolve(out));
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(resolve(out), renderRangePage(page));
  } catch (cause) {
    throw new FolderUnwritableError(folder, cause);
  }
}

const percent = (fraction: number, digits = 3): string => `${(fraction * 100).toFixed(digits)} %`;

const line = (name: string, range: RangeEvaluation): string =>
  `${name}: ticks ${range.tickLower} to ${range.tickUpper} (${range.lowerPrice.toFixed(6)} to ${range.upperPrice.toFixed(6)}), growth ${percent(range.expectedGrowth)}, fees ${percent(range.fees)}, divergence ${percent(range.divergence)}, CVaR ${percent(range.cvar)}, in range ${percent(range.inRange, 1)}`;

function textOf(column: string, decision: RangeDecision, assumptions: readonly string[], out?: string): string {
  const { model } = decision;
  const lines =
    decision.kind === "reposition"
      ? [
          `${column}: move to ticks ${decision.tickLower} to ${decision.tickUpper}; expected gain ${fromWad(decision.expectedGain).toFixed(6)}, cost ${fromWad(decision.cost).toFixed(6)}`,
        ]
      : [`${column}: hold`];
  lines.push(...decision.reasons.map((reason) => `because: ${reason}`));
  if (model)
    lines.push(
      `anchor ${model.anchor.toFixed(6)} (${model.anchorSource}), pool ${percent(model.deviation)} from it; volatility ${percent(model.volatilityDaily)} a day, drift ${percent(model.driftDaily, 4)} a day, a deviation keeps ${percent(model.persistence, 1)} a step${model.correlation === null ? "" : `, correlation of the tokens ${model.correlation.toFixed(3)}`}; ${model.observations} observations, ${model.badPrints} bad prints`,
    );
  if (decision.current) lines.push(line("present range", decision.current));
  if (decision.kind === "reposition") lines.push(line("new range", decision.chosen));
  else if (decision.best) lines.push(line("best range", decision.best));
  lines.push(...assumptions.map((text) => `assumed: ${text}`));
  if (out !== undefined) lines.push(`picture: ${out}`);
  return lines.join("\n");
}
