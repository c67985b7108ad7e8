/** A recorded market: days that happened, read from tables, with everything they do not say declared absent. */
import { DAYS_PER_YEAR, SECONDS_PER_DAY } from "../../keeper/kernel/units.ts";
import { MarketFileError, MarketParameterError } from "../errors.ts";
import { addDays, formatDate, HOURS_PER_DAY, type Market, type MarketDay, type MarketLevels } from "./market.ts";
import {
  checkYields,
  type PriceRow,
  type ReturnColumn,
  type ReturnRow,
  readBaseFees,
  readPrices,
  readReturns,
} from "./recorded-files.ts";

export interface RecordedOptions {
  /** Directory with core_returns_eth_* and gas_hourly_*; core_apy_pct_* and eth_prices_daily_* are read where present. */
  readonly directory: string;
  /** No table records the withdrawal queue: whoever runs the market says what to assume, days. */
  readonly assumedQueueDelayDays: number;
}

export interface MappingLine {
  /** File prefix and column, or "-" when nothing is recorded. */
  readonly column: string;
  readonly feeds: string;
  readonly note: string;
}

export interface HoldReturns {
  /** Total simple return between the two dates, both days included. */
  readonly wstETH_mkt: number;
  readonly wstETH_prot: number;
  readonly weETH_mkt: number;
  readonly aave_WETH: number;
  /** wstETH_mkt, weETH_mkt, aave_WETH, curve_stETH_apyonly in equal parts, rebalanced daily, no cost. */
  readonly equalWeight: number;
  readonly days: number;
}

export interface RecordedMarket extends Market {
  describeMapping(): readonly MappingLine[];
  /** Straight from the returns table. @throws {MarketParameterError} when a date is not in it or they are reversed. */
  holdReturns(from: string, to: string): HoldReturns;
}

const EQUAL_WEIGHT: readonly ReturnColumn[] = ["wstETH_mkt", "weETH_mkt", "aave_WETH", "curve_stETH_apyonly"];

interface Anchor {
  readonly value: number;
  readonly origin: string;
}

/** @throws {MarketFileError} on the first fault of a table; the message names file, line, column and remedy. */
export function recordedMarket(options: RecordedOptions): RecordedMarket {
  const { directory, assumedQueueDelayDays } = options;
  if (!(assumedQueueDelayDays >= 0)) {
    throw new MarketParameterError("assumedQueueDelayDays", assumedQueueDelayDays, "Pass a number of days, 0 or more.");
  }
  const rows = readReturns(directory);
  const yieldsWereChecked = checkYields(directory, rows);
  const fees = readBaseFees(directory);
  const prices = readPrices(directory);
  const first = rows[0];
  if (first === undefined) throw new MarketParameterError("days", 0, "The returns table has no rows.");

  // The close before the first recorded day: the level that the first day's return starts from.
  const eve = prices?.get(formatDate(addDays(first.start, -1))) ?? null;
  const anchors = {
    stethRate: rateAnchor(eve, "rate_wstETH", eve?.rateWsteth ?? null),
    weethRate: rateAnchor(eve, "rate_weETH", eve?.rateWeeth ?? null),
    stethPrice: ratioAnchor(eve, "wstETH", eve?.dexWsteth ?? null, eve?.flipWsteth ?? null, eve?.rateWsteth ?? null),
    weethRatio: ratioAnchor(eve, "weETH", eve?.dexWeeth ?? null, eve?.flipWeeth ?? null, eve?.rateWeeth ?? null),
  };
  const initial: MarketLevels = {
    stethRate: anchors.stethRate.value,
    weethRate: anchors.weethRate.value,
    stethPrice: anchors.stethPrice.value,
    weethRatio: anchors.weethRatio.value,
    ethUsd: eve?.ethUsd ?? null,
  };
  const days = buildDays(rows, initial, fees, prices, assumedQueueDelayDays);
  return {
    source: `recorded, ${days.length} days from ${first.date}`,
    initial,
    days,
    describeMapping: () =>
      mapping(anchors, {
        hasEthUsd: initial.ethUsd !== null,
        yieldsWereChecked,
        queueDelayDays: assumedQueueDelayDays,
      }),
    holdReturns: (from, to) => holdReturns(rows, from, to),
  };
}

function buildDays(
  rows: readonly ReturnRow[],
  initial: MarketLevels,
  fees: ReadonlyMap<number, bigint>,
  prices: ReadonlyMap<string, PriceRow> | null,
  queueDelayDays: number,
): readonly MarketDay[] {
  let { stethPrice, weethRatio } = initial;
  return rows.map(({ date, start, returns }) => {
    // The token's market price in ETH is ratio x protocol rate: what the market paid beyond the rate moves the ratio.
    stethPrice *= (1 + returns.wstETH_mkt) / (1 + returns.wstETH_prot);
    weethRatio *= (1 + returns.weETH_mkt) / (1 + returns.weETH_prot);
    const baseFees = Array.from({ length: HOURS_PER_DAY }, (_, hour) => {
      const fee = fees.get(start + hour * 3_600);
      if (fee === undefined) {
        throw new MarketFileError(
          "gas_hourly_*",
          null,
          "timestamp",
          `${date} ${hour}:00 UTC is missing although the returns table has the day`,
          "Export gas for the same dates.",
        );
      }
      return fee;
    });
    return {
      date,
      start,
      stethReturn: returns.wstETH_prot,
      weethReturn: returns.weETH_prot,
      stethPrice,
      weethRatio,
      aaveSupplyRate: returns.aave_WETH * DAYS_PER_YEAR,
      gearboxSupplyRate: null,
      ethUsd: prices?.get(date)?.ethUsd ?? null,
      baseFees,
      queueDelayDays,
      venues: null,
    };
  });
}

