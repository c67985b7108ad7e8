/** `amplified backtest`: every strategy over the user's own data, net of cost, as the live stages would have decided. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { type CombinatorialResult, DEFAULT_FOLDS, runCombinatorial } from "../backtest/combinatorial.ts";
import { curveOfQuotes, type ImpactPoint } from "../backtest/costs.ts";
import { pageOf } from "../backtest/page.ts";
import { dayOf, type Panel } from "../backtest/panel.ts";
import { alignedTable, COLUMNS, rowOf, textOf } from "../backtest/report.ts";
import { type BacktestOptions, type BacktestResult, DEFAULT_BACKTEST, runBacktest } from "../backtest/run.ts";
import { gridOf, runSweep } from "../backtest/sweep.ts";
import { median } from "../math/statistics.ts";
import { PROFILE_NAMES, type ProfileName } from "../profiles.ts";
import { type ApyUnit, type FileKind, readMarket, readTerms } from "./backtest-files.ts";
import { decimal, FolderUnwritableError, numberBetween, OptionError, readText, wholeNumber } from "./context.ts";
import { type CommandResult, progress } from "./output.ts";
import { columnOf, readTable, splitLine } from "./table.ts";
import { TableFormatError } from "./table-errors.ts";

export interface BacktestFlags {
  readonly data?: string;
  readonly apy?: string;
  readonly kind: FileKind;
  readonly apyUnit: ApyUnit;
  readonly venues?: string;
  readonly from?: string;
  readonly to?: string;
  readonly minCoverage: string;
  readonly strategies?: string;
  readonly profile: string;
  readonly benchmark?: string;
  readonly costBps: string;
  readonly every: string;
  readonly warmup: string;
  readonly lag: string;
  readonly chargeEntry?: boolean;
  readonly nav: string;
  readonly idle: string;
  readonly terms?: string;
  readonly gas?: string;
  readonly slippage?: string;
  readonly slippagePair?: string;
  readonly combinatorial?: boolean;
  readonly sweep: readonly string[];
  readonly priorTrials: string;
  readonly seed: string;
  readonly workers?: string;
  readonly checkpoint: string;
  readonly html?: string;
}

/** What is compared when nothing is said: the engine, what it has to beat, and holding each venue when there are few. */
export function defaultStrategies(panel: Panel): string[] {
  const holds = panel.venues.length <= 6 ? panel.venues.map(({ name }) => `hold:${name}`) : [];
  return [
    ...PROFILE_NAMES.map((name) => `ai:${name}`),
    "equal-weight",
    "carry",
    "carry:2",
    "inverse-vol",
    "min-variance",
    "max-sharpe",
    "top-1",
    ...holds,
  ];
}

function day(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (!Number.isFinite(time) || new Date(time).toISOString().slice(0, 10) !== value)
    throw new OptionError(option, value, "Give a day that exists, as YYYY-MM-DD.");
  return dayOf(time / 1000);
}

const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const isProfile = (name: string): name is ProfileName => PROFILE_NAMES.some((known) => known === name);

/** Gas of an execution besides its legs, and of a leg with its protocol calls; measured in bench/gas.json. */
const EXECUTION_GAS = 160_000;
const LEG_GAS = 200_000;

/** Median base fee of each day of the panel, as what an execution and a leg cost in ETH. */
export async function readGas(file: string, panel: Panel): Promise<BacktestOptions["gas"]> {
  const table = await readTable(file);
  if (table.times === null) throw new TableFormatError(file, "it has no column of dates");
  const fees = columnOf(table, table.columns.includes("base_fee_gwei") ? "base_fee_gwei" : undefined);
  const byDay = new Map<number, number[]>();
  table.times.forEach((time, i) => {
    const fee = fees[i] ?? Number.NaN;
    if (!Number.isNaN(fee)) byDay.set(dayOf(time), [...(byDay.get(dayOf(time)) ?? []), fee]);
  });
  const missing: string[] = [];
  const gas = panel.ends.map((end, t) => {
    const known = byDay.get(dayOf(end - 1));
    if (known === undefined) missing.push(panel.dates[t] ?? "");
    const ether = (known === undefined ? 0 : median(known)) * 1e-9;
    return { fixed: EXECUTION_GAS * ether, leg: LEG_GAS * ether };
  });
  if (missing.length > 0) {
    throw new OptionError(
      "--gas",
      file,
      `It has no base fee for ${missing.length} days, the first ${missing[0]}. Shorten --from and --to.`,
    );
  }
  return gas;
}

