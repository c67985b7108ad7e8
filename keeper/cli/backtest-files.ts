/**
 * The files of a backtest: returns, prices or yields, wide or long. What a column means follows from its name; what cannot be told
 * is asked for, never guessed.
 */
import { z } from "zod";
import { ColumnMeaningError, DirtyColumnError, NoVenueError, UnknownVenueError } from "../backtest/errors.ts";
import {
  answersTo,
  buildPanel,
  cleanApy,
  dayOf,
  looksLikeFraction,
  type Panel,
  PRICE_FAMILY,
  type RawColumn,
  type RawVenue,
  returnsOfPrices,
  type Source,
} from "../backtest/panel.ts";
import type { Benchmark } from "../backtest/run.ts";
import { median } from "../math/statistics.ts";
import { decimal, OptionError, readText } from "./context.ts";
import { parseTable, splitLine, type Table } from "./table.ts";
import { CellNotNumericError, TableFormatError } from "./table-errors.ts";

export type FileKind = "auto" | "returns" | "prices" | "apy";
export type ApyUnit = "percent" | "fraction";

/** A column with what its name and its file say about it. */
interface Candidate extends RawVenue {
  /** Why it is left out unless it is named; null when it takes part by itself. */
  readonly leftOut: string | null;
}

const ID_COLUMNS = ["pool", "series", "asset", "venue"] as const;
const VALUE_COLUMNS = ["apy", "median", "rate", "value"] as const;

/** The header of a file with one row per venue and day; null for one column per venue. */
function longHeader(text: string): string[] | null {
  const first = text.replace(/^\uFEFF/, "").split(/\r?\n/, 1)[0] ?? "";
  const header = splitLine(first, ",").map((name) => name.toLowerCase());
  const hasId = ID_COLUMNS.some((name) => header.includes(name)) || header.includes("symbol");
  return hasId && header.includes("date") && VALUE_COLUMNS.some((name) => header.includes(name)) ? header : null;
}

function parseLong(
  file: string,
  text: string,
  header: readonly string[],
): { columns: Map<string, RawColumn>; notes: string[] } {
  const at = (name: string): number => header.indexOf(name);
  const value = at(VALUE_COLUMNS.find((name) => header.includes(name)) ?? "");
  const id = at(ID_COLUMNS.find((name) => header.includes(name)) ?? "");
  const date = at("date");
  const nameOf = (cells: readonly string[]): string => {
    if (id >= 0) return cells[id] ?? "";
    // Two addresses can share a symbol: the address keeps them apart.
    const parts = ["protocol_slug", "symbol", "chain"]
      .map((name) => cells[at(name)] ?? "")
      .filter((part) => part !== "");
    const address = at("pool_old_clean") >= 0 ? (cells[at("pool_old_clean")] ?? "").slice(0, 8) : "";
    return [...parts, address].filter((part) => part !== "").join("_");
  };
  const found = new Map<string, Map<number, number>>();
  const conflicts = new Set<string>();
  let repeats = 0;
  text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .forEach((line, i) => {
      if (i === 0 || line.trim() === "") return;
      const cells = splitLine(line, ",");
      const name = nameOf(cells);
      const time = Date.parse(`${(cells[date] ?? "").slice(0, 10)}T00:00:00Z`) / 1000;
      if (!Number.isFinite(time) || name === "")
        throw new CellNotNumericError(
          file,
          i + 1,
          "date",
          cells[date] ?? "",
          "Write dates as YYYY-MM-DD and name every row's pool.",
        );
      const cell = cells[value] ?? "";
      const figure = decimal(cell);
      if (cell !== "" && !Number.isFinite(figure))
        throw new CellNotNumericError(file, i + 1, header[value] ?? "", cell);
      const days = found.get(name) ?? new Map<number, number>();
      const before = days.get(dayOf(time));
      if (before !== undefined && before === figure) repeats++;
      else if (before !== undefined) conflicts.add(name);
      days.set(dayOf(time), figure);
      found.set(name, days);
    });
  const notes = [...conflicts].map((name) => `${name}: left out, it has two different figures on one day.`);
  if (repeats > 0) notes.push(`${repeats} repeated rows were dropped.`);
  const columns = new Map(
    [...found]
      .filter(([name]) => !conflicts.has(name))
      .map(([name, days]): [string, RawColumn] => {
        const sorted = [...days].sort(([a], [b]) => a - b);
        return [name, { days: sorted.map(([day]) => day), values: sorted.map(([, figure]) => figure) }];
      }),
  );
  return { columns, notes };
}

