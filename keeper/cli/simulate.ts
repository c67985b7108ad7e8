/** `amplified simulate`: twelve months on all data at hand, a depeg replayed, ablations; written to docs/SIMULATION.md. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import type { Panel } from "../backtest/panel.ts";
import { buildPanel, dayOf } from "../backtest/panel.ts";
import { equityPicture } from "../backtest/pictures.ts";
import { ENGINE_VARIANTS } from "../backtest/rules/index.ts";
import {
  type BacktestOptions,
  type BacktestResult,
  type Benchmark,
  DEFAULT_BACKTEST,
  type RunServices,
  runBacktest,
} from "../backtest/run.ts";
import { curveVenue, dailyMedians, type StressDay, stethVenue, stressDays } from "../backtest/stress.ts";
import { DEFAULT_PROFILE } from "../profiles.ts";
import { defaultStrategies, readGas, readSlippage, reporter, writeWhole } from "./backtest.ts";
import { type MarketFiles, readMarket } from "./backtest-files.ts";
import { readText, wholeNumber } from "./context.ts";
import { type CommandResult, progress } from "./output.ts";
import { type Part, type StressPart, simulationText } from "./simulation-text.ts";
import { columnOf, readTable, splitLine } from "./table.ts";
import { CellNotNumericError, ColumnUnknownError } from "./table-errors.ts";

export interface SimulateFlags {
  readonly dataDir: string;
  readonly out: string;
  readonly seed: string;
}

const FILES = {
  core: "core_returns_eth_2024-05_2025-09_dev.csv",
  prices: "eth_prices_daily_dev.csv",
  stable: "defillama_stable_lending_2024-06_2025-06_dev.csv",
  pools: "defillama_dex_pools_2022-02_2025-09_dev.csv",
  lending: "lucid_lending_daily_2022-08_2024-08.csv",
  gas: "gas_hourly_2024-01_2025-09_dev.csv",
  slippage: "slippage_quotes_2023-11-20.csv",
  steth: "steth_hourly_2021_2023.csv",
  curve: "curve_stETH_ETH.csv",
} as const;

/** wstETH and WETH on mainnet: the pair of the slippage quotes. */
const QUOTED_PAIR = "0x7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2";

interface DataSet {
  readonly title: string;
  readonly what: string;
  readonly files: Partial<MarketFiles>;
  readonly from?: string;
  readonly to?: string;
}

const seconds = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 1000;

const market = (set: DataSet): Promise<{ panel: Panel; benchmark: Benchmark }> =>
  readMarket({
    data: null,
    apy: null,
    kind: "auto",
    apyUnit: "percent",
    venues: null,
    benchmark: null,
    minimumCoverage: 0.9,
    minimumDays: 63,
    terms: {},
    ...set.files,
    from: set.from === undefined ? null : dayOf(seconds(set.from)),
    to: set.to === undefined ? null : dayOf(seconds(set.to)),
  });

/** The profile whose parts are taken away: the live run's own. */
const ABLATED = DEFAULT_PROFILE;

function dataSets(folder: string): DataSet[] {
  const file = (name: keyof typeof FILES): string => join(folder, FILES[name]);
  return [
    {
      title: "Four venues in ETH",
      what: "wstETH and weETH at market price, Aave WETH, the Curve stETH pool by its yield only",
      files: { data: file("core") },
    },
    {
      title: "Three staking tokens",
      what: "market prices only; forecasts have no protocol rate to look at",
      files: { data: file("prices"), venues: ["flip_WSTETH", "flip_RETH", "flip_SFRXETH"] },
      from: "2023-09-24",
    },
    {
      title: "Eleven staking tokens",
      what: "market prices only, 99 days: too short for a judgement, shown because these tokens have no more",
      files: { data: file("prices"), minimumCoverage: 0.95 },
      from: "2024-06-24",
      to: "2024-09-30",
    },
    {
      title: "Stablecoin lending",
      what: "yields only, in dollars: no risk of price or default is in these figures",
      files: { apy: file("stable") },
    },
    {
      title: "Pools on exchanges",
      what: "yields only: divergence loss is not in these figures, so the returns of the volatile pairs are not what a holder got",
      files: { apy: file("pools") },
      from: "2023-11-01",
      to: "2024-12-31",
    },
  ];
}