/** A curve of size and impact, or one made from quotes of a pair. */
export async function readSlippage(file: string, pair: string | undefined): Promise<ImpactPoint[]> {
  const text = await readText(file);
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const header = splitLine(head, ",").map((name) => name.toLowerCase());
  const at = (name: string): number => header.indexOf(name);
  const rows = lines.map((line) => splitLine(line, ","));
  const figure = (cells: readonly string[], name: string): number => decimal(cells[at(name)] ?? "");
  if (at("in_amount") >= 0 && at("price_impact") >= 0) {
    const [from, to] = (pair ?? "").toLowerCase().split(":");
    if (from === undefined || to === undefined || from === "")
      throw new OptionError("--slippage-pair", pair ?? "", "Name the two token addresses of the quotes, as 0x..:0x...");
    const quotes = rows
      .filter((cells) => cells[at("src")]?.toLowerCase() === from && cells[at("dst")]?.toLowerCase() === to)
      .map((cells) => ({ size: figure(cells, "in_amount") / 1e18, impact: figure(cells, "price_impact") }));
    const curve = curveOfQuotes(quotes);
    if (curve.length === 0)
      throw new OptionError("--slippage", file, `It has too few quotes of ${pair}; five of one size are needed.`);
    return curve;
  }
  if (at("size") < 0 || at("impact") < 0)
    throw new TableFormatError(file, "it has neither the columns size and impact nor in_amount and price_impact");
  const curve = rows.map((cells) => ({ size: figure(cells, "size"), impact: figure(cells, "impact") }));
  const wrong = curve.findIndex(
    ({ size, impact }, i) => !(size > (curve[i - 1]?.size ?? 0) && impact >= 0 && impact < 1),
  );
  if (wrong >= 0) throw new TableFormatError(file, `row ${wrong + 2} has no ascending size with an impact from 0 to 1`);
  return curve;
}

/** Axes of `--sweep key=v1,v2`. */
export function parseSweep(texts: readonly string[]): { change: Partial<BacktestOptions>[] }[] {
  return texts.map((text) => {
    const [key = "", values = ""] = text.split("=");
    const each = list(values);
    if (each.length === 0)
      throw new OptionError("--sweep", text, "Write key=value,value, for example cost-bps=0,5,10.");
    const change = each.map((value): Partial<BacktestOptions> => {
      if (key === "cost-bps") return { costBps: numberBetween("--sweep cost-bps", value, 0, 1000) };
      if (key === "every") return { every: wholeNumber("--sweep every", value, 365) };
      if (key === "lag") return { lag: wholeNumber("--sweep lag", value, 30) };
      if (key === "warmup") return { warmup: wholeNumber("--sweep warmup", value, 3650) };
      if (key === "profile" && isProfile(value)) return { profile: value };
      throw new OptionError("--sweep", text, "Choose cost-bps, every, lag, warmup or profile, and values of it.");
    });
    return { change };
  });
}

export async function writeWhole(file: string, content: string): Promise<void> {
  const path = resolve(file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const beside = `${path}.${process.pid}.part`;
    writeFileSync(beside, content);
    renameSync(beside, path);
  } catch (cause) {
    throw new FolderUnwritableError(dirname(path), cause);
  }
}

/** A line of progress at most every few percent: stderr is read by people and by logs. */
export function reporter(): (what: string, done: number, of: number) => void {
  let last = "";
  return (what, done, of) => {
    const line = `${what}: ${Math.floor((10 * done) / Math.max(1, of)) * 10} %`;
    if (line === last) return;
    last = line;
    progress(done === of ? `${what}: done (${of})` : line);
  };
}

/** Worst, median and best path of each strategy. */
export function combinatorialText({ strategies, splits, folds }: CombinatorialResult): string {
  const rows = strategies.map(({ strategy, paths }) => {
    const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
    const three = (values: readonly number[], scale: number): string[] => {
      const list = sorted(values);
      return [list[0], list.length === 0 ? Number.NaN : median(list), list.at(-1)].map((value) =>
        (scale * (value ?? Number.NaN)).toFixed(scale === 1 ? 2 : 3),
      );
    };
    return [
      strategy,
      ...three(
        paths.map((path) => path.return),
        100,
      ),
      ...three(
        paths.map((path) => path.excess),
        100,
      ),
      ...three(
        paths.flatMap((path) => path.excessSharpe ?? []),
        1,
      ),
    ];
  });
  const head = [
    "Strategy",
    "Return % worst",
    "median",
    "best",
    "Excess % worst",
    "median",
    "best",
    "its Sharpe worst",
    "median",
    "best",
  ];
  return [
    `${splits} splits of ${folds.groups} groups, ${folds.tested} tested at a time, ${folds.purgeDays} days purged before and ${folds.embargoDays} embargoed after each; ${strategies[0]?.paths.length ?? 0} paths, without costs`,
    "what comes after a test group teaches too: this asks whether a choice depends on one order of events, not what could have been earned",
    "",
    ...alignedTable([head, ...rows]),
  ].join("\n");
}