function wideColumns(table: Table): Map<string, RawColumn> {
  const { times, file } = table;
  if (times === null) throw new TableFormatError(file, "it has no column of dates");
  const days = times.map(dayOf);
  const twice = days.findIndex((day, i) => i > 0 && day === days[i - 1]);
  if (twice >= 0) {
    throw new DirtyColumnError(
      file,
      `rows ${table.rowNumbers[twice - 1]} and ${table.rowNumbers[twice]} are of one day; one row a day is needed`,
    );
  }
  return new Map(
    table.columns.map((name, i) => [name, { days, values: table.rows.map((row) => row[i] ?? Number.NaN) }]),
  );
}

const known = ({ values }: RawColumn): number[] => values.filter((value) => !Number.isNaN(value));

function checkReturns(file: string, name: string, column: RawColumn): void {
  const values = known(column);
  if (values.length === 0) return;
  const wild = values.find((value) => Math.abs(value) > 0.5);
  if (wild !== undefined || median(values.map(Math.abs)) > 0.02)
    throw new ColumnMeaningError(file, name, `${wild ?? median(values)} is no simple return of one day`);
}

/** One wide file of returns or prices. */
function wideCandidates(file: string, columns: ReadonlyMap<string, RawColumn>, kind: FileKind): Candidate[] {
  const out: Candidate[] = [];
  const plain = (
    name: string,
    realised: RawColumn,
    source: Source,
    leftOut: string | null,
    bridgesGaps = false,
  ): void => {
    out.push({ name, realised, signal: null, source, signalSource: source, bridgesGaps, leftOut });
  };
  const families = new Set([...columns.keys()].flatMap((name) => PRICE_FAMILY.exec(name)?.[1]?.toLowerCase() ?? []));
  const preferred = ["flip", "dex"].find((family) => families.has(family)) ?? [...families][0];
  for (const [name, column] of columns) {
    const suffix = /^(.*)_(mkt|prot|apyonly)$/.exec(name);
    const price = PRICE_FAMILY.exec(name);
    if (suffix?.[2] === "prot" && columns.has(`${suffix[1]}_mkt`)) continue;
    if (suffix !== null && kind !== "prices") {
      const base = suffix[1] ?? name;
      checkReturns(file, name, column);
      if (suffix[2] === "mkt") {
        const signal = columns.get(`${base}_prot`) ?? null;
        const signalSource: Source = signal === null ? "market price" : "protocol rate";
        out.push({
          name: base,
          realised: column,
          signal,
          source: "market price",
          signalSource,
          bridgesGaps: false,
          leftOut: null,
        });
      } else if (suffix[2] === "prot") plain(base, column, "protocol rate", null);
      else {
        const isPair = base.includes("-");
        plain(base, column, "APY only", isPair ? "a yield without the prices of its two tokens" : null);
      }
      continue;
    }
    if (price !== null || /^rate_/i.test(name) || kind === "prices") {
      const base = /^rate_(.+)$/i.exec(name)?.[1];
      if (base !== undefined) {
        if (!columns.has(`dex_${base}`))
          plain(name, returnsOfPrices(column), "protocol rate", "a protocol rate without a market", true);
        continue;
      }
      if (/usd/i.test(name)) continue;
      if (known(column).some((value) => !(value > 0))) throw new DirtyColumnError(name, "a price is not above zero");
      const rate = price?.[1]?.toLowerCase() === "dex" ? columns.get(`rate_${price[2]}`) : undefined;
      const other = price !== null && price[1]?.toLowerCase() !== preferred;
      out.push({
        name,
        realised: returnsOfPrices(column),
        signal: rate === undefined ? null : returnsOfPrices(rate),
        source: "market price",
        signalSource: rate === undefined ? "market price" : "protocol rate",
        bridgesGaps: true,
        leftOut: other ? `another source than ${preferred}_` : null,
      });
      continue;
    }
    if (/usd|price/i.test(name)) continue;
    checkReturns(file, name, column);
    if (/^(loop|lev)/i.test(name)) plain(name, column, "reconstruction", "a levered position built from other columns");
    else if (/borrow/i.test(name)) plain(name, column, "protocol rate", "a cost of borrowing");
    else if (/idle|cash/i.test(name)) plain(name, column, "reconstruction", "idle money");
    else plain(name, column, "protocol rate", null);
  }
  return out;
}

