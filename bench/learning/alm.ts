/**
 * `node bench/learning/alm.ts [--quick]`: the range policy against full range, bands and holding, in the exact pool, net of gas
 * and dealing. Table on stdout, figures in bench/learning/alm.json. Real series lie outside the repository; without them only the
 * seeded ones run.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRng } from "../../keeper/kernel/rng.ts";
import { assets, SECONDS_PER_DAY } from "../../keeper/kernel/units.ts";
import { median } from "../../keeper/math/quantiles.ts";
import { DEFAULT_RANGE_CONFIG } from "../../keeper/optimize/ranges/config.ts";
import {
  bandStrategy,
  fullRangeStrategy,
  holdStrategy,
  policyStrategy,
  type RangeStrategy,
  type ReplayResult,
  type ReplaySeries,
  type ReplaySettings,
  replay,
} from "../../keeper/optimize/ranges/replay.ts";

const ETHER = 10n ** 18n;
const QUICK = process.argv.includes("--quick");
const shared = new URL("../../../shared/data/", import.meta.url);

interface Named {
  readonly name: string;
  readonly series: ReplaySeries;
}

function column(file: string, time: string, names: readonly string[]): Map<string, number[]> | null {
  const url = new URL(file, shared);
  if (!existsSync(url)) return null;
  const [header = "", ...lines] = readFileSync(url, "utf8").trim().split("\n");
  const titles = header.split(",");
  const rows = lines.map((line) => line.split(","));
  const of = (name: string): string[] => rows.map((row) => row[titles.indexOf(name)] ?? "");
  const seconds = of(time).map((text) => Date.parse(`${text.replace(" ", "T")}${text.length > 10 ? "Z" : ""}`) / 1000);
  const kept = names.map((name) => of(name).map((cell) => (cell === "" ? Number.NaN : Number(cell))));
  const isWhole = seconds.map((_, t) => kept.every((values) => (values[t] ?? Number.NaN) > 0));
  const filter = (values: readonly number[]) => values.filter((_, t) => isWhole[t] === true);
  return new Map([
    ["time", filter(seconds)],
    ...names.map((name, i): [string, number[]] => [name, filter(kept[i] ?? [])]),
  ]);
}

/** Median of the rows of the last 24 hours: hourly quotes of aggregators hold prints at which nobody traded. */
function trailingMedian(times: readonly number[], values: readonly number[]): number[] {
  let from = 0;
  return values.map((_, t) => {
    while ((times[from] ?? 0) < (times[t] ?? 0) - SECONDS_PER_DAY) from++;
    return median(values.slice(from, t + 1));
  });
}

/** Every sixth hour: decisions are daily, and a year then takes seconds. */
const thinned = (values: readonly number[], step: number): number[] => values.filter((_, t) => t % step === 0);

function realSeries(): Named[] {
  const found: Named[] = [];
  for (const token of ["wstETH", "weETH"]) {
    const table = column("eth_prices_daily_dev.csv", "date", [`flip_${token.toUpperCase()}`, `rate_${token}`]);
    if (table === null) continue;
    const [times = [], prices = [], rates = []] = [...table.values()];
    found.push({ name: `${token} daily`, series: { times, prices, rates } });
  }
  for (const token of ["WSTETH", "RETH"]) {
    const table = column("eth_prices_daily_dev.csv", "date", [`flip_${token}`]);
    if (table === null) continue;
    const [times = [], prices = []] = [...table.values()];
    found.push({ name: `${token} daily, no rate`, series: { times, prices, rates: null } });
  }
  const hourly = column("steth_hourly_2021_2023.csv", "hour_utc", ["stETH_USD", "WETH_USD"]);
  if (hourly !== null) {
    const times = hourly.get("time") ?? [];
    const steth = hourly.get("stETH_USD") ?? [];
    const weth = hourly.get("WETH_USD") ?? [];
    const prices = trailingMedian(
      times,
      steth.map((price, t) => price / (weth[t] ?? Number.NaN)),
    );
    const grid = { times: thinned(times, 6), prices: thinned(prices, 6), rates: thinned(times, 6).map(() => 1) };
    found.push({ name: "stETH 6-hourly, 2022 depeg", series: grid });
  }
  const curve = column("curve_stETH_ETH.csv", "timestamp", ["pool_balance_1", "pool_balance_market_1"]);
  if (curve !== null) {
    const times = curve.get("time") ?? [];
    const balance = curve.get("pool_balance_1") ?? [];
    const prices = (curve.get("pool_balance_market_1") ?? []).map((worth, t) => worth / (balance[t] ?? Number.NaN));
    found.push({ name: "stETH daily by Curve", series: { times, prices, rates: times.map(() => 1) } });
  }
  return found;
}