const sweepName = ({ terms }: BacktestResult, profile: string): string =>
  `cost ${terms.costBps} bp, every ${terms.every} d, lag ${terms.lag} d, warm-up ${terms.warmup} d, ${profile}`;

export async function backtest(flags: BacktestFlags): Promise<CommandResult> {
  if (flags.data === undefined && flags.apy === undefined)
    throw new OptionError("--data", "", "Give a file of returns or prices with --data, or of yields with --apy.");
  if (!isProfile(flags.profile))
    throw new OptionError("--profile", flags.profile, `Choose ${PROFILE_NAMES.join(" or ")}.`);
  const warmup = wholeNumber("--warmup", flags.warmup, 3650);
  const lag = wholeNumber("--lag", flags.lag, 30);
  const axes = parseSweep(flags.sweep);
  const { panel, benchmark } = await readMarket({
    data: flags.data ?? null,
    apy: flags.apy ?? null,
    kind: flags.kind,
    apyUnit: flags.apyUnit,
    venues: flags.venues === undefined ? null : list(flags.venues),
    benchmark: flags.benchmark ?? null,
    from: day("--from", flags.from),
    to: day("--to", flags.to),
    minimumCoverage: numberBetween("--min-coverage", flags.minCoverage, 0, 1),
    minimumDays: warmup + lag + 2,
    terms: flags.terms === undefined ? {} : await readTerms(flags.terms),
  });
  const options: BacktestOptions = {
    ...DEFAULT_BACKTEST,
    strategies: flags.strategies === undefined ? defaultStrategies(panel) : list(flags.strategies),
    profile: flags.profile,
    warmup,
    lag,
    every: wholeNumber("--every", flags.every, 365),
    costBps: numberBetween("--cost-bps", flags.costBps, 0, 1000),
    chargeEntry: flags.chargeEntry ?? false,
    nav: numberBetween("--nav", flags.nav, 1e-3, 1e8),
    minimumIdle: numberBetween("--idle", flags.idle, 0, 0.99),
    gas: flags.gas === undefined ? [] : await readGas(flags.gas, panel),
    curve: flags.slippage === undefined ? [] : await readSlippage(flags.slippage, flags.slippagePair),
    seed: wholeNumber("--seed", flags.seed, 0xffff_ffff),
    priorTrials: wholeNumber("--prior-trials", flags.priorTrials, 1_000_000),
  };
  const workers = flags.workers === undefined ? availableParallelism() : wholeNumber("--workers", flags.workers, 64);
  const report = reporter();
  if (axes.length > 0) {
    const grid = gridOf(options, axes);
    const results = await runSweep({ panel, benchmark, grid }, workers, (done, of) =>
      report("configurations", done, of),
    );
    const rows = results.flatMap((result, i) =>
      result.strategies.map((strategy) => [sweepName(result, grid[i]?.profile ?? ""), ...rowOf(strategy)]),
    );
    const text = [
      ...alignedTable([["Configuration", ...COLUMNS], ...rows]),
      `${results[0]?.terms.trials ?? 0} trials`,
    ].join("\n");
    return { data: { sweep: results }, text };
  }
  if (flags.combinatorial) {
    const result = await runCombinatorial(panel, benchmark, options, DEFAULT_FOLDS, (done, of) =>
      report("splits", done, of),
    );
    return { data: result, text: combinatorialText(result) };
  }
  const result = await runBacktest(panel, benchmark, options, {
    workers,
    checkpoint: flags.checkpoint === "none" ? null : resolve(flags.checkpoint),
    say: progress,
    progress: report,
  });
  const lines = [textOf(result)];
  if (flags.html !== undefined) {
    await writeWhole(flags.html, pageOf(result));
    lines.push(`report: ${flags.html}`);
  }
  return { data: result, text: lines.join("\n") };
}