/** A CSV whose dates are not its first column. @throws {CellNotNumericError} on a cell that is no number. */
async function datedColumns(file: string, dates: string) {
  const [head = "", ...lines] = (await readText(file)).trim().split(/\r?\n/);
  const header = splitLine(head, ",");
  const rows = lines.map((line) => splitLine(line, ","));
  const cells = (name: string): string[] => {
    const at = header.indexOf(name);
    if (at < 0) throw new ColumnUnknownError(file, name, header);
    return rows.map((row) => row[at] ?? "");
  };
  const numeric = (name: string, parse: (cell: string) => number): number[] =>
    cells(name).map((cell, i) => {
      const value = parse(cell);
      if (cell === "" || !Number.isFinite(value)) throw new CellNotNumericError(file, i + 2, name, cell);
      return value;
    });
  return {
    days: numeric(dates, (cell) => dayOf(Date.parse(`${cell.slice(0, 10)}T00:00:00Z`) / 1000)),
    column: (name: string) => numeric(name, Number),
  };
}

async function stressPart(folder: string, options: BacktestOptions): Promise<StressPart> {
  const hourly = await readTable(join(folder, FILES.steth));
  const { column, lows } = dailyMedians(hourly.times ?? [], columnOf(hourly, "stETH_per_WETH"));
  const curve = await datedColumns(join(folder, FILES.curve), "timestamp");
  const share = { days: curve.days, values: curve.column("pool_balance_market_portion_1") };
  const pool = curveVenue(
    curve.days,
    curve.column("lp_token_market_eth_value"),
    curve.column("lp_token_equilibrium_eth_value"),
  );
  const panel = buildPanel([stethVenue(column), pool], [], {
    from: dayOf(seconds("2022-01-03")),
    to: dayOf(seconds("2022-12-31")),
    minimumCoverage: 0.9,
    minimumDays: 63,
    terms: new Map(),
  });
  const benchmark: Benchmark = { name: "idle", source: "nothing earned", returns: panel.dates.map(() => 0) };
  const result = await runBacktest(
    panel,
    benchmark,
    {
      ...options,
      strategies: ["ai:cautious", "ai:growth", "equal-weight", "hold:stETH", "hold:Curve stETH-ETH", "idle"],
    },
    services("depeg"),
  );
  const replay: StressDay[] = stressDays(result, column, lows, share, "ai:cautious", "2022-05-06", "2022-07-15");
  return { result, replay };
}

/** Daily series of the embedded chain's seeded market; its levels are set by hand and are no evidence about real venues. */
async function embeddedPart(options: BacktestOptions): Promise<Part> {
  const { syntheticMarket } = await import("../../embedded/market/synthetic.ts");
  const { days, initial, source } = syntheticMarket({ seed: options.seed, days: 365 });
  const column = (values: readonly number[]) => ({ days: days.map(({ start }) => dayOf(start)), values });
  const token = (name: string, growth: readonly number[], levels: readonly number[], first: number) => ({
    name,
    realised: column(growth.map((g, t) => ((1 + g) * (levels[t] ?? 1)) / (t === 0 ? first : (levels[t - 1] ?? 1)) - 1)),
    signal: column(growth),
    source: "market price" as const,
    signalSource: "protocol rate" as const,
    bridgesGaps: false,
    marketLevel: column(levels),
  });
  const lending = (name: string, rates: readonly number[]) => ({
    name,
    realised: column(rates.map((rate) => rate / 365)),
    signal: null,
    source: "protocol rate" as const,
    signalSource: "protocol rate" as const,
    bridgesGaps: false,
  });
  const raw = [
    token(
      "wstETH",
      days.map((d) => d.stethReturn),
      days.map((d) => d.stethPrice),
      initial.stethPrice,
    ),
    token(
      "weETH",
      days.map((d) => d.weethReturn),
      days.map((d) => d.weethRatio),
      initial.weethRatio,
    ),
    lending(
      "aave_WETH",
      days.map((d) => d.aaveSupplyRate),
    ),
    lending(
      "gearbox_WETH",
      days.map((d) => d.gearboxSupplyRate ?? Number.NaN),
    ),
  ];
  const panel = buildPanel(raw, [], { from: null, to: null, minimumCoverage: 0.9, minimumDays: 63, terms: new Map() });
  const lendingVenue = panel.venues.find(({ name }) => name === "aave_WETH");
  const benchmark: Benchmark = { name: "aave_WETH", source: "seeded market", returns: lendingVenue?.realised ?? [] };
  const result = await runBacktest(
    panel,
    benchmark,
    { ...options, strategies: defaultStrategies(panel) },
    services("embedded"),
  );
  return { title: "The embedded chain's seeded market", what: `${source}; no evidence about real venues`, result };
}