function rateAnchor(eve: PriceRow | null, column: string, rate: number | null): Anchor {
  if (eve === null || rate === null) return { value: 1, origin: "no recorded level: starts at 1.0" };
  return { value: rate, origin: `starts at ${column} of ${eve.date} (${rate})` };
}

function ratioAnchor(
  eve: PriceRow | null,
  token: string,
  dex: number | null,
  flip: number | null,
  rate: number | null,
): Anchor {
  const price = dex ?? flip;
  if (eve === null || price === null || rate === null) return { value: 1, origin: "no recorded level: starts at 1.0" };
  const source = dex === null ? `flip_${token.toUpperCase()}` : `dex_${token}`;
  return {
    value: price / rate,
    origin: `starts at ${source} / rate_${token} of ${eve.date} (${(price / rate).toFixed(6)})`,
  };
}

function mapping(
  anchors: Readonly<Record<keyof Omit<MarketLevels, "ethUsd">, Anchor>>,
  found: { readonly hasEthUsd: boolean; readonly yieldsWereChecked: boolean; readonly queueDelayDays: number },
): readonly MappingLine[] {
  const { hasEthUsd, yieldsWereChecked, queueDelayDays } = found;
  return [
    { column: "core_returns_eth.wstETH_prot", feeds: "stETH rate (Lido rebase)", note: anchors.stethRate.origin },
    { column: "core_returns_eth.weETH_prot", feeds: "weETH rate (ether.fi rebase)", note: anchors.weethRate.origin },
    {
      column: "core_returns_eth.wstETH_mkt, wstETH_prot",
      feeds: "stETH/ETH market price (Chainlink)",
      note: `cumulated (1+mkt)/(1+prot); ${anchors.stethPrice.origin}`,
    },
    {
      column: "core_returns_eth.weETH_mkt, weETH_prot",
      feeds: "weETH/ETH market price (Chainlink)",
      note: `cumulated (1+mkt)/(1+prot), times the rate; ${anchors.weethRatio.origin}`,
    },
    {
      column: "core_returns_eth.aave_WETH",
      feeds: "Aave WETH supply rate",
      note: "daily return x 365, in force 00:00 to 00:00 UTC; interest is linear within the day",
    },
    {
      column: "core_returns_eth.curve_stETH_apyonly",
      feeds: "holdReturns only",
      note: "a yield without its price risk: feeds no venue",
    },
    {
      column: "core_apy_pct.aave_WETH",
      feeds: "-",
      note: yieldsWereChecked
        ? "cross-check of units and dates"
        : "absent: units of the returns table are not cross-checked",
    },
    { column: "gas_hourly.base_fee_gwei", feeds: "base fee of each hour", note: "rounded to wei" },
    {
      column: hasEthUsd ? "eth_prices_daily.ETH_USD_close" : "-",
      feeds: "ETH/USD (Chainlink)",
      note: hasEthUsd ? "daily close" : "absent: the feed is not deployed",
    },
    { column: "-", feeds: "Gearbox supply rate", note: "absent: Gearbox is not deployed" },
    {
      column: "-",
      feeds: "withdrawal queue delay",
      note: `not recorded: ${queueDelayDays} days assumed by the caller`,
    },
  ];
}

function holdReturns(rows: readonly ReturnRow[], from: string, to: string): HoldReturns {
  const first = rows.findIndex((row) => row.date === from);
  const last = rows.findIndex((row) => row.date === to);
  if (first === -1) throw new MarketParameterError("from", from, "The date is not in the returns table.");
  if (last === -1) throw new MarketParameterError("to", to, "The date is not in the returns table.");
  if (last < first) throw new MarketParameterError("to", to, `It lies before ${from}.`);
  const span = rows.slice(first, last + 1);
  const compound = (dailyOf: (row: ReturnRow) => number) =>
    span.reduce((wealth, row) => wealth * (1 + dailyOf(row)), 1) - 1;
  return {
    wstETH_mkt: compound((row) => row.returns.wstETH_mkt),
    wstETH_prot: compound((row) => row.returns.wstETH_prot),
    weETH_mkt: compound((row) => row.returns.weETH_mkt),
    aave_WETH: compound((row) => row.returns.aave_WETH),
    equalWeight: compound(
      (row) => EQUAL_WEIGHT.reduce((sum, column) => sum + row.returns[column], 0) / EQUAL_WEIGHT.length,
    ),
    days: Math.round(((rows[last]?.start ?? 0) - (rows[first]?.start ?? 0)) / SECONDS_PER_DAY) + 1,
  };
}