/** A year of 6-hourly prices: a rate of 3 % a year, an AR(1) basis, and on request a fall of 6 % that takes weeks to heal. */
function synthetic(seed: number, depegs: boolean): Named {
  const rng = createRng(seed).fork("alm");
  const count = 365 * 4;
  let basis = 0;
  const rates = Array.from({ length: count }, (_, t) => 1.15 * Math.exp((0.03 * t) / count));
  const prices = rates.map((rate, t) => {
    basis = 0.93 * basis + 0.0006 * rng.normal();
    const crisis = depegs && t >= 800 ? -0.06 * Math.exp(-(t - 800) / 80) : 0;
    return rate * Math.exp(basis + crisis);
  });
  const times = rates.map((_, t) => 1_700_000_000 + t * 21_600);
  return { name: `synthetic ${depegs ? "depeg" : "calm"}, seed ${seed}`, series: { times, prices, rates } };
}

/** L of a band of +-1 % worth `multiple` times the capital. */
const liquidityOf = (capital: bigint, multiple: number, price: number): bigint =>
  (capital * BigInt(Math.round(multiple * 1e6))) /
  BigInt(Math.round(Math.sqrt(price) * 2 * (1 - Math.exp(-0.005)) * 1e6));

const CAPITAL = 1_000n * ETHER;
const FLOWS = [
  { name: "arbitrage only", volume: 0, others: 0 },
  { name: "trade of 5 x capital a day, others 10 x", volume: 5, others: 10 },
];
const config = { ...DEFAULT_RANGE_CONFIG, paths: QUICK ? 60 : 200 };

interface Row extends Omit<ReplayResult, "worth" | "decisions"> {
  readonly series: string;
  readonly flow: string;
}

const rows: Row[] = [];
const seeds = QUICK ? [1] : [1, 2, 3];
const all = [...realSeries(), ...seeds.flatMap((seed) => [synthetic(seed, false), synthetic(seed, true)])];
for (const { name, series } of all) {
  const warmUp = series.times.findIndex((time) => time >= (series.times[0] ?? 0) + 61 * SECONDS_PER_DAY);
  for (const flow of FLOWS) {
    const settings: ReplaySettings = {
      fee: 100,
      tickSpacing: 1,
      capital: assets(CAPITAL),
      // 1.2 M gas at 15 gwei.
      gasCost: assets(18n * 10n ** 15n),
      slippage: 0.0005,
      volumePerDay: assets(CAPITAL * BigInt(flow.volume)),
      othersLiquidity: liquidityOf(CAPITAL, flow.others, series.prices[warmUp] ?? 1),
      decisionDays: 1,
      warmUp,
    };
    const strategies: RangeStrategy[] = [
      policyStrategy(config),
      bandStrategy("fixed +-1 %", 0.01, false),
      bandStrategy("+-1 % recentred", 0.01, true),
      fullRangeStrategy(1),
      holdStrategy("hold half and half", 0.5),
      holdStrategy("hold the token", 1),
    ];
    for (const strategy of strategies) {
      const started = performance.now();
      const { worth: _, decisions: __, ...figures } = replay(series, settings, strategy);
      rows.push({ series: name, flow: flow.name, ...figures });
      process.stderr.write(
        `${name}, ${flow.name}, ${strategy.name}: ${(figures.growthYearly * 100).toFixed(2)} % a year, ${Math.round(performance.now() - started)} ms\n`,
      );
    }
  }
}

const pct = (value: number, digits = 2): string => (value * 100).toFixed(digits);
process.stdout.write(
  "| series | days | flow | strategy | % a year | fees % | costs % | moves | in range % | drawdown % |\n",
);
process.stdout.write("|---|---|---|---|---|---|---|---|---|---|\n");
for (const row of rows)
  process.stdout.write(
    `| ${row.series} | ${Math.round(row.days)} | ${row.flow} | ${row.name} | ${pct(row.growthYearly)} | ${pct(row.fees)} | ${pct(row.costs)} | ${row.moves} | ${pct(row.inRange, 0)} | ${pct(row.maxDrawdown)} |\n`,
  );
if (!QUICK) writeFileSync(new URL("alm.json", import.meta.url), `${JSON.stringify({ config, rows }, null, 2)}\n`);