function services(what: string): RunServices {
  const report = reporter();
  return {
    workers: availableParallelism(),
    checkpoint: null,
    say: (line: string) => progress(`${what}: ${line}`),
    progress: (part: string, done: number, of: number) => report(`${what}, ${part}`, done, of),
  };
}

export async function simulate(flags: SimulateFlags): Promise<CommandResult> {
  const folder = resolve(flags.dataDir);
  const options: BacktestOptions = {
    ...DEFAULT_BACKTEST,
    strategies: [],
    seed: wholeNumber("--seed", flags.seed, 0xffff_ffff),
  };
  const parts: Part[] = [];
  let ablations: BacktestResult | null = null;
  let priced: BacktestResult | null = null;
  let stress: StressPart | null = null;
  const has = (name: keyof typeof FILES): boolean => existsSync(join(folder, FILES[name]));
  const left: string[] = [];
  if (!has("core")) {
    left.push(
      `${FILES.core} is not in ${flags.dataDir}: the simulation runs on the embedded chain's own market instead.`,
    );
    parts.push(await embeddedPart(options));
  } else {
    for (const set of dataSets(folder)) {
      const named = set.files.data ?? set.files.apy ?? "";
      if (!existsSync(named)) {
        left.push(`${set.title}: the file ${relative(folder, named)} is missing.`);
        continue;
      }
      const { panel, benchmark } = await market(set);
      const result = await runBacktest(
        panel,
        benchmark,
        { ...options, strategies: defaultStrategies(panel) },
        services(set.title),
      );
      parts.push({ title: set.title, what: set.what, result });
    }
    const [core] = dataSets(folder);
    if (core !== undefined) {
      const { panel, benchmark } = await market(core);
      const strategies = Object.keys(ENGINE_VARIANTS).map((name) => `${name}:${ABLATED}`);
      ablations = await runBacktest(panel, benchmark, { ...options, strategies }, services("ablations"));
      if (has("gas") && has("slippage")) {
        const gas = await readGas(join(folder, FILES.gas), panel);
        const curve = await readSlippage(join(folder, FILES.slippage), QUOTED_PAIR);
        const charged = {
          ...options,
          gas,
          curve,
          chargeEntry: true,
          strategies: ["ai:cautious", "ai:growth", "equal-weight", "carry"],
        };
        priced = await runBacktest(panel, benchmark, charged, services("with gas and slippage"));
      }
    }
    if (has("steth") && has("curve")) stress = await stressPart(folder, options);
  }
  const picture = join(dirname(flags.out), "images", "simulation.svg");
  const [first] = parts;
  if (first !== undefined)
    await writeWhole(picture, equityPicture(first.result, `${first.title}: net gain and drawdown`));
  const text = simulationText({
    parts,
    ablations,
    priced,
    stress,
    left,
    picture: relative(dirname(flags.out), picture),
    hasLearners: { lstm: "ai-lstm" in ENGINE_VARIANTS, dqn: "ai-dqn" in ENGINE_VARIANTS },
  });
  await writeWhole(flags.out, text);
  return {
    data: {
      out: flags.out,
      parts: parts.map(({ title, result }) => ({ title, inputs: result.inputs, strategies: result.strategies.length })),
    },
    text: `${text}\nwritten to ${flags.out} and ${picture}`,
  };
}