/** One file of yields, wide or long. */
function yieldCandidates(
  file: string,
  columns: ReadonlyMap<string, RawColumn>,
  unit: ApyUnit,
): { candidates: Candidate[]; notes: string[] } {
  const notes: string[] = [];
  const candidates = [...columns].flatMap(([name, column]): Candidate[] => {
    if (unit === "percent" && looksLikeFraction(column.values))
      throw new ColumnMeaningError(file, name, "its yields look like fractions, not percent");
    const cleaned = cleanApy(name, column, unit);
    notes.push(...cleaned.notes);
    if (cleaned.column === null) return [];
    const source: Source = "APY only";
    const leftOut = /borrow/i.test(name) ? "a cost of borrowing" : null;
    return [
      { name, realised: cleaned.column, signal: null, source, signalSource: source, bridgesGaps: false, leftOut },
    ];
  });
  return { candidates, notes };
}

async function readCandidates(
  file: string,
  kind: FileKind,
  unit: ApyUnit,
): Promise<{ candidates: Candidate[]; notes: string[] }> {
  const text = await readText(file);
  const header = /\.json$/i.test(file) ? null : longHeader(text);
  if (header !== null) {
    const long = parseLong(file, text, header);
    const read = yieldCandidates(file, long.columns, unit);
    return { candidates: read.candidates, notes: [...long.notes, ...read.notes] };
  }
  const columns = wideColumns(parseTable(file, text));
  if (kind === "apy") return yieldCandidates(file, columns, unit);
  return { candidates: wideCandidates(file, columns, kind), notes: [] };
}

const termsSchema = z.record(
  z.string(),
  z.strictObject({
    exitDays: z.number().int().min(0).max(365).optional(),
    capacity: z.number().positive().optional(),
    costBps: z.number().min(0).max(1000).optional(),
  }),
);
export type VenueTerms = z.output<typeof termsSchema>;

export async function readTerms(file: string): Promise<VenueTerms> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new TableFormatError(file, "it is not valid JSON", cause);
  }
  const parsed = termsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new OptionError(
    "--terms",
    file,
    `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}. Write {"venue": {"exitDays": 5, "capacity": 500, "costBps": 3}}, days, asset units and basis points.`,
  );
}

export interface MarketFiles {
  readonly data: string | null;
  readonly apy: string | null;
  readonly kind: FileKind;
  readonly apyUnit: ApyUnit;
  /** Names to take; null: all that take part by themselves. */
  readonly venues: readonly string[] | null;
  readonly benchmark: string | null;
  /** Days since 1970. */
  readonly from: number | null;
  readonly to: number | null;
  readonly minimumCoverage: number;
  readonly minimumDays: number;
  readonly terms: VenueTerms;
}

/** Finds a candidate by its name or, for prices, by its name without the source: "wstETH" for "flip_WSTETH". */
function find(candidates: readonly Candidate[], wanted: string): Candidate {
  const exact = candidates.find(({ name }) => name === wanted);
  if (exact !== undefined) return exact;
  const near = candidates.filter(({ name }) => answersTo(name, wanted));
  // Of several sources of one token, the one that takes part by itself.
  const plain = near.filter(({ leftOut }) => leftOut === null);
  const [only] = plain.length === 1 ? plain : near;
  if (only === undefined || (near.length > 1 && plain.length !== 1)) {
    throw new UnknownVenueError(
      wanted,
      near.length > 1 ? near.map(({ name }) => name) : candidates.map(({ name }) => name),
    );
  }
  return only;
}

/** Without a choice the lending venue of the data is the benchmark, else equal weight. */
const DEFAULT_BENCHMARK = /^aave[_-]?(v3[_-])?weth$/i;

export async function readMarket(files: MarketFiles): Promise<{ panel: Panel; benchmark: Benchmark }> {
  const read: { candidates: Candidate[]; notes: string[] }[] = [];
  if (files.data !== null) read.push(await readCandidates(files.data, files.kind, files.apyUnit));
  if (files.apy !== null) read.push(await readCandidates(files.apy, "apy", files.apyUnit));
  const candidates = read.flatMap((file) => file.candidates);
  const notes = read.flatMap((file) => file.notes);
  const twice = candidates.find(({ name }, i) => candidates.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new DirtyColumnError(twice.name, "it stands in both files");
  if (candidates.length === 0) throw new NoVenueError("no column could be read");
  let chosen: Candidate[];
  if (files.venues === null) {
    chosen = candidates.filter(({ leftOut }) => leftOut === null);
    for (const { name, leftOut } of candidates)
      if (leftOut !== null) notes.push(`${name}: left out, ${leftOut} (name it in --venues to take it).`);
  } else chosen = files.venues.map((wanted) => find(candidates, wanted));
  if (chosen.length === 0) throw new NoVenueError("no column takes part by itself");
  const unknownTerm = Object.keys(files.terms).find((name) => !chosen.some((venue) => venue.name === name));
  if (unknownTerm !== undefined)
    throw new UnknownVenueError(
      unknownTerm,
      chosen.map(({ name }) => name),
    );
  const panel = buildPanel(chosen, notes, {
    from: files.from,
    to: files.to,
    minimumCoverage: files.minimumCoverage,
    minimumDays: files.minimumDays,
    terms: new Map(Object.entries(files.terms)),
  });
  return { panel, benchmark: benchmarkOf(files.benchmark, candidates, panel) };
}

function benchmarkOf(wanted: string | null, candidates: readonly Candidate[], panel: Panel): Benchmark {
  const size = panel.venues.length;
  const equal = (): Benchmark => ({
    name: "equal-weight",
    source: "equal weight of the open venues every day, without costs",
    returns: panel.dates.map((_, t) => {
      const day = panel.venues.map(({ realised }) => realised[t] ?? Number.NaN).filter((value) => !Number.isNaN(value));
      return day.length === 0 ? Number.NaN : day.reduce((total, value) => total + value, 0) / day.length;
    }),
  });
  if (wanted === "equal-weight" || size === 0) return equal();
  const candidate =
    wanted === null ? candidates.find(({ name }) => DEFAULT_BENCHMARK.test(name)) : find(candidates, wanted);
  if (candidate === undefined) return equal();
  const first = dayOf((panel.ends[0] ?? 0) - 1);
  // A benchmark that pays by a protocol's own rate is compared as such: the market noise of a reference says nothing of it.
  const column = candidate.signal !== null && wanted !== null ? candidate.signal : candidate.realised;
  const grid = new Map(column.days.map((day, i) => [day, column.values[i] ?? Number.NaN]));
  const returns = panel.dates.map((_, t) => grid.get(first + t) ?? Number.NaN);
  const missing = returns.filter(Number.isNaN).length;
  if (missing > 0.1 * returns.length && wanted === null) return equal();
  if (missing > 0.1 * returns.length)
    throw new DirtyColumnError(candidate.name, `as a benchmark it lacks ${missing} of ${returns.length} days`);
  return {
    name: candidate.name,
    source: column === candidate.signal ? candidate.signalSource : candidate.source,
    returns,
  };
}
